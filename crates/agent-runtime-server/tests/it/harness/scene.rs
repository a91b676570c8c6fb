//! A short run that makes every kind of change once, and the calls that tests of followers share.

use serde_json::{Value, json};

use crate::harness::follow::{Follower, seq};
use crate::harness::{TestServer, answer_event, event};

/// The types of the messages that [`TestServer::play`] causes, at the positions 1 and following.
pub(crate) const SCENE: [&str; 17] = [
    "session_created", // 1: POST /sessions
    "event",           // 2: its first session_start
    "event",           // 3: a message
    "session_updated", // 4: session_stop
    "event",           // 5
    "session_updated", // 6: PATCH
    "session_updated", // 7: session_start resumes
    "event",           // 8
    "session_created", // 9: POST /events with session_start
    "event",           // 10
    "event",           // 11: a tool's output
    "session_created", // 12: the same by /ingest
    "event",           // 13
    "event",           // 14: pre_tool
    "session_updated", // 15: session_stop
    "event",           // 16
    "event",           // 17: a late message to a finished session
];

impl TestServer {
    /// Makes every kind of change but a deletion, in sessions `a`, `b` and `c`.
    pub(crate) async fn play(&self) {
        self.create_session("a").await;
        self.add_event(&event("a", "session_start", "2025-12-03T10:11:12.123456+00:00")).await;
        self.add_event(&answer_event("a", "first\nanswer \u{2028} ü", "2025-12-03T10:11:13+00:00")).await;
        self.add_event(&event("a", "session_stop", "2025-12-03T10:11:14Z")).await;
        let resumed = json!({"last_resumed_at": "2025-12-03T10:12:00.5+00:00"});
        assert_eq!(self.patch("/sessions/a/metadata", &resumed).await.status, 200);
        self.add_event(&event("a", "session_start", "2025-12-03T10:12:01+00:00")).await;
        let start = event("b", "session_start", "2025-12-03T10:13:00+02:00");
        assert_eq!(self.post("/events", &start).await.status, 200);
        let mut tool = event("b", "post_tool", "2025-12-03T10:13:01+02:00");
        tool["tool_name"] = json!("Bash");
        tool["tool_output"] = json!({"lines": ["x\r\ny", 0, false, ""], "large": 12_345_678_901_234_567_890_u64});
        tool["of_the_client"] = json!([1.5, null]);
        self.add_event(&tool).await;
        let lines = ndjson([
            event("c", "session_start", "2025-12-03T10:14:00Z"),
            event("c", "pre_tool", "2025-12-03T10:14:01Z"),
            event("c", "session_stop", "2025-12-03T10:14:02Z"),
        ]);
        assert_eq!(self.post_bytes("/ingest", "application/x-ndjson", lines).await.status, 200);
        self.add_event(&answer_event("c", "late", "2025-12-03T10:13:59Z")).await;
    }

    /// The position of the last change.
    pub(crate) async fn head(&self) -> i64 {
        seq(&self.ws("").await.next().await)
    }

    /// The epoch of the database.
    pub(crate) async fn epoch(&self) -> String {
        crate::harness::follow::cursor(&self.ws("").await.next().await).0
    }
}

/// The lines of a request to `/ingest`.
pub(crate) fn ndjson(events: impl IntoIterator<Item = Value>) -> String {
    let lines: Vec<String> = events.into_iter().map(|event| event.to_string()).collect();
    lines.join("\n")
}

impl Follower {
    /// Creates the session `id`, makes sure that nothing else is sent before its message, and returns that.
    pub(crate) async fn next_is_sentinel(&mut self, server: &TestServer, id: &str) -> Value {
        server.create_session(id).await;
        let message = self.next().await;
        assert_eq!(
            (&message["type"], &message["session"]["session_id"]),
            (&json!("session_created"), &json!(id)),
            "something else was sent: {message}"
        );
        message
    }
}
