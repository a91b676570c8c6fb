//! `GET /sessions/{id}/result`: the text of the newest assistant message that has one.

use serde_json::{Value, json};

use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, event};

fn message(role: &str, content: &Value, at: &str) -> Value {
    let mut body = event("a", "message", at);
    body["role"] = json!(role);
    body["content"] = content.clone();
    body
}

/// The result of a session with these messages.
async fn result_of(messages: &[Value]) -> Result<String, String> {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for message in messages {
        server.add_event(message).await;
    }
    server.add_event(&event("a", "session_stop", "2025-12-03T11:00:00Z")).await;
    let answer = server.get("/sessions/a/result").await;
    if answer.status != 200 {
        assert_refused(&answer, 404, "");
        return Err(answer.detail());
    }
    let body = succeeded(&answer);
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
    Ok(body["result"].as_str().expect("text").to_owned())
}

#[tokio::test]
async fn text_blocks_are_joined_by_a_newline() {
    let content = json!([
        {"type": "text", "text": "first\u{0} ü"},
        {"type": "tool_use", "text": "not this", "input": {}},
        {"type": "text", "text": ""},
        {"type": "text", "text": "last\n"},
        {"text": "nor this"},
    ]);
    let result = result_of(&[message("assistant", &content, "2025-12-03T10:00:00Z")]).await;
    assert_eq!(result.as_deref(), Ok("first\u{0} ü\n\nlast\n"));
}

#[tokio::test]
async fn the_newest_is_the_one_of_the_greatest_instant_then_id() {
    let text = |text: &str, at: &str| answer_event("a", text, at);
    let sent = [
        text("late", "2025-12-03T10:00:02Z"),
        text("early", "2025-12-03T12:00:01+02:00"),
        text("as late, stored later", "2025-12-03T09:00:02-01:00"),
        text("earlier still", "2025-12-03T10:00:00Z"),
    ];
    assert_eq!(result_of(&sent).await.as_deref(), Ok("as late, stored later"));
}

#[tokio::test]
async fn messages_without_a_text_of_an_assistant_do_not_count() {
    let text = json!([{"type": "text", "text": "no"}]);
    let mut no_message = message("assistant", &text, "2025-12-03T10:00:09Z");
    no_message["event_type"] = json!("post_tool");
    let others = [
        message("user", &text, "2025-12-03T10:00:01Z"),
        message("Assistant", &text, "2025-12-03T10:00:02Z"),
        message("assistant", &json!([]), "2025-12-03T10:00:03Z"),
        message("assistant", &json!([{"type": "thinking", "text": "no"}]), "2025-12-03T10:00:04Z"),
        message("assistant", &Value::Null, "2025-12-03T10:00:05Z"),
        no_message,
    ];
    assert_eq!(result_of(&others).await, Err("No result found".into()));
    let mut sent = vec![answer_event("a", "yes", "2025-12-03T10:00:00Z")];
    sent.extend(others);
    assert_eq!(result_of(&sent).await.as_deref(), Ok("yes"));
}

#[tokio::test]
async fn an_empty_text_is_a_text() {
    let sent = [answer_event("a", "older", "2025-12-03T10:00:00Z"), answer_event("a", "", "2025-12-03T10:00:01Z")];
    assert_eq!(result_of(&sent).await.as_deref(), Ok(""));
}

#[tokio::test]
async fn messages_before_a_resume_are_included() {
    let sent = [
        answer_event("a", "before", "2025-12-03T10:00:00Z"),
        event("a", "session_stop", "2025-12-03T10:00:01Z"),
        event("a", "session_start", "2025-12-03T10:00:02Z"),
        event("a", "post_tool", "2025-12-03T10:00:03Z"),
    ];
    assert_eq!(result_of(&sent).await.as_deref(), Ok("before"));
}

#[tokio::test]
async fn a_running_session_has_none_yet_and_an_unknown_one_is_not_found() {
    let server = TestServer::start().await;
    assert_refused(&server.get("/sessions/a/result").await, 404, "Session not found");
    server.create_session("a").await;
    assert_refused(&server.get("/sessions/a/result").await, 400, "Session not finished");
    server.add_event(&answer_event("a", "x", "2025-12-03T10:00:00Z")).await;
    assert_refused(&server.get("/sessions/a/result").await, 400, "Session not finished");
    server.add_event(&event("a", "session_stop", "2025-12-03T10:00:00Z")).await;
    assert_eq!(server.get("/sessions/a/result").await.text, r#"{"result":"x"}"#);
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    assert_refused(&server.get("/sessions/a/result").await, 404, "Session not found");
}

#[tokio::test]
async fn a_late_answer_to_a_finished_session_is_the_result() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "session_stop", "2025-12-03T10:00:00Z")).await;
    assert_refused(&server.get("/sessions/a/result").await, 404, "No result found");
    server.add_event(&answer_event("a", "late", "2025-12-03T09:00:00Z")).await;
    assert_eq!(server.get("/sessions/a/result").await.text, r#"{"result":"late"}"#);
}
