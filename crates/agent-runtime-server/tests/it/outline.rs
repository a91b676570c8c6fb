//! Outlines: every event of a session without its body.

use serde_json::{Value, json};

use crate::harness::scene::ndjson;
use crate::harness::shape::{assert_keys, assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, event};

const OUTLINE_KEYS: [&str; 11] = [
    "id",
    "event_type",
    "timestamp",
    "tool_name",
    "tool_use_id",
    "role",
    "is_error",
    "is_thinking",
    "duration_ms",
    "bytes",
    "text",
];

const COLUMN_KEYS: [&str; 13] = [
    "words",
    "id",
    "at",
    "timestamp",
    "event_type",
    "tool_name",
    "tool_use_id",
    "role",
    "text",
    "duration_ms",
    "bytes",
    "errors",
    "thoughts",
];

impl TestServer {
    async fn outline(&self, query: &str) -> Vec<Value> {
        let answer = succeeded(&self.get(&format!("/sessions/a/outline{query}")).await);
        answer["outline"].as_array().expect("outlines").clone()
    }

    /// The answer in columns: its rows as a list of outlines, and what it says besides.
    async fn columns(&self, query: &str) -> (Vec<Value>, Value) {
        let mut answer = succeeded(&self.get(&format!("/sessions/a/outline/columns{query}")).await);
        let pages = answer.as_object_mut().expect("an object").remove("pages").expect("pages");
        (pages.as_array().expect("pages").iter().flat_map(rows).collect(), answer)
    }
}

/// The rows of a page of columns.
fn rows(page: &Value) -> Vec<Value> {
    assert_keys(page, &COLUMN_KEYS);
    assert_eq!(page["words"][0], Value::Null);
    let word = |key: &str, row: usize| {
        let place = page[key][row].as_u64().expect("a place");
        page["words"][usize::try_from(place).expect("a small one")].clone()
    };
    let holds = |key: &str, row: usize| page[key].as_array().expect("a list").contains(&json!(row));
    let mut instant_us = 0;
    let rows = 0..page["id"].as_array().expect("ids").len();
    let row = |row| {
        instant_us += page["at"][row].as_i64().expect("an instant");
        let written = word("timestamp", row);
        let at = agent_runtime_types::timestamp::format(instant_us);
        json!({
            "id": page["id"][row], "bytes": page["bytes"][row], "duration_ms": page["duration_ms"][row],
            "timestamp": if written.is_null() { json!(format!("{}Z", &at[..23])) } else { written },
            "event_type": word("event_type", row), "tool_name": word("tool_name", row), "text": word("text", row),
            "tool_use_id": word("tool_use_id", row), "role": word("role", row),
            "is_error": holds("errors", row), "is_thinking": holds("thoughts", row),
        })
    };
    rows.map(row).collect()
}

fn ids(list: &[Value]) -> Vec<i64> {
    list.iter().map(|one| one["id"].as_i64().expect("an id")).collect()
}

/// A call and what came of it.
fn call(number: u64, error: Option<&str>) -> [Value; 2] {
    let mut before = event("a", "pre_tool", "2025-12-03T10:00:01Z");
    before["tool_name"] = json!("Bash");
    before["tool_use_id"] = json!(format!("call-{number}"));
    before["tool_input"] = json!({"description": "why", "command": "cargo\n  test"});
    let mut after = before.clone();
    after["event_type"] = json!("post_tool");
    after["duration_ms"] = json!(number);
    after["tool_output"] = json!("x".repeat(5000));
    after["error"] = json!(error);
    [before, after]
}

#[tokio::test]
async fn an_outline_tells_what_stands_in_the_event() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&answer_event("a", " An answer\nof two lines ", "2025-12-03T10:00:00+01:00")).await;
    for body in call(250, Some("it failed")) {
        server.add_event(&body).await;
    }
    let mut notice = event("a", "notification", "2025-12-03T10:00:03Z");
    notice["hook"] = json!({"message": "Claude needs your permission"});
    server.add_event(&notice).await;
    let events = succeeded(&server.get("/sessions/a/events").await)["events"].as_array().expect("events").clone();
    let outline = server.outline("").await;
    assert_eq!(ids(&outline), ids(&events));
    let told = outline.iter().map(|one| json!([one["event_type"], one["role"], one["tool_name"], one["tool_use_id"]]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            json!(["message", "assistant", null, null]),
            json!(["pre_tool", null, "Bash", "call-250"]),
            json!(["post_tool", null, "Bash", "call-250"]),
            json!(["notification", null, null, null]),
        ]
    );
    let told = outline.iter().map(|one| json!([one["text"], one["is_error"], one["duration_ms"]]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            json!(["An answer of two lines", false, null]),
            json!(["cargo test", false, null]),
            json!(["it failed", true, 250]),
            json!(["Claude needs your permission", false, null]),
        ]
    );
    for one in &outline {
        assert_keys(one, &OUTLINE_KEYS);
    }
    let text = server.get("/sessions/a/events").await.text;
    let shown: Vec<&serde_json::value::RawValue> = {
        #[derive(serde::Deserialize)]
        struct List<'a> {
            #[serde(borrow)]
            events: Vec<&'a serde_json::value::RawValue>,
        }
        serde_json::from_str::<List<'_>>(&text).expect("events").events
    };
    for (one, shown) in outline.iter().zip(shown) {
        assert_eq!(one["bytes"], shown.get().len(), "{one}");
    }
    for (one, event) in outline.iter().zip(&events) {
        assert_eq!(one["timestamp"], event["timestamp"]);
    }
}

#[tokio::test]
async fn outlines_come_in_pages_that_make_the_whole_list() {
    let server = TestServer::start_with(|config| config.limits.page_rows = 50).await;
    server.create_session("a").await;
    let lines = (0..3000_u64).flat_map(|number| {
        let at = format!("2025-12-03T10:{:02}:{:02}Z", number * 7919 % 60, number * 31 % 60);
        let mut call = call(number, None);
        call[0]["timestamp"] = json!(at);
        call
    });
    assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
    let whole = server.outline("").await;
    assert_eq!(ids(&whole), ids(&server.events("a").await));
    assert_eq!(whole.len(), 6000);
    let first = succeeded(&server.get("/sessions/a/outline?limit=4000").await);
    assert_keys(&first, &["outline", "next"]);
    assert_eq!(first["outline"].as_array().expect("outlines")[..], whole[..4000]);
    assert_eq!(first["next"], whole[3999]["id"]);
    let rest = server.outline(&format!("?after={}&limit=4000", first["next"])).await;
    assert_eq!(rest, whole[4000..]);
    let mut reversed = server.outline("?order=desc").await;
    reversed.reverse();
    assert_eq!(reversed, whole);
    let after: Vec<Value> = whole.iter().filter(|one| one["event_type"] == "post_tool").cloned().collect();
    assert_eq!(server.outline("?event_type=post_tool").await, after);
}

#[tokio::test]
async fn columns_say_what_the_list_says() {
    let server = TestServer::start_with(|config| config.limits.page_rows = 50).await;
    server.create_session("a").await;
    let lines = (0..400_u64).flat_map(|number| {
        // Some stand before the ones sent earlier, and instants are written in several ways.
        let at = format!("2025-12-03T10:{:02}:{:02}", number * 7919 % 60, number * 31 % 60);
        let mut call = call(number, (number % 9 == 0).then_some("it \"failed\"\nbadly"));
        call[0]["timestamp"] = json!(format!("{at}.{:03}Z", number % 1000));
        call[1]["timestamp"] = json!(if number % 2 == 0 { format!("{at}+01:00") } else { format!("{at}.5") });
        let mut thought = event("a", "message", "2025-12-03T10:00:00.000Z");
        thought["content"] = json!([{"type": "thinking", "thinking": "so"}]);
        call.into_iter().chain((number % 5 == 0).then_some(thought))
    });
    assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
    for query in ["", "?order=desc", "?errors=true", "?event_type=post_tool&order=desc", "?q=nothing"] {
        assert_eq!(server.columns(query).await, (server.outline(query).await, json!({})), "{query}");
    }
    let (first, rest) = server.columns("?limit=300").await;
    assert_eq!(first, server.outline("?limit=300").await);
    assert_eq!(rest, json!({"next": first[299]["id"]}));
    assert_eq!(server.columns(&format!("?after={}", rest["next"])).await.0, server.outline("").await[300..]);
}

#[tokio::test]
async fn each_page_of_columns_stands_on_a_line() {
    let server = TestServer::start_with(|config| config.limits.page_rows = 50).await;
    server.create_session("a").await;
    assert_eq!(server.ingest(ndjson((0..200).flat_map(|number| call(number, None)))).await.status, 200);
    let text = server.get("/sessions/a/outline/columns").await.text;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 8);
    let (first, last) = (lines[0], lines[7]);
    assert!(first.starts_with(r#"{"pages":[{"words":[null,"#), "{first}");
    assert!(last.ends_with("]}]}"), "{last}");
    for line in &lines[1..7] {
        let page: Value = serde_json::from_str(line.strip_suffix(',').expect("a comma")).expect("a page");
        assert_eq!(rows(&page).len(), 50);
    }
}

#[tokio::test]
async fn an_unknown_session_has_none_and_an_empty_one_an_empty_list() {
    let server = TestServer::start().await;
    assert_refused(&server.get("/sessions/a/outline").await, 404, "Session not found");
    server.create_session("a").await;
    assert_eq!(server.get("/sessions/a/outline").await.text, r#"{"outline":[]}"#);
    assert_refused(&server.get("/sessions/b/outline/columns").await, 404, "Session not found");
    assert_eq!(server.get("/sessions/a/outline/columns").await.text, r#"{"pages":[]}"#);
    assert_refused(&server.get("/sessions/a/outline/columns?limit=0").await, 400, "limit: ");
    assert_refused(&server.get("/sessions/a/outline?after=99").await, 400, "after: ");
    assert_refused(&server.get("/sessions/a/outline?limit=0").await, 400, "limit: ");
}
