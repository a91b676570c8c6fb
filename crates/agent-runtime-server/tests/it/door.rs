//! Who may knock: `Host` and media types on every way in; [`origins`] has what concerns pages.

mod origins;

use std::net::{IpAddr, Ipv6Addr};

use agent_runtime_server::config::AllowedHost;
use serde_json::json;

use crate::harness::raw::{UPGRADE, Wire};
use crate::harness::{Answer, TestServer};

/// A way in: method, target, headers, body, and the status of a caller who is let in.
type Way = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str, u16);

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const NDJSON: &[(&str, &str)] = &[("content-type", "application/x-ndjson")];
const SESSION: &str = r#"{"session_id":"s","session_name":"n"}"#;
const PATCH: &str = r#"{"agent_name":"x"}"#;
const EVENT: &str =
    r#"{"event_type":"session_start","session_id":"s","session_name":"n","timestamp":"2025-12-03T10:00:00Z"}"#;

/// Ways in that only read.
const READS: [Way; 11] = [
    ("GET", "/sessions", &[], "", 200),
    ("HEAD", "/sessions", &[], "", 200),
    ("GET", "/sessions/x", &[], "", 404),
    ("GET", "/sessions/x/status", &[], "", 200),
    ("GET", "/events/x", &[], "", 404),
    ("GET", "/healthz", &[], "", 200),
    ("GET", "/readyz", &[], "", 200),
    ("GET", "/metrics", &[], "", 200),
    ("GET", "/openapi.json", &[], "", 200),
    ("GET", "/docs", &[], "", 200),
    ("GET", "/no/such/path", &[], "", 404),
];

/// Ways in that change something, or try to.
const WRITES: [Way; 10] = [
    ("POST", "/sessions", JSON, SESSION, 200),
    ("POST", "/sessions/s/events", JSON, EVENT, 200),
    ("POST", "/events", JSON, EVENT, 200),
    ("POST", "/ingest", NDJSON, EVENT, 200),
    ("PATCH", "/sessions/s/metadata", JSON, PATCH, 200),
    ("DELETE", "/sessions/s", &[], "", 200),
    ("PUT", "/sessions", JSON, SESSION, 405),
    ("OPTIONS", "/sessions", &[], "", 204),
    ("POST", "/no/such/path", JSON, "{}", 404),
    ("POST", "/sessions/x/stop", &[], "", 404),
];

/// Ways in that go on for ever.
const STREAMS: [Way; 3] =
    [("GET", "/ws", &UPGRADE, "", 101), ("GET", "/stream", &[], "", 200), ("HEAD", "/stream", &[], "", 200)];

fn all_ways() -> impl Iterator<Item = Way> {
    READS.into_iter().chain(WRITES).chain(STREAMS)
}

async fn enter(server: &TestServer, way: &Way, host: &str, more: &[(&str, &str)]) -> Answer {
    let (method, target, headers, body, _) = way;
    let headers: Vec<_> = [("host", host)].iter().chain(*headers).chain(more).copied().collect();
    server.raw_without_host(method, target, &headers, body).await
}

#[track_caller]
fn assert_refused(answer: &Answer, method: &str, what: &str) {
    assert_eq!(answer.status, 403, "{method} {what}: {}", answer.text);
    if method != "HEAD" {
        answer.detail();
    }
}

#[tokio::test]
async fn loopback_names_are_let_in_everywhere_with_any_port() {
    let server = TestServer::start().await;
    for way in all_ways() {
        let answer = enter(&server, &way, "localhost:8765", &[]).await;
        assert_eq!(answer.status, way.4, "{} {}: {}", way.0, way.1, answer.text);
    }
    let hosts = [
        "localhost",
        "LOCALHOST",
        "LocalHost:1",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:8765",
        "localhost:80",
    ];
    for host in hosts {
        assert_eq!(enter(&server, &READS[0], host, &[]).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_every_way_in() {
    let server = TestServer::start().await;
    for way in all_ways() {
        assert_refused(&enter(&server, &way, "evil.com", &[]).await, way.0, way.1);
        // Naming an origin that is listed does not help.
        assert_refused(&enter(&server, &way, "evil.com", &[("origin", "http://localhost:3000")]).await, way.0, way.1);
    }
    assert_eq!(server.get("/sessions").await.json(), json!({"sessions": []}), "nothing was changed");
}

#[tokio::test]
async fn hosts_that_only_look_like_ours_are_refused() {
    let server = TestServer::start().await;
    let port = server.address.port();
    let hosts = [
        "localhost.evil.com",
        "evil-localhost",
        "evil.localhost",
        "localhostevil",
        "ocalhost",
        "127.0.0.1.evil.com",
        "127.0.0.1.nip.io:8765",
        "evil127.0.0.1",
        "0.0.0.0",
        &format!("0.0.0.0:{port}"),
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f000001",
        "127.0.0.01",
        "localhost.",
        "127.0.0.1.",
        "localhost.:8765",
        "",
        ":8765",
        "::1",
        "[::1",
        "[::]",
        "[::1]evil.com",
        "[::1].evil.com",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:2]",
        "user@localhost",
        "user:pass@localhost:8765",
        "localhost@evil.com",
        "evil.com@localhost",
        "localhost:8765@evil.com",
        "localhost:8765:1",
        "localhost:port",
        "localhost:99999",
        "localhost:-1",
        "localhost/",
        "localhost/evil",
        "localhost?",
        "localhost#",
        "localhost,evil.com",
        "localhost evil.com",
        "localhost\tevil.com",
        "http://localhost",
        "*",
        "%6cocalhost",
        "lоcalhost",
    ];
    for host in hosts {
        let answer = enter(&server, &READS[0], host, &[]).await;
        assert_refused(&answer, "GET", host);
    }
}

#[tokio::test]
async fn a_missing_or_doubled_host_is_refused() {
    let server = TestServer::start().await;
    for path in ["/sessions", "/healthz", "/metrics", "/stream", "/no/such/path"] {
        assert_refused(&server.raw_without_host("GET", path, &[], "").await, "GET", "without a host");
        for pair in [["localhost", "evil.com"], ["evil.com", "localhost"], ["localhost", "localhost"]] {
            let doubled = server.raw_without_host("GET", path, &pair.map(|host| ("host", host)), "").await;
            assert_refused(&doubled, "GET", "with two hosts");
        }
    }
    let mut wire = Wire::open(server.address).await;
    wire.write("GET /sessions HTTP/1.0\r\n\r\n").await;
    assert_refused(&wire.answer().await.expect("an answer"), "GET", "of the old protocol");
}

#[tokio::test]
async fn a_host_in_the_request_line_counts_as_well() {
    let server = TestServer::start().await;
    let port = server.address.port();
    let own = format!("http://localhost:{port}/sessions");
    assert_eq!(server.raw_without_host("GET", &own, &[("host", "localhost")], "").await.status, 200);
    let foreign = [
        ("http://evil.com/sessions", "localhost"),
        ("http://evil.com/sessions", "evil.com"),
        ("http://localhost@evil.com/sessions", "localhost"),
        ("http://localhost.evil.com/sessions", "localhost"),
    ];
    for (target, host) in foreign {
        let answer = server.raw_without_host("GET", target, &[("host", host)], "").await;
        assert_refused(&answer, "GET", &format!("{target} at {host}"));
    }
    assert_refused(&server.raw_without_host("OPTIONS", "*", &[("host", "evil.com")], "").await, "OPTIONS", "*");
    let authority = server.raw_without_host("CONNECT", "evil.com:443", &[("host", "localhost")], "").await;
    assert!((400..500).contains(&authority.status), "{authority:?}");
}

#[tokio::test]
async fn the_bound_address_is_a_name_of_the_server() {
    let address: IpAddr = [127, 0, 0, 2].into();
    // Only Linux answers on every address of 127.0.0.0/8.
    if tokio::net::TcpListener::bind((address, 0)).await.is_err() {
        return;
    }
    let server = TestServer::start_on(address, |_| {}).await;
    let port = server.address.port();
    for (host, status) in [("127.0.0.2", 200), ("127.0.0.2:1", 200), ("localhost", 200), ("127.0.0.3", 403)] {
        assert_eq!(enter(&server, &READS[0], host, &[]).await.status, status, "{host}");
    }
    for (origin, status) in [(format!("http://127.0.0.2:{port}"), 200), (format!("http://127.0.0.3:{port}"), 403)] {
        assert_eq!(enter(&server, &STREAMS[1], "localhost", &[("origin", &origin)]).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn the_other_loopback_is_served_as_well() {
    let address = IpAddr::V6(Ipv6Addr::LOCALHOST);
    // Not every machine has it.
    if tokio::net::TcpListener::bind((address, 0)).await.is_err() {
        return;
    }
    let server = TestServer::start_on(address, |_| {}).await;
    assert_eq!(server.get("/sessions").await.status, 200);
    assert_eq!(server.ws("").await.next().await["type"], "init");
    for host in ["[::1]", "localhost:8765", "127.0.0.1"] {
        assert_eq!(enter(&server, &READS[0], host, &[]).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn allowed_hosts_are_let_in_besides() {
    let allow = ["box.lan", "Port.Lan:8443", "[fd00::1]"];
    let server = TestServer::start_with(|config| {
        config.allowed_hosts = allow.iter().map(|host| AllowedHost::parse(host).expect("a host")).collect();
    })
    .await;
    let hosts = [
        ("box.lan", 200),
        ("BOX.lan:1234", 200),
        ("port.lan:8443", 200),
        ("PORT.LAN:8443", 200),
        ("[fd00::1]:99", 200),
        ("localhost:8765", 200),
        ("port.lan", 403),
        ("port.lan:8444", 403),
        ("port.lan:84430", 403),
        ("evil.box.lan", 403),
        ("box.lan.evil.com", 403),
        ("xbox.lan", 403),
        ("box.lan.", 403),
        ("box.lan@evil.com", 403),
        ("[fd00::2]", 403),
    ];
    for (host, status) in hosts {
        assert_eq!(enter(&server, &READS[0], host, &[]).await.status, status, "{host}");
    }
    let origins = [
        ("http://box.lan", 200),
        ("https://box.lan", 200),
        ("https://box.lan:7777", 200),
        ("http://port.lan:8443", 200),
        ("https://port.lan:8443", 200),
        ("http://[fd00::1]:99", 200),
        ("https://port.lan", 403),
        ("https://port.lan:8444", 403),
        ("ftp://box.lan", 403),
        ("http://evil.box.lan", 403),
        ("http://box.lan.evil.com", 403),
        ("http://box.lan@evil.com", 403),
    ];
    for (origin, status) in origins {
        let answer = enter(&server, &STREAMS[0], "localhost", &[("origin", origin)]).await;
        assert_eq!(answer.status, if status == 200 { 101 } else { 403 }, "{origin}");
        assert_eq!(enter(&server, &WRITES[3], "localhost", &[("origin", origin)]).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn any_host_allowed_makes_no_origin_ours() {
    let server = TestServer::start_with(|config| config.allowed_hosts = vec![AllowedHost::Any]).await;
    for host in ["evil.com", "localhost.evil.com:1", "0.0.0.0", "localhost"] {
        assert_eq!(enter(&server, &READS[0], host, &[]).await.status, 200, "{host}");
        assert_eq!(enter(&server, &WRITES[3], host, &[]).await.status, 200, "{host}");
    }
    for way in WRITES.into_iter().chain(STREAMS) {
        assert_refused(&enter(&server, &way, "evil.com", &[("origin", "http://evil.com")]).await, way.0, way.1);
    }
}

#[tokio::test]
async fn a_path_written_otherwise_is_no_other_way_in() {
    let server = TestServer::start().await;
    let cross = [("origin", "http://evil.com")];
    for path in ["/ws/", "/ws?since=x", "/ws/?", "/stream/", "/stream?"] {
        assert_refused(&enter(&server, &("GET", path, &UPGRADE, "", 0), "localhost", &cross).await, "GET", path);
    }
    for path in
        ["/%77s", "/%73tream", "//ws", "//stream", "/ws//", "/./ws", "/x/../stream", "/WS", "/stream;x", "/ws%00"]
    {
        let answer = enter(&server, &("GET", path, &UPGRADE, "", 0), "localhost", &cross).await;
        assert!(matches!(answer.status, 400 | 403 | 404), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn bodies_that_a_form_could_send_are_refused() {
    let server = TestServer::start().await;
    let simple = [
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=application/json",
        "application/jsonp",
        "application/json-patch+json",
        "xapplication/json",
        "text/json",
        "application",
        "json",
        "*/*",
        "",
        "application/json, text/plain",
    ];
    for way in WRITES.into_iter().filter(|way| way.4 == 200 && !way.3.is_empty()) {
        let (method, target, _, body, _) = way;
        for kind in simple {
            let answer = server.raw(method, target, &[("content-type", kind)], body).await;
            assert_eq!(answer.status, 415, "{method} {target} {kind:?}");
            answer.detail();
        }
        assert_eq!(server.raw(method, target, &[], body).await.status, 415, "{method} {target} without a type");
        let other = if target == "/ingest" { "application/json" } else { "application/x-ndjson" };
        assert_eq!(server.raw(method, target, &[("content-type", other)], body).await.status, 415, "{target} {other}");
    }
    assert_eq!(server.get("/sessions").await.json(), json!({"sessions": []}), "nothing was changed");
    let fitting = ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;x=y"];
    for kind in fitting {
        let answer = server.raw("POST", "/events", &[("content-type", kind)], EVENT).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text);
    }
    let fitting =
        ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonl; charset=utf-8"];
    for kind in fitting {
        assert_eq!(server.raw("POST", "/ingest", &[("content-type", kind)], EVENT).await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn every_answer_says_that_its_type_is_meant() {
    let server = TestServer::start().await;
    for path in ["/sessions", "/sessions/x", "/none", "/docs", "/docs/start.js", "/metrics", "/openapi.json"] {
        let answer = server.get(path).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(answer.headers.contains_key("x-request-id"), "{path}");
    }
}
