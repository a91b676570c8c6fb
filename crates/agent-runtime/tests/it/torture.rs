//! `kill -9` under load, over and over, on one database: nothing acknowledged is lost, nothing is doubled, positions
//! are dense, and every follower that comes back with its cursor has seen everything exactly once.
//!
//! `TORTURE_KILLS` (50) says how often, `TORTURE_SEED` repeats a run's choices.

mod checker;
mod follower;
mod log;
mod negative_control;
mod operation;
pub(crate) mod random;
mod record;
mod writer;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::checker::{Evidence, Stored, StoredSession, check};
use self::follower::{Follower, Wire};
use self::log::Log;
use self::random::Random;
use self::record::{SessionRecord, fingerprint};
use self::writer::{Tally, Writer};
use crate::process::{self, Launch};

/// Writers at a time: enough that commits hold several requests.
const WRITERS: u64 = 10;
/// Answers between two kills, at most.
const ANSWERS: usize = 300;

/// How one run is made.
pub(crate) struct Plan {
    pub(crate) kills: u64,
    pub(crate) seed: u64,
    /// Makes the server ready to start on a folder.
    pub(crate) launch: fn(Arc<TempDir>) -> Launch,
    /// What happens to the folder after a kill.
    pub(crate) after_kill: fn(&Path, &mut Random),
}

/// Everything that goes through all the kills.
struct Run {
    plan: Plan,
    folder: Arc<TempDir>,
    random: Random,
    writers: Vec<Writer>,
    /// They come back as soon as the server is there, before anyone writes.
    steady: Vec<Follower>,
    /// They come back when writers already write, and leave in between.
    restless: Vec<Follower>,
    /// Open while the server is there.
    door: watch::Sender<Option<SocketAddr>>,
    /// Open while writers may write.
    load: watch::Sender<Option<SocketAddr>>,
    acknowledged: watch::Receiver<u64>,
    checked: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_under_load_loses_nothing() {
    let kills = number("TORTURE_KILLS").unwrap_or(50);
    torture(Plan { kills, seed: seed(), launch: Launch::on, after_kill: |_, _| {} }).await;
}

/// Kills the server as often as planned, checks after every start and at the end, and panics about what is wrong.
pub(crate) async fn torture(plan: Plan) {
    let (kills, seed) = (plan.kills, plan.seed);
    println!("torture: {kills} kills, TORTURE_SEED={seed}");
    let began = std::time::Instant::now();
    let mut run = Run::new(plan);
    for kill in 1..=kills {
        run.kill_under_load(&format!("before kill {kill} of {kills}, TORTURE_SEED={seed}")).await;
        // Now and then another hits the next server just when it starts, perhaps while it recovers.
        if run.random.percent(15) {
            run.kill_at_start().await;
        }
    }
    let (tally, head, resumes) = run.end(&format!("at the end, TORTURE_SEED={seed}")).await;
    println!("torture: {:.0} s, {tally:?}, head {head}, {resumes} resumes", began.elapsed().as_secs_f64());
    let exercised = [tally.unanswered, tally.sent_again, tally.duplicates, tally.deleted];
    let idle = exercised.contains(&0) || tally.acknowledged < kills || u64::from(resumes) < kills;
    assert!(!idle || kills < 10, "the run has tested too little: {tally:?}, {resumes} resumes");
}

/// The seed to repeat, or a fresh one.
pub(crate) fn seed() -> u64 {
    number("TORTURE_SEED").unwrap_or_else(|| {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).expect("randomness");
        u32::from_le_bytes(bytes).into()
    })
}

impl Run {
    fn new(plan: Plan) -> Self {
        let seed = plan.seed;
        let (door, load) = (watch::Sender::new(None), watch::Sender::new(None));
        let (acknowledgements, acknowledged) = watch::channel(0);
        let writer = |part| Writer::new(&format!("w{part}"), Random::new(seed, part), acknowledgements.clone());
        let restless = |name, wire, part| Follower::start(name, wire, load.subscribe(), Some(Random::new(seed, part)));
        Self {
            plan,
            folder: process::fresh_folder(),
            random: Random::new(seed, 0),
            writers: (1..=WRITERS).map(writer).collect(),
            steady: vec![
                Follower::start("ws", Wire::WebSocket, door.subscribe(), None),
                Follower::start("sse", Wire::EventStream, door.subscribe(), None),
            ],
            restless: vec![
                restless("restless-ws", Wire::WebSocket, 100),
                restless("restless-sse", Wire::EventStreamSince, 101),
            ],
            door,
            load,
            acknowledged,
            checked: 0,
        }
    }

    async fn kill_at_start(&mut self) {
        let starting = (self.plan.launch)(Arc::clone(&self.folder)).spawn();
        tokio::time::sleep(Duration::from_micros(self.random.below(40_000) as u64)).await;
        starting.signal("KILL");
        starting.ended().await;
        (self.plan.after_kill)(self.folder.path(), &mut self.random);
    }

    async fn kill_under_load(&mut self, when: &str) {
        let server = (self.plan.launch)(Arc::clone(&self.folder)).start().await;
        self.door.send_replace(Some(server.address));
        if self.checked == 0 {
            // The restless ones, too, see the database from its beginning.
            self.load.send_replace(Some(server.address));
            for follower in self.steady.iter_mut().chain(&mut self.restless) {
                follower.reaches(0).await.expect("every follower is there before anything is written");
            }
        }
        self.check(server.address, when, false).await;

        let before = *self.acknowledged.borrow();
        let target = before + 1 + self.random.below(ANSWERS) as u64;
        self.load.send_replace(Some(server.address));
        let mut writers = JoinSet::new();
        for writer in self.writers.drain(..) {
            writers.spawn(writer.run(server.address, self.load.subscribe()));
        }
        process::wait(&mut self.acknowledged, "acknowledgements", |count| *count >= target).await;
        tokio::time::sleep(Duration::from_micros(self.random.below(3000) as u64)).await;
        self.load.send_replace(None);
        self.door.send_replace(None);
        server.kill().await;
        (self.plan.after_kill)(self.folder.path(), &mut self.random);
        self.writers = writers.join_all().await;
        self.writers.sort_by(|one, other| one.name.cmp(&other.name));
    }

    /// The last look at everything, then a clean stop.
    async fn end(mut self, when: &str) -> (Tally, i64, u32) {
        let server = (self.plan.launch)(Arc::clone(&self.folder)).start().await;
        self.door.send_replace(Some(server.address));
        self.load.send_replace(Some(server.address));
        for writer in std::mem::take(&mut self.writers) {
            let writer = writer.finish(server.address).await;
            assert_eq!(writer.doubts(), 0, "what had no answer was sent again: {:?}", writer.faults);
            self.writers.push(writer);
        }
        self.check(server.address, when, true).await;
        let mut tally = Tally::default();
        for one in self.writers.iter().map(|writer| writer.tally) {
            tally.acknowledged += one.acknowledged;
            tally.unanswered += one.unanswered;
            tally.sent_again += one.sent_again;
            tally.stored_before += one.stored_before;
            tally.duplicates += one.duplicates;
            tally.deleted += one.deleted;
        }
        self.door.send_replace(None);
        self.load.send_replace(None);
        server.stop().await;
        drop((self.door, self.load));
        let mut resumes = 0;
        for follower in self.steady.into_iter().chain(self.restless) {
            let log = follower.ended().await;
            assert!(log.faults.is_empty(), "{when}: {:#?}", log.faults);
            resumes += log.resumes;
        }
        (tally, self.checked, resumes)
    }

    /// Compares what the writers know, what the followers saw and what is stored, while nobody writes: of the
    /// sessions written to since the last check, or `complete`.
    async fn check(&mut self, address: SocketAddr, when: &str, complete: bool) {
        let in_scope = |session: &SessionRecord| complete || session.touched;
        let records = self.writers.iter().flat_map(|writer| &writer.record.sessions);
        let sessions: Vec<(&str, &SessionRecord)> =
            records.filter(|(_, session)| in_scope(session)).map(|(id, session)| (id.as_str(), session)).collect();
        let stored = read(address, &sessions).await;
        let mut faults: Vec<String> = self.writers.iter().flat_map(|writer| writer.faults.clone()).collect();
        let mut followers: Vec<&mut Follower> = self.steady.iter_mut().collect();
        if complete {
            followers.extend(&mut self.restless);
        }
        for follower in &mut followers {
            faults.extend(follower.reaches(stored.head).await.err());
        }
        let guards: Vec<_> = followers.iter().map(|follower| follower.log()).collect();
        let logs: Vec<&Log> = guards.iter().map(|guard| &**guard).collect();
        let since = if complete { 0 } else { self.checked };
        faults.extend(check(Evidence { sessions: &sessions, complete, logs: &logs, stored: &stored, since }));
        assert!(faults.is_empty(), "{when}: {faults:#?}");
        drop(guards);
        self.checked = stored.head;
        for session in self.writers.iter_mut().flat_map(|writer| writer.record.sessions.values_mut()) {
            session.touched = false;
        }
    }
}

/// Reads the head, all sessions, and the events of those in question.
async fn read(address: SocketAddr, sessions: &[(&str, &SessionRecord)]) -> Stored {
    let init = init(address).await;
    let cursor = init["cursor"].as_str().and_then(|cursor| cursor.rsplit_once(':'));
    let head = cursor.and_then(|(_, seq)| seq.parse().ok()).unwrap_or_else(|| panic!("no cursor: {init}"));
    let (status, list) = get(&client(), address, "/sessions").await;
    assert_eq!(status, 200, "{list}");
    assert_eq!(list["sessions"], init["sessions"], "GET /sessions and init differ while nobody writes");
    let mut stored = Stored { head, ..Stored::default() };
    for session in list["sessions"].as_array().into_iter().flatten() {
        let text = |key: &str| session[key].as_str().unwrap_or_default().to_owned();
        let event_count = session["event_count"].as_u64().and_then(|count| usize::try_from(count).ok());
        let event_count = event_count.unwrap_or_else(|| panic!("no event_count: {session}"));
        let summary = StoredSession { name: text("session_name"), status: text("status"), event_count };
        stored.sessions.insert(text("session_id"), summary);
    }
    let client = client();
    let mut events = BTreeMap::new();
    for (id, _) in sessions {
        let (status, answer) = get(&client, address, &format!("/sessions/{id}/events")).await;
        let expected = if stored.sessions.contains_key(*id) { 200 } else { 404 };
        assert_eq!(status, expected, "events of {id}: {answer}");
        let list = answer["events"].as_array().into_iter().flatten();
        let list = list.map(|event| (event["id"].as_i64().unwrap_or(-1), fingerprint(event)));
        events.insert((*id).to_owned(), list.collect());
    }
    stored.events = events;
    stored
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

async fn get(client: &reqwest::Client, address: SocketAddr, path: &str) -> (u16, Value) {
    let response = client.get(format!("http://{address}{path}")).send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("a whole JSON answer"))
}

async fn init(address: SocketAddr) -> Value {
    let (mut stream, _) = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.expect("a WebSocket");
    let first = tokio::time::timeout(process::PATIENCE, stream.next()).await.expect("a first message in time");
    let text = first.expect("a first message").expect("a whole message").into_text().expect("text");
    let init: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(init["type"], "init", "{init}");
    init
}

#[expect(clippy::disallowed_methods, reason = "the settings of a test, not of the program")]
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}
