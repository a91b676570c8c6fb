//! Which pages may do what: `Origin` and `Sec-Fetch-Site`, on every way in.

use agent_runtime_server::config::CorsOrigins;
use serde_json::json;

use crate::door::{READS, STREAMS, WRITES, all_ways, assert_refused, enter};
use crate::harness::TestServer;

/// Origins that may do everything.
fn own_and_listed(port: u16) -> Vec<String> {
    let mut origins = vec!["http://localhost:3000".to_owned(), "http://localhost:5173".to_owned()];
    for scheme in ["http", "https"] {
        origins.extend(["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{scheme}://{host}:{port}")));
    }
    origins
}

#[tokio::test]
async fn own_and_listed_origins_are_let_in_everywhere() {
    let server = TestServer::start().await;
    for origin in own_and_listed(server.address.port()) {
        for way in all_ways() {
            let answer = enter(&server, &way, "localhost", &[("origin", &origin)]).await;
            assert_eq!(answer.status, way.4, "{origin}: {} {}: {}", way.0, way.1, answer.text);
        }
    }
}

#[tokio::test]
async fn a_foreign_origin_may_only_read() {
    let server = TestServer::start().await;
    for origin in ["http://evil.com", "null"] {
        for way in READS {
            let answer = enter(&server, &way, "localhost", &[("origin", origin)]).await;
            assert_eq!(answer.status, way.4, "{origin}: {} {}", way.0, way.1);
        }
        for way in WRITES.into_iter().chain(STREAMS) {
            assert_refused(&enter(&server, &way, "localhost", &[("origin", origin)]).await, way.0, way.1);
        }
        for path in ["/sessions", "/ws", "/stream", "/no/such/path"] {
            let preflight = [("origin", origin), ("access-control-request-method", "POST")];
            let answer = server.raw("OPTIONS", path, &preflight, "").await;
            assert_refused(&answer, "OPTIONS", path);
        }
    }
    assert_eq!(server.get("/sessions").await.json(), json!({"sessions": []}), "nothing was changed");
}

#[tokio::test]
async fn origins_that_only_look_like_ours_are_foreign() {
    let server = TestServer::start().await;
    let port = server.address.port();
    let other = if port == 1234 { 1235 } else { 1234 };
    let own = |text: &str| text.replace("PORT", &port.to_string());
    let origins = [
        "http://localhost",
        "https://localhost",
        &format!("http://localhost:{other}"),
        "http://localhost:300",
        "http://localhost:30000",
        "http://localhost:3000.evil.com",
        "http://localhost:3000/",
        "http://localhost:3000/path",
        "https://localhost:3000",
        "ws://localhost:3000",
        "HTTP://LOCALHOST:3000",
        "http://127.0.0.1:3000",
        "http://localhost:03000",
        "http://evil.com#http://localhost:3000",
        "http://localhost:3000 http://evil.com",
        "http://evil.com, http://localhost:3000",
        "localhost:3000",
        "//localhost:3000",
        "",
        "*",
        &own("http://localhost.evil.com:PORT"),
        &own("http://evil-localhost:PORT"),
        &own("http://evil.localhost:PORT"),
        &own("http://127.0.0.1.evil.com:PORT"),
        &own("http://localhost.:PORT"),
        &own("http://0.0.0.0:PORT"),
        &own("http://127.0.0.2:PORT"),
        &own("http://localhost:PORT/"),
        &own("http://user@localhost:PORT"),
        &own("http://localhost:PORT@evil.com"),
        &own("http://evil.com:PORT"),
        &own("ftp://localhost:PORT"),
        &own("file://localhost:PORT"),
        &own("chrome-extension://localhost:PORT"),
        &own("xhttp://localhost:PORT"),
        &own("http://localhost:PORT0"),
        &own("http://localhost:PORT:PORT"),
        &own("http:/localhost:PORT"),
        &own("http://::1:PORT"),
    ];
    for origin in origins {
        for way in [&STREAMS[0], &STREAMS[1], &WRITES[0]] {
            let answer = enter(&server, way, "localhost", &[("origin", origin)]).await;
            assert_refused(&answer, way.0, &format!("{} from {origin:?}", way.1));
        }
    }
}

#[tokio::test]
async fn an_origin_that_equals_the_host_is_no_proof() {
    let server = TestServer::start().await;
    // Any port may stand in Host, but only the server's own makes an origin its own.
    let other = if server.address.port() == 1234 { 1235 } else { 1234 };
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        let host = format!("{name}:{other}");
        let origin = format!("http://{host}");
        for way in [&STREAMS[0], &STREAMS[1], &WRITES[0]] {
            assert_refused(&enter(&server, way, &host, &[("origin", &origin)]).await, way.0, &origin);
        }
    }
}

#[tokio::test]
async fn two_origins_are_refused() {
    let server = TestServer::start().await;
    for pair in [["http://localhost:3000", "http://evil.com"], ["http://evil.com", "http://localhost:3000"]] {
        for way in [&STREAMS[0], &STREAMS[1], &WRITES[0]] {
            let answer = enter(&server, way, "localhost", &pair.map(|origin| ("origin", origin))).await;
            assert_refused(&answer, way.0, "with two origins");
        }
    }
}

#[tokio::test]
async fn what_a_browser_calls_cross_site_is_refused_unless_its_origin_is_listed() {
    let server = TestServer::start().await;
    let cross = ("sec-fetch-site", "cross-site");
    for way in READS {
        assert_eq!(enter(&server, &way, "localhost", &[cross]).await.status, way.4, "{} {}", way.0, way.1);
    }
    for way in WRITES.into_iter().chain(STREAMS).filter(|way| way.0 != "OPTIONS") {
        assert_refused(&enter(&server, &way, "localhost", &[cross]).await, way.0, way.1);
    }
    assert_eq!(server.get("/sessions").await.json(), json!({"sessions": []}), "nothing was changed");
    for way in WRITES.into_iter().chain(STREAMS) {
        let listed = enter(&server, &way, "localhost", &[cross, ("origin", "http://localhost:3000")]).await;
        assert_eq!(listed.status, way.4, "{} {}", way.0, way.1);
    }
    for site in ["same-origin", "same-site", "none"] {
        for way in WRITES.into_iter().chain(STREAMS) {
            let answer = enter(&server, &way, "localhost", &[("sec-fetch-site", site)]).await;
            assert_eq!(answer.status, way.4, "{site}: {} {}", way.0, way.1);
        }
    }
}

#[tokio::test]
async fn with_every_origin_allowed_none_is_foreign() {
    let server = TestServer::start_with(|config| config.cors_origins = CorsOrigins::Any).await;
    for origin in ["http://evil.com", "null"] {
        for way in WRITES.into_iter().chain(STREAMS) {
            let headers = [("origin", origin), ("sec-fetch-site", "cross-site")];
            assert_eq!(enter(&server, &way, "localhost", &headers).await.status, way.4, "{} {}", way.0, way.1);
        }
    }
    assert_refused(&enter(&server, &WRITES[0], "evil.com", &[]).await, "POST", "a foreign host all the same");
}
