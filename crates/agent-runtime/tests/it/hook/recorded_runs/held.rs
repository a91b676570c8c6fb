//! What a server holds of runs, compared with what they did.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::run::{Expected, Run};
use crate::process::{PATIENCE, Process};

/// Waits until the server has heard as much of the runs as there is to hear.
pub(super) async fn all_of(server: &Process, runs: &[Run]) {
    let expected = |expected: &Expected| expected.told.iter().map(Vec::len).sum::<usize>();
    let counts: Vec<(&String, usize)> =
        runs.iter().flat_map(|run| &run.sessions).map(|(id, session)| (id, expected(session))).collect();
    let began = Instant::now();
    loop {
        let sessions = get(server, "/sessions").await;
        let count = |id: &str| {
            let sessions = sessions["sessions"].as_array().into_iter().flatten();
            sessions.filter(|session| session["session_id"] == id).find_map(|session| session["event_count"].as_u64())
        };
        let lacking: Vec<_> =
            counts.iter().map(|(id, expected)| (id, *expected as u64, count(id).unwrap_or(0))).collect();
        if lacking.iter().all(|(_, expected, found)| found >= expected) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "session, expected, found: {lacking:?}");
        tokio::task::yield_now().await;
    }
}

/// Compares every session with what its run did: all of it, once, in its order.
pub(super) async fn compare(server: &Process, runs: &[Run]) {
    for (id, expected) in runs.iter().flat_map(|run| &run.sessions) {
        let path = format!("/sessions/{}", id.replace(':', "%3A"));
        let session = get(server, &path).await["session"].clone();
        for (key, value) in expected.facts.as_object().expect("facts") {
            assert_eq!((key, &session[key]), (key, value), "{id}");
        }
        assert_eq!(session["activity"]["state"], "ended", "{id}");
        let events = get(server, &format!("{path}/events")).await;
        let events = events["events"].as_array().expect("events");
        check_stored_order(events);
        let mut events = events.iter().map(told);
        for group in &expected.told {
            let mut found: Vec<Value> = events.by_ref().take(group.len()).collect();
            found.sort_by_key(Value::to_string);
            let mut group = group.clone();
            group.sort_by_key(Value::to_string);
            assert_eq!(found, group, "{id}");
        }
        assert_eq!(events.collect::<Vec<_>>(), [] as [Value; 0], "{id} has more");
    }
}

/// Checks that each call was stored before its end, whatever their timestamps say.
fn check_stored_order(events: &[Value]) {
    let ids = |kind: &'static str| {
        let of_kind = events.iter().filter(move |event| event["event_type"] == kind);
        of_kind.filter_map(|event| Some((event["tool_use_id"].as_str()?, event["id"].as_i64()?)))
    };
    let begun: HashMap<&str, i64> = ids("pre_tool").collect();
    for (call, id) in ids("post_tool") {
        assert!(begun.get(call).is_some_and(|begun| *begun < id), "{call} ended before it began");
    }
}

/// Every event that a server holds, as it is shown, in the order in which they came.
pub(super) async fn everything(server: &Process, runs: &[Run]) -> Vec<Value> {
    let mut all = Vec::new();
    for id in runs.iter().flat_map(|run| run.sessions.keys()) {
        let path = format!("/sessions/{}/events", id.replace(':', "%3A"));
        all.extend(get(server, &path).await["events"].as_array().expect("events").clone());
    }
    all.sort_by_key(|event| event["id"].as_i64());
    all
}

/// What an event says, in the words of the runs.
pub(in crate::hook) fn told(event: &Value) -> Value {
    let block = &event["content"][0];
    match (event["event_type"].as_str().expect("a type"), event["role"].as_str()) {
        ("message", Some("user")) => json!({"prompt": block["text"]}),
        ("message", _) => {
            let kind = block["type"].as_str().unwrap_or_default();
            json!({kind: block[kind]})
        }
        ("pre_tool", _) => json!({"pre_tool": event["tool_use_id"], "input": event["tool_input"]}),
        ("post_tool", _) => {
            json!({"post_tool": event["tool_use_id"], "error": event["error"], "output": event["tool_output"]})
        }
        (other, _) => json!({other: event["reason"]}),
    }
}

/// An answer of the server, which must be a good one.
pub(in crate::hook) async fn get(server: &Process, path: &str) -> Value {
    let answer = server.http.get(server.url(path)).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.expect("JSON")
}
