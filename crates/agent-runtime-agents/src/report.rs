//! What a document, or a line of a transcript, says.

use std::collections::BTreeMap;

use agent_runtime_types::problem::Invalid;
use agent_runtime_types::report::Between;

use crate::agent::Agent;

/// What one hook document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it says of its session.
    pub facts: Facts,
    /// What happened, in order; all of that session.
    pub events: Vec<ReportedEvent>,
    /// Where the agent keeps the words of this session.
    pub transcript: Option<TranscriptRef>,
    /// A subagent that has ended with this document, which is not its own.
    pub subagent_ended: Option<SubagentEnded>,
    /// What was taken out of the document before it was read.
    pub counted: Counted,
}

/// What a document says of its session. Whatever is missing is not known from this document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The session: the agent's own id, or of a subagent `<parent>:<agent_id>`.
    pub session_id: String,
    /// The session whose subagent this is.
    pub parent_session_id: Option<String>,
    /// What kind of agent works in it, as a subagent or told to be: `Explore`.
    pub kind: Option<String>,
    /// A name for the session.
    pub session_name: String,
    /// How good that name is.
    pub name_rank: NameRank,
    /// The folder it works in.
    pub project_dir: Option<String>,
    /// The agent.
    pub source: Agent,
    /// The machine it runs on.
    pub host: Option<String>,
    /// The model it talks to.
    pub model: Option<String>,
    /// The branch it works on.
    pub branch: Option<String>,
    /// Whether the session starts or resumes with this document.
    pub is_start: bool,
    /// The session that this one goes on from, when the document names it.
    pub continues: Option<String>,
    /// Whether it goes on from the session that the same process ran before: after a clear or a fork the document
    /// does not name it.
    pub continues_process: bool,
}

/// How good a name is. A name gives way to one of a higher rank, a title also to a newer one of its own rank; one that
/// a person gave here gives way to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRank {
    /// The folder and the beginning of the id.
    Folder,
    /// The beginning of the first prompt.
    Prompt,
    /// The title that the agent made up.
    Title,
    /// The title that a person gave in the agent.
    ChosenTitle,
}

/// An event in the words of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEvent {
    /// The event as JSON text, as a client would send it; values of the document stand in it as they were written.
    pub body: String,
    /// Keys under which the same event may have been stored already, besides its own `event_id`.
    pub also_keys: Vec<String>,
    /// What tells a second one of the same key from a copy of the first.
    pub between: Option<Between>,
}

/// Where an agent keeps the words of a session, and what reading them needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptRef {
    /// The file, as the agent names it. It is not ours: whoever opens it decides which folders it may lie in.
    pub path: String,
    /// The session whose words it holds.
    pub session_id: String,
    /// A name for that session, for events that must give one.
    pub session_name: String,
    /// The time for lines that have none of their own.
    pub at: String,
}

/// The end of a subagent, told by the tool call that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubagentEnded {
    /// The subagent's session.
    pub session_id: String,
    /// Its `session_stop`, to be stored if that session is known and still running.
    pub event: ReportedEvent,
}

/// What one line of a transcript says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineReport {
    /// The session's words, in order.
    pub events: Vec<ReportedEvent>,
    /// The model that spoke.
    pub model: Option<String>,
    /// The branch it works on.
    pub branch: Option<String>,
    /// The folder in which the agent works at this line.
    pub folder: Option<String>,
    /// A title for the session.
    pub title: Option<(String, NameRank)>,
    /// The session that this one was forked from.
    pub continues: Option<String>,
    /// The session whose subagent this is.
    pub parent_session_id: Option<String>,
    /// What was taken out before it was kept.
    pub counted: Counted,
}

/// What was taken out of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Secrets, by their kind.
    pub redacted: BTreeMap<&'static str, u64>,
    /// Strings of which only head and tail are left.
    pub shortened: u64,
    /// Whole files that edits carried along.
    pub original_files: u64,
}

impl Counted {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (kind, count) in &other.redacted {
            *self.redacted.entry(kind).or_default() += count;
        }
        self.shortened += other.shortened;
        self.original_files += other.original_files;
    }
}

/// What the user has settled about documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether secrets of known shapes are taken out.
    pub redacts: bool,
    /// Whether the whole files that edits carry along are kept.
    pub keeps_original_files: bool,
    /// Whether somebody reads the transcripts. If not, the last words of a turn come from the document that ends it.
    pub reads_transcripts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { redacts: true, keeps_original_files: false, reads_transcripts: true }
    }
}

/// Why a document cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no sound JSON object.
    #[error("{0}")]
    NotAnObject(Invalid),
    /// It does not say which session it belongs to.
    #[error("session_id: is missing, or no session can have it")]
    NoSession,
    /// Its envelope does not say when it arrived.
    #[error("envelope: {0}")]
    Envelope(Invalid),
}
