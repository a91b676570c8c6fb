//! With `--token` set, only who shows it gets in; without one, nobody is asked.

use agent_runtime_server::config::{Config, Token};
use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::harness::raw::UPGRADE;
use crate::harness::{Socket, TestServer};

const TOKEN: &str = "Sesame-0123456789";

fn guarded(config: &mut Config) {
    config.token = Some(Token::parse(TOKEN).expect("a token"));
}

/// Every way in that needs the token, with the status it has with one.
const GUARDED: [(&str, &str, u16); 18] = [
    ("GET", "/health/details", 200),
    ("GET", "/sessions", 200),
    ("HEAD", "/sessions", 200),
    ("POST", "/sessions", 400),
    ("GET", "/sessions/x", 404),
    ("DELETE", "/sessions/x", 404),
    ("PATCH", "/sessions/x/metadata", 400),
    ("GET", "/sessions/x/events", 404),
    ("POST", "/events", 400),
    ("POST", "/ingest", 200),
    ("GET", "/metrics", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/stream", 200),
    ("GET", "/ws", 101),
    ("GET", "/no/such/path", 404),
    ("PUT", "/sessions", 405),
    ("OPTIONS", "/sessions", 204),
    ("POST", "/readyz/", 405),
];

/// The headers and the body that go with a request of the table.
fn rest_of(method: &str, path: &str) -> (Vec<(&'static str, &'static str)>, &'static str) {
    match (method, path) {
        ("GET", "/ws") => (UPGRADE.to_vec(), ""),
        ("POST", "/ingest") => (vec![("content-type", "application/x-ndjson")], "\n"),
        ("POST" | "PATCH", _) => (vec![("content-type", "application/json")], "{}"),
        _ => (Vec::new(), ""),
    }
}

#[tokio::test]
async fn everything_but_health_asks_for_it() {
    let server = TestServer::start_with(guarded).await;
    let bearer = format!("Bearer {TOKEN}");
    for (method, path, status) in GUARDED {
        let (mut headers, body) = rest_of(method, path);
        let health = path.starts_with("/readyz");
        let refused = server.raw(method, path, &headers, body).await;
        if !health {
            assert_eq!(refused.status, 401, "{method} {path}");
            let challenge = refused.headers["www-authenticate"].to_str().expect("text");
            assert!(challenge.starts_with("Bearer"), "{challenge}");
            if method != "HEAD" {
                assert!(!refused.detail().contains(TOKEN));
            }
        }
        headers.push(("authorization", &bearer));
        assert_eq!(server.raw(method, path, &headers, body).await.status, status, "{method} {path} with the token");
    }
    for path in ["/healthz", "/readyz", "/healthz/", "/readyz/"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_path_written_otherwise_does_not_open() {
    let server = TestServer::start_with(guarded).await;
    let paths = [
        "/healthz/../sessions",
        "/healthz%2f..%2fsessions",
        "/healthz//",
        "//healthz",
        "/HEALTHZ",
        "/%68ealthz",
        "/healthz;/sessions",
        "/sessions/healthz",
        "/sessions?/healthz",
        "/readyz/x",
    ];
    for path in paths {
        assert_eq!(server.raw("GET", path, &[], "").await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let server = TestServer::start_with(guarded).await;
    assert_eq!(server.post("/sessions", &json!({"session_id": "s", "session_name": "n"})).await.status, 401);
    let list = server.raw("GET", "/sessions", &[("authorization", &format!("Bearer {TOKEN}"))], "").await;
    assert_eq!(list.json(), json!({"sessions": []}));
}

#[tokio::test]
async fn nothing_but_the_token_itself_opens() {
    let server = TestServer::start_with(guarded).await;
    let longer = format!("Bearer {TOKEN}x");
    let prefix = format!("Bearer {}", &TOKEN[..TOKEN.len() - 1]);
    let suffix = format!("Bearer {}", &TOKEN[1..]);
    let other_case = format!("Bearer {}", TOKEN.to_lowercase());
    let twice = format!("Bearer {TOKEN} {TOKEN}");
    let listed = format!("Bearer {TOKEN}, Bearer {TOKEN}");
    let basic = format!("Basic {TOKEN}");
    let joined = format!("Bearer{TOKEN}");
    let quoted = format!("Bearer \"{TOKEN}\"");
    let wrong = [
        "Bearer",
        "Bearer ",
        "Bearer wrong-token",
        "",
        TOKEN,
        &longer,
        &prefix,
        &suffix,
        &other_case,
        &twice,
        &listed,
        &basic,
        &joined,
        &quoted,
    ];
    for value in wrong {
        let answer = server.raw("GET", "/sessions", &[("authorization", value)], "").await;
        assert_eq!(answer.status, 401, "{value:?}");
    }
    // Tokens in addresses end in histories and logs.
    for query in ["token", "access_token", "bearer", "authorization"] {
        let answer = server.raw("GET", &format!("/sessions?{query}={TOKEN}"), &[], "").await;
        assert_eq!(answer.status, 401, "{query}");
    }
    let cookie = format!("token={TOKEN}");
    assert_eq!(server.raw("GET", "/sessions", &[("cookie", &cookie)], "").await.status, 401);
    // A doubled header is no clear statement.
    let right = format!("Bearer {TOKEN}");
    let doubled = [("authorization", "Bearer wrong-token"), ("authorization", right.as_str())];
    assert_eq!(server.raw("GET", "/sessions", &doubled, "").await.status, 401);
}

#[tokio::test]
async fn the_scheme_has_no_case() {
    let server = TestServer::start_with(guarded).await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {TOKEN}");
        assert_eq!(server.raw("GET", "/sessions", &[("authorization", &value)], "").await.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn a_web_socket_may_show_it_as_a_subprotocol() {
    let server = TestServer::start_with(guarded).await;
    let mut request = format!("ws://{}/ws", server.address).into_client_request().expect("a request");
    let offered = format!("agent-runtime, bearer.{TOKEN}");
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_str(&offered).expect("a value"));
    let (stream, answer) = tokio_tungstenite::connect_async(request).await.expect("the upgrade");
    let selected: Vec<_> = answer.headers().get_all("sec-websocket-protocol").iter().collect();
    assert_eq!(selected, ["agent-runtime"], "one protocol is selected, and never the secret");
    assert_eq!(Socket { stream }.next().await["type"], "init");
}

#[tokio::test]
async fn a_wrong_subprotocol_does_not_open() {
    let server = TestServer::start_with(guarded).await;
    let offers = [
        "agent-runtime".to_owned(),
        "agent-runtime, bearer.".to_owned(),
        "agent-runtime, bearer.wrong-token".to_owned(),
        format!("agent-runtime, bearer.{TOKEN}x"),
        format!("agent-runtime, bearer.{}", &TOKEN[..TOKEN.len() - 1]),
        format!("agent-runtime, {TOKEN}"),
        format!("agent-runtime, xbearer.{TOKEN}"),
    ];
    for offer in offers {
        let mut headers = UPGRADE.to_vec();
        headers.push(("sec-websocket-protocol", &offer));
        let answer = server.raw("GET", "/ws", &headers, "").await;
        assert_eq!(answer.status, 401, "{offer}");
        assert!(answer.headers.contains_key("www-authenticate"), "{offer}");
    }
    // What is no WebSocket cannot show the token this way.
    let offer = format!("agent-runtime, bearer.{TOKEN}");
    for path in ["/sessions", "/stream"] {
        let answer = server.raw("GET", path, &[("sec-websocket-protocol", &offer)], "").await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused_before_the_token_is_asked_for() {
    let server = TestServer::start_with(guarded).await;
    let foreign_host = server.raw_without_host("GET", "/sessions", &[("host", "evil.com")], "").await;
    assert_eq!(foreign_host.status, 403);
    let bearer = format!("Bearer {TOKEN}");
    for headers in
        [vec![("origin", "http://evil.com")], vec![("origin", "http://evil.com"), ("authorization", &bearer)]]
    {
        assert_eq!(server.raw("GET", "/stream", &headers, "").await.status, 403, "{headers:?}");
        assert_eq!(server.raw("DELETE", "/sessions/x", &headers, "").await.status, 403, "{headers:?}");
    }
}

#[tokio::test]
async fn without_a_token_nobody_is_asked() {
    let server = TestServer::start().await;
    let shown = [("authorization", "Bearer whatever-it-is")];
    assert_eq!(server.raw("GET", "/sessions", &shown, "").await.status, 200);
    let mut headers = UPGRADE.to_vec();
    headers.push(("sec-websocket-protocol", "agent-runtime, bearer.whatever-it-is"));
    let answer = server.raw("GET", "/ws", &headers, "").await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.headers["sec-websocket-protocol"], "agent-runtime");
}
