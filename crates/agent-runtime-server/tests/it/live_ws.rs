//! What a follower is sent, message by message: shapes, order and positions. `/ws` shows it; `/stream` sends
//! the same, which `live_sse` checks.

mod protocol;

use serde_json::{Value, json};

use crate::harness::follow::{Transport, cursor, seq, seqs, types};
use crate::harness::scene::{SCENE, ndjson};
use crate::harness::shape::{EVENT_KEYS, SESSION_KEYS, assert_keys};
use crate::harness::{Socket, TestServer, answer_event, event};

/// A server and a follower that has read its `init`.
async fn followed() -> (TestServer, Socket) {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    assert_eq!(socket.next().await["type"], "init");
    (server, socket)
}

#[tokio::test]
async fn init_of_an_empty_server_is_an_empty_list_at_position_0() {
    let server = TestServer::start().await;
    let init = server.ws("").await.next().await;
    let epoch = cursor(&init).0;
    assert_eq!(init, json!({"type": "init", "sessions": [], "cursor": format!("{epoch}:0")}));
    assert!(!epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{epoch}");
}

#[tokio::test]
async fn init_equals_the_list_of_sessions_in_its_order() {
    let server = TestServer::start().await;
    server.play().await;
    let init = server.ws("").await.next().await;
    assert_keys(&init, &["type", "sessions", "cursor"]);
    assert_eq!(init["sessions"], server.get("/sessions").await.json()["sessions"]);
    assert_eq!(init["sessions"].as_array().map(Vec::len), Some(3));
    assert_eq!(seq(&init), 17, "init stands at the last position");
    for session in init["sessions"].as_array().expect("sessions") {
        assert_keys(session, &SESSION_KEYS);
    }
}

#[tokio::test]
async fn every_message_has_exactly_its_keys() {
    let (server, mut socket) = followed().await;
    server.play().await;
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    for message in socket.take(SCENE.len() + 1).await {
        match message["type"].as_str().expect("a type") {
            "event" => {
                assert_keys(&message, &["type", "data", "cursor"]);
                let mut expected = EVENT_KEYS.to_vec();
                if message["data"]["event_type"] == "post_tool" {
                    expected.push("of_the_client");
                }
                assert_keys(&message["data"], &expected);
            }
            "session_deleted" => assert_keys(&message, &["type", "session_id", "cursor"]),
            "session_created" | "session_updated" => {
                assert_keys(&message, &["type", "session", "cursor"]);
                assert_keys(&message["session"], &SESSION_KEYS);
            }
            other => panic!("no such message: {other}"),
        }
    }
}

#[tokio::test]
async fn session_messages_come_before_their_event_and_positions_are_dense() {
    let (server, mut socket) = followed().await;
    let epoch = server.epoch().await;
    server.play().await;
    let messages = socket.take(SCENE.len()).await;
    assert_eq!(types(&messages), SCENE);
    let cursors: Vec<_> = messages.iter().map(|message| message["cursor"].clone()).collect();
    assert_eq!(cursors, (1..=SCENE.len()).map(|seq| json!(format!("{epoch}:{seq}"))).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_events_id_is_the_position_of_its_message_and_it_equals_the_stored_one() {
    let (server, mut socket) = followed().await;
    server.play().await;
    let messages = socket.take(SCENE.len()).await;
    let mut stored: Vec<Value> = Vec::new();
    for id in ["a", "b", "c"] {
        stored.extend(server.events(id).await);
    }
    stored.sort_by_key(|event| event["id"].as_i64());
    let sent: Vec<Value> = messages.iter().filter(|m| m["type"] == "event").map(|m| m["data"].clone()).collect();
    assert_eq!(sent, stored);
    for message in messages.iter().filter(|message| message["type"] == "event") {
        assert_eq!(message["data"]["id"], json!(seq(message)), "an integer, the message's own position");
    }
}

#[tokio::test]
async fn an_id_of_the_client_is_dropped_from_the_message_too() {
    let (server, mut socket) = followed().await;
    server.create_session("s").await;
    let mut body = event("s", "message", "2025-12-03T10:11:12Z");
    body["id"] = json!(999);
    server.add_event(&body).await;
    assert_eq!(socket.take(2).await[1]["data"]["id"], 2);
}

#[tokio::test]
async fn a_created_session_is_sent_as_it_was_answered() {
    let (server, mut socket) = followed().await;
    let body = json!({"session_id": "s", "session_name": "n", "project_dir": "/p", "agent_name": "x",
        "parent_session_id": "not there"});
    let answer = server.post("/sessions", &body).await.json();
    let message = socket.next().await;
    assert_eq!((&message["type"], &message["session"]), (&json!("session_created"), &answer["session"]));
    let answer = server.patch("/sessions/s/metadata", &json!({"session_name": "m"})).await.json();
    let message = socket.next().await;
    assert_eq!((&message["type"], &message["session"]), (&json!("session_updated"), &answer["session"]));
    assert_eq!(message["session"]["session_name"], "m");
}

#[tokio::test]
async fn a_session_in_a_message_is_as_of_its_position() {
    let (server, mut socket) = followed().await;
    let start = event("s", "session_start", "2025-12-03T10:00:00Z");
    assert_eq!(server.post("/events", &start).await.status, 200);
    server.add_event(&answer_event("s", "x", "2025-12-03T10:00:02.5Z")).await;
    server.add_event(&answer_event("s", "older", "2025-12-03T10:00:01Z")).await;
    server.add_event(&event("s", "session_stop", "2025-12-03T10:00:03Z")).await;
    server.add_event(&event("s", "session_start", "2025-12-03T10:00:04Z")).await;
    let messages = socket.take(8).await;
    let expected =
        ["session_created", "event", "event", "event", "session_updated", "event", "session_updated", "event"];
    assert_eq!(types(&messages), expected);
    let created = &messages[0]["session"];
    assert_eq!(
        (&created["created_at"], &created["status"], &created["event_count"], &created["last_event_at"]),
        (&json!("2025-12-03T10:00:00Z"), &json!("running"), &json!(0), &Value::Null),
        "the event that creates is not counted yet"
    );
    let stopped = &messages[4]["session"];
    assert_eq!(
        (&stopped["status"], &stopped["event_count"], &stopped["last_event_at"], &stopped["last_resumed_at"]),
        (&json!("finished"), &json!(3), &json!("2025-12-03T10:00:02.5Z"), &Value::Null)
    );
    let resumed = &messages[6]["session"];
    assert_eq!(
        (&resumed["status"], &resumed["event_count"], &resumed["last_event_at"], &resumed["last_resumed_at"]),
        (&json!("running"), &json!(4), &json!("2025-12-03T10:00:03Z"), &json!("2025-12-03T10:00:04Z"))
    );
}

/// The path by which events reach an endpoint of either kind.
const ENDPOINTS: [&str; 2] = ["/events", "/sessions/s/events"];

#[tokio::test]
async fn both_event_endpoints_send_the_same() {
    for endpoint in ENDPOINTS {
        let (server, mut socket) = followed().await;
        server.create_session("s").await;
        for (event_type, second) in
            [("session_start", 1), ("session_start", 2), ("session_stop", 3), ("session_stop", 4), ("session_start", 5)]
        {
            let body = event("s", event_type, &format!("2025-12-03T10:00:0{second}Z"));
            assert_eq!(server.post(endpoint, &body).await.status, 200, "{endpoint}");
        }
        for event_type in ["pre_tool", "post_tool", "message", "of.its-own_kind"] {
            assert_eq!(server.post(endpoint, &event("s", event_type, "2025-12-03T10:00:06Z")).await.status, 200);
        }
        let expected = [
            "session_created",
            "event", // the first start of a running session changes nothing
            "session_updated",
            "event",
            "session_updated",
            "event",
            "session_updated",
            "event",
            "session_updated",
            "event",
            "event",
            "event",
            "event",
            "event",
        ];
        assert_eq!(types(&socket.take(expected.len()).await), expected, "{endpoint}");
    }
}

#[tokio::test]
async fn a_deletion_is_sent_and_the_id_may_be_created_anew() {
    let (server, mut socket) = followed().await;
    let id = "with/slash and ü";
    server.create_session(id).await;
    assert_eq!(server.delete(&format!("/sessions/{}", crate::harness::encode(id))).await.status, 200);
    server.create_session(id).await;
    let messages = socket.take(3).await;
    assert_eq!(types(&messages), ["session_created", "session_deleted", "session_created"]);
    let epoch = cursor(&messages[0]).0;
    assert_eq!(messages[1], json!({"type": "session_deleted", "session_id": id, "cursor": format!("{epoch}:2")}));
}

#[tokio::test]
async fn a_refused_request_sends_nothing_and_takes_no_position() {
    let server = TestServer::start().await;
    server.create_session("s").await;
    let mut keyed = event("s", "message", "2025-12-03T10:00:00Z");
    keyed["event_id"] = json!("k");
    server.add_event(&keyed).await;
    let mut follower = Transport::WebSocket.follow(&server, "").await;
    assert_eq!(seq(&follower.next().await), 2);

    let twice = json!({"session_id": "s", "session_name": "again"});
    assert_eq!(server.post("/sessions", &twice).await.status, 409);
    assert_eq!(server.post("/sessions", &json!({"session_id": ".."})).await.status, 400);
    assert_eq!(server.patch("/sessions/s/metadata", &json!({})).await.status, 400);
    assert_eq!(server.patch("/sessions/other/metadata", &json!({"agent_name": "x"})).await.status, 404);
    assert_eq!(server.delete("/sessions/other").await.status, 404);
    let stop = event("other", "session_stop", "2025-12-03T10:00:00Z");
    assert_eq!(server.post("/events", &stop).await.status, 404);
    assert_eq!(server.post("/sessions/s/events", &stop).await.status, 400);
    assert_eq!(server.post("/events", &event("s", "session_stop", "yesterday")).await.status, 400);
    let half = format!("{}\n{}\nnonsense\n", event("new", "session_start", "2025-12-03T10:00:00Z"), keyed);
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", half).await.status, 400);
    // A repeated key is answered as the first time, even if it would have stopped the session.
    keyed["event_type"] = json!("session_stop");
    server.add_event(&keyed).await;
    assert_eq!(server.post("/events", &keyed).await.status, 200);

    assert_eq!(seq(&follower.next_is_sentinel(&server, "sentinel").await), 3);
}

#[tokio::test]
async fn ingested_lines_send_what_they_would_have_sent_singly() {
    let lines: Vec<Value> = [
        ("s", "session_start"),
        ("s", "message"),
        ("t", "session_start"),
        ("s", "session_stop"),
        ("t", "pre_tool"),
        ("s", "session_start"),
    ]
    .iter()
    .enumerate()
    .map(|(second, (id, event_type))| event(id, event_type, &format!("2025-12-03T10:00:0{second}Z")))
    .collect();

    let (server, mut socket) = followed().await;
    for line in &lines {
        assert_eq!(server.post("/events", line).await.status, 200);
    }
    let singly = socket.take(10).await;

    let (server, mut socket) = followed().await;
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", ndjson(lines)).await.status, 200);
    let together = socket.take(10).await;

    let without_epoch = |messages: Vec<Value>| -> Vec<Value> {
        let strip = |mut message: Value| {
            message["cursor"] = json!(seq(&message));
            message
        };
        messages.into_iter().map(strip).collect()
    };
    assert_eq!(without_epoch(together), without_epoch(singly));
}

#[tokio::test]
async fn all_followers_are_sent_the_same_bytes() {
    let server = TestServer::start().await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let mut socket = server.ws("").await;
        socket.next().await;
        sockets.push(socket);
    }
    server.play().await;
    let first = sockets[0].take(SCENE.len()).await;
    for socket in &mut sockets[1..] {
        assert_eq!(socket.take(SCENE.len()).await, first);
    }
}

#[tokio::test]
async fn concurrent_posts_take_dense_positions_in_the_order_sent() {
    let (server, mut socket) = followed().await;
    server.create_session("s").await;
    let server = std::sync::Arc::new(server);
    let posts: Vec<_> = (0..40)
        .map(|n| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(
                async move { server.add_event(&answer_event("s", &format!("{n}"), "2025-12-03T10:00:00Z")).await },
            )
        })
        .collect();
    for post in posts {
        post.await.expect("posted");
    }
    let messages = socket.take(41).await;
    assert_eq!(seqs(&messages), (1..=41).collect::<Vec<_>>());
    // At one instant the order of events is that of their positions.
    let sent: Vec<&Value> = messages[1..].iter().map(|message| &message["data"]).collect();
    assert_eq!(sent, server.events("s").await.iter().collect::<Vec<_>>());
}
