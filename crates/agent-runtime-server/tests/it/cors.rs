//! What pages of listed origins are told, and what others are not.

use std::collections::BTreeSet;

use agent_runtime_server::config::{CorsOrigins, Token};
use http::HeaderMap;

use crate::harness::raw::UPGRADE;
use crate::harness::{Answer, TestServer, event};

const LISTED: &str = "http://localhost:3000";
const PREFLIGHT: [(&str, &str); 3] =
    [("origin", LISTED), ("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")];

/// The entries of a list header, in lower case, over all its lines.
fn entries(headers: &HeaderMap, name: &str) -> BTreeSet<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().expect("text"));
    lines.flat_map(|line| line.split(',')).map(|entry| entry.trim().to_ascii_lowercase()).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Makes sure that a page of `origin` may read this answer.
#[track_caller]
fn assert_readable(answer: &Answer, origin: &str, what: &str) {
    let allowed: Vec<_> = answer.headers.get_all("access-control-allow-origin").iter().collect();
    assert_eq!(allowed, [origin], "{what}");
    if origin != "*" {
        assert!(entries(&answer.headers, "vary").contains("origin"), "{what}: {answer:?}");
    }
    assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{what}");
}

/// Makes sure that no page may read this answer.
#[track_caller]
fn assert_unreadable(answer: &Answer, what: &str) {
    let told: Vec<_> = answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
    assert!(told.is_empty(), "{what}: {told:?}");
}

#[tokio::test]
async fn a_preflight_is_answered_with_what_is_allowed() {
    let server = TestServer::start().await;
    for path in ["/sessions", "/sessions/x", "/sessions/x/metadata", "/events", "/ingest", "/stream", "/ws"] {
        for method in ["POST", "DELETE", "PATCH", "GET"] {
            let headers = [("origin", LISTED), ("access-control-request-method", method)];
            let answer = server.raw("OPTIONS", path, &headers, "").await;
            assert_eq!(answer.status, 200, "{path}");
            assert_readable(&answer, LISTED, path);
            let methods = entries(&answer.headers, "access-control-allow-methods");
            assert_eq!(methods, set(&["get", "head", "post", "patch", "delete"]), "{path}");
            let headers = entries(&answer.headers, "access-control-allow-headers");
            assert_eq!(headers, set(&["content-type", "authorization", "last-event-id"]), "{path}");
        }
    }
}

#[tokio::test]
async fn a_preflight_changes_nothing_and_needs_no_session() {
    let server = TestServer::start().await;
    let headers = [("origin", LISTED), ("access-control-request-method", "DELETE")];
    server.create_session("s").await;
    assert_eq!(server.raw("OPTIONS", "/sessions/s", &headers, "").await.status, 200);
    assert_eq!(server.get("/sessions/s").await.status, 200);
}

#[tokio::test]
async fn a_preflight_for_a_path_that_is_not_there_is_a_404_that_can_be_read() {
    let server = TestServer::start().await;
    let answer = server.raw("OPTIONS", "/no/such/path", &PREFLIGHT, "").await;
    assert_eq!(answer.status, 404);
    answer.detail();
    assert_readable(&answer, LISTED, "preflight");
}

#[tokio::test]
async fn options_that_is_no_preflight_names_the_methods() {
    let server = TestServer::start().await;
    for headers in [vec![], vec![("origin", LISTED)]] {
        let answer = server.raw("OPTIONS", "/sessions", &headers, "").await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        let allow = entries(&answer.headers, "allow");
        assert!(allow.is_superset(&set(&["get", "head", "post"])), "{allow:?}");
        assert!(allow.is_disjoint(&set(&["delete", "patch", "put"])), "{allow:?}");
    }
    assert_eq!(server.raw("OPTIONS", "/no/such/path", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_listed_origin_may_read_answers_and_two_of_their_headers() {
    let server = TestServer::start().await;
    server.create_session("s").await;
    for origin in ["http://localhost:3000", "http://localhost:5173"] {
        for path in ["/sessions", "/sessions/s", "/events/s", "/stream", "/healthz"] {
            let answer = server.raw("GET", path, &[("origin", origin)], "").await;
            assert_eq!(answer.status, 200, "{path}");
            assert_readable(&answer, origin, path);
            let exposed = entries(&answer.headers, "access-control-expose-headers");
            assert_eq!(exposed, set(&["x-request-id", "retry-after"]), "{path}");
            assert!(answer.headers.contains_key("x-request-id"), "{path}");
        }
        let body = event("s", "message", "2025-12-03T10:00:00Z").to_string();
        let headers = [("origin", origin), ("content-type", "application/json")];
        let answer = server.raw("POST", "/events", &headers, &body).await;
        assert_eq!(answer.status, 200);
        assert_readable(&answer, origin, "POST");
    }
}

#[tokio::test]
async fn errors_can_be_read_too() {
    let server = TestServer::start_with(|config| {
        config.limits.json_body_bytes = 1000;
        config.limits.filter_sessions = 1;
    })
    .await;
    server.create_session("s").await;
    let big = format!("{{\"session_id\":\"{}\"}}", "x".repeat(1000));
    let again = r#"{"session_id":"s","session_name":"n"}"#;
    let json = ("content-type", "application/json");
    let cases = [
        (404, "GET", "/sessions/x", vec![], ""),
        (404, "GET", "/no/such/path", vec![], ""),
        (404, "DELETE", "/sessions/x", vec![], ""),
        (405, "PUT", "/sessions", vec![], ""),
        (413, "POST", "/sessions", vec![json], big.as_str()),
        (415, "POST", "/sessions", vec![("content-type", "text/plain")], "{}"),
        (400, "POST", "/sessions", vec![json], "{"),
        (400, "GET", "/sessions?status=asleep", vec![], ""),
        (400, "GET", "/stream?session_id=a&session_id=b", vec![], ""),
        (400, "GET", "/sessions/s/result", vec![], ""),
        (409, "POST", "/sessions", vec![json], again),
    ];
    for (status, method, path, mut headers, body) in cases {
        headers.push(("origin", LISTED));
        let answer = server.raw(method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        answer.detail();
        assert_readable(&answer, LISTED, &format!("{status} {method} {path}"));
    }
    let foreign_host = [("host", "evil.com"), ("origin", LISTED)];
    let answer = server.raw_without_host("GET", "/sessions", &foreign_host, "").await;
    assert_eq!(answer.status, 403);
    assert_readable(&answer, LISTED, "403");
    let mut headers = UPGRADE.to_vec();
    headers.push(("origin", LISTED));
    let answer = server.raw("GET", "/ws?session_id=a&session_id=b", &headers, "").await;
    assert_eq!(answer.status, 400);
    assert_readable(&answer, LISTED, "400 of /ws");
}

#[tokio::test]
async fn a_missing_token_can_be_read_about_and_a_preflight_needs_none() {
    let server = TestServer::start_with(|config| {
        config.token = Some(Token::parse("Sesame-0123456789").expect("a token"));
    })
    .await;
    let answer = server.raw("GET", "/sessions", &[("origin", LISTED)], "").await;
    assert_eq!(answer.status, 401);
    assert_readable(&answer, LISTED, "401");
    let preflight = server.raw("OPTIONS", "/sessions", &PREFLIGHT, "").await;
    assert_eq!(preflight.status, 200);
    assert_readable(&preflight, LISTED, "preflight");
    // What only resembles a preflight is none.
    for headers in [vec![PREFLIGHT[0]], vec![PREFLIGHT[1]], vec![]] {
        assert_eq!(server.raw("OPTIONS", "/sessions", &headers, "").await.status, 401, "{headers:?}");
    }
}

#[tokio::test]
async fn foreign_origins_are_told_nothing() {
    let server = TestServer::start().await;
    server.create_session("s").await;
    for origin in ["http://evil.com", "null", "https://localhost:3000", "http://localhost:3000.evil.com"] {
        for (method, path, status) in [
            ("GET", "/sessions", 200),
            ("HEAD", "/sessions", 200),
            ("GET", "/sessions/s", 200),
            ("GET", "/sessions/x", 404),
            ("GET", "/no/such/path", 404),
            ("GET", "/stream", 403),
            ("DELETE", "/sessions/s", 403),
        ] {
            let answer = server.raw(method, path, &[("origin", origin)], "").await;
            assert_eq!(answer.status, status, "{origin} {method} {path}");
            assert_unreadable(&answer, &format!("{origin} {method} {path}"));
        }
        let mut preflight = PREFLIGHT.to_vec();
        preflight[0].1 = origin;
        let answer = server.raw("OPTIONS", "/sessions", &preflight, "").await;
        assert_eq!(answer.status, 403, "{origin}");
        assert_unreadable(&answer, origin);
    }
    assert_unreadable(&server.get("/sessions").await, "no origin");
}

#[tokio::test]
async fn a_star_is_answered_as_a_star() {
    let server = TestServer::start_with(|config| {
        config.cors_origins = CorsOrigins::parse("*").expect("any origin");
    })
    .await;
    for origin in ["http://evil.com", "null", LISTED] {
        for (method, path) in
            [("GET", "/sessions"), ("GET", "/stream"), ("GET", "/sessions/x"), ("DELETE", "/sessions/x")]
        {
            let answer = server.raw(method, path, &[("origin", origin)], "").await;
            assert_readable(&answer, "*", &format!("{origin} {method} {path}"));
        }
        let mut preflight = PREFLIGHT.to_vec();
        preflight[0].1 = origin;
        let answer = server.raw("OPTIONS", "/sessions", &preflight, "").await;
        assert_eq!(answer.status, 200, "{origin}");
        assert_readable(&answer, "*", origin);
    }
}

#[tokio::test]
async fn the_list_is_the_users_and_replaces_the_default() {
    let server = TestServer::start_with(|config| {
        config.cors_origins = CorsOrigins::parse(" http://a.test , https://b.test:8443 ").expect("origins");
    })
    .await;
    for origin in ["http://a.test", "https://b.test:8443"] {
        assert_readable(&server.raw("GET", "/sessions", &[("origin", origin)], "").await, origin, origin);
        assert_eq!(server.raw("GET", "/stream", &[("origin", origin)], "").await.status, 200);
    }
    for origin in [LISTED, "http://a.test:80", "http://b.test:8443", "https://b.test", "http://A.test"] {
        assert_unreadable(&server.raw("GET", "/sessions", &[("origin", origin)], "").await, origin);
        assert_eq!(server.raw("GET", "/stream", &[("origin", origin)], "").await.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn an_empty_list_leaves_only_the_servers_own_pages() {
    let server = TestServer::start_with(|config| config.cors_origins = CorsOrigins::parse("").expect("none")).await;
    assert_eq!(server.raw("GET", "/stream", &[("origin", LISTED)], "").await.status, 403);
    let own = format!("http://localhost:{}", server.address.port());
    assert_eq!(server.raw("GET", "/stream", &[("origin", &own)], "").await.status, 200);
}
