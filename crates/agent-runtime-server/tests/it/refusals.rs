//! Refusals: which of several faults is named, in the contract's order, and what every refusal looks like.

use serde_json::json;

use crate::harness::raw::Wire;
use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{Answer, TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";
const JSON: (&str, &str) = ("content-type", "application/json");
const TOKEN: (&str, &str) = ("authorization", "Bearer 0123456789abcdef");

/// Every path with the methods that it names in `Allow`.
const PATHS: [(&str, &str); 17] = [
    ("/sessions", "GET, HEAD, POST"),
    ("/sessions/a", "DELETE, GET, HEAD"),
    ("/sessions/a/status", "GET, HEAD"),
    ("/sessions/a/result", "GET, HEAD"),
    ("/sessions/a/metadata", "PATCH"),
    ("/sessions/a/events", "GET, HEAD, POST"),
    ("/events/a", "GET, HEAD"),
    ("/events", "POST"),
    ("/ingest", "POST"),
    ("/ws", "GET, HEAD"),
    ("/stream", "GET, HEAD"),
    ("/healthz", "GET, HEAD"),
    ("/readyz", "GET, HEAD"),
    ("/health/details", "GET, HEAD"),
    ("/metrics", "GET, HEAD"),
    ("/openapi.json", "GET, HEAD"),
    ("/docs", "GET, HEAD"),
];

/// Method, path, headers and body of a request; status and `detail` of its refusal.
type Row<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a str, u16, &'a str);

/// A server with a token and small bodies.
async fn guarded() -> TestServer {
    TestServer::start_with(|config| {
        config.token = Some(agent_runtime_server::config::Token::parse("0123456789abcdef").unwrap());
        config.limits.json_body_bytes = 500;
        config.limits.ingest_body_bytes = 500;
    })
    .await
}

fn methods(answer: &Answer) -> Vec<String> {
    let allow = answer.headers["allow"].to_str().expect("text");
    let mut methods: Vec<String> = allow.split(',').map(|method| method.trim().to_owned()).collect();
    methods.sort();
    methods
}

/// Requests with several faults each, and the one that must be named: each row ends one rank lower.
#[tokio::test]
async fn the_first_fault_in_the_order_is_named() {
    let server = guarded().await;
    let host = server.address.to_string();
    let good_host = ("host", host.as_str());
    let (large, broken) = ("x".repeat(501), "{\"broken");
    let unknown = event("b", "message", AT).to_string();
    let bad_host = ("host", "evil.example");
    let bad_origin = ("origin", "https://evil.example");
    let text = ("content-type", "text/plain");
    let rows: [Row<'_>; 16] = [
        ("PUT", "/nowhere", vec![bad_host, bad_origin, text], &large, 403, "Host: "),
        ("POST", "/nowhere", vec![good_host, bad_origin, text], &large, 403, "Origin: "),
        ("PUT", "/sessions", vec![bad_host, TOKEN], "", 403, "Host: "),
        ("PUT", "/nowhere", vec![good_host, text], &large, 401, "Authorization: "),
        ("GET", "/sessions/a", vec![good_host], "", 401, "Authorization: "),
        ("PUT", "/nowhere", vec![good_host, TOKEN, text], &large, 404, "Not Found"),
        ("PUT", "/sessions", vec![good_host, TOKEN, text], &large, 405, "Method Not Allowed"),
        ("POST", "/sessions/a", vec![good_host, TOKEN, text], &large, 405, "Method Not Allowed"),
        ("POST", "/sessions", vec![good_host, TOKEN, text], &large, 415, "Content-Type: "),
        ("PATCH", "/sessions/a/metadata", vec![good_host, TOKEN], &large, 415, "Content-Type: "),
        ("POST", "/ingest", vec![good_host, TOKEN, JSON], &large, 415, "Content-Type: "),
        ("POST", "/sessions/a/events", vec![good_host, TOKEN, JSON], &large, 413, "body: larger than 500 bytes"),
        ("POST", "/sessions/a/events", vec![good_host, TOKEN, JSON], broken, 400, "body: not JSON"),
        ("PATCH", "/sessions/a/metadata", vec![good_host, TOKEN, JSON], "{}", 400, "body: at least one field"),
        ("GET", "/sessions/a/events?limit=0", vec![good_host, TOKEN], "", 400, "limit: "),
        ("POST", "/sessions/a/events", vec![good_host, TOKEN, JSON], &unknown, 404, "Session not found"),
    ];
    for (method, path, headers, body, status, detail) in rows {
        let answer = server.raw_without_host(method, path, &headers, body).await;
        assert_refused(&answer, status, detail);
    }
}

#[tokio::test]
async fn a_body_is_judged_before_the_session_and_ids_after_it() {
    let server = TestServer::start().await;
    let mut wrong = event("b", "message", AT);
    wrong["exit_code"] = json!("5");
    // Body before session, on every way in.
    assert_refused(&server.post("/sessions/a/events", &wrong).await, 400, "exit_code: ");
    assert_refused(&server.post("/events", &wrong).await, 400, "exit_code: ");
    let own = json!({"parent_session_id": "a"});
    assert_refused(&server.patch("/sessions/a/metadata", &own).await, 400, "parent_session_id: ");
    // Session before ids that differ.
    assert_refused(&server.post("/sessions/a/events", &event("b", "message", AT)).await, 404, "Session not found");
    server.create_session("b").await;
    assert_refused(&server.post("/sessions/a/events", &event("b", "message", AT)).await, 404, "Session not found");
    server.create_session("a").await;
    assert_refused(&server.post("/sessions/a/events", &wrong).await, 400, "exit_code: ");
    assert_refused(&server.post("/sessions/a/events", &event("b", "message", AT)).await, 400, "session_id: differs");
    // Body before 'exists'.
    assert_refused(&server.post("/sessions", &json!({"session_id": "a"})).await, 400, "session_name: ");
    let twice = json!({"session_id": "a", "session_name": "n"});
    assert_refused(&server.post("/sessions", &twice).await, 409, "Session already exists");
    assert_eq!(server.session("a").await["event_count"], 0);
}

#[tokio::test]
async fn bodies_have_the_media_type_json() {
    let server = TestServer::start().await;
    let wanted = [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"; x=y",
        "Application/JSON",
        " application/json ",
    ];
    for (index, media_type) in wanted.into_iter().enumerate() {
        let body = json!({"session_id": index.to_string(), "session_name": "n"}).to_string();
        let answer = server.raw("POST", "/sessions", &[("content-type", media_type)], &body).await;
        assert_eq!(answer.status, 200, "{media_type}: {answer:?}");
    }
    let body = json!({"session_id": "a", "session_name": "n"}).to_string();
    let event = event("0", "message", AT).to_string();
    for media_type in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonx"),
        Some("application/x-ndjson"),
        Some("json"),
        Some("application/json, text/plain"),
        Some(""),
        None,
    ] {
        let headers: Vec<_> = media_type.iter().map(|value| ("content-type", *value)).collect();
        for (method, path, body) in [
            ("POST", "/sessions", &body),
            ("POST", "/events", &event),
            ("POST", "/sessions/0/events", &event),
            ("PATCH", "/sessions/0/metadata", &body),
            ("POST", "/ingest", &event),
        ] {
            if path == "/ingest" && media_type == Some("application/x-ndjson") {
                continue;
            }
            assert_refused(&server.raw(method, path, &headers, body).await, 415, "Content-Type: ");
        }
    }
    let twice = [("content-type", "application/json"), ("content-type", "text/plain")];
    assert_refused(&server.raw("POST", "/sessions", &twice, &body).await, 415, "Content-Type: ");
    assert_eq!(server.listed("").await.len(), wanted.len());
    assert!(server.events("0").await.is_empty());
}

/// Without a body there is no media type to be wrong: the body is what is missing.
#[tokio::test]
async fn an_absent_body_is_a_bad_body() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for (method, path) in
        [("POST", "/sessions"), ("POST", "/events"), ("POST", "/sessions/a/events"), ("PATCH", "/sessions/a/metadata")]
    {
        for headers in [&[][..], &[("content-type", "text/plain")], &[("content-length", "0")]] {
            assert_refused(&server.raw(method, path, headers, "").await, 400, "body: ");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_told_those_it_has() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for (path, allowed) in PATHS {
        let mut expected: Vec<&str> = allowed.split(", ").chain(["OPTIONS"]).collect();
        expected.sort_unstable();
        for method in ["PUT", "TRACE", "BREW", "POST", "PATCH", "DELETE", "GET"] {
            if expected.contains(&method) {
                continue;
            }
            for path in [path.to_owned(), format!("{path}/")] {
                let answer = server.raw(method, &path, &[], "").await;
                assert_refused(&answer, 405, "Method Not Allowed");
                assert_eq!(methods(&answer), expected, "{method} {path}");
            }
        }
        let options = server.raw("OPTIONS", path, &[], "").await;
        assert_eq!((options.status, options.text.as_str()), (204, ""), "OPTIONS {path}");
        assert_eq!(methods(&options), expected, "OPTIONS {path}");
    }
    for path in ["/nowhere", "/sessions/a/b", "/sessions/a/events/1", "/events/a/b", "/session", "/Sessions"] {
        for method in ["GET", "POST", "OPTIONS", "BREW"] {
            assert_refused(&server.raw(method, path, &[], "").await, 404, "Not Found");
        }
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "session_stop", AT)).await;
    let missing = ["/sessions/b", "/sessions/b/events", "/nowhere", "/sessions?limit=0", "/sessions/a/result"];
    let there = ["/sessions", "/sessions/a", "/sessions/a/status", "/sessions/a/events", "/events/a", "/healthz"];
    for path in there.into_iter().chain(["/readyz", "/openapi.json", "/docs"]).chain(missing) {
        let get = server.raw("GET", path, &[], "").await;
        let mut wire = Wire::open(server.address).await;
        let host = server.address;
        wire.write(format!("HEAD {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).await;
        let (status, headers) = wire.head().await.expect("an answer");
        assert_eq!(status, get.status, "{path}");
        for name in ["content-type", "content-length"] {
            assert_eq!(headers.get(name), get.headers.get(name), "{name} of {path}");
        }
        assert_eq!(wire.until_end().await, b"", "{path}");
    }
}

#[tokio::test]
async fn a_refused_request_changes_and_sends_nothing() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let mut socket = server.ws("").await;
    socket.next().await;
    for answer in [
        server.post("/sessions", &json!({"session_id": "a", "session_name": "x"})).await,
        server.patch("/sessions/a/metadata", &json!({})).await,
        server.patch("/sessions/b/metadata", &json!({"agent_name": "x"})).await,
        server.post("/events", &event("b", "session_stop", AT)).await,
        server.post("/sessions/a/events", &event("b", "session_start", AT)).await,
        server.post("/sessions/b/events", &event("b", "session_start", AT)).await,
        server.post("/events", &event("a", "session_stop", "now")).await,
        server.ingest(format!("{}\n{{}}", event("a", "session_stop", AT))).await,
        server.delete("/sessions/b").await,
    ] {
        assert!((400..500).contains(&answer.status), "{answer:?}");
        answer.detail();
    }
    server.create_session("sentinel").await;
    let message = socket.next().await;
    assert_eq!(message["session"]["session_id"], "sentinel", "{message}");
    assert!(message["cursor"].as_str().unwrap().ends_with(":2"), "no position was taken: {message}");
}

#[tokio::test]
async fn every_success_is_200_with_an_object() {
    let server = TestServer::start().await;
    let session = json!({"session_id": "a", "session_name": "n"});
    succeeded(&server.post("/sessions", &session).await);
    succeeded(&server.post("/events", &event("a", "session_start", AT)).await);
    succeeded(&server.post("/sessions/a/events", &crate::harness::answer_event("a", "x", AT)).await);
    succeeded(&server.post("/sessions/a/events", &event("a", "session_stop", AT)).await);
    succeeded(&server.ingest(event("a", "message", AT).to_string()).await);
    succeeded(&server.patch("/sessions/a/metadata", &json!({"agent_name": "x"})).await);
    for path in ["/sessions", "/sessions/a", "/sessions/a/status", "/sessions/a/result", "/sessions/a/events"] {
        succeeded(&server.get(path).await);
    }
    for path in ["/events/a", "/healthz", "/readyz", "/openapi.json"] {
        succeeded(&server.get(path).await);
    }
    succeeded(&server.delete("/sessions/a").await);
}
