//! `GET /stats`: what happened over time, exact as of the moment in which it was asked.

use serde_json::{Value, json};

use crate::harness::scene::ndjson;
use crate::harness::shape::{StillClock, assert_keys, assert_refused, succeeded, texts};
use crate::harness::{TestServer, event};

/// 2025-12-03T10:11:12Z
const NOW_US: i64 = 1_764_756_672_000_000;

/// The hour from ten to eleven, in twelve buckets.
const HOUR: &str = "from=2025-12-03T10:00:00Z&to=2025-12-03T11:00:00Z&bucket=300";

impl TestServer {
    async fn stats(&self, query: &str) -> Value {
        succeeded(&self.get(&format!("/stats?{query}")).await)
    }

    async fn start_session(&self, id: &str, project_dir: &str, at: &str) {
        let body = json!({"session_id": id, "session_name": id, "project_dir": project_dir});
        assert_eq!(self.post("/sessions", &body).await.status, 200);
        self.add_event(&event(id, "session_start", at)).await;
    }
}

/// A number of each bucket.
fn of_buckets(stats: &Value, key: &str) -> Vec<i64> {
    let buckets = stats["buckets"].as_array().expect("buckets");
    buckets.iter().map(|bucket| bucket[key].as_i64().unwrap_or_else(|| panic!("{key} of {bucket}"))).collect()
}

fn sum(stats: &Value, key: &str) -> i64 {
    of_buckets(stats, key).iter().sum()
}

/// A call of a tool that took so long, and began in this minute after ten.
fn call(session_id: &str, tool: &str, minute: u32, duration_ms: u32, error: Option<&str>) -> [Value; 2] {
    let mut before = event(session_id, "pre_tool", &format!("2025-12-03T10:{minute:02}:00Z"));
    before["tool_name"] = json!(tool);
    let mut after = before.clone();
    after["event_type"] = json!("post_tool");
    after["duration_ms"] = json!(duration_ms);
    after["error"] = json!(error);
    [before, after]
}

#[tokio::test]
async fn events_are_counted_in_the_bucket_of_their_own_instant() {
    let server = TestServer::start().await;
    server.start_session("a", "/one", "2025-12-03T10:00:00Z").await;
    for (minute, duration_ms, error) in [(1, 100, None), (4, 200, Some("no")), (5, 400, None), (59, 10_000, None)] {
        for body in call("a", "Bash", minute, duration_ms, error) {
            server.add_event(&body).await;
        }
    }
    server.add_event(&event("a", "stop_failure", "2025-12-03T12:59:59.999999+02:00")).await;
    for outside in ["2025-12-03T09:59:59.999999Z", "2025-12-03T11:00:00Z"] {
        server.add_event(&event("a", "message", outside)).await;
    }
    let stats = server.stats(HOUR).await;
    assert_keys(&stats, &["from", "to", "bucket_seconds", "uncounted", "buckets", "projects", "tools"]);
    assert_eq!(stats["from"], "2025-12-03T10:00:00.000000+00:00");
    assert_eq!((&stats["to"], &stats["bucket_seconds"]), (&json!("2025-12-03T11:00:00.000000+00:00"), &json!(300)));
    assert_eq!(of_buckets(&stats, "events"), [5, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    assert_eq!(of_buckets(&stats, "tool_calls"), [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(of_buckets(&stats, "failures"), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let first = &stats["buckets"][0];
    assert_keys(
        first,
        &["at", "running", "sessions_started", "events", "tool_calls", "failures", "tool_p50_ms", "tool_p95_ms"],
    );
    let near = |value: &Value, ms: f64| (value.as_f64().expect("a time") / ms - 1.0).abs() <= 0.1;
    assert!(near(&first["tool_p50_ms"], 100.0) && near(&first["tool_p95_ms"], 200.0), "{first}");
    assert_eq!(
        (&stats["buckets"][2]["tool_p50_ms"], &stats["buckets"][2]["tool_p95_ms"]),
        (&Value::Null, &Value::Null)
    );
    let tool = &stats["tools"][0];
    assert_eq!((&tool["tool_name"], &tool["calls"], &tool["failures"]), (&json!("Bash"), &json!(4), &json!(1)));
    assert!(near(&tool["p50_ms"], 200.0) && near(&tool["p95_ms"], 10_000.0), "{tool}");
    let project = &stats["projects"][0];
    assert_eq!(*project, json!({"project_dir": "/one", "sessions": 0, "events": 10, "tool_calls": 4, "failures": 2}));
}

#[tokio::test]
async fn sessions_run_from_their_start_to_their_end() {
    let clock = StillClock::at(NOW_US);
    let server = TestServer::start_with(|config| config.clock = clock).await;
    // One that ran before, one that ends, one that is taken up again, one that is deleted while it runs.
    for (id, minute) in [("before", "09:30"), ("ends", "10:02"), ("resumed", "10:07"), ("deleted", "10:12")] {
        let start = event(id, "session_start", &format!("2025-12-03T{minute}:00Z"));
        assert_eq!(server.post("/events", &start).await.status, 200);
    }
    for (id, kind, minute) in [
        ("ends", "session_stop", 21),
        ("ends", "session_stop", 22),
        ("resumed", "session_stop", 26),
        ("resumed", "session_start", 41),
        ("resumed", "session_start", 42),
        ("deleted", "message", 31),
    ] {
        server.add_event(&event(id, kind, &format!("2025-12-03T10:{minute}:00Z"))).await;
    }
    assert_eq!(server.delete("/sessions/deleted").await.status, 200);
    let stats = server.stats(HOUR).await;
    assert_eq!(of_buckets(&stats, "running"), [2, 3, 4, 4, 3, 2, 1, 1, 2, 2, 2, 2]);
    assert_eq!(of_buckets(&stats, "sessions_started"), [1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(sum(&stats, "events"), 9, "what was deleted has happened");
    let later = server.stats("from=2025-12-05T00:00:00Z&to=2025-12-05T01:00:00Z&bucket=3600").await;
    assert_eq!(of_buckets(&later, "running"), [2], "and still does");
    // An old recording that is sent to a session made now ran when its events happened.
    server.create_session("made now").await;
    server.add_event(&event("made now", "session_stop", "2020-01-01T00:00:00Z")).await;
    assert_eq!(of_buckets(&server.stats(HOUR).await, "running"), [2, 3, 4, 4, 3, 2, 1, 1, 2, 2, 2, 2]);
    server.create_session("told of now").await;
    server.add_event(&event("told of now", "message", "2025-12-03T09:50:00Z")).await;
    server.add_event(&event("told of now", "session_stop", "2025-12-03T10:05:00Z")).await;
    let told = [3, 3, 4, 4, 3, 2, 1, 1, 2, 2, 2, 2];
    assert_eq!(of_buckets(&server.stats(HOUR).await, "running"), told, "it began before the range");
    // It says that it was taken up again before it ended.
    server.add_event(&event("told of now", "session_start", "2025-12-03T09:00:00Z")).await;
    assert_eq!(of_buckets(&server.stats(HOUR).await, "running"), [3, 4, 5, 5, 4, 3, 2, 2, 3, 3, 3, 3]);
}

#[tokio::test]
async fn it_is_exact_whether_events_have_been_counted_already_or_not() {
    let mut server = TestServer::start().await;
    server.start_session("a", "/one", "2025-12-03T10:00:00Z").await;
    server.start_session("b", "/two", "2025-12-03T10:00:00Z").await;
    let mut sent = 2;
    // Fewer than are counted at once, then more, then fewer again.
    for count in [100_u32, 3000, 500] {
        let lines = (0..count).flat_map(|number| {
            let (session, tool) = if number % 4 == 0 { ("b", "Read") } else { ("a", "Bash") };
            call(session, tool, number % 60, 100, (number % 10 == 0).then_some("no"))
        });
        assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
        sent += 2 * i64::from(count);
        let calls = (sent - 2) / 2;
        let stats = server.stats(HOUR).await;
        assert_eq!(
            (sum(&stats, "events"), sum(&stats, "tool_calls"), sum(&stats, "failures")),
            (sent, calls, calls / 10)
        );
        assert_eq!(stats["uncounted"], 0);
        assert_eq!(texts(&stats["projects"], "project_dir"), ["/one", "/two"]);
        assert_eq!(stats["projects"][1]["tool_calls"], calls / 4);
        assert_eq!(texts(&stats["tools"], "tool_name"), ["Bash", "Read"]);
        assert_eq!(stats["tools"][0]["calls"], calls - calls / 4);
        server = server.restart().await;
        assert_eq!(server.stats(HOUR).await, stats, "after a restart");
    }
    // The same by the minute and by the hour, and of projects by the day.
    let minutes = server.stats("from=2025-12-03T10:00:00Z&to=2025-12-03T11:00:00Z&bucket=60").await;
    assert_eq!((of_buckets(&minutes, "events").len(), sum(&minutes, "events")), (60, sent));
    let month = server.stats("from=2025-11-15T00:00:00Z&to=2025-12-15T00:00:00Z&bucket=86400").await;
    assert_eq!((of_buckets(&month, "events").len(), sum(&month, "events")), (30, sent));
    assert_eq!(month["tools"], minutes["tools"]);
    let events = |stats: &Value| {
        stats["projects"].as_array().expect("projects").iter().map(|p| p["events"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(events(&month), events(&minutes));
}

#[tokio::test]
async fn without_parameters_it_is_the_last_day_and_the_current_quarter_is_part_of_it() {
    let clock = StillClock::at(NOW_US);
    let server = TestServer::start_with(|config| config.clock = clock).await;
    server.create_session("a").await;
    server.add_event(&event("a", "message", "2025-12-03T10:11:12Z")).await;
    let stats = server.stats("").await;
    assert_eq!(stats["from"], "2025-12-02T10:15:00.000000+00:00");
    assert_eq!(stats["to"], "2025-12-03T10:15:00.000000+00:00");
    let events = of_buckets(&stats, "events");
    assert_eq!((events.len(), events[95], sum(&stats, "events")), (96, 1, 1));
    assert_eq!(stats["buckets"][95]["at"], "2025-12-03T10:00:00.000000+00:00");
    assert_eq!(stats["buckets"][95]["running"], 1);
}

#[tokio::test]
async fn what_makes_no_buckets_is_refused() {
    let server = TestServer::start().await;
    for (query, detail) in [
        ("bucket=59", "bucket: "),
        ("bucket=5400", "bucket: "),
        ("bucket=60", "bucket: "),
        ("from=yesterday", "from: "),
        ("from=2025-12-03T10:00:00Z&to=2025-12-03T10:00:00Z", "from: "),
        ("to=never", "to: "),
        ("from=a&from=b", "from: "),
    ] {
        assert_refused(&server.get(&format!("/stats?{query}")).await, 400, detail);
    }
}

#[tokio::test]
async fn made_up_names_do_not_fill_the_disk() {
    let server = TestServer::start().await;
    server.start_session("a", "/one", "2025-12-03T10:00:00Z").await;
    let lines = (0..5000).map(|number| {
        let mut body = event("a", "pre_tool", "2025-12-03T10:30:00Z");
        body["tool_name"] = json!(format!("tool {number}"));
        body
    });
    assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
    let stats = server.stats(HOUR).await;
    assert_eq!((sum(&stats, "tool_calls"), stats["tools"].as_array().map(Vec::len)), (5000, Some(100)));
    server
        .restart_after(|database| {
            let connection = rusqlite::Connection::open(database).expect("the database");
            let count = "SELECT count(*) FROM rollups WHERE kind = 2 AND span = 3600";
            let names: i64 = connection.query_row(count, [], |row| row.get(0)).expect("a count");
            assert_eq!(names, 256);
        })
        .await;
}
