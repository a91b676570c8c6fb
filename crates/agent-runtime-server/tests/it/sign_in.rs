//! A browser shows the token once. What it shows from then on is no more than that browser's, and no page's but ours.

use agent_runtime_server::config::{Config, CorsOrigins, Token};
use serde_json::json;

use crate::harness::raw::UPGRADE;
use crate::harness::{Answer, TestServer};

const TOKEN: &str = "Sesame-0123456789";
const JSON: (&str, &str) = ("content-type", "application/json");

fn guarded(config: &mut Config) {
    config.token = Some(Token::parse(TOKEN).expect("a token"));
}

fn cookie() -> String {
    format!("agent_runtime={}", Token::parse(TOKEN).expect("a token").cookie())
}

fn own(server: &TestServer) -> String {
    format!("http://{}", server.address)
}

fn set_cookie(answer: &Answer) -> &str {
    answer.headers.get("set-cookie").map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn the_token_opens_and_sets_a_cookie_that_scripts_cannot_read() {
    let server = TestServer::start_with(guarded).await;
    let body = json!({"token": TOKEN}).to_string();
    for origin in [own(&server), format!("http://localhost:{}", server.address.port())] {
        let answer = server.raw("POST", "/sign-in", &[JSON, ("origin", &origin)], &body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"ok": true})));
        let expected = format!("{}; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000", cookie());
        assert_eq!(set_cookie(&answer), expected);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(!set_cookie(&answer).contains(TOKEN), "the cookie does not hold the token");
    }
    let session = server.raw("GET", "/sessions", &[("cookie", &cookie())], "").await;
    assert_eq!((session.status, session.json()), (200, json!({"sessions": []})));
}

#[tokio::test]
async fn over_tls_the_cookie_stays_on_tls() {
    let server = TestServer::start_with(|config| {
        guarded(config);
        config.allowed_hosts = vec![agent_runtime_server::config::AllowedHost::parse("watch.example").expect("a host")];
    })
    .await;
    let headers = [("host", "watch.example"), JSON, ("origin", "https://watch.example")];
    let answer = server.raw_without_host("POST", "/sign-in", &headers, &json!({"token": TOKEN}).to_string()).await;
    assert!(answer.status == 200 && set_cookie(&answer).ends_with("; Secure"), "{answer:?}");
}

#[tokio::test]
async fn nothing_but_the_token_signs_in() {
    let server = TestServer::start_with(guarded).await;
    for token in ["", "wrong-token", &TOKEN[1..], &TOKEN.to_lowercase(), &format!("{TOKEN} "), &cookie()] {
        let answer = server.raw("POST", "/sign-in", &[JSON], &json!({"token": token}).to_string()).await;
        assert_eq!((answer.status, set_cookie(&answer)), (401, ""), "{token:?}");
        assert!(answer.detail().starts_with("token: ") && answer.headers.contains_key("www-authenticate"));
    }
    for (body, status) in [("{}", 400), (r#"{"token":null}"#, 400), (r#"{"token":7}"#, 400), ("[", 400), ("", 400)] {
        let answer = server.raw("POST", "/sign-in", &[JSON], body).await;
        assert_eq!((answer.status, set_cookie(&answer)), (status, ""), "{body}");
    }
    let large = json!({"token": "x".repeat(5000)}).to_string();
    assert_eq!(server.raw("POST", "/sign-in", &[JSON], &large).await.status, 413);
    let body = json!({"token": TOKEN}).to_string();
    let form = server.raw("POST", "/sign-in", &[("content-type", "text/plain")], &body).await;
    assert_eq!(form.status, 415);
}

#[tokio::test]
async fn no_other_page_signs_in_or_out() {
    let server = TestServer::start_with(guarded).await;
    let body = json!({"token": TOKEN}).to_string();
    for path in ["/sign-in", "/sign-out"] {
        let headers = [JSON, ("origin", "http://evil.com"), ("cookie", &cookie())];
        let answer = server.raw("POST", path, &headers, &body).await;
        assert_eq!((answer.status, set_cookie(&answer)), (403, ""), "{path}");
    }
}

#[tokio::test]
async fn the_cookie_is_as_good_as_the_token_for_our_own_page() {
    let server = TestServer::start_with(guarded).await;
    let (cookie, own) = (cookie(), own(&server));
    let others = format!("theme=dark; agent_runtime=of-another-port; {cookie}");
    for cookie in [cookie.as_str(), &others] {
        let shown = [("cookie", cookie), ("origin", own.as_str())];
        let json = [shown[0], shown[1], JSON];
        assert_eq!(server.raw("POST", "/sessions", &json, "{}").await.status, 400);
        assert_eq!(server.raw("DELETE", "/sessions/x", &shown, "").await.status, 404);
        assert_eq!(server.raw("GET", "/metrics", &shown[..1], "").await.status, 200);
        let upgrade: Vec<_> = UPGRADE.into_iter().chain(shown).collect();
        assert_eq!(server.raw("GET", "/ws", &upgrade, "").await.status, 101);
        // A browser says no origin when a page listens to its own server's stream; it says this.
        let stream = [shown[0], ("sec-fetch-site", "same-origin")];
        assert_eq!(server.raw("GET", "/stream", &stream, "").await.status, 200);
    }
}

#[tokio::test]
async fn the_cookie_that_another_page_sends_along_opens_nothing() {
    let server = TestServer::start_with(guarded).await;
    let cookie = cookie();
    let neighbour = format!("http://127.0.0.1:{}", server.address.port() - 1);
    let requests: [(&str, &str, &[(&str, &str)]); 8] = [
        // Nothing says which page it was.
        ("POST", "/sessions", &[JSON]),
        ("DELETE", "/sessions/x", &[]),
        ("GET", "/ws", &UPGRADE),
        ("GET", "/stream", &[]),
        // A page of another program of this machine: to the browser it is the same site, and gets the cookie.
        ("GET", "/sessions", &[("sec-fetch-site", "same-site")]),
        ("GET", "/sessions", &[("sec-fetch-site", "cross-site")]),
        ("GET", "/sessions", &[("origin", &neighbour)]),
        ("GET", "/sessions", &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]),
    ];
    for (method, path, headers) in requests {
        let headers: Vec<_> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        assert_eq!(server.raw(method, path, &headers, "").await.status, 401, "{method} {path} {headers:?}");
    }
    let foreign = [("cookie", cookie.as_str()), ("origin", &neighbour)];
    assert_eq!(server.raw("DELETE", "/sessions/x", &foreign, "").await.status, 403);
}

#[tokio::test]
async fn a_listed_page_may_use_the_cookie_and_a_star_lists_nobody() {
    let with = |cors: CorsOrigins| {
        move |config: &mut Config| {
            guarded(config);
            config.cors_origins = cors;
        }
    };
    let listed = TestServer::start_with(with(CorsOrigins::Listed(vec!["http://localhost:5173".into()]))).await;
    let any = TestServer::start_with(with(CorsOrigins::Any)).await;
    let (cookie, own) = (cookie(), own(&any));
    let shown = |origin| [("cookie", cookie.as_str()), ("origin", origin)];
    assert_eq!(listed.raw("DELETE", "/sessions/x", &shown("http://localhost:5173"), "").await.status, 404);
    assert_eq!(any.raw("DELETE", "/sessions/x", &shown("http://localhost:5173"), "").await.status, 401);
    assert_eq!(any.raw("DELETE", "/sessions/x", &shown(&own), "").await.status, 404);
}

#[tokio::test]
async fn nothing_but_this_tokens_cookie_opens() {
    let server = TestServer::start_with(guarded).await;
    let right = cookie();
    let other = Token::parse("Another-0123456789").expect("a token").cookie();
    let (_, value) = right.split_once('=').expect("a value");
    for wrong in [
        format!("agent_runtime={other}"),
        format!("agent_runtime={TOKEN}"),
        format!("agent_runtime={}", &value[1..]),
        format!("agent_runtime={}", value.to_uppercase()),
        format!("agent_runtime={value}x"),
        format!("agent_runtime_={value}"),
        format!("Agent_Runtime={value}"),
        "agent_runtime=".to_owned(),
        value.to_owned(),
    ] {
        assert_eq!(server.raw("GET", "/sessions", &[("cookie", &wrong)], "").await.status, 401, "{wrong}");
    }
    // It is no bearer, and the token is no cookie.
    let bearer = format!("Bearer {value}");
    assert_eq!(server.raw("GET", "/sessions", &[("authorization", &bearer)], "").await.status, 401);
}

#[tokio::test]
async fn the_cookie_outlives_the_server_and_not_the_token() {
    let server = TestServer::start_with(guarded).await.restart().await;
    assert_eq!(server.raw("GET", "/sessions", &[("cookie", &cookie())], "").await.status, 200);
    let changed = |config: &mut Config| config.token = Some(Token::parse("Another-0123456789").expect("a token"));
    let server = TestServer::start_with(changed).await;
    assert_eq!(server.raw("GET", "/sessions", &[("cookie", &cookie())], "").await.status, 401);
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let server = TestServer::start_with(guarded).await;
    for headers in [vec![], vec![("cookie", cookie())], vec![("cookie", "agent_runtime=stale".to_owned())]] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = server.raw("POST", "/sign-out", &headers, "").await;
        assert_eq!((answer.status, answer.json()), (200, json!({"ok": true})));
        assert_eq!(set_cookie(&answer), "agent_runtime=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    }
}

#[tokio::test]
async fn without_a_token_signing_in_sets_nothing() {
    let server = TestServer::start().await;
    let answer = server.post("/sign-in", &json!({"token": "whatever"})).await;
    assert_eq!((answer.status, answer.json(), set_cookie(&answer)), (200, json!({"ok": true}), ""));
}
