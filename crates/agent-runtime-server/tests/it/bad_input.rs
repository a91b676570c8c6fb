//! Input of every bad kind is answered clearly, stores nothing, and leaves the server as it was.

use std::time::Duration;

use agent_runtime_server::config::Config;
use serde_json::json;

use crate::harness::raw::Wire;
use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{PATIENCE, TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";

/// A server with session `a`, to which nothing may be added.
async fn with_session() -> TestServer {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server
}

/// That the server lives, and stored nothing but what it says.
async fn assert_untouched(server: &TestServer) {
    assert_eq!(server.listed("").await, ["a"]);
    assert_eq!(server.session("a").await["event_count"], 0);
    assert_eq!(server.get("/sessions/a/events").await.text, r#"{"events":[]}"#);
    server.add_event(&event("a", "message", AT)).await;
    assert_eq!(server.events("a").await.len(), 1);
}

fn with(members: &str) -> String {
    format!(r#"{{"event_type":"message","session_id":"a","session_name":"n","timestamp":"{AT}",{members}}}"#)
}

/// Sends a body to every endpoint that takes one.
async fn refuse_everywhere(server: &TestServer, body: &[u8], detail: &str) {
    for path in ["/sessions", "/events", "/sessions/a/events"] {
        assert_refused(&server.post_bytes(path, "application/json", body.to_vec()).await, 400, detail);
    }
    let patch = server.http.patch(server.url("/sessions/a/metadata")).header("content-type", "application/json");
    assert_refused(&server.send(patch.body(body.to_vec())).await, 400, detail);
    if !body.trim_ascii().is_empty() {
        assert_refused(&server.ingest(body.to_vec()).await, 400, &format!("line 1: {detail}"));
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let server = with_session().await;
    for body in ["", " ", "\t\r"] {
        refuse_everywhere(&server, body.as_bytes(), "body: is empty").await;
    }
    for body in ["null", "true", "0", "\"{}\"", "[]", "[{}]"] {
        refuse_everywhere(&server, body.as_bytes(), "body: must be a JSON object").await;
    }
    for body in [
        "{",
        "}",
        "{]",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":0x1}",
        "{\"a\":tru}",
        "{\"a\":True}",
        "{\"a\":undefined}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":\"b}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u00g0\"}",
        "{\"a\":\"tab\there\"}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":1}\0",
        "\0{\"a\":1}",
        "{\"a\":1} // comment",
        "\u{feff}{}",
        "session_id=a",
        "<xml/>",
    ] {
        refuse_everywhere(&server, body.as_bytes(), "body: ").await;
    }
    assert_untouched(&server).await;
}

#[tokio::test]
async fn broken_utf_8() {
    let server = with_session().await;
    for bytes in [&b"\xff"[..], b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x82"] {
        for (before, after) in [("", ""), ("{\"a\":\"", "\"}"), ("{\"", "\":1}"), ("{\"a\":1}", "")] {
            let body = [before.as_bytes(), bytes, after.as_bytes()].concat();
            refuse_everywhere(&server, &body, "body: ").await;
        }
    }
    assert_untouched(&server).await;
}

#[tokio::test]
async fn numbers_that_no_double_holds() {
    let server = with_session().await;
    let long = format!("1{}", "0".repeat(400));
    for number in ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e999999999999999999999", "1.8e308", &long] {
        for members in [
            format!("\"tool_output\":{number}"),
            format!("\"unknown\":[[{{\"x\":{number}}}]]"),
            format!("\"tool_input\":{{\"x\":[0,{number}]}}"),
        ] {
            let body = with(&members);
            assert_refused(&server.post_text("/events", body.clone()).await, 400, "body: ");
            assert_refused(&server.post_text("/sessions/a/events", body.clone()).await, 400, "body: ");
            assert_refused(&server.ingest(body).await, 400, "line 1: body: ");
        }
        let ignored = format!(r#"{{"session_id":"b","session_name":"n","ignored":{number}}}"#);
        assert_refused(&server.post_text("/sessions", ignored).await, 400, "body: ");
    }
    assert_untouched(&server).await;
}

#[tokio::test]
async fn lone_surrogates() {
    let server = with_session().await;
    for text in [r"\ud800", r"\udfff", r"\ud83cx", r"\ud83c\ud83c", r"\udf89\ud83c", r"\ud83c\n", r"\uD83C\u0041"] {
        for members in [
            format!("\"tool_output\":\"{text}\""),
            format!("\"unknown\":{{\"{text}\":0}}"),
            format!("\"{text}\":0"),
            format!("\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]"),
        ] {
            let answer = server.post_text("/events", with(&members)).await;
            assert_refused(&answer, 400, "body: ");
        }
    }
    assert_untouched(&server).await;
}

#[tokio::test]
async fn nesting_without_a_bottom() {
    let server = with_session().await;
    let nested = |levels: usize, open: &str, close: &str| {
        with(&format!("\"tool_output\":{}0{}", open.repeat(levels), close.repeat(levels)))
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        for levels in [128, 10_000, 1_000_000] {
            let answer = server.post_text("/events", nested(levels, open, close)).await;
            assert_refused(&answer, 400, "body: nested more than 128 levels");
            let unclosed = nested(levels, open, "");
            assert_refused(&server.ingest(unclosed).await, 400, "line 1: body: nested more than 128 levels");
        }
    }
    refuse_everywhere(&server, "[".repeat(10_000).as_bytes(), "body: nested more than 128 levels").await;
    assert_untouched(&server).await;
    // The body itself is the first level. Parsers that stop at 128 levels cannot read the list: hence as text.
    let deepest = nested(127, "[", "]");
    assert_eq!(server.post_text("/events", deepest).await.status, 200);
    let list = server.get("/sessions/a/events").await.text;
    assert!(list.contains(&format!("{}0{}", "[".repeat(127), "]".repeat(127))), "{list}");
}

#[tokio::test]
async fn a_key_twice_is_refused_however_it_is_spelled() {
    let server = with_session().await;
    for (again, detail) in [
        (r#""event_type":"message""#, "event_type: stands twice"),
        (r#""session_id":"b""#, "session_id: stands twice"),
        (r#""session\u005fid":"b""#, "session_id: stands twice"),
        (r#""x":1,"x":1"#, "x: stands twice"),
        (r#""é":1,"\u00e9":null"#, "é: stands twice"),
        (r#""id":1,"id":2"#, "id: stands twice"),
        (r#""":1,"":2"#, ": stands twice"),
    ] {
        for path in ["/events", "/sessions/a/events"] {
            assert_refused(&server.post_text(path, with(again)).await, 400, detail);
        }
        assert_refused(&server.ingest(with(again)).await, 400, &format!("line 1: {detail}"));
    }
    let many: Vec<String> = (0..5000).map(|index| format!("\"k{index}\":0")).collect();
    let twice = format!("{},\"k4321\":1", many.join(","));
    assert_refused(&server.post_text("/events", with(&twice)).await, 400, "k4321: stands twice");
    let session = r#"{"session_id":"b","session_name":"n","session_i\u0064":"c"}"#;
    assert_refused(&server.post_text("/sessions", session).await, 400, "session_id: stands twice");
    assert_untouched(&server).await;
}

#[tokio::test]
async fn sessions_of_wrong_types() {
    let server = with_session().await;
    for key in ["session_id", "session_name", "project_dir", "agent_name", "parent_session_id"] {
        for value in [json!(5), json!(1.5), json!(true), json!([]), json!({}), json!(["x"])] {
            let mut body = json!({"session_id": "b", "session_name": "n"});
            body[key] = value;
            assert_refused(&server.post("/sessions", &body).await, 400, &format!("{key}: must be a string"));
        }
    }
    assert_untouched(&server).await;
}

/// The refusal comes though the body never does.
#[tokio::test]
async fn a_huge_body_is_refused_without_reading_on() {
    let server = with_session().await;
    let host = server.address;
    for (path, kind, length) in [
        ("/events", "application/json", 16 * 1024 * 1024 + 1),
        ("/sessions", "application/json", usize::MAX / 2),
        ("/ingest", "application/x-ndjson", 64 * 1024 * 1024 + 1),
    ] {
        for expect in ["", "expect: 100-continue\r\n"] {
            let mut wire = Wire::open(host).await;
            wire.write(format!(
                "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{expect}\r\n"
            ))
            .await;
            let answer = wire.answer().await.expect("an answer");
            assert_refused(&answer, 413, "body: larger than ");
            assert_eq!(answer.headers["connection"], "close");
            wire.until_end().await;
        }
    }
    assert_untouched(&server).await;
}

#[tokio::test]
async fn a_body_of_chunks_is_cut_off_at_its_limit() {
    let server = TestServer::start_with(|config| config.limits.json_body_bytes = 100_000).await;
    server.create_session("a").await;
    let head = format!(
        "POST /events HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        server.address
    );
    let mut wire = Wire::open(server.address).await;
    wire.write(&head).await;
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    // Seven of these are too many; that nobody reads the rest may show as a reset while writing.
    for _ in 0..7 {
        wire.write(&chunk).await;
    }
    assert_refused(&wire.answer().await.expect("an answer"), 413, "body: larger than 100000 bytes");
    assert_untouched(&server).await;

    let body = with("\"tool_output\":[0]");
    let (first, second) = body.split_at(30);
    let mut wire = Wire::open(server.address).await;
    let chunks =
        format!("{:x}\r\n{first}\r\n{:X};x=y\r\n{second}\r\n0\r\ntrailer: x\r\n\r\n", first.len(), second.len());
    wire.write(format!("{head}{chunks}")).await;
    assert_eq!(succeeded(&wire.answer().await.expect("an answer")), json!({"ok": true}));
    assert_eq!(server.events("a").await.len(), 2);
}

#[tokio::test]
async fn an_empty_body_is_none_however_it_is_framed() {
    let server = with_session().await;
    for framing in ["content-length: 0\r\n\r\n", "transfer-encoding: chunked\r\n\r\n0\r\n\r\n"] {
        let mut wire = Wire::open(server.address).await;
        wire.write(format!("POST /events HTTP/1.1\r\nhost: {}\r\n{framing}", server.address)).await;
        assert_refused(&wire.answer().await.expect("an answer"), 400, "body: is empty");
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up() {
    let limits = |config: &mut Config| config.limits.body_read_stall = Duration::from_millis(300);
    let server = TestServer::start_with(limits).await;
    let mut wire = Wire::open(server.address).await;
    let json = "content-type: application/json\r\ncontent-length: 1000000";
    wire.write(format!("POST /events HTTP/1.1\r\nhost: {}\r\n{json}\r\n\r\n", server.address)).await;
    // Never long without a byte, and yet without an end.
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let trickle = async {
        loop {
            pace.tick().await;
            if !wire.try_write(" ").await {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, trickle).await.expect("the connection is closed while it trickles");
}

#[tokio::test]
async fn truncated_bodies_store_nothing() {
    let server = with_session().await;
    let body = with("\"tool_output\":0");
    let head = |framing: &str| {
        format!(
            "POST /events HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n{framing}\r\n\r\n",
            server.address
        )
    };
    for request in [
        // Everything but the last byte, which may be a blank.
        format!("{}{body}", head(&format!("content-length: {}", body.len() + 1))),
        format!("{}{}", head(&format!("content-length: {}", body.len())), &body[..20]),
        format!("{}{:x}\r\n{body}\r\n", head("transfer-encoding: chunked"), body.len()),
        format!("{}ffff\r\n{body}", head("transfer-encoding: chunked")),
        head("content-length: 10"),
    ] {
        let mut wire = Wire::open(server.address).await;
        wire.write(request).await;
        wire.end().await;
        if let Some(answer) = wire.answer().await {
            assert_refused(&answer, 400, "the body did not arrive whole");
        }
    }
    assert_untouched(&server).await;
}

#[tokio::test]
async fn garbage_on_the_socket() {
    let server = with_session().await;
    let host = server.address;
    let json = "content-type: application/json";
    let requests: Vec<Vec<u8>> = [
        "\r\n\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".into(),
        "hello\r\n\r\n".into(),
        "GET\r\n\r\n".into(),
        "GET /sessions\r\n\r\n".into(),
        format!("GET /sessions HTTP/9.9\r\nhost: {host}\r\n\r\n"),
        format!("GET /ses sions HTTP/1.1\r\nhost: {host}\r\n\r\n"),
        format!("GET /sessions HTTP/1.1\r\nhost {host}\r\n\r\n"),
        format!("GET /sessions HTTP/1.1\r\nhost: {host}\r\nx: a\0b\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        format!("POST /events HTTP/1.1\r\nhost: {host}\r\n{json}\r\ncontent-length: -1\r\n\r\n{{}}"),
        format!("POST /events HTTP/1.1\r\nhost: {host}\r\n{json}\r\ncontent-length: x\r\n\r\n{{}}"),
        format!("POST /events HTTP/1.1\r\nhost: {host}\r\n{json}\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"),
        format!("POST /events HTTP/1.1\r\nhost: {host}\r\n{json}\r\ntransfer-encoding: gzip\r\n\r\n{{}}"),
        format!("POST /events HTTP/1.1\r\nhost: {host}\r\n{json}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n"),
        format!("POST /events HTTP/1.1\r\nhost: {host}\r\n{json}\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
    ]
    .map(String::into_bytes)
    .into_iter()
    .chain([
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client hello".to_vec(),
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        (0..=255).cycle().take(100_000).collect(),
        vec![b'A'; 300_000],
    ])
    .collect();
    for request in requests {
        let shown = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        let mut wire = Wire::open(host).await;
        // The server may well close before it has read all of it.
        if wire.try_write(&request).await {
            wire.end().await;
        }
        let answer = wire.until_end().await;
        let refused = answer.is_empty() || answer.starts_with(b"HTTP/1.1 4") || answer.starts_with(b"HTTP/1.0 4");
        assert!(refused, "{shown:?} was answered {:?}", String::from_utf8_lossy(&answer));
    }
    assert_untouched(&server).await;
}

/// Two requests hidden in one must not be seen as two.
#[tokio::test]
async fn a_request_hidden_in_a_body_is_not_carried_out() {
    let server = with_session().await;
    let host = server.address;
    let hidden = format!("DELETE /sessions/a HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let head = format!("POST /events HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n");
    let length = hidden.len() + 5;
    for request in [
        format!("{head}content-length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("{head}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}content-length: 20000000\r\n\r\n{hidden}"),
    ] {
        let mut wire = Wire::open(host).await;
        wire.write(request).await;
        wire.end().await;
        let answer = String::from_utf8_lossy(&wire.until_end().await).into_owned();
        assert!(!answer.contains("deleted"), "{answer}");
    }
    assert_untouched(&server).await;
}
