//! `q=` and `errors=`: the events of a session in which a text stands, and those that tell of a failure.

use serde_json::{Value, json};

use crate::harness::scene::ndjson;
use crate::harness::shape::{assert_keys, assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, event};

impl TestServer {
    async fn found(&self, query: &str) -> Vec<i64> {
        let answer = succeeded(&self.get(&format!("/sessions/a/events?{query}")).await);
        answer["events"].as_array().expect("events").iter().map(|event| event["id"].as_i64().expect("an id")).collect()
    }
}

/// A session whose events have the ids 2, 3, … in this order.
async fn with_events(events: &[Value]) -> TestServer {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for (number, event) in events.iter().enumerate() {
        let mut event = event.clone();
        event["timestamp"] = json!(format!("2025-12-03T10:00:{number:02}Z"));
        server.add_event(&event).await;
    }
    server
}

fn with(event_type: &str, extra: &Value) -> Value {
    let mut body = event("a", event_type, "");
    for (key, value) in extra.as_object().expect("members") {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_text_is_found_in_values_and_own_keys_in_any_case() {
    let server = with_events(&[
        answer_event("a", "The Größe of\nthe PARSER", ""), // 2
        with("pre_tool", &json!({"tool_name": "Bash", "tool_input": {"command": "ls parser"}})), // 3
        with("other", &json!({"my_parser": null})),        // 4
        with("other", &json!({"tool_output": ["deep", {"in": {"a": "p\u{e4}rser"}}]})), // 5
    ])
    .await;
    for (text, ids) in [
        ("parser", vec![2, 3, 4]),
        ("PARSER", vec![2, 3, 4]),
        ("gr%C3%B6%C3%9Fe", vec![2]),
        ("P%C3%84RSER", vec![5]),
        ("of%0Athe", vec![2]),
        ("bash", vec![3]),
        ("pre_tool", vec![3]),
        // What all events of a session share finds nothing.
        ("session_name", vec![]),
        ("exit_code", vec![]),
        ("none of it", vec![]),
        ("", vec![2, 3, 4, 5]),
    ] {
        assert_eq!(server.found(&format!("q={text}")).await, ids, "{text}");
    }
    assert_eq!(server.found("q=parser&event_type=other").await, [4]);
    assert_eq!(server.found("q=parser&order=desc").await, [4, 3, 2]);
    let outline = succeeded(&server.get("/sessions/a/outline?q=parser&limit=1").await);
    assert_eq!((&outline["outline"][0]["id"], &outline["next"]), (&json!(2), &json!(2)));
    assert_refused(&server.get("/sessions/a/events?q=a&q=b").await, 400, "q: ");
}

#[tokio::test]
async fn failures_are_errors_failed_turns_and_failed_ends() {
    let server = with_events(&[
        with("message", &json!({})),                              // 2
        with("post_tool", &json!({"error": "no such file"})),     // 3
        with("stop_failure", &json!({})),                         // 4
        with("post_tool", &json!({"error": null})),               // 5
        with("session_stop", &json!({"exit_code": 0})),           // 6 updates, 7
        with("session_stop", &json!({"exit_code": 137})),         // 8 updates, 9
        with("other", &json!({"exit_code": 1, "error": "late"})), // 10
    ])
    .await;
    assert_eq!(server.found("errors=true").await, [3, 4, 9, 10]);
    assert_eq!(server.found("errors=true&q=LATE").await, [10]);
    assert_eq!(server.found("errors=false").await, [2, 3, 4, 5, 7, 9, 10]);
    let page = succeeded(&server.get("/sessions/a/events?errors=true&limit=3").await);
    assert_keys(&page, &["events", "next"]);
    assert_eq!(server.found("errors=true&limit=3&after=9").await, [10]);
    let outline = succeeded(&server.get("/sessions/a/outline").await);
    let told = outline["outline"].as_array().expect("outlines").iter().filter(|one| one["is_error"] == json!(true));
    assert_eq!(told.map(|one| one["id"].as_i64().expect("an id")).collect::<Vec<_>>(), [3, 4, 9, 10]);
    for wrong in ["", "1", "TRUE"] {
        assert_refused(&server.get(&format!("/sessions/a/events?errors={wrong}")).await, 400, "errors: ");
    }
}

#[tokio::test]
async fn one_among_many_is_found_over_many_pages() {
    let server = TestServer::start_with(|config| {
        config.limits.page_rows = 20;
        config.limits.page_bytes = 4096;
    })
    .await;
    server.create_session("a").await;
    let lines = (0..5000).map(|number| answer_event("a", &format!("number {number}."), "2025-12-03T10:00:00Z"));
    assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
    assert_eq!(server.found("q=NUMBER%204321.").await, [4321 + 2]);
    assert_eq!(server.found("q=number%20432").await.len(), 11);
}
