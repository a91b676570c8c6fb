//! `POST /ingest`: events, one a line, all or nothing.

use serde_json::{Value, json};

use crate::harness::scene::ndjson;
use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";

fn line(id: &str, kind: &str) -> String {
    event(id, kind, AT).to_string()
}

fn keyed(id: &str, key: &str) -> Value {
    let mut body = event(id, "message", AT);
    body["event_id"] = json!(key);
    body
}

#[tokio::test]
async fn three_media_types_are_taken() {
    let server = TestServer::start().await;
    let types = [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-ndjson; charset=utf-8",
        "Application/JSONL",
    ];
    for (index, media_type) in types.into_iter().enumerate() {
        let id = format!("s{index}");
        let answer = server.post_bytes("/ingest", media_type, line(&id, "session_start")).await;
        assert_eq!(answer.text, r#"{"ok":true,"stored":1,"duplicates":0}"#, "{media_type}");
    }
    for media_type in ["application/json", "text/plain", "application/x-ndjson2", "multipart/form-data", ""] {
        let answer = server.post_bytes("/ingest", media_type, line("s", "session_start")).await;
        assert_refused(&answer, 415, "Content-Type: ");
    }
    assert_eq!(server.listed("").await.len(), types.len());
}

#[tokio::test]
async fn events_of_several_sessions_are_stored_in_their_order() {
    let server = TestServer::start().await;
    server.create_session("b").await;
    let lines = ndjson([
        event("a", "session_start", "2025-12-03T10:00:01Z"),
        event("b", "session_start", "2025-12-03T10:00:02Z"),
        event("a", "message", "2025-12-03T10:00:00Z"),
        event("b", "session_stop", "2025-12-03T10:00:03Z"),
        event("a", "session_start", "2025-12-03T10:00:04Z"),
        event("c/d", "session_start", "2025-12-03T10:00:05Z"),
        event("b", "message", "2025-12-03T10:00:06Z"),
    ]);
    let answer = succeeded(&server.ingest(lines).await);
    assert_eq!(answer, json!({"ok": true, "stored": 7, "duplicates": 0}));
    let (a, b) = (server.session("a").await, server.session("b").await);
    assert_eq!(json!([a["created_at"], a["session_name"]]), json!(["2025-12-03T10:00:01Z", "n"]));
    assert_eq!(json!([a["status"], a["last_resumed_at"]]), json!(["running", "2025-12-03T10:00:04Z"]));
    assert_eq!(json!([b["status"], b["session_name"], b["event_count"]]), json!(["finished", "name of b", 3]));
    assert_eq!(server.events("c/d").await.len(), 1);
    let kinds: Vec<_> = server.events("a").await.iter().map(|event| event["event_type"].clone()).collect();
    assert_eq!(kinds, ["message", "session_start", "session_start"]);
}

#[tokio::test]
async fn blank_lines_and_either_line_end_are_allowed() {
    let server = TestServer::start().await;
    let (start, message) = (line("a", "session_start"), line("a", "message"));
    for body in [
        format!("{start}\n{message}"),
        format!("{start}\n{message}\n"),
        format!("\r\n\n  \t\r\n{start}\r\n\r\n{message}\r\n\r\n"),
        format!("  {start}  \n\t{message}\t"),
    ] {
        let answer = server.ingest(body.clone()).await;
        assert_eq!(answer.text, r#"{"ok":true,"stored":2,"duplicates":0}"#, "{body:?}");
    }
    for body in ["", "\n", "\r\n \r\n"] {
        assert_eq!(server.ingest(body).await.text, r#"{"ok":true,"stored":0,"duplicates":0}"#, "{body:?}");
    }
    assert_eq!(server.session("a").await["event_count"], 8);
}

#[tokio::test]
async fn a_bad_line_is_named_and_nothing_is_stored() {
    let server = TestServer::start().await;
    server.create_session("known").await; // position 1
    let mut socket = server.ws("").await;
    socket.next().await;
    let good = format!("{}\n\r\n{}", line("new", "session_start"), line("known", "session_stop"));
    let mut wrong_code = event("known", "message", AT);
    wrong_code["exit_code"] = json!("5");
    for (bad, detail) in [
        ("{".to_owned(), "line 4: body: not JSON"),
        ("[]".into(), "line 4: body: must be a JSON object"),
        ("{}".into(), "line 4: event_type: is required"),
        (line("known", "Bad Type"), "line 4: event_type: "),
        (event("known", "message", "now").to_string(), "line 4: timestamp: "),
        (wrong_code.to_string(), "line 4: exit_code: "),
        (format!("{0}{0}", line("known", "message")), "line 4: body: not JSON"),
        (line("unknown", "message"), "line 4: session_id: Session not found"),
        (line("unknown", "session_stop"), "line 4: session_id: Session not found"),
    ] {
        let body = format!("{good}\n{bad}\n{}\n{{not even read}}", line("known", "message"));
        let body = if bad.contains("unknown") { body.replace("\n{not even read}", "") } else { body };
        assert_refused(&server.ingest(body).await, 400, detail);
    }
    let mut body = format!("{good}\n").into_bytes();
    body.extend(b"{\"event_type\":\"\xff\"}");
    assert_refused(&server.ingest(body).await, 400, "line 4: body: broken UTF-8");
    assert_eq!(server.listed("").await, ["known"]);
    assert!(server.events("known").await.is_empty());
    assert_eq!(server.status("known").await, "running");
    server.add_event(&event("known", "message", AT)).await;
    let message = socket.next().await;
    assert_eq!((&message["type"], &message["data"]["id"]), (&json!("event"), &json!(2)), "nothing was sent between");
}

#[tokio::test]
async fn a_session_must_start_before_its_other_events() {
    let server = TestServer::start().await;
    let body = format!("{}\n{}", line("a", "message"), line("a", "session_start"));
    assert_refused(&server.ingest(body).await, 400, "line 1: session_id: Session not found");
    assert_eq!(server.listed("").await, [""; 0]);
    // What a refused request created is not remembered either.
    let body = format!("{}\n{}", line("a", "session_start"), line("b", "message"));
    assert_refused(&server.ingest(body).await, 400, "line 2: session_id: Session not found");
    assert_refused(&server.ingest(line("a", "message")).await, 400, "line 1: session_id: Session not found");
    assert_refused(&server.post("/events", &event("a", "message", AT)).await, 404, "Session not found");
}

#[tokio::test]
async fn repeated_keys_are_counted_and_not_stored() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.create_session("b").await;
    server.add_event(&keyed("a", "there before")).await;
    let lines = ndjson([
        keyed("a", "there before"),
        keyed("a", "new"),
        keyed("b", "new"),
        keyed("a", "new"),
        keyed("b", "there before"),
        event("a", "message", AT),
        event("a", "message", AT),
    ]);
    let answer = server.ingest(lines.clone()).await;
    assert_eq!(answer.text, r#"{"ok":true,"stored":5,"duplicates":2}"#);
    assert_eq!((server.events("a").await.len(), server.events("b").await.len()), (4, 2));
    let again = server.ingest(lines).await;
    assert_eq!(again.text, r#"{"ok":true,"stored":2,"duplicates":5}"#);
    // Keys of a request that was refused are not taken.
    let refused = format!("{}\n{{}}", keyed("a", "refused"));
    assert_refused(&server.ingest(refused).await, 400, "line 2: ");
    let refused = ndjson([keyed("a", "refused"), event("nowhere", "message", AT)]);
    assert_refused(&server.ingest(refused).await, 400, "line 2: ");
    assert_eq!(server.ingest(keyed("a", "refused").to_string()).await.json()["stored"], 1);
}

#[tokio::test]
async fn messages_are_as_if_posted_singly() {
    let events = [
        event("a", "session_start", "2025-12-03T10:00:00Z"),
        event("a", "message", "2025-12-03T10:00:01Z"),
        keyed("a", "k"),
        keyed("a", "k"),
        event("a", "session_stop", "2025-12-03T10:00:02Z"),
        event("a", "session_start", "2025-12-03T10:00:03Z"),
    ];
    let mut seen = Vec::new();
    for at_once in [true, false] {
        let server = TestServer::start().await;
        let mut socket = server.ws("").await;
        socket.next().await;
        if at_once {
            assert_eq!(server.ingest(ndjson(events.clone())).await.status, 200);
        } else {
            for event in &events {
                assert_eq!(server.post("/events", event).await.status, 200);
            }
        }
        let mut messages = socket.take(8).await;
        for message in &mut messages {
            let cursor = message["cursor"].as_str().expect("a cursor").to_owned();
            message["cursor"] = json!(cursor.split_once(':').expect("epoch and position").1);
        }
        seen.push(messages);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_line_and_the_whole_have_their_own_limits() {
    let server = TestServer::start_with(|config| {
        config.limits.ingest_line_bytes = 1000;
        config.limits.ingest_body_bytes = 3000;
    })
    .await;
    let of_length = |length: usize| {
        let body = |pad: &str| {
            let mut body = event("a", "session_start", AT);
            body["pad"] = json!(pad);
            body.to_string()
        };
        body(&"x".repeat(length - body("").len()))
    };
    assert_eq!(server.ingest(format!("{0}\n{0}", of_length(1000))).await.status, 200);
    assert_refused(&server.ingest(format!("{}\n{}", of_length(1000), of_length(1001))).await, 413, "line 2: ");
    let lines = |count: usize| vec![of_length(999); count].join("\n") + "\n";
    assert_eq!(server.ingest(lines(3)).await.status, 200);
    assert_refused(&server.ingest(format!("{}\n", lines(3))).await, 413, "body: ");
    assert_eq!(server.session("a").await["event_count"], 5);
}

#[tokio::test]
async fn many_lines_are_stored_whole() {
    let server = TestServer::start().await;
    let mut lines = line("a", "session_start");
    for index in 0..2500 {
        let mut body = event("a", "post_tool", AT);
        body["tool_output"] = json!(index);
        lines.push('\n');
        lines.push_str(&body.to_string());
    }
    assert_eq!(server.ingest(lines).await.json()["stored"], 2501);
    let events = server.events("a").await;
    let outputs: Vec<_> = events[1..].iter().map(|event| event["tool_output"].as_i64().unwrap()).collect();
    assert_eq!(outputs, (0..2500).collect::<Vec<_>>());
}
