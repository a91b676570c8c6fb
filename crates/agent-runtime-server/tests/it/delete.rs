//! `DELETE /sessions/{id}`: the session and all its events are gone, and its id is free again.

use serde_json::json;

use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, encode, event};

const AT: &str = "2025-12-03T10:11:12Z";

#[tokio::test]
async fn the_answer_says_what_was_deleted() {
    let server = TestServer::start().await;
    server.create_session("empty").await;
    let deleted = json!({"session": true, "events_count": 0});
    let answer = succeeded(&server.delete("/sessions/empty").await);
    assert_eq!(answer, json!({"ok": true, "session_id": "empty", "deleted": deleted}));
    let id = "with/slash and ü";
    server.create_session(id).await;
    for _ in 0..42 {
        server.add_event(&event(id, "message", AT)).await;
    }
    let answer = succeeded(&server.delete(&format!("/sessions/{}", encode(id))).await);
    let deleted = json!({"session": true, "events_count": 42});
    assert_eq!(answer, json!({"ok": true, "session_id": id, "deleted": deleted}));
}

#[tokio::test]
async fn nothing_of_the_session_is_left_and_others_stay() {
    let server = TestServer::start().await;
    for id in ["a", "b"] {
        server.create_session(id).await;
        server.add_event(&answer_event(id, id, AT)).await;
        server.add_event(&event(id, "session_stop", AT)).await;
    }
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    assert_eq!(server.listed("").await, ["b"]);
    assert_eq!(server.listed("?q=a&status=finished").await, ["b"], "the name of b holds an a");
    for path in ["/sessions/a", "/sessions/a/events", "/events/a", "/sessions/a/result"] {
        assert_refused(&server.get(path).await, 404, "Session not found");
    }
    assert_eq!(server.status("a").await, "not_existent");
    assert_refused(&server.delete("/sessions/a").await, 404, "Session not found");
    let patch = server.patch("/sessions/a/metadata", &json!({"agent_name": "x"})).await;
    assert_refused(&patch, 404, "Session not found");
    assert_refused(&server.post("/sessions/a/events", &event("a", "message", AT)).await, 404, "Session not found");
    assert_refused(&server.ingest(event("a", "message", AT).to_string()).await, 400, "line 1: session_id: ");
    let server = server.restart().await;
    assert_eq!(server.listed("").await, ["b"]);
    assert_eq!(server.events("b").await.len(), 2);
}

#[tokio::test]
async fn an_unknown_session_cannot_be_deleted() {
    let server = TestServer::start().await;
    assert_refused(&server.delete("/sessions/a").await, 404, "Session not found");
}

#[tokio::test]
async fn a_session_made_anew_knows_nothing_of_the_former() {
    let server = TestServer::start().await;
    let body = json!({"session_id": "a", "session_name": "former", "agent_name": "x", "parent_session_id": "p"});
    assert_eq!(server.post("/sessions", &body).await.status, 200);
    server.add_event(&answer_event("a", "former", AT)).await;
    server.add_event(&event("a", "session_stop", AT)).await;
    let former = server.events("a").await;
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    let created = server.create_session("a").await;
    let fresh = ["running", "name of a"].map(|text| json!(text));
    assert_eq!([&created["status"], &created["session_name"]], [&fresh[0], &fresh[1]]);
    for key in ["agent_name", "parent_session_id", "first_event_at", "last_event_at", "last_resumed_at"] {
        assert!(created[key].is_null(), "{created}");
    }
    assert_eq!(created["event_count"], 0);
    assert!(server.events("a").await.is_empty());
    server.add_event(&event("a", "session_start", AT)).await;
    let session = server.session("a").await;
    assert!(session["last_resumed_at"].is_null(), "its first start: {session}");
    server.add_event(&event("a", "session_stop", AT)).await;
    assert_refused(&server.get("/sessions/a/result").await, 404, "No result found");
    let after = former[0]["id"].as_i64().unwrap();
    let answer = server.get(&format!("/sessions/a/events?after={after}")).await;
    assert_refused(&answer, 400, "after: is no event of this session");
}

#[tokio::test]
async fn a_start_makes_a_deleted_session_anew() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "message", AT)).await;
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    assert_eq!(server.post("/events", &event("a", "session_start", AT)).await.status, 200);
    let session = server.session("a").await;
    assert_eq!(json!([session["session_name"], session["event_count"]]), json!(["n", 1]));
    assert!(session["last_resumed_at"].is_null(), "{session}");
}

/// Of many that delete at once, one does it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_of_many_deletes_it() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let answers = futures_util::future::join_all((0..16).map(|_| server.delete("/sessions/a"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_refused(answer, 404, "Session not found");
    }
}

#[tokio::test]
async fn followers_are_told_once() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "message", AT)).await;
    let mut socket = server.ws("").await;
    socket.next().await;
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    assert_refused(&server.delete("/sessions/a").await, 404, "Session not found");
    server.create_session("a").await;
    let (deleted, created) = (socket.next().await, socket.next().await);
    let cursor = deleted["cursor"].clone();
    assert_eq!(deleted, json!({"type": "session_deleted", "session_id": "a", "cursor": cursor}));
    assert_eq!(created["type"], "session_created");
}
