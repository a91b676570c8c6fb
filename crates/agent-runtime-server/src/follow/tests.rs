//! The rule of following, as a property: whatever readers do, each gets every position once, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use agent_runtime_store::error::ReadError;
use agent_runtime_store::read::{
    ChangePage, ChangeRange, EventPage, EventReading, Footprint, LastHeard, LogBounds, PageLimits, SessionPage,
    Snapshot, Store,
};
use agent_runtime_store::write::Writer;
use agent_runtime_types::live::{Change, ChangeKind, SessionChanged};
use agent_runtime_types::page::{EventQuery, SessionQuery};
use agent_runtime_types::report::TranscriptPlace;
use agent_runtime_types::session::{Session, SessionStatus};
use async_trait::async_trait;
use futures_util::FutureExt;
use proptest::prelude::*;
use tokio::sync::Semaphore;

use super::{Follower, Source};
use crate::hub::{Hub, Only, Wish};
use crate::limits::Limits;
use crate::observe::Metrics;

const SESSIONS: [&str; 3] = ["a", "b", "c"];

/// A log in memory, with the session of each position. Nothing but `changes` is ever asked of it.
#[derive(Default)]
struct Log {
    entries: Mutex<BTreeMap<i64, (&'static str, ChangeKind)>>,
    erased: Mutex<BTreeSet<i64>>,
    /// For the negative control: a position that reading skips although it is there.
    loses: Option<i64>,
}

#[async_trait]
impl Store for Log {
    fn epoch(&self) -> &'static str {
        "epoch"
    }

    async fn changes(&self, range: ChangeRange, page: PageLimits) -> Result<ChangePage, ReadError> {
        let entries = self.entries.lock().unwrap();
        let wanted = entries.range(range.after + 1..=range.up_to).filter(|(seq, (session, _))| {
            self.loses != Some(**seq) && range.only.as_ref().is_none_or(|ids| ids.iter().any(|id| id == *session))
        });
        let changes: Vec<Change> = wanted.map(|(seq, (_, kind))| change(*seq, *kind)).take(page.rows).collect();
        let full = changes.len() == page.rows;
        let read_to = changes.last().filter(|_| full).map_or(range.up_to, |last| last.seq);
        Ok(ChangePage { changes, read_to })
    }

    fn name(&self) -> String {
        unreachable!()
    }
    fn writer(&self) -> Option<Box<dyn Writer>> {
        unreachable!()
    }
    fn size_bytes(&self) -> u64 {
        unreachable!()
    }
    async fn footprint(&self, _: i64) -> Result<Footprint, ReadError> {
        unreachable!()
    }
    async fn last_heard(&self) -> Result<Vec<LastHeard>, ReadError> {
        unreachable!()
    }
    async fn log_bounds(&self) -> Result<LogBounds, ReadError> {
        unreachable!()
    }
    async fn sessions(&self, _: SessionQuery) -> Result<SessionPage, ReadError> {
        unreachable!()
    }
    async fn running_agents(&self) -> Result<Vec<agent_runtime_store::read::RunningAgent>, ReadError> {
        unreachable!()
    }
    async fn open_transcripts(&self) -> Result<Vec<agent_runtime_store::read::OpenTranscript>, ReadError> {
        unreachable!()
    }
    async fn transcript_place(&self, _: &str, _: &str) -> Result<Option<TranscriptPlace>, ReadError> {
        unreachable!()
    }
    async fn session(&self, _: &str) -> Result<Option<Session>, ReadError> {
        unreachable!()
    }
    async fn answer(&self, _: &str) -> Result<(SessionStatus, Option<String>), ReadError> {
        unreachable!()
    }
    async fn snapshot(&self, _: Option<Vec<String>>) -> Result<Snapshot, ReadError> {
        unreachable!()
    }
    async fn begin_events(&self, _: &str, _: EventQuery) -> Result<EventReading, ReadError> {
        unreachable!()
    }
    async fn read_events(&self, _: EventReading, _: PageLimits) -> Result<EventPage, ReadError> {
        unreachable!()
    }
}

fn change(seq: i64, kind: ChangeKind) -> Change {
    Change { seq, kind, body: "\"x\"".into(), activity: None }
}

/// What may happen, in any order.
#[derive(Clone, Debug)]
enum Step {
    /// A batch is committed to the log.
    Commit(Vec<usize>),
    /// What was committed is published, with frames or, as from another node, without.
    Publish,
    /// A reader joins at some position that was published.
    Join { back: i64, only: Option<usize> },
    /// A reader takes what it can get at once, so often.
    Read { reader: usize, times: usize },
    /// A session is deleted: what stood before is erased, and will not be sent once that is published.
    Erase(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let session = 0..SESSIONS.len();
    let step = prop_oneof![
        4 => prop::collection::vec(session.clone(), 1..12).prop_map(Step::Commit),
        4 => Just(Step::Publish),
        2 => (0..40_i64, prop::option::of(session.clone())).prop_map(|(back, only)| Step::Join { back, only }),
        6 => (0..8_usize, 1..4_usize).prop_map(|(reader, times)| Step::Read { reader, times }),
        1 => session.prop_map(Step::Erase),
    ];
    prop::collection::vec(step, 1..120)
}

struct Reader {
    follower: Follower,
    joined: i64,
    only: Option<usize>,
    got: Vec<i64>,
}

/// Plays the steps, lets everybody catch up, and says what a reader missed or got wrongly.
fn play(steps: &[Step], ring_frames: usize, loses: Option<i64>) -> Result<(), String> {
    let limits = Limits { ring_frames, take_frames: 3, ..Limits::default() };
    let log = Arc::new(Log { loses, ..Log::default() });
    let hub = Arc::new(Hub::new(0, &limits));
    let (mut head, mut unpublished, mut readers) = (0, Vec::new(), Vec::<Reader>::new());
    let mut forbidden = BTreeSet::new();
    for step in steps.iter().chain([&Step::Publish]) {
        match step {
            Step::Commit(batch) => {
                for session in batch {
                    head += 1;
                    log.entries.lock().unwrap().insert(head, (SESSIONS[*session], ChangeKind::Event));
                    let change = change(head, ChangeKind::Event);
                    unpublished.push(SessionChanged::Session { session_id: SESSIONS[*session].into(), change });
                }
            }
            Step::Publish => {
                hub.publish("epoch", &std::mem::take(&mut unpublished));
                forbidden.clone_from(&log.erased.lock().unwrap());
            }
            Step::Join { back, only } => {
                let position = (hub.head() - back).max(0);
                readers.push(reader(&log, &hub, position, *only));
            }
            Step::Read { reader, times } => {
                let count = readers.len().max(1);
                if let Some(reader) = readers.get_mut(reader % count) {
                    for _ in 0..*times {
                        reader.read(&forbidden)?;
                    }
                }
            }
            Step::Erase(session) => {
                let mut entries = log.entries.lock().unwrap();
                let goes = |entry: &(&str, ChangeKind)| *entry == (SESSIONS[*session], ChangeKind::Event);
                let gone = entries.iter().filter(|(_, entry)| goes(entry)).map(|(seq, _)| *seq);
                log.erased.lock().unwrap().extend(gone.collect::<Vec<_>>());
                entries.retain(|_, entry| !goes(entry));
                head += 1;
                entries.insert(head, (SESSIONS[*session], ChangeKind::SessionDeleted));
                let change = change(head, ChangeKind::SessionDeleted);
                unpublished.push(SessionChanged::Session { session_id: SESSIONS[*session].into(), change });
            }
        }
    }
    for reader in &mut readers {
        while reader.read(&forbidden)? {}
    }
    let (entries, erased) = (log.entries.lock().unwrap(), log.erased.lock().unwrap());
    readers.iter().try_for_each(|reader| reader.check(&entries, &erased))
}

fn reader(log: &Arc<Log>, hub: &Arc<Hub>, position: i64, only: Option<usize>) -> Reader {
    let source = Source {
        hub: Arc::clone(hub),
        store: Arc::clone(log) as Arc<dyn Store>,
        replays: Arc::new(Semaphore::new(1)),
        metrics: Arc::new(Metrics::new()),
        page: PageLimits { rows: 4, bytes: usize::MAX },
        take_frames: 3,
        take_bytes: usize::MAX,
    };
    let ids: Only = only.map(|session| Arc::from([SESSIONS[session].to_owned()]));
    let wish = Wish { only: ids, bodies: None };
    let follower = Follower { source, seat: hub.listen(), wish, position, first: Vec::new() };
    Reader { follower, joined: position, only, got: Vec::new() }
}

impl Reader {
    /// Takes what there is at once; tells whether there was anything.
    fn read(&mut self, forbidden: &BTreeSet<i64>) -> Result<bool, String> {
        let Some(messages) = self.follower.next().now_or_never() else { return Ok(false) };
        for message in messages.unwrap() {
            if forbidden.contains(&message.seq) {
                return Err(format!("position {} was sent after it was erased", message.seq));
            }
            self.got.push(message.seq);
        }
        Ok(true)
    }

    fn check(&self, entries: &BTreeMap<i64, (&str, ChangeKind)>, erased: &BTreeSet<i64>) -> Result<(), String> {
        if let Some([earlier, later]) = self.got.array_windows().find(|[earlier, later]| earlier >= later) {
            return Err(format!("{later} came after {earlier}"));
        }
        let got: BTreeSet<i64> = self.got.iter().copied().collect();
        for (seq, (session, _)) in entries.range(self.joined + 1..) {
            let wanted = self.only.is_none_or(|only| SESSIONS[only] == *session);
            if wanted != got.contains(seq) {
                return Err(format!("position {seq}: wanted {wanted}, got {}", !wanted));
            }
        }
        match got.iter().find(|seq| !entries.contains_key(seq) && !erased.contains(seq)) {
            Some(invented) => Err(format!("position {invented} was never committed")),
            None => Ok(()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn every_reader_gets_every_position_once_and_in_order(steps in steps(), ring_frames in 1..20_usize) {
        prop_assert_eq!(play(&steps, ring_frames, None), Ok(()));
    }
}

#[test]
fn a_store_that_loses_a_position_is_noticed() {
    let join = Step::Join { back: 0, only: None };
    let steps = [join, Step::Commit(vec![0; 10]), Step::Publish, Step::Read { reader: 0, times: 9 }];
    assert_eq!(play(&steps, 2, None), Ok(()));
    assert_eq!(play(&steps, 2, Some(4)), Err("position 4: wanted true, got false".into()));
}
