//! Events: append them by either endpoint, list them in their order.

use serde_json::{Value, json};

use crate::harness::shape::{EVENT_KEYS, StillClock, assert_keys, assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, event};

const AT: &str = "2025-12-03T10:11:12.123456+00:00";

#[tokio::test]
async fn both_endpoints_answer_ok_and_nothing_else() {
    let server = TestServer::start().await;
    let started = server.post("/events", &event("a", "session_start", AT)).await;
    assert_eq!((started.status, started.text.as_str()), (200, r#"{"ok":true}"#));
    let added = server.post("/sessions/a/events", &event("a", "message", AT)).await;
    assert_eq!((added.status, added.text.as_str()), (200, r#"{"ok":true}"#));
    assert_eq!(server.events("a").await.len(), 2);
}

#[tokio::test]
async fn a_session_without_events_has_an_empty_list() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    assert_eq!(server.get("/sessions/a/events").await.text, r#"{"events":[]}"#);
    assert_eq!(server.get("/events/a").await.text, r#"{"events":[]}"#);
}

#[tokio::test]
async fn an_event_shows_every_key() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "message", AT)).await;
    let listed = server.events("a").await;
    let expected = json!({
        "id": 2, "event_type": "message", "session_id": "a", "session_name": "n", "timestamp": AT,
        "tool_name": null, "tool_input": null, "tool_output": null, "error": null, "exit_code": null,
        "reason": null, "role": null, "content": null, "event_id": null,
    });
    assert_eq!(listed, [expected]);
}

#[tokio::test]
async fn every_type_is_stored_and_shown_as_it_is() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let long = "x".repeat(64);
    let kinds = [
        "session_start",
        "pre_tool",
        "post_tool",
        "message",
        "session_stop",
        "x",
        "0",
        "_.-",
        "sub_agent.start-2",
        "session_deleted",
        "init",
        &long,
    ];
    for kind in kinds {
        server.add_event(&event("a", kind, AT)).await;
    }
    let listed = server.events("a").await;
    let shown: Vec<_> = listed.iter().map(|event| event["event_type"].as_str().unwrap()).collect();
    assert_eq!(shown, kinds);
    for event in &listed {
        assert_keys(event, &EVENT_KEYS);
    }
    for kind in ["", "Message", "a b", "a/b", "ü", "a\n", "a:b", &"x".repeat(65)] {
        for path in ["/sessions/a/events", "/events"] {
            assert_refused(&server.post(path, &event("a", kind, AT)).await, 400, "event_type: ");
        }
    }
    assert_eq!(server.events("a").await.len(), kinds.len());
}

#[tokio::test]
async fn required_fields_are_named_when_they_are_missing() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for field in ["event_type", "session_id", "session_name", "timestamp"] {
        for absent in [None, Some(Value::Null)] {
            let mut body = event("a", "message", AT);
            match absent {
                None => drop(body.as_object_mut().unwrap().remove(field)),
                Some(null) => body[field] = null,
            }
            for path in ["/sessions/a/events", "/events"] {
                assert_refused(&server.post(path, &body).await, 400, &format!("{field}: is required"));
            }
        }
    }
    assert!(server.events("a").await.is_empty());
}

#[tokio::test]
async fn events_stand_by_instant_then_by_id() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let sent = [
        ("5th: late, though sent first", "2025-12-03T10:11:14Z"),
        ("3rd", "2025-12-03T10:11:13.000001Z"),
        ("1st: in text the latest", "2025-12-03T12:11:12.9+02:00"),
        ("4th: equal to the one before, sent later", "2025-12-03T08:11:13.000001-02:00"),
        ("2nd", "2025-12-03 10:11:13"),
        ("6th: equal to the 5th, sent later", "2025-12-03T10:11:14.0000009Z"),
    ];
    for (reason, at) in sent {
        let mut body = event("a", "message", at);
        body["reason"] = json!(reason);
        server.add_event(&body).await;
    }
    let listed = server.events("a").await;
    let mut expected: Vec<&str> = sent.iter().map(|(reason, _)| *reason).collect();
    expected.sort_unstable();
    let shown: Vec<&str> = listed.iter().map(|event| event["reason"].as_str().unwrap()).collect();
    assert_eq!(shown, expected);
    let session = server.session("a").await;
    assert_eq!(
        (&session["last_event_at"], &session["event_count"]),
        (&json!("2025-12-03T10:11:14.0000009Z"), &json!(6))
    );
    assert_eq!(server.get("/events/a").await.text, server.get("/sessions/a/events").await.text);
}

/// An id is the position of the event's message in the log: dense with those of the session messages.
#[tokio::test]
async fn ids_are_positions_and_never_reused() {
    let server = TestServer::start().await;
    server.create_session("a").await; // 1
    for kind in ["session_start", "message", "session_stop", "message"] {
        let mut body = event("a", kind, AT); // 2, 3, 4 with 5, 6
        body["id"] = json!(1);
        server.add_event(&body).await;
    }
    let ids = async |server: &TestServer, id: &str| -> Vec<i64> {
        server.events(id).await.iter().map(|event| event["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&server, "a").await, [2, 3, 5, 6]);
    assert_eq!(server.delete("/sessions/a").await.status, 200); // 7
    let server = server.restart().await;
    server.post("/events", &event("a", "session_start", AT)).await; // 8, 9
    assert_refused(&server.post("/sessions/b/events", &event("b", "message", AT)).await, 404, "Session not found");
    server.post("/events", &event("a", "message", AT)).await; // 10: a refused request takes none
    assert_eq!(ids(&server, "a").await, [9, 10]);
}

#[tokio::test]
async fn an_event_needs_a_session_that_exists() {
    let server = TestServer::start().await;
    for kind in ["message", "pre_tool", "post_tool", "session_stop", "other"] {
        assert_refused(&server.post("/events", &event("a", kind, AT)).await, 404, "Session not found");
    }
    for kind in ["session_start", "message", "session_stop"] {
        let answer = server.post("/sessions/a/events", &event("a", kind, AT)).await;
        assert_refused(&answer, 404, "Session not found");
    }
    assert_refused(&server.get("/sessions/a/events").await, 404, "Session not found");
    assert_refused(&server.get("/events/a").await, 404, "Session not found");
    assert_eq!(server.listed("").await, [""; 0]);
}

#[tokio::test]
async fn a_first_event_creates_its_session_as_it_says() {
    let server = TestServer::start().await;
    let mut start = event("a/b", "session_start", "2025-12-03 12:11:12.5+02:00");
    start["session_name"] = json!("named by the event");
    assert_eq!(succeeded(&server.post("/events", &start).await), json!({"ok": true}));
    let expected = json!({
        "session_id": "a/b", "session_name": "named by the event", "status": "running",
        "created_at": "2025-12-03 12:11:12.5+02:00", "project_dir": null, "agent_name": null,
        "last_resumed_at": null, "parent_session_id": null,
        "first_event_at": "2025-12-03 12:11:12.5+02:00", "last_event_at": "2025-12-03 12:11:12.5+02:00",
        "event_count": 1,
        "source": "api", "host": null, "model": null, "branch": null, "ended_at": null, "exit_code": null, "error_count": 0,
        "activity": null,
    });
    assert_eq!(server.session("a/b").await, expected);
}

#[tokio::test]
async fn the_ids_of_body_and_path_must_agree() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.create_session("b").await;
    let answer = server.post("/sessions/a/events", &event("b", "message", AT)).await;
    assert_refused(&answer, 400, "session_id: differs");
    let answer = server.post("/sessions/a/events", &event("nowhere", "session_start", AT)).await;
    assert_refused(&answer, 400, "session_id: differs");
    assert!(server.events("a").await.is_empty() && server.events("b").await.is_empty());
}

#[tokio::test]
async fn first_and_last_event_at_follow_the_least_and_the_greatest_instant() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for (at, oldest, newest) in [
        ("2025-12-03T10:11:12Z", "2025-12-03T10:11:12Z", "2025-12-03T10:11:12Z"),
        ("2025-12-03T11:11:11+01:00", "2025-12-03T11:11:11+01:00", "2025-12-03T10:11:12Z"),
        ("2025-12-03T09:11:13-01:00", "2025-12-03T11:11:11+01:00", "2025-12-03T09:11:13-01:00"),
        ("2025-12-03T10:11:12.999999Z", "2025-12-03T11:11:11+01:00", "2025-12-03T09:11:13-01:00"),
        ("2025-12-03T10:11:11.000000Z", "2025-12-03T11:11:11+01:00", "2025-12-03T09:11:13-01:00"),
    ] {
        server.add_event(&event("a", "message", at)).await;
        let session = server.session("a").await;
        assert_eq!((&session["first_event_at"], &session["last_event_at"]), (&json!(oldest), &json!(newest)));
    }
    assert_eq!(server.session("a").await["event_count"], 5);
}

/// Events of the past, sent now, and only then one of today.
#[tokio::test]
async fn a_session_that_is_told_of_afterwards_begins_with_its_first_event_at_once_and_later() {
    let server = TestServer::start_with(|config| config.clock = StillClock::at(1_764_756_672_000_000)).await;
    let mut socket = server.ws("").await;
    server.create_session("a").await;
    let created_at = json!("2025-12-03T10:11:12.000000+00:00");
    let (early, late, today) = ("2025-12-03T09:00:00Z", "2025-12-03T09:30:00Z", "2025-12-03T10:11:13Z");
    let old = format!("{}\n{}", event("a", "message", late), event("a", "message", early));
    assert_eq!(server.ingest(old).await.status, 200);
    let told = async |server: &TestServer| {
        let session = &server.session("a").await;
        ["created_at", "first_event_at", "last_event_at"].map(|key| session[key].clone())
    };
    assert_eq!(told(&server).await, [created_at.clone(), json!(early), json!(late)]);
    server.add_event(&event("a", "message", today)).await;
    let expected = [created_at, json!(early), json!(today)];
    assert_eq!(told(&server).await, expected, "what happens today does not move its beginning");
    server.add_event(&event("a", "session_stop", today)).await;
    let stopped = &socket.take(7).await[5];
    assert_eq!((&stopped["type"], &stopped["session"]["first_event_at"]), (&json!("session_updated"), &json!(early)));
    let server = server.restart().await;
    assert_eq!(told(&server).await, expected);
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let server = TestServer::start().await;
    server.play().await;
    let paths = ["/sessions", "/sessions/a/events", "/events/b", "/sessions/c/result", "/sessions/a/status"];
    let mut before = Vec::new();
    for path in paths {
        before.push(server.get(path).await.text);
    }
    let server = server.restart().await;
    for (path, text) in paths.iter().zip(before) {
        assert_eq!(server.get(path).await.text, text, "{path}");
    }
}

#[tokio::test]
async fn secrets_of_known_shapes_are_taken_out_before_anything_is_stored() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let secret = format!("ghp_{}", "aB3".repeat(12));
    let mut told = answer_event("a", &format!("the token is {secret}"), AT);
    told["event_id"] = json!(secret);
    server.add_event(&told).await;
    let line = answer_event("a", &format!("once more: {secret}"), AT).to_string();
    succeeded(&server.post_bytes("/ingest", "application/x-ndjson", line).await);
    for event in server.events("a").await {
        assert!(!event["content"].to_string().contains(&secret), "{event}");
        assert!(event["content"].to_string().contains("[redacted:github"), "{event}");
    }
    assert_eq!(server.events("a").await[0]["event_id"], json!(secret), "an id is what things are found by");
    assert!(server.get("/metrics").await.text.contains("agent_runtime_secrets_redacted_total{kind=\"github\"} 2"));
    let plain = TestServer::start_with(|config| config.redacts = false).await;
    plain.create_session("a").await;
    plain.add_event(&told).await;
    assert!(plain.events("a").await[0]["content"].to_string().contains(&secret), "it can be switched off");
}
