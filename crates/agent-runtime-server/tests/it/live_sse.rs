//! `GET /stream`: the messages of `/ws` as Server-Sent Events.

use std::time::Duration;

use serde_json::json;

use crate::harness::follow::{Block, Transport};
use crate::harness::scene::SCENE;
use crate::harness::{TestServer, event};

/// The values of a field in some blocks; comments have the empty name.
fn values<'a>(blocks: impl Iterator<Item = &'a Block>, name: &str) -> Vec<&'a str> {
    blocks.flatten().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

#[tokio::test]
async fn begins_with_init_and_tells_when_to_come_back() {
    let server = TestServer::start().await;
    server.create_session("s").await;
    let mut stream = server.stream("").await;
    let kind = stream.headers()["content-type"].to_str().expect("text").to_owned();
    assert!(kind == "text/event-stream" || kind.starts_with("text/event-stream;"), "{kind}");
    let init = stream.next().await;
    assert_eq!(init, server.ws("").await.next().await);
    assert_eq!(init["type"], "init");
    assert_eq!(values(stream.passed(), "retry"), ["2000"], "once, before anything else can happen");
}

#[tokio::test]
async fn carries_the_messages_of_the_web_socket() {
    let server = TestServer::start().await;
    let (mut stream, mut socket) = (server.stream("").await, server.ws("").await);
    server.play().await;
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    // `next` checks that a block holds the cursor as its id, the type as its event and one line of data.
    assert_eq!(stream.take(SCENE.len() + 2).await, socket.take(SCENE.len() + 2).await);
}

#[tokio::test]
async fn an_event_posted_over_many_lines_is_sent_on_one() {
    let server = TestServer::start().await;
    let mut stream = server.stream("").await;
    server.create_session("s").await;
    // JSON allows each of these as white space, and a line of an event stream ends with any of them.
    for line_end in ["\n", "\r\n", "\r", "\n\n\t"] {
        let pretty = [
            "{",
            r#""event_type": "post_tool","#,
            r#""session_id": "s", "session_name": "n","#,
            r#""timestamp": "2025-12-03T10:00:00Z","#,
            r#""tool_output": {"#,
            r#""a": [1,"#,
            r#"2], "text": "line\r\nline\nline""#,
            "},",
            r#""unknown": ["#,
            "{}",
            "]}",
            "",
        ]
        .join(line_end);
        let answer = server.post_bytes("/sessions/s/events", "application/json", pretty).await;
        assert_eq!(answer.status, 200, "{line_end:?}: {answer:?}");
        let lines = format!(
            "{}\n",
            r#"{"event_type":"message",	"session_id" : "s","session_name":"n","timestamp":"2025-12-03T10:00:00Z"}"#
        );
        assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", lines).await.status, 200);
    }
    assert_eq!(stream.take(2).await[1]["type"], "session_created");
    for pair in stream.take(8).await.chunks(2) {
        assert_eq!(pair[0]["data"]["tool_output"], json!({"a": [1, 2], "text": "line\r\nline\nline"}));
        assert_eq!(pair[1]["data"]["event_type"], "message");
    }
}

#[tokio::test]
async fn comments_keep_a_quiet_stream_alive_and_change_nothing() {
    let server = TestServer::start_with(|config| config.limits.comment_interval = Duration::from_millis(40)).await;
    let mut stream = server.stream("").await;
    stream.next().await;
    for _ in 0..3 {
        let block = stream.block().await.expect("a comment");
        assert!(!block.is_empty() && block.iter().all(|(name, _)| name.is_empty()), "a comment alone: {block:?}");
    }
    server.create_session("s").await;
    assert_eq!(stream.next().await["type"], "session_created");
}

#[tokio::test]
async fn shutdown_ends_the_stream_as_an_answer_ends() {
    let server = TestServer::start().await;
    let mut stream = server.stream("").await;
    stream.next().await;
    server.create_session("s").await;
    assert_eq!(stream.next().await["type"], "session_created");
    server.begin_shutdown();
    while let Some(block) = stream.block().await {
        assert!(block.iter().all(|(name, _)| name != "data"), "nothing else was to come: {block:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn head_is_answered_at_once_and_other_methods_are_refused() {
    let server = TestServer::start().await;
    let head = server.raw("HEAD", "/stream", &[], "").await;
    assert_eq!(head.status, 200);
    assert!(head.headers["content-type"].to_str().expect("text").starts_with("text/event-stream"), "{head:?}");
    let post = server.raw("POST", "/stream", &[("content-type", "application/json")], "{}").await;
    assert_eq!(post.status, 405);
    let allow = post.headers["allow"].to_str().expect("text").to_owned();
    assert!(allow.contains("GET") && allow.contains("HEAD"), "{allow}");
    post.detail();
}

#[tokio::test]
async fn a_stream_and_a_web_socket_see_one_order() {
    let server = TestServer::start().await;
    let mut followers = Vec::new();
    for transport in Transport::BOTH {
        let mut follower = transport.follow(&server, "").await;
        follower.next().await;
        followers.push(follower);
    }
    server.create_session("s").await;
    let posts = (0..20).map(|n| {
        let body = event("s", "message", &format!("2025-12-03T10:00:{n:02}Z"));
        let request = server.http.post(server.url("/events")).json(&body);
        server.send(request)
    });
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer.status, 200);
    }
    let (first, second) = (followers[0].take(21).await, followers[1].take(21).await);
    assert_eq!(first, second);
}
