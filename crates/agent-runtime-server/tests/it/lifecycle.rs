//! How a session starts, stops and is resumed: by the order of commits, on every way in.

use serde_json::{Value, json};

use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, event};

/// The ways by which an event of an existing session comes in.
const WAYS: [&str; 3] = ["/sessions/a/events", "/events", "/ingest"];

impl TestServer {
    async fn send_by(&self, way: &str, body: &Value) {
        let answer = if way == "/ingest" { self.ingest(body.to_string()).await } else { self.post(way, body).await };
        assert_eq!(answer.status, 200, "{way} {body} {answer:?}");
    }
}

fn state(session: &Value) -> Value {
    json!([session["status"], session["last_resumed_at"], session["event_count"]])
}

#[tokio::test]
async fn a_first_start_of_a_running_session_changes_nothing_else() {
    for way in WAYS {
        let server = TestServer::start().await;
        let created = server.create_session("a").await;
        server.send_by(way, &event("a", "session_start", "2025-12-03T10:11:12Z")).await;
        let mut expected = created;
        expected["first_event_at"] = json!("2025-12-03T10:11:12Z");
        expected["last_event_at"] = json!("2025-12-03T10:11:12Z");
        expected["event_count"] = json!(1);
        assert_eq!(server.session("a").await, expected, "{way}");
    }
}

#[tokio::test]
async fn a_start_with_events_before_it_resumes() {
    for way in WAYS {
        let server = TestServer::start().await;
        server.create_session("a").await;
        server.send_by(way, &event("a", "message", "2025-12-03T10:11:12Z")).await;
        server.send_by(way, &event("a", "session_start", "2025-12-03T10:11:13+00:00")).await;
        assert_eq!(state(&server.session("a").await), json!(["running", "2025-12-03T10:11:13+00:00", 2]), "{way}");
    }
}

#[tokio::test]
async fn a_start_of_a_finished_session_resumes() {
    for way in WAYS {
        let server = TestServer::start().await;
        server.create_session("a").await;
        server.send_by(way, &event("a", "session_stop", "2025-12-03T10:11:12Z")).await;
        assert_eq!(state(&server.session("a").await), json!(["finished", null, 1]), "{way}");
        server.send_by(way, &event("a", "session_start", "2025-12-03 09:00:00.5-0200")).await;
        assert_eq!(state(&server.session("a").await), json!(["running", "2025-12-03 09:00:00.5-0200", 2]), "{way}");
        server.send_by(way, &event("a", "session_stop", "2025-12-03T10:11:12Z")).await;
        assert_eq!(server.status("a").await, "finished", "{way}");
    }
}

#[tokio::test]
async fn a_session_knows_the_exit_code_of_its_stop_until_it_is_resumed() {
    for way in WAYS {
        let server = TestServer::start().await;
        server.create_session("a").await;
        let stop = |code: Value| {
            let mut stop = event("a", "session_stop", "2025-12-03T10:11:12Z");
            stop["exit_code"] = code;
            stop
        };
        server.send_by(way, &stop(json!(-9_007_199_254_740_993_i64))).await;
        assert_eq!(server.session("a").await["exit_code"], json!(-9_007_199_254_740_993_i64), "{way}");
        server.send_by(way, &event("a", "session_start", "2025-12-03T10:12:00Z")).await;
        assert_eq!(server.session("a").await["exit_code"], json!(null), "{way}: it runs again");
        server.send_by(way, &stop(json!(0))).await;
        assert_eq!(server.session("a").await["exit_code"], 0, "{way}");
        server.send_by(way, &event("a", "session_stop", "2025-12-03T10:13:00Z")).await;
        assert_eq!(server.session("a").await["exit_code"], json!(null), "{way}: the newest stop says none");
    }
}

#[tokio::test]
async fn the_status_follows_commits_and_never_timestamps() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "session_start", "2025-12-03T12:00:00Z")).await;
    server.add_event(&event("a", "session_stop", "2025-12-03T10:00:00Z")).await;
    assert_eq!(server.status("a").await, "finished", "a stop that says it was earlier");
    server.add_event(&event("a", "session_start", "2025-12-03T09:00:00Z")).await;
    assert_eq!(server.status("a").await, "running", "a start that says it was earlier still");
    assert_eq!(server.session("a").await["last_resumed_at"], "2025-12-03T09:00:00Z");
}

#[tokio::test]
async fn only_starts_and_stops_change_the_status() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "session_stop", "2025-12-03T10:00:00Z")).await;
    for kind in ["message", "pre_tool", "post_tool", "session_resume", "stop"] {
        for way in WAYS {
            server.send_by(way, &event("a", kind, "2025-12-03T11:00:00Z")).await;
            assert_eq!(server.status("a").await, "finished", "{kind}");
        }
    }
    server.add_event(&event("a", "session_stop", "2025-12-03T12:00:00Z")).await;
    let patched = server.patch("/sessions/a/metadata", &json!({"last_resumed_at": "2025-12-03T13:00:00Z"})).await;
    assert_eq!(succeeded(&patched)["session"]["status"], "finished");
}

/// What the resuming command does, step by step.
#[tokio::test]
async fn a_resumed_session_runs_and_does_not_serve_the_previous_answer() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "session_start", "2025-12-03T10:00:00Z")).await;
    server.add_event(&answer_event("a", "previous", "2025-12-03T10:00:01Z")).await;
    server.add_event(&event("a", "session_stop", "2025-12-03T10:00:02Z")).await;
    assert_eq!(succeeded(&server.get("/sessions/a/result").await), json!({"result": "previous"}));
    let resumed = json!({"last_resumed_at": "2025-12-03T11:00:00.000001+00:00"});
    assert_eq!(server.patch("/sessions/a/metadata", &resumed).await.status, 200);
    server.add_event(&event("a", "session_start", "2025-12-03T11:00:00.000002+00:00")).await;
    assert_eq!(server.status("a").await, "running");
    assert_refused(&server.get("/sessions/a/result").await, 400, "Session not finished");
    assert_eq!(server.session("a").await["last_resumed_at"], "2025-12-03T11:00:00.000002+00:00");
    server.add_event(&answer_event("a", "next", "2025-12-03T11:00:01Z")).await;
    assert_refused(&server.get("/sessions/a/result").await, 400, "Session not finished");
    server.add_event(&event("a", "session_stop", "2025-12-03T11:00:02Z")).await;
    assert_eq!(succeeded(&server.get("/sessions/a/result").await), json!({"result": "next"}));
}

#[tokio::test]
async fn a_patch_before_the_first_start_is_no_resume() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let resumed = json!({"last_resumed_at": "2025-12-03T09:00:00Z"});
    assert_eq!(server.patch("/sessions/a/metadata", &resumed).await.status, 200);
    server.add_event(&event("a", "session_start", "2025-12-03T10:00:00Z")).await;
    assert_eq!(state(&server.session("a").await), json!(["running", "2025-12-03T09:00:00Z", 1]));
}

/// The dashboard's stop button: it may fail, and the session goes on.
#[tokio::test]
async fn there_is_no_way_to_stop_an_agent_from_here() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    assert_refused(&server.post("/sessions/a/stop", &json!({})).await, 404, "Not Found");
    assert_eq!(server.status("a").await, "running");
}

#[tokio::test]
async fn session_messages_go_before_their_event() {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    assert_eq!(socket.next().await["type"], "init");
    for (kind, types) in [
        ("session_start", &["session_created", "event"][..]),
        ("message", &["event"]),
        ("session_stop", &["session_updated", "event"]),
        ("session_start", &["session_updated", "event"]),
    ] {
        assert_eq!(server.post("/events", &event("a", kind, "2025-12-03T10:00:00Z")).await.status, 200);
        for expected in types {
            let message = socket.next().await;
            assert_eq!(message["type"], *expected);
            let status = if kind == "session_stop" { "finished" } else { "running" };
            if *expected != "event" {
                assert_eq!(message["session"]["status"], status, "the session as of its message");
            }
        }
    }
}
