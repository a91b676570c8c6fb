//! What every answer must look like, and requests whose bodies are given as text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use agent_runtime_server::clock::Clock;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::harness::{Answer, TestServer};

/// The keys of a session, all of them always there.
pub(crate) const SESSION_KEYS: [&str; 19] = [
    "session_id",
    "session_name",
    "status",
    "created_at",
    "project_dir",
    "agent_name",
    "last_resumed_at",
    "parent_session_id",
    "first_event_at",
    "last_event_at",
    "event_count",
    "source",
    "host",
    "model",
    "branch",
    "ended_at",
    "exit_code",
    "error_count",
    "activity",
];

/// The keys of an event without any of the client's own, all of them always there.
pub(crate) const EVENT_KEYS: [&str; 14] = [
    "id",
    "event_type",
    "session_id",
    "session_name",
    "timestamp",
    "tool_name",
    "tool_input",
    "tool_output",
    "error",
    "exit_code",
    "reason",
    "role",
    "content",
    "event_id",
];

/// The media type of events, one a line.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// Checks that an object holds exactly these keys.
#[track_caller]
pub(crate) fn assert_keys(object: &Value, expected: &[&str]) {
    let found: BTreeSet<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(found, expected.iter().copied().collect(), "{object}");
}

/// Checks that an answer is an error of this status, JSON, whose `detail` begins like this.
#[track_caller]
pub(crate) fn assert_refused(answer: &Answer, status: u16, detail: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json", "{answer:?}");
    let found = answer.detail();
    assert!(found.starts_with(detail), "`{found}` does not begin with `{detail}`");
    assert!(!found.contains(['\n', '\r']), "one line: {found:?}");
}

/// Checks that an answer is a success: 200 with a JSON object.
#[track_caller]
pub(crate) fn succeeded(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json", "{answer:?}");
    let body = answer.json();
    assert!(body.is_object(), "{body}");
    body
}

/// The strings under `key` in a list of objects.
pub(crate) fn texts(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().expect("an array").iter();
    list.map(|object| object[key].as_str().expect("a string").to_owned()).collect()
}

impl TestServer {
    /// Posts a JSON body exactly as it is written.
    pub(crate) async fn post_text(&self, path: &str, body: impl Into<String>) -> Answer {
        self.post_bytes(path, "application/json", body.into()).await
    }

    /// Posts events, one a line.
    pub(crate) async fn ingest(&self, lines: impl Into<reqwest::Body>) -> Answer {
        self.post_bytes("/ingest", NDJSON, lines).await
    }

    /// The ids of the sessions that `GET /sessions` lists with this query (with its `?`, or empty).
    pub(crate) async fn listed(&self, query: &str) -> Vec<String> {
        let answer = succeeded(&self.get(&format!("/sessions{query}")).await);
        texts(&answer["sessions"], "session_id")
    }

    /// A session as `GET /sessions/{id}` shows it.
    pub(crate) async fn session(&self, id: &str) -> Value {
        let answer = self.get(&format!("/sessions/{}", crate::harness::encode(id))).await;
        succeeded(&answer)["session"].clone()
    }

    /// What `GET /sessions/{id}/status` says.
    pub(crate) async fn status(&self, id: &str) -> String {
        let answer = self.get(&format!("/sessions/{}/status", crate::harness::encode(id))).await;
        succeeded(&answer)["status"].as_str().expect("a word").to_owned()
    }

    /// A session's events as their members stand in the answer's text.
    pub(crate) async fn raw_events(&self, id: &str) -> Vec<BTreeMap<String, Box<RawValue>>> {
        #[derive(serde::Deserialize)]
        struct List {
            events: Vec<BTreeMap<String, Box<RawValue>>>,
        }
        let answer = self.get(&format!("/sessions/{}/events", crate::harness::encode(id))).await;
        serde_json::from_str::<List>(&answer.text).expect("events").events
    }
}

/// A clock that stands still until it is set.
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    /// Stands at so many microseconds since 1970.
    pub(crate) fn at(us: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(us)))
    }

    /// Moves it.
    pub(crate) fn set(&self, us: i64) {
        self.0.store(us, Ordering::Relaxed);
    }
}

impl Clock for StillClock {
    fn now_us(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}
