//! How the messages travel: the upgrade, frames of every size, the end.

use serde_json::json;

use crate::harness::follow::Transport;
use crate::harness::raw::{UPGRADE, Wire, client_frame, request_text};
use crate::harness::scene::ndjson;
use crate::harness::{TestServer, answer_event, event};
use crate::live_ws::followed;

#[tokio::test]
async fn messages_of_any_size_are_sent_whole() {
    let server = TestServer::start().await;
    let mut followers = Vec::new();
    for transport in Transport::BOTH {
        let mut follower = transport.follow(&server, "").await;
        follower.next().await;
        followers.push(follower);
    }
    let mut large = event("s", "post_tool", "2025-12-03T10:00:00Z");
    large["tool_output"] = json!("x".repeat(12_000_000));
    server.create_session("s").await;
    server.add_event(&large).await;
    for follower in &mut followers {
        let output = follower.take(2).await[1]["data"]["tool_output"].as_str().map(str::len);
        assert_eq!(output, Some(12_000_000));
    }
    let mut start = event("", "session_start", "2025-12-03T10:00:00Z");
    start["session_name"] = json!("n".repeat(1000));
    let lines = (0..2000).map(|n| {
        start["session_id"] = json!(format!("{n}"));
        start.clone()
    });
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", ndjson(lines)).await.status, 200);
    for transport in Transport::BOTH {
        let init = transport.follow(&server, "").await.next().await;
        assert_eq!(init["sessions"].as_array().map(Vec::len), Some(2001), "{transport:?}");
    }
}

#[tokio::test]
async fn every_form_of_a_frames_length_is_right() {
    let (server, mut socket) = followed().await;
    server.create_session("s").await;
    let empty = answer_event("s", "", "2025-12-03T10:00:00Z");
    server.add_event(&empty).await;
    let shortest = socket.take(2).await[1].to_string().len();
    // Around 65,536 bytes the length takes another form; around 126 it does for the messages below.
    for length in 65_530..65_541 {
        server.add_event(&answer_event("s", &"x".repeat(length - shortest), "2025-12-03T10:00:00Z")).await;
        assert_eq!(socket.next().await["type"], "event");
    }
    for length in 1..=100 {
        let id = "x".repeat(length);
        server.create_session(&id).await;
        assert_eq!(server.delete(&format!("/sessions/{id}")).await.status, 200);
        assert_eq!(socket.take(2).await[1]["session_id"], id);
    }
}

#[tokio::test]
async fn the_upgrade_is_answered_as_the_protocol_says() {
    let server = TestServer::start().await;
    let change = |name: &str, value: &'static str| -> Vec<(&'static str, &'static str)> {
        UPGRADE.iter().map(|(n, v)| (*n, if *n == name { value } else { v })).collect()
    };
    for headers in [
        UPGRADE.to_vec(),
        change("connection", "keep-alive, Upgrade"),
        change("connection", "upgrade"),
        change("upgrade", "WebSocket"),
    ] {
        let answer = server.raw("GET", "/ws", &headers, "").await;
        assert_eq!(answer.status, 101, "{headers:?}");
        // The example of RFC 6455, section 1.3.
        assert_eq!(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!answer.headers.contains_key("sec-websocket-protocol"), "none was offered");
        assert!(!answer.headers.contains_key("sec-websocket-extensions"), "none was offered");
    }
    for headers in [
        change("connection", "close"),
        change("upgrade", "h2c"),
        change("sec-websocket-version", "8"),
        change("sec-websocket-key", ""),
        UPGRADE[..3].to_vec(),
    ] {
        let answer = server.raw("GET", "/ws", &headers, "").await;
        assert!(matches!(answer.status, 400 | 426), "{headers:?}: {answer:?}");
        answer.detail();
    }
    let mut offers = UPGRADE.to_vec();
    offers.push(("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"));
    offers.push(("sec-websocket-protocol", "other, another"));
    let answer = server.raw("GET", "/ws", &offers, "").await;
    assert_eq!(answer.status, 101, "what was offered beside is not taken");
    assert!(!answer.headers.contains_key("sec-websocket-extensions"));
    assert!(!answer.headers.contains_key("sec-websocket-protocol"));
}

#[tokio::test]
async fn a_request_without_an_upgrade_is_refused_in_words() {
    let server = TestServer::start().await;
    let plain = server.get("/ws").await;
    assert!(matches!(plain.status, 400 | 426), "{plain:?}");
    plain.detail();
    let head = server.raw("HEAD", "/ws", &UPGRADE, "").await;
    assert_eq!(head.status, 400, "a HEAD is routed like a GET, but changes no protocol");
    let twice = server.raw("GET", "/ws?since=a:1&since=a:1", &UPGRADE, "").await;
    assert_eq!((twice.status, twice.detail().as_str()), (400, "since: stands twice in the query"));
    let post = server.raw("POST", "/ws", &UPGRADE, "").await;
    assert_eq!(post.status, 405, "{post:?}");
    post.detail();
}

#[tokio::test]
async fn what_comes_right_behind_the_request_is_read() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(server.address).await;
    let host = server.address.to_string();
    let headers: Vec<_> = [("host", host.as_str())].into_iter().chain(UPGRADE).collect();
    let request = request_text("GET", "/ws", &headers, "");
    wire.write([request.as_bytes(), &client_frame(0x89, b"early")].concat()).await;
    assert_eq!(wire.head().await.expect("an answer").0, 101);
    let frames = [wire.frame().await, wire.frame().await];
    assert!(frames.contains(&Some((10, b"early".to_vec()))), "{frames:?}");
}

#[tokio::test]
async fn a_trailing_slash_is_the_same_resource() {
    let server = TestServer::start().await;
    assert_eq!(server.raw("GET", "/ws/", &UPGRADE, "").await.status, 101);
    assert_eq!(server.raw("GET", "/stream/", &[], "").await.status, 200);
}

#[tokio::test]
async fn shutdown_closes_with_1012() {
    let (server, mut socket) = followed().await;
    server.create_session("s").await;
    assert_eq!(socket.next().await["type"], "session_created");
    server.begin_shutdown();
    assert_eq!(socket.close_code().await, Some(1012));
    server.stop().await;
}
