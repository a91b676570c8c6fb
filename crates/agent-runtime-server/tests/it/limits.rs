//! Bounds on what one client, or all of them together, can take.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::harness::raw::Wire;
use crate::harness::{Answer, PATIENCE, TestServer, answer_event, event};

/// A request head that announces a JSON body of `length` bytes.
fn announce(path: &str, server: &TestServer, length: usize) -> String {
    let kind = if path == "/ingest" { "application/x-ndjson" } else { "application/json" };
    let host = server.address;
    format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n")
}

/// A body for `POST /sessions` of exactly `length` bytes.
fn session_of(length: usize, id: &str) -> String {
    let body = |name: &str| format!("{{\"session_id\":\"{id}\",\"session_name\":\"n\",\"unknown\":\"{name}\"}}");
    let padding = length - body("").len();
    body(&"x".repeat(padding))
}

#[track_caller]
fn assert_busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    let wait = answer.headers["retry-after"].to_str().expect("text");
    assert!(wait.parse::<u32>().is_ok_and(|seconds| seconds > 0), "whole seconds: {wait}");
    answer.detail();
}

#[tokio::test]
async fn a_slow_head_is_not_waited_for() {
    let server = TestServer::start_with(|config| config.limits.header_read = Duration::from_millis(300)).await;
    let mut silent = Wire::open(server.address).await;
    let mut partial = Wire::open(server.address).await;
    partial.write("GET /sessions HTTP/1.1\r\nhost: local").await;
    let mut idle = Wire::open(server.address).await;
    idle.write(format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address)).await;
    assert_eq!(idle.answer().await.expect("an answer").status, 200);
    // One header after another, for ever: each byte comes in time, the head as a whole does not.
    let mut slow = Wire::open(server.address).await;
    let trickle = async {
        slow.write("GET /sessions HTTP/1.1\r\n").await;
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        for n in 0.. {
            pace.tick().await;
            if !slow.try_write(format!("x-{n}: y\r\n")).await {
                return;
            }
        }
    };
    let (_, _, _, trickled) =
        tokio::join!(silent.until_end(), partial.until_end(), idle.until_end(), timeout(PATIENCE, trickle));
    trickled.expect("the trickling client is cut off");
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn streams_are_no_slow_heads() {
    let server = TestServer::start_with(|config| {
        config.limits.header_read = Duration::from_millis(150);
        config.limits.comment_interval = Duration::from_millis(100);
    })
    .await;
    let (mut socket, mut stream) = (server.ws("").await, server.stream("").await);
    socket.next().await;
    stream.next().await;
    for _ in 0..5 {
        stream.block().await.expect("a comment");
    }
    server.create_session("s").await;
    assert_eq!(socket.next().await, stream.next().await);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = TestServer::start_with(|config| config.limits.header_bytes = 16 * 1024).await;
    let long = |count: usize| "x".repeat(count);
    for headers in [vec![("x-long", long(12 * 1024))], vec![("x-a", long(6000)), ("x-b", long(6000))]] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(server.raw("GET", "/sessions", &headers, "").await.status, 200);
    }
    let many = (0..500).map(|n| format!("x-{n}: y\r\n")).collect::<Vec<_>>().concat();
    let path = long(20 * 1024);
    let heads = [
        format!("GET /sessions HTTP/1.1\r\nhost: localhost\r\nx-long: {}\r\n\r\n", long(20 * 1024)),
        format!("GET /sessions HTTP/1.1\r\nhost: localhost\r\nx-long: {}", long(200 * 1024)),
        format!("GET /{path} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /sessions HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"),
    ];
    for head in heads {
        let mut wire = Wire::open(server.address).await;
        // The server may close before it has read all of it.
        wire.try_write(&head).await;
        if let Some(answer) = wire.answer().await {
            assert!(matches!(answer.status, 400 | 414 | 431), "{}: {answer:?}", &head[..60]);
        }
    }
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn nonsense_instead_of_a_request_is_refused() {
    let server = TestServer::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /sessions HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: many\r\n\r\n",
        b"POST /sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let mut wire = Wire::open(server.address).await;
        wire.try_write(bytes).await;
        if let Some(answer) = wire.answer().await {
            assert!((400..600).contains(&answer.status), "{answer:?}");
            assert_ne!(answer.status, 500, "{answer:?}");
        }
    }
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn connections_are_limited_in_total_and_come_free_again() {
    let server = TestServer::start_with(|config| config.limits.connections = 8).await;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    let mut kept = Vec::new();
    for n in 0..8 {
        kept.push(if n % 2 == 0 {
            let mut wire = Wire::open(server.address).await;
            wire.write(&request).await;
            assert_eq!(wire.answer().await.expect("an answer").status, 200);
            wire
        } else {
            Wire::web_socket(server.address, "").await
        });
    }
    for _ in 0..3 {
        // Turned away at once, or held back: then no answer comes, however long one waits.
        let mut surplus = Wire::open(server.address).await;
        surplus.try_write(&request).await;
        if let Ok(Some(answer)) = timeout(Duration::from_millis(200), surplus.answer()).await {
            assert_busy(&answer);
        }
    }
    for _ in 0..2 {
        kept.pop();
        let retrying = async {
            loop {
                let mut wire = Wire::open(server.address).await;
                wire.try_write(&request).await;
                match timeout(Duration::from_millis(500), wire.answer()).await {
                    Ok(Some(answer)) if answer.status == 200 => return wire,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        kept.push(timeout(PATIENCE, retrying).await.expect("a freed place is given away"));
    }
}

#[tokio::test]
async fn bodies_above_their_size_are_refused_without_being_read() {
    let server = TestServer::start_with(|config| {
        config.limits.json_body_bytes = 1000;
        config.limits.ingest_body_bytes = 5000;
        config.limits.ingest_line_bytes = 2000;
    })
    .await;
    let json = "application/json";
    assert_eq!(server.post_bytes("/sessions", json, session_of(1000, "fits")).await.status, 200);
    let refused = server.post_bytes("/sessions", json, session_of(1001, "large")).await;
    assert_eq!(refused.status, 413);
    assert!(refused.detail().contains("1000"), "the limit is named: {}", refused.detail());
    assert_eq!(server.get("/sessions/large").await.status, 404);
    let cases = [
        ("/sessions", 1001),
        ("/events", 10_000_000_000),
        ("/sessions/x/events", 1001),
        ("/ingest", 5001),
        ("/ingest", usize::MAX >> 1),
    ];
    for (path, length) in cases {
        // Nothing follows the head: who is answered at once has not been waited for.
        for expect in ["", "expect: 100-continue\r\n"] {
            let mut wire = Wire::open(server.address).await;
            wire.write(announce(path, &server, length) + expect + "\r\n").await;
            let answer = wire.answer().await.expect("an answer");
            assert_eq!(answer.status, 413, "{path} {length} {expect}");
            answer.detail();
        }
    }
    let mut wire = Wire::open(server.address).await;
    let patch = announce("/sessions/fits/metadata", &server, 1001).replace("POST", "PATCH");
    wire.write(patch + "\r\n").await;
    assert_eq!(wire.answer().await.expect("an answer").status, 413);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused_once_it_is_too_long() {
    let server = TestServer::start_with(|config| config.limits.json_body_bytes = 1000).await;
    let mut wire = Wire::open(server.address).await;
    let host = server.address;
    let head = format!(
        "POST /sessions HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    wire.write(head).await;
    let chunk = format!("200\r\n{}\r\n", "x".repeat(0x200));
    wire.write(&chunk).await;
    wire.write(&chunk).await; // and no end
    assert_eq!(wire.answer().await.expect("an answer").status, 413);
}

/// A line of exactly `length` bytes, an event of the session `s`.
fn line_of(length: usize) -> String {
    let text = |padding: usize| answer_event("s", &"x".repeat(padding), "2025-12-03T10:00:00Z").to_string();
    text(length - text(0).len())
}

#[tokio::test]
async fn lines_of_ingest_have_a_size_of_their_own() {
    let server = TestServer::start_with(|config| {
        config.limits.json_body_bytes = 100;
        config.limits.ingest_line_bytes = 500;
    })
    .await;
    let start = event("s", "session_start", "2025-12-03T10:00:00Z").to_string();
    let ndjson = "application/x-ndjson";
    let answer = server.post_bytes("/ingest", ndjson, format!("{start}\n{}\n{}", line_of(500), line_of(500))).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"ok": true, "stored": 3, "duplicates": 0})));
    for end in ["\n", ""] {
        let answer = server.post_bytes("/ingest", ndjson, format!("{}\n{}{end}", line_of(400), line_of(501))).await;
        assert_eq!(answer.status, 413);
        assert!(answer.detail().contains("line 2"), "{}", answer.detail());
    }
    assert_eq!(server.events("s").await.len(), 3, "all or nothing");
}

#[tokio::test]
async fn the_end_of_a_line_is_no_part_of_it() {
    let server = TestServer::start_with(|config| config.limits.ingest_line_bytes = 500).await;
    server.create_session("s").await;
    for end in ["", "\n", "\r\n"] {
        let answer = server.post_bytes("/ingest", "application/x-ndjson", line_of(500) + end).await;
        assert_eq!(answer.status, 200, "{end:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_full_queue_is_answered_503_and_nothing_of_it_is_stored() {
    let server = TestServer::start_with(|config| {
        config.limits.queue_commands = 1;
        config.limits.batch_commands = 1;
    })
    .await;
    let mut follower = server.ws("").await;
    follower.next().await;
    server.create_session("s").await;
    let server = Arc::new(server);
    let (mut stored, mut turned_away) = (Vec::new(), 0);
    while turned_away == 0 {
        let posts: Vec<_> = (0..200)
            .map(|n| {
                let server = Arc::clone(&server);
                let body = answer_event("s", &n.to_string(), "2025-12-03T10:00:00Z");
                tokio::spawn(async move { (server.post("/events", &body).await, body["content"].clone()) })
            })
            .collect();
        for post in posts {
            let (answer, content) = post.await.expect("posted");
            if answer.status == 200 {
                stored.push(content.to_string());
            } else {
                assert_busy(&answer);
                turned_away += 1;
            }
        }
        assert!(stored.len() < 20_000, "the queue never fills");
    }
    assert!(!stored.is_empty());
    let mut found: Vec<_> = server.events("s").await.iter().map(|event| event["content"].to_string()).collect();
    found.sort_unstable();
    stored.sort_unstable();
    assert_eq!(found, stored);
    let messages = follower.take(stored.len() + 1).await;
    assert_eq!(crate::harness::follow::seq(&messages[stored.len()]), server.head().await, "and nothing of it is sent");
}

#[tokio::test]
async fn bodies_held_at_once_are_limited_and_come_free_again() {
    let server = TestServer::start_with(|config| config.limits.bodies_in_flight_bytes = 4096).await;
    let mut halves = Vec::new();
    for id in ["first", "second"] {
        let body = session_of(2000, id);
        let mut wire = Wire::open(server.address).await;
        wire.write(announce("/sessions", &server, body.len()) + "\r\n" + &body[..1999]).await;
        halves.push(wire);
    }
    let json = "application/json";
    let mut tries = 0;
    loop {
        // The server may not have read the halves yet: then there is still room for this one.
        let answer = server.post_bytes("/sessions", json, session_of(2000, &format!("try {tries}"))).await;
        if answer.status != 200 {
            assert_busy(&answer);
            break;
        }
        tries += 1;
        assert!(tries < 5000, "bodies are not counted");
    }
    for mut wire in halves {
        wire.write("}").await;
        assert_eq!(wire.answer().await.expect("an answer").status, 200);
    }
    assert_eq!(server.post_bytes("/sessions", json, session_of(2000, "after")).await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = TestServer::start_with(|config| config.limits.body_read_stall = Duration::from_millis(200)).await;
    let mut wire = Wire::open(server.address).await;
    wire.write(announce("/sessions", &server, 100) + "\r\n{\"session_id\"").await;
    if let Some(answer) = wire.answer().await {
        assert!(matches!(answer.status, 400 | 408), "{answer:?}");
    }
    wire.until_end().await;
    assert_eq!(server.get("/sessions").await.json(), json!({"sessions": []}));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_cut_and_never_ends_as_if_whole() {
    const STALL: Duration = Duration::from_millis(300);
    let server = TestServer::start_with(|config| config.limits.stalled_answer = STALL).await;
    let start = format!("{}\n", event("s", "session_start", "2025-12-03T10:00:00Z"));
    let mut large = event("s", "post_tool", "2025-12-03T10:00:00Z");
    large["tool_output"] = json!("x".repeat(64 * 1024));
    let lines = start + &format!("{large}\n").repeat(250);
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", lines).await.status, 200);
    let mut wire = Wire::narrow(server.address).await;
    wire.write(format!("GET /sessions/s/events HTTP/1.1\r\nhost: {}\r\n\r\n", server.address)).await;
    // Not to read for longer than the limit is the behaviour under test.
    tokio::time::sleep(STALL + Duration::from_secs(2)).await;
    assert!(wire.answer().await.is_none(), "16 MiB were not read in time, and yet the answer came whole");
    assert_eq!(server.events("s").await.len(), 251);
}
