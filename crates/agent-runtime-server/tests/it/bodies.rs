//! `?bodies=`: whole events of some sessions, outlines of all others.

use serde_json::{Value, json};

use crate::harness::follow::{Transport, cursor, seqs, types};
use crate::harness::raw::UPGRADE;
use crate::harness::scene::SCENE;
use crate::harness::shape::{assert_keys, assert_refused, succeeded};
use crate::harness::{PATIENCE, TestServer, encode, event};

/// The scene as a follower sees it that wants whole events of `whole` only.
fn outlined(whole: &[&str], messages: &[Value]) -> Vec<&'static str> {
    let session = |message: &Value| message["data"]["session_id"].as_str().unwrap_or_default().to_owned();
    let types = SCENE.iter().zip(messages);
    types.map(|(kind, m)| if *kind == "event" && !whole.contains(&&*session(m)) { "outline" } else { *kind }).collect()
}

#[tokio::test]
async fn events_of_other_sessions_come_as_outlines_live_and_again() {
    let server = TestServer::start().await;
    let mut all = server.ws("").await;
    let epoch = cursor(&all.next().await).0;
    let mut followers = Vec::new();
    for transport in Transport::BOTH {
        for (query, whole) in
            [("bodies=", vec![]), ("bodies=b", vec!["b"]), ("bodies=c&bodies=a&bodies=no", vec!["a", "c"])]
        {
            let mut follower = transport.follow(&server, &format!("?{query}")).await;
            assert_eq!(follower.next().await["type"], "init");
            followers.push((transport, query, whole, follower));
        }
    }
    server.play().await;
    let messages = all.take(SCENE.len()).await;
    assert_eq!(types(&messages), SCENE);
    for (transport, query, whole, follower) in &mut followers {
        let live = follower.take(SCENE.len()).await;
        assert_eq!(types(&live), outlined(whole, &messages), "{transport:?} {query}");
        assert_eq!(seqs(&live), seqs(&messages));
        for (found, message) in live.iter().zip(&messages) {
            if found["type"] != "outline" {
                assert_eq!(found, message);
                continue;
            }
            assert_keys(found, &["type", "data", "cursor"]);
            let id = message["data"]["session_id"].as_str().expect("an id");
            let list = succeeded(&server.get(&format!("/sessions/{}/outline", encode(id))).await);
            let outlines = list["outline"].as_array().expect("outlines");
            let mut outline = outlines.iter().find(|one| one["id"] == message["data"]["id"]).expect("there").clone();
            outline["session_id"] = json!(id);
            outline["has_error"] = json!(!message["data"]["error"].is_null());
            assert_eq!(found["data"], outline);
        }
        // What is read from the store again equals what was sent live.
        let mut again = transport.follow(&server, &format!("?since={epoch}:0&{query}")).await;
        assert_eq!(again.take(SCENE.len()).await, live, "{transport:?} {query}");
    }
}

#[tokio::test]
async fn an_outline_carries_the_activity_that_began_with_it() {
    let server = TestServer::start().await;
    let mut whole = server.ws("").await;
    let epoch = cursor(&whole.next().await).0;
    let mut outlines = server.ws("?bodies=").await;
    outlines.next().await;
    let document =
        json!({"session_id": "agent", "hook_event_name": "UserPromptSubmit", "cwd": "/p", "prompt": "Begin"});
    let envelope = json!({"id": "one", "at": "2025-12-03T10:00:00Z"}).to_string();
    let request = server.http.post(server.url("/hooks/claude-code")).header("x-agent-runtime-envelope", envelope);
    let answer = request.json(&document).timeout(PATIENCE).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    loop {
        let (event, outline) = (whole.next().await, outlines.next().await);
        assert_eq!(event["cursor"], outline["cursor"]);
        if event.get("activity").is_some() {
            assert_keys(&outline, &["type", "data", "activity", "cursor"]);
            assert_eq!((&outline["type"], &outline["activity"]), (&json!("outline"), &event["activity"]));
            let position = outline["data"]["id"].as_i64().expect("an id") - 1;
            let mut again = server.ws(&format!("?bodies=&since={epoch}:{position}")).await;
            assert_eq!(again.next().await, outline);
            break;
        }
    }
}

#[tokio::test]
async fn it_goes_with_a_filter_and_nothing_erased_is_outlined() {
    let server = TestServer::start().await;
    for id in ["a", "b"] {
        server.create_session(id).await;
    }
    let mut follower = server.ws("?bodies=&session_id=a").await;
    assert_eq!(follower.next().await["type"], "init");
    for id in ["b", "a"] {
        server.add_event(&event(id, "message", "2025-12-03T10:00:00Z")).await; // 3, 4
    }
    let outline = follower.next().await;
    assert_eq!((&outline["type"], &outline["data"]["id"]), (&json!("outline"), &json!(4)));
    let epoch = cursor(&outline).0;
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    assert_eq!(follower.next().await["type"], "session_deleted");
    let mut again = server.ws(&format!("?bodies=&since={epoch}:2")).await;
    assert_eq!(types(&again.take(2).await), ["outline", "session_deleted"]);
}

#[tokio::test]
async fn up_to_256_sessions_may_be_wanted_whole() {
    let server = TestServer::start().await;
    let query = |count: usize| (0..count).map(|n| format!("bodies=s{n}")).collect::<Vec<_>>().join("&");
    assert_eq!(server.ws(&format!("?{}", query(256))).await.next().await["type"], "init");
    for (path, headers) in [("/ws", &UPGRADE[..]), ("/stream", &[])] {
        let refused = server.raw("GET", &format!("{path}?{}", query(257)), headers, "").await;
        assert_eq!((refused.status, &refused.detail()[..7]), (400, "bodies:"), "{path}");
    }
    assert_refused(&server.get(&format!("/stream?bodies={}", "x".repeat(257))).await, 400, "bodies: ");
}
