//! The reading side of a store.

use std::any::Any;
use std::sync::Arc;

use agent_runtime_types::live::Change;
use agent_runtime_types::page::{EventDetail, EventQuery, SessionPlace, SessionQuery};
use agent_runtime_types::report::{Process, Source, TranscriptPlace};
use agent_runtime_types::search::Needle;
use agent_runtime_types::session::{Session, SessionStatus};
use agent_runtime_types::statistics::{Statistics, StatisticsQuery};
use async_trait::async_trait;

use crate::error::ReadError;
use crate::write::Writer;

/// A database of sessions, events and their change log.
///
/// Reads see everything whose commit was reported before they began. None holds a transaction across an
/// `await`: long ones go page by page.
#[async_trait]
pub trait Store: Send + Sync {
    /// The random id of this database; every cursor carries it.
    fn epoch(&self) -> &str;

    /// What the database is called, for people.
    fn name(&self) -> String;

    /// The one writer: `Some` the first time, `None` ever after.
    fn writer(&self) -> Option<Box<dyn Writer>>;

    /// Bytes that the database takes on disk, as far as it can tell.
    fn size_bytes(&self) -> u64;

    /// What the database holds, and how it grows, as far as that costs next to nothing to know.
    async fn footprint(&self, now_us: i64) -> Result<Footprint, ReadError>;

    /// When each agent was last heard of on each machine, the latest first.
    async fn last_heard(&self) -> Result<Vec<LastHeard>, ReadError>;

    /// The positions between which the log is kept.
    async fn log_bounds(&self) -> Result<LogBounds, ReadError>;

    /// The sessions asked for, newest first.
    async fn sessions(&self, query: SessionQuery) -> Result<SessionPage, ReadError>;

    /// The sessions of agents that run, as far as anybody said.
    async fn running_agents(&self) -> Result<Vec<RunningAgent>, ReadError>;

    /// The transcripts that are to be read on.
    async fn open_transcripts(&self) -> Result<Vec<OpenTranscript>, ReadError>;

    /// How far a session's transcript was read, if it is in this file.
    async fn transcript_place(&self, session_id: &str, path: &str) -> Result<Option<TranscriptPlace>, ReadError>;

    /// One session.
    async fn session(&self, session_id: &str) -> Result<Option<Session>, ReadError>;

    /// A session's status, and the text of its newest assistant message that has one, of the same moment.
    async fn answer(&self, session_id: &str) -> Result<(SessionStatus, Option<String>), ReadError>;

    /// All sessions, or those named, and the position as of which this is the whole truth.
    async fn snapshot(&self, only: Option<Vec<String>>) -> Result<Snapshot, ReadError>;

    /// Begins to read a session's events. What is committed later will not be part of it, and a deletion takes
    /// nothing from it.
    async fn begin_events(&self, session_id: &str, query: EventQuery) -> Result<EventReading, ReadError>;

    /// The next page of a reading.
    async fn read_events(&self, reading: EventReading, page: PageLimits) -> Result<EventPage, ReadError>;

    /// What happened over time.
    async fn statistics(&self, query: StatisticsQuery) -> Result<Statistics, ReadError>;

    /// The changes at `range.after + 1` to `range.up_to`, perhaps not all at once.
    async fn changes(&self, range: ChangeRange, page: PageLimits) -> Result<ChangePage, ReadError>;
}

/// A session of an agent that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningAgent {
    /// The session.
    pub session: Session,
    /// Its process, on the machine that the session names.
    pub process: Option<Process>,
    /// The instant of its newest event, in microseconds since 1970.
    pub last_event_us: Option<i64>,
}

/// A transcript that is to be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTranscript {
    /// The session whose words it holds.
    pub session_id: String,
    /// That session's name.
    pub session_name: String,
    /// Whose file it is.
    pub source: Source,
    /// The file.
    pub path: String,
    /// How far it was read.
    pub place: TranscriptPlace,
    /// When the last document that named it came, in microseconds since 1970.
    pub asked_us: i64,
}

/// What a database holds, and how it grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes that hold something; those of deleted rows are not among them.
    pub used_bytes: u64,
    /// Bytes that the disk still has beside it; `None` where the system does not tell.
    pub disk_free_bytes: Option<u64>,
    /// Bytes that a day adds, as far as the last days tell.
    pub growth_bytes_per_day: u64,
    /// Over how long that was measured, in seconds: seven days, or since the first event.
    pub growth_seconds: u64,
}

/// When an agent was last heard of on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastHeard {
    /// The agent.
    pub source: Source,
    /// The machine, when its documents say so.
    pub host: Option<String>,
    /// Its session that was heard of last.
    pub session_id: String,
    /// The instant of that session's newest event, in microseconds since 1970.
    pub last_event_us: i64,
}

/// The positions between which the log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBounds {
    /// Everything at or below it may be gone.
    pub floor: i64,
    /// The last position that was assigned.
    pub head: i64,
}

/// How much is read at once.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    /// At most so many rows.
    pub rows: usize,
    /// No further row once so many bytes are read.
    pub bytes: usize,
}

/// A list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPage {
    /// A JSON array of them.
    pub sessions: String,
    /// Where to go on, when there is more.
    pub next: Option<SessionPlace>,
}

/// Sessions as of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The position.
    pub seq: i64,
    /// A JSON array of the sessions, newest first.
    pub sessions: String,
}

/// A place in the order of a session's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// The event's instant in microseconds since 1970.
    pub instant_us: i64,
    /// Its id.
    pub id: i64,
}

/// A reading of a session's events that has begun.
#[derive(Clone)]
pub struct EventReading {
    pub(crate) session_key: i64,
    pub(crate) head: i64,
    pub(crate) above: EventPlace,
    pub(crate) below: EventPlace,
    pub(crate) left: Option<i64>,
    pub(crate) last_taken: Option<i64>,
    pub(crate) event_type: Option<String>,
    pub(crate) tool_name: Option<String>,
    pub(crate) text: Option<Needle>,
    pub(crate) failures_only: bool,
    pub(crate) descending: bool,
    pub(crate) detail: EventDetail,
    /// Whatever keeps the rows from being erased while they are read.
    pub(crate) _hold: Arc<dyn Any + Send + Sync>,
}

/// Some events of a session, in order.
#[derive(Clone)]
pub struct EventPage {
    /// The events, or their outlines, as JSON objects with commas between them; columns of outlines are one object.
    pub rows: String,
    /// How many.
    pub count: usize,
    /// The reading of what follows; `None` when this was the last page.
    pub rest: Option<EventReading>,
    /// When the limit was reached and more events match: the last one's id.
    pub next: Option<i64>,
}

/// A stretch of the change log.
#[derive(Clone, Debug)]
pub struct ChangeRange {
    /// It begins behind this position.
    pub after: i64,
    /// It ends with this one.
    pub up_to: i64,
    /// Only changes of these sessions.
    pub only: Option<Arc<[String]>>,
}

/// Some changes, in order.
#[derive(Clone, Debug)]
pub struct ChangePage {
    /// What is left of them; positions that were erased are not among them.
    pub changes: Vec<Change>,
    /// Everything up to here has been read.
    pub read_to: i64,
}
