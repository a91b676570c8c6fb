//! `?session_id=`: a follower of some sessions is sent what concerns them, and nothing else.

use serde_json::{Value, json};

use crate::harness::follow::{Follower, Transport, cursor, seq, seqs, types};
use crate::harness::raw::UPGRADE;
use crate::harness::{TestServer, answer_event, encode, event};

/// Follows some sessions, perhaps from a cursor.
async fn follow(server: &TestServer, transport: Transport, ids: &[&str], since: Option<&str>) -> Follower {
    let mut query: Vec<String> = ids.iter().map(|id| format!("session_id={}", encode(id))).collect();
    query.extend(since.map(|cursor| format!("since={cursor}")));
    transport.follow(server, &format!("?{}", query.join("&"))).await
}

/// The ids of the sessions in an `init`.
fn ids(init: &Value) -> Vec<&str> {
    assert_eq!(init["type"], "init");
    let sessions = init["sessions"].as_array().expect("sessions");
    sessions.iter().map(|session| session["session_id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn narrows_init_session_messages_events_and_deletions() {
    let server = TestServer::start().await;
    for id in ["a", "b", "c"] {
        server.create_session(id).await;
    }
    let mut followers = Vec::new();
    for transport in Transport::BOTH {
        let mut follower = follow(&server, transport, &["a", "c", "later"], None).await;
        let init = follower.next().await;
        let mut found = ids(&init);
        found.sort_unstable();
        assert_eq!((found, seq(&init)), (vec!["a", "c"], 3), "{transport:?}");
        followers.push(follower);
    }
    for id in ["a", "b", "c"] {
        server.add_event(&answer_event(id, "x", "2025-12-03T10:00:00Z")).await; // 4, 5, 6
    }
    for id in ["b", "a"] {
        server.patch(&format!("/sessions/{id}/metadata"), &json!({"agent_name": "x"})).await; // 7, 8
    }
    for id in ["other", "later"] {
        server.create_session(id).await; // 9, 10
    }
    for id in ["b", "c"] {
        server.add_event(&event(id, "session_stop", "2025-12-03T10:00:01Z")).await; // 11 to 14
    }
    for id in ["b", "a"] {
        assert_eq!(server.delete(&format!("/sessions/{id}")).await.status, 200); // 15, 16
    }
    server.add_event(&answer_event("later", "x", "2025-12-03T10:00:02Z")).await; // 17
    let expected = [
        (4, "event"),
        (6, "event"),
        (8, "session_updated"),
        (10, "session_created"),
        (13, "session_updated"),
        (14, "event"),
        (16, "session_deleted"),
        (17, "event"),
    ];
    for follower in &mut followers {
        let messages = follower.take(expected.len()).await;
        let found: Vec<_> = seqs(&messages).into_iter().zip(types(&messages)).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn init_keeps_the_order_of_the_list() {
    let server = TestServer::start().await;
    server.play().await;
    let list = server.get("/sessions").await.json();
    let expected: Vec<&Value> =
        list["sessions"].as_array().expect("sessions").iter().filter(|s| s["session_id"] != "b").collect();
    let init = follow(&server, Transport::WebSocket, &["a", "c"], None).await.next().await;
    assert_eq!(init["sessions"].as_array().expect("sessions").iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn narrows_a_replay_and_what_is_live_after_it() {
    let server = TestServer::start().await;
    let mut all = server.ws("").await;
    let epoch = cursor(&all.next().await).0;
    server.play().await;
    let live = all.take(17).await;
    for (transport, new) in Transport::BOTH.into_iter().zip(["new", "newer"]) {
        let mut follower = follow(&server, transport, &["b", new], Some(&format!("{epoch}:2"))).await;
        assert_eq!(seqs(&follower.take(3).await), [9, 10, 11], "{transport:?}");
        let other = format!("not {new}");
        server.create_session(&other).await;
        let created = follower.next_is_sentinel(&server, new).await;
        assert_eq!(seq(&created), server.head().await);
        for id in [&other, new] {
            assert_eq!(server.delete(&format!("/sessions/{}", encode(id))).await.status, 200);
        }
        assert_eq!(follower.next().await["session_id"], new);
    }
    let mut stream = server.stream_after("?session_id=c", Some(&format!("{epoch}:13"))).await;
    assert_eq!(stream.take(4).await, live[13..]);
}

#[tokio::test]
async fn a_long_stretch_of_others_does_not_hold_a_replay_up() {
    let server = TestServer::start_with(|config| {
        config.limits.page_rows = 50;
        config.limits.ring_frames = 16;
    })
    .await;
    let epoch = server.epoch().await;
    server.create_session("mine").await;
    let start = format!("{}\n", event("others", "session_start", "2025-12-03T10:00:00Z"));
    let lines = start + &format!("{}\n", event("others", "message", "2025-12-03T10:00:00Z")).repeat(2000);
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", lines).await.status, 200);
    server.add_event(&answer_event("mine", "x", "2025-12-03T10:00:00Z")).await;
    for transport in Transport::BOTH {
        let mut follower = follow(&server, transport, &["mine"], Some(&format!("{epoch}:1"))).await;
        assert_eq!(seq(&follower.next().await), 2004, "{transport:?}");
    }
}

#[tokio::test]
async fn a_reset_is_followed_by_a_narrowed_init() {
    let server = TestServer::start().await;
    server.play().await;
    for transport in Transport::BOTH {
        let mut follower = follow(&server, transport, &["b"], Some("nonsense")).await;
        assert_eq!(follower.next().await["reason"], "malformed");
        assert_eq!(ids(&follower.next().await), ["b"]);
    }
}

#[tokio::test]
async fn ids_are_decoded_once_as_in_paths() {
    let server = TestServer::start().await;
    let odd = ["a+b c/ü&=%2F#?", "a b", "a+b", "%61"];
    for id in odd {
        server.create_session(id).await;
    }
    server.create_session("a").await;
    for transport in Transport::BOTH {
        for id in odd {
            let mut follower = follow(&server, transport, &[id], None).await;
            assert_eq!(ids(&follower.next().await), [id]);
        }
    }
}

#[tokio::test]
async fn prefixes_and_other_cases_are_other_sessions() {
    let server = TestServer::start().await;
    for id in ["run", "Run", "run-1", "ru"] {
        server.create_session(id).await;
    }
    let mut follower = follow(&server, Transport::WebSocket, &["run"], None).await;
    assert_eq!(ids(&follower.next().await), ["run"]);
    for id in ["run-1", "Run", "run"] {
        server.add_event(&answer_event(id, "x", "2025-12-03T10:00:00Z")).await;
    }
    assert_eq!(follower.next().await["data"]["session_id"], "run");
}

#[tokio::test]
async fn up_to_256_sessions_may_be_asked_for() {
    let server = TestServer::start().await;
    let names: Vec<String> = (0..257).map(|n| format!("s{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.create_session("s255").await;
    for transport in Transport::BOTH {
        let init = follow(&server, transport, &names[..256], None).await.next().await;
        assert_eq!(ids(&init), ["s255"]);
    }
    let query = names.iter().map(|id| format!("session_id={id}")).collect::<Vec<_>>().join("&");
    for (path, headers) in [("/ws", &UPGRADE[..]), ("/stream", &[])] {
        let refused = server.raw("GET", &format!("{path}?{query}"), headers, "").await;
        assert_eq!(refused.status, 400, "{path}: {refused:?}");
        assert!(refused.detail().contains("session_id"), "{}", refused.detail());
    }
}
