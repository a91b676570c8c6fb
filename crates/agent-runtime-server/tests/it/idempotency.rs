//! A client-made `event_id` is stored once in its session, by whatever way it comes.

use serde_json::{Value, json};

use crate::harness::scene::ndjson;
use crate::harness::shape::assert_refused;
use crate::harness::{TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";
const WAYS: [&str; 3] = ["/sessions/a/events", "/events", "/ingest"];

fn keyed(id: &str, kind: &str, key: &str) -> Value {
    let mut body = event(id, kind, AT);
    body["event_id"] = json!(key);
    body
}

async fn send(server: &TestServer, way: &str, body: &Value) -> String {
    let answer = if way == "/ingest" { server.ingest(body.to_string()).await } else { server.post(way, body).await };
    assert_eq!(answer.status, 200, "{way} {answer:?}");
    answer.text
}

#[tokio::test]
async fn a_key_is_stored_once_by_any_pair_of_ways() {
    for first in WAYS {
        for second in WAYS {
            let server = TestServer::start().await;
            server.create_session("a").await;
            let stored = send(&server, first, &keyed("a", "message", "k")).await;
            let before = server.get("/sessions/a/events").await.text;
            let mut other = keyed("a", "post_tool", "k");
            other["tool_output"] = json!("quite different");
            other["timestamp"] = json!("2030-01-01T00:00:00Z");
            let repeated = send(&server, second, &other).await;
            let expected =
                if second == "/ingest" { r#"{"ok":true,"stored":0,"duplicates":1}"# } else { r#"{"ok":true}"# };
            assert_eq!(repeated, expected, "{first} then {second}");
            assert!(stored.starts_with(r#"{"ok":true"#));
            assert_eq!(server.get("/sessions/a/events").await.text, before);
            assert_eq!(server.session("a").await["event_count"], 1);
        }
    }
}

/// A repeated stop or start changes no session, sends no message and takes no position.
#[tokio::test]
async fn a_repeated_key_changes_and_sends_nothing() {
    for way in WAYS {
        let server = TestServer::start().await;
        let mut socket = server.ws("").await;
        socket.next().await;
        assert_eq!(server.post("/events", &keyed("a", "session_start", "start")).await.status, 200);
        send(&server, way, &keyed("a", "session_stop", "stop")).await;
        socket.take(4).await;
        let before = server.session("a").await;
        send(&server, way, &keyed("a", "session_start", "start")).await;
        send(&server, way, &keyed("a", "session_start", "stop")).await;
        send(&server, way, &keyed("a", "session_stop", "stop")).await;
        assert_eq!(server.session("a").await, before, "still finished, never resumed");
        server.create_session("next").await;
        let message = socket.next().await;
        assert_eq!(message["session"]["session_id"], "next", "{message}");
        assert!(message["cursor"].as_str().unwrap().ends_with(":5"), "{message}");
    }
}

#[tokio::test]
async fn keys_are_compared_exactly_and_per_session() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.create_session("b").await;
    let keys = ["k", "K", "k ", "k\0", "k\0x", "\u{fc}", "u\u{308}", "0", "00"];
    for id in ["a", "b"] {
        for key in keys {
            server.add_event(&keyed(id, "message", key)).await;
        }
        assert_eq!(server.events(id).await.len(), keys.len());
    }
    // The same key, spelled with an escape, is the same.
    let escaped = keyed("a", "message", "PLACE").to_string().replace("PLACE", "\\u006b");
    assert_eq!(server.post_text("/events", escaped).await.status, 200);
    assert_eq!(server.events("a").await.len(), keys.len());
}

#[tokio::test]
async fn a_key_outlives_the_server_that_stored_it() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&keyed("a", "message", "k")).await;
    let server = server.restart().await;
    for way in WAYS {
        send(&server, way, &keyed("a", "message", "k")).await;
    }
    assert_eq!(server.events("a").await.len(), 1);
}

#[tokio::test]
async fn deleting_a_session_forgets_its_keys() {
    let server = TestServer::start().await;
    assert_eq!(server.post("/events", &keyed("a", "session_start", "k")).await.status, 200);
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    let answer = server.post("/sessions/a/events", &keyed("a", "session_start", "k")).await;
    assert_refused(&answer, 404, "Session not found");
    assert_refused(&server.post("/events", &keyed("a", "message", "k")).await, 404, "Session not found");
    assert_eq!(server.post("/events", &keyed("a", "session_start", "k")).await.status, 200);
    assert_eq!(server.events("a").await.len(), 1);
}

#[tokio::test]
async fn a_repeated_event_must_be_sound_all_the_same() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&keyed("a", "message", "k")).await;
    let mut wrong = keyed("a", "message", "k");
    wrong["exit_code"] = json!("5");
    assert_refused(&server.post("/events", &wrong).await, 400, "exit_code: ");
}

/// The same event sent by many at once, as retrying clients do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_store_one() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let body = keyed("a", "message", "k");
    let batch = ndjson([body.clone(), event("a", "message", AT)]);
    let sending = (0..40).map(async |index| {
        if index % 4 == 0 { server.ingest(batch.clone()).await } else { server.post("/events", &body).await }
    });
    for answer in futures_util::future::join_all(sending).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let events = server.events("a").await;
    assert_eq!(events.iter().filter(|event| event["event_id"] == "k").count(), 1);
    assert_eq!(events.len(), 11);
}
