//! Snapshot and stream under concurrent writers: whoever joins or comes back at any moment ends with exactly
//! what the server has. No gap, no duplicate, no event before `init`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::harness::follow::{Follower, Transport, seq};
use crate::harness::scene::ndjson;
use crate::harness::{TestServer, answer_event, encode, event};

const WRITERS: u64 = 4;
const FOLLOWERS: u64 = 60;

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// What a client knows that keeps to the contract.
#[derive(Default)]
struct Mirror {
    cursor: Option<String>,
    seq: i64,
    /// The position of the last `init`: events up to it were never sent.
    base: i64,
    sessions: BTreeMap<String, Value>,
    events: BTreeMap<i64, Value>,
}

impl Mirror {
    /// Begins anew with the first message of a connection without a cursor.
    fn begin(init: &Value) -> Self {
        assert_eq!(init["type"], "init", "nothing comes before init: {init}");
        let by_id = |session: &Value| (id_of(session), session.clone());
        let sessions = init["sessions"].as_array().expect("sessions").iter().map(by_id).collect();
        let cursor = init["cursor"].as_str().map(str::to_owned);
        Self { cursor, seq: seq(init), base: seq(init), sessions, events: BTreeMap::new() }
    }

    /// Takes the next message in. Where nothing is ever erased, positions must follow one another.
    fn apply(&mut self, message: &Value, dense: bool) {
        let position = seq(message);
        if dense {
            assert_eq!(position, self.seq + 1, "a gap or a duplicate: {message}");
        } else {
            assert!(position > self.seq, "a duplicate: after {} came {message}", self.seq);
        }
        match message["type"].as_str() {
            Some("session_created") => {
                let known = self.sessions.insert(id_of(&message["session"]), message["session"].clone());
                assert_eq!(known, None, "created twice: {message}");
            }
            Some("session_updated") => {
                let known = self.sessions.insert(id_of(&message["session"]), message["session"].clone());
                let known = known.unwrap_or_else(|| panic!("updated before it was created: {message}"));
                assert_eq!(known["event_count"], message["session"]["event_count"], "as of its position");
                for key in ["first_event_at", "last_event_at"] {
                    assert_eq!(known[key], message["session"][key], "as of its position");
                }
            }
            Some("session_deleted") => {
                // The deletion of a session that is not known is to be ignored.
                let id = message["session_id"].as_str().expect("an id");
                self.sessions.remove(id);
                self.events.retain(|_, event| event["session_id"] != id);
            }
            Some("event") => {
                let event = &message["data"];
                let session = self.sessions.get_mut(&id_of(event));
                let session = session.unwrap_or_else(|| panic!("an event of an unknown session: {message}"));
                session["event_count"] = json!(session["event_count"].as_i64().expect("a count") + 1);
                // All timestamps of this test have one form, so that their text stands in the order of time.
                let first = session["first_event_at"].as_str();
                if first.is_none_or(|first| event["timestamp"].as_str() < Some(first)) {
                    session["first_event_at"] = event["timestamp"].clone();
                }
                if session["last_event_at"].as_str() <= event["timestamp"].as_str() {
                    session["last_event_at"] = event["timestamp"].clone();
                }
                self.events.insert(position, event.clone());
            }
            other => panic!("unexpected {other:?}: {message}"),
        }
        self.seq = position;
        self.cursor = message["cursor"].as_str().map(str::to_owned);
    }
}

fn id_of(object: &Value) -> String {
    object["session_id"].as_str().expect("a session_id").to_owned()
}

/// Posts `count` random changes to sessions of its own.
async fn write(server: Arc<TestServer>, writer: u64, count: u64, may_delete: bool) {
    let mut dice = Dice::new(writer + 1);
    for step in 0..count {
        let id = format!("{writer}/{}", dice.below(4));
        let path = format!("/sessions/{}", encode(&id));
        let time = format!("2025-12-03T10:{:02}:{:02}.{:06}Z", dice.below(60), dice.below(60), step);
        let status = match dice.below(if may_delete { 12 } else { 11 }) {
            0 => server.post("/sessions", &json!({"session_id": id, "session_name": "n"})).await.status,
            1 => server.patch(&format!("{path}/metadata"), &json!({"agent_name": format!("{step}")})).await.status,
            2 => server.post("/events", &event(&id, "session_stop", &time)).await.status,
            3 | 4 => server.post("/events", &event(&id, "session_start", &time)).await.status,
            5 => {
                let body = ndjson((0..5).map(|n| answer_event(&id, &n.to_string(), &time)));
                server.post_bytes("/ingest", "application/x-ndjson", body).await.status
            }
            6 => {
                let mut keyed = event(&id, "message", &time);
                keyed["event_id"] = json!(format!("key {}", dice.below(3)));
                server.post("/events", &keyed).await.status
            }
            11 => server.delete(&path).await.status,
            _ => server.post(&format!("{path}/events"), &answer_event(&id, "text", &time)).await.status,
        };
        assert!(matches!(status, 200 | 400 | 404 | 409), "{status}");
    }
}

/// Connects, reads a little, leaves, comes back with or without its cursor, until the writers are done and all
/// is read; returns what it knows then.
async fn follow(server: Arc<TestServer>, number: u64, dense: bool, mut end: watch::Receiver<Option<i64>>) -> Mirror {
    let mut dice = Dice::new(1000 + number);
    let mut mirror = Mirror::default();
    loop {
        let transport = Transport::BOTH[usize::try_from(dice.below(2)).expect("small")];
        let mut follower = match &mirror.cursor {
            Some(cursor) if dice.below(4) > 0 => transport.follow(&server, &format!("?since={cursor}")).await,
            _ => {
                let mut follower = transport.follow(&server, "").await;
                mirror = Mirror::begin(&follower.next().await);
                follower
            }
        };
        let patience = dice.below(80);
        for _ in 0..patience {
            let Some(message) = next_or_end(&mut follower, &mirror, &mut end).await else { return mirror };
            mirror.apply(&message, dense);
        }
    }
}

/// The next message; `None` when the writers are done and this follower has read everything.
async fn next_or_end(
    follower: &mut Follower,
    mirror: &Mirror,
    end: &mut watch::Receiver<Option<i64>>,
) -> Option<Value> {
    let all_read = async {
        let read_to = mirror.seq;
        if end.wait_for(|end| end.is_some_and(|end| read_to >= end)).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = all_read => None,
        message = follower.next() => Some(message),
    }
}

async fn run(steps: u64, may_delete: bool) {
    let server = Arc::new(TestServer::start().await);
    let (end, ended) = watch::channel(None);
    let followers: Vec<_> = (0..FOLLOWERS)
        .map(|number| tokio::spawn(follow(Arc::clone(&server), number, !may_delete, ended.clone())))
        .collect();
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(write(Arc::clone(&server), writer, steps, may_delete))).collect();
    for writer in writers {
        writer.await.expect("a writer ends well");
    }
    end.send_replace(Some(server.head().await));

    let list = server.get("/sessions").await.json()["sessions"].as_array().expect("sessions").clone();
    let sessions: BTreeMap<String, Value> = list.into_iter().map(|session| (id_of(&session), session)).collect();
    let mut events = BTreeMap::new();
    for id in sessions.keys() {
        events.extend(server.events(id).await.into_iter().map(|event| (event["id"].as_i64().expect("an id"), event)));
    }
    assert!(events.len() > 100, "the writers wrote: {}", events.len());
    for (number, follower) in followers.into_iter().enumerate() {
        let mirror = follower.await.expect("a follower ends well");
        assert_eq!(mirror.sessions, sessions, "follower {number}: sessions");
        let expected: BTreeMap<_, _> =
            events.range(mirror.base + 1..).map(|(id, event)| (*id, event.clone())).collect();
        assert_eq!(mirror.events, expected, "follower {number}: events behind {}", mirror.base);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_who_come_and_go_miss_nothing_and_see_nothing_twice() {
    run(200, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletions_leave_every_follower_with_what_is_left() {
    run(200, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_who_join_during_a_burst_all_begin_with_init() {
    let server = Arc::new(TestServer::start().await);
    server.create_session("s").await;
    let writer = tokio::spawn({
        let server = Arc::clone(&server);
        async move {
            for n in 0..150 {
                server.add_event(&answer_event("s", &n.to_string(), "2025-12-03T10:00:00Z")).await;
            }
        }
    });
    let joiners: Vec<_> = (0..150)
        .map(|n| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut follower = Transport::BOTH[n % 2].follow(&server, "").await;
                let init = follower.next().await;
                assert_eq!(init["type"], "init", "{init}");
                let (mut last, mut count) = (seq(&init), init["sessions"][0]["event_count"].as_i64().expect("a count"));
                // Position 1 created the session, each further one is an event.
                assert_eq!(count, last - 1, "the snapshot is of one moment");
                while last < 151 {
                    let message = follower.next().await;
                    assert_eq!((&message["type"], seq(&message)), (&json!("event"), last + 1));
                    last += 1;
                    count += 1;
                }
                assert_eq!(count, 150);
            })
        })
        .collect();
    writer.await.expect("the writer ends well");
    for joiner in joiners {
        joiner.await.expect("a follower ends well");
    }
}
