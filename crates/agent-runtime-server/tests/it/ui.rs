//! The page's files: open to all, kept by browsers as long as they are right, and held to a strict policy.

use std::sync::Arc;

use agent_runtime_server::assets::Assets;
use agent_runtime_server::config::{Config, Token};

use crate::harness::{Answer, TestServer};

/// A page as it is built, in small.
const FILES: [(&str, &str); 6] = [
    ("index.html", "<title>built</title>"),
    ("favicon.svg", "<svg/>"),
    ("assets/page-1a2b.js", "export const page = 1;"),
    ("assets/page-1a2b.js.br", "small"),
    ("assets/page-1a2b.js.gz", "middling"),
    ("assets/page-1a2b.css", "body {}"),
];

fn built(config: &mut Config) {
    let files = FILES.map(|(name, text)| (name.to_owned(), bytes::Bytes::from_static(text.as_bytes())));
    config.assets = Arc::new(Assets::new(files));
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn the_servers_address_leads_to_the_page() {
    let server = TestServer::start_with(built).await;
    for method in ["GET", "HEAD"] {
        let answer = server.raw(method, "/", &[], "").await;
        assert_eq!((answer.status, header(&answer, "location")), (307, "/ui/"), "{method}");
    }
    let refused = server.raw("POST", "/", &[], "").await;
    assert_eq!((refused.status, header(&refused, "allow")), (405, "GET, HEAD, OPTIONS"));
    let beginning = server.get("/ui/").await;
    assert_eq!((beginning.status, beginning.text.as_str()), (200, "<title>built</title>"));
    assert_eq!(header(&beginning, "content-type"), "text/html; charset=utf-8");
    assert_eq!(server.get("/ui").await.text, beginning.text);
}

#[tokio::test]
async fn a_place_in_the_page_is_its_beginning_and_a_lost_file_is_not_found() {
    let server = TestServer::start_with(built).await;
    for path in ["/ui/overview", "/ui/session/a%2Fb.c?event=7", "/ui/session/%FF", "/ui/assets", "/ui/index.html"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "<title>built</title>"), "{path}");
    }
    for path in
        ["/ui/assets/page-0000.js", "/ui/assets/page-1a2b.js.br", "/ui/assets/../index.html", "/ui/assets/%2e%2e"]
    {
        let answer = server.raw("GET", path, &[], "").await;
        assert_eq!((answer.status, answer.detail().as_str()), (404, "Not Found"), "{path}");
    }
    assert_eq!(server.raw("DELETE", "/ui/index.html", &[], "").await.status, 405);
}

#[tokio::test]
async fn files_with_a_digest_in_their_name_are_kept_and_others_asked_for() {
    let server = TestServer::start_with(built).await;
    for (path, kept, kind) in [
        ("/ui/assets/page-1a2b.js", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"),
        ("/ui/assets/page-1a2b.css", "public, max-age=31536000, immutable", "text/css; charset=utf-8"),
        ("/ui/favicon.svg", "no-cache", "image/svg+xml"),
        ("/ui/", "no-cache", "text/html; charset=utf-8"),
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, header(&answer, "cache-control")), (200, kept), "{path}");
        assert_eq!(header(&answer, "content-type"), kind, "{path}");
        let tag = header(&answer, "etag");
        for shown in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = server.raw("GET", path, &[("if-none-match", &shown)], "").await;
            assert_eq!((again.status, again.text.as_str(), header(&again, "etag")), (304, "", tag), "{path} {shown}");
        }
        assert_eq!(server.raw("GET", path, &[("if-none-match", "\"other\"")], "").await.status, 200, "{path}");
        let head = server.raw("HEAD", path, &[], "").await;
        assert_eq!(header(&head, "content-length"), answer.text.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn who_takes_compressed_files_gets_the_smallest() {
    let server = TestServer::start_with(built).await;
    let plain = "export const page = 1;";
    let mut tags = Vec::new();
    for (accepted, coding, text) in [
        ("gzip, deflate, br, zstd", "br", "small"),
        ("gzip", "gzip", "middling"),
        ("br;q=0, gzip;q=0.5", "gzip", "middling"),
        ("br;q=0, gzip; q=0", "", plain),
        ("identity", "", plain),
        ("brotli", "", plain),
    ] {
        let answer = server.raw("GET", "/ui/assets/page-1a2b.js", &[("accept-encoding", accepted)], "").await;
        assert_eq!((header(&answer, "content-encoding"), answer.text.as_str()), (coding, text), "{accepted}");
        let varies = answer.headers.get_all("vary").iter().any(|value| value == "accept-encoding");
        assert!(varies, "another client's copy must not be handed out for it");
        tags.push(header(&answer, "etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "each copy has a tag of its own");
    let answer = server.raw("GET", "/ui/assets/page-1a2b.css", &[("accept-encoding", "br")], "").await;
    assert_eq!((header(&answer, "content-encoding"), answer.text.as_str()), ("", "body {}"));
}

#[tokio::test]
async fn the_page_is_held_to_a_strict_policy() {
    let server = TestServer::start_with(built).await;
    for path in ["/ui/", "/ui/overview", "/ui/assets/page-1a2b.js"] {
        let answer = server.get(path).await;
        let policy = header(&answer, "content-security-policy");
        let directives: Vec<_> = policy.split(';').map(str::trim).collect();
        assert_eq!(
            directives,
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' data:",
                "font-src 'self'",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ],
            "{path}"
        );
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn the_page_needs_no_token_but_a_known_host() {
    let token = |config: &mut Config| {
        built(config);
        config.token = Some(Token::parse("Sesame-0123456789").expect("a token"));
    };
    let server = TestServer::start_with(token).await;
    for (path, status) in
        [("/", 307), ("/ui", 200), ("/ui/", 200), ("/ui/overview", 200), ("/ui/assets/page-1a2b.js", 200)]
    {
        assert_eq!(server.get(path).await.status, status, "{path}");
        let elsewhere = server.raw_without_host("GET", path, &[("host", "evil.com")], "").await;
        assert_eq!(elsewhere.status, 403, "{path}");
    }
    for path in ["/sessions", "/uix", "/ui/../sessions", "/ui/%2e%2e/sessions", "/UI/", "//ui/", "/ui%2f"] {
        let answer = server.raw("GET", path, &[], "").await;
        let is_page = answer.text == "<title>built</title>";
        assert!(answer.status == 401 || is_page, "{path}: {answer:?}");
    }
    assert_eq!(server.get("/sessions").await.status, 401);
}

#[tokio::test]
async fn a_page_that_was_not_built_says_how_to_build_it() {
    let server = TestServer::start_with(|config| config.assets = Arc::default()).await;
    for path in ["/ui/", "/ui/overview"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, header(&answer, "content-type")), (200, "text/html; charset=utf-8"));
        assert!(answer.text.contains("make run") && answer.text.contains("agent-runtime tail"), "{}", answer.text);
        assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'"));
    }
    assert_eq!(server.get("/ui/assets/page-1a2b.js").await.status, 404);
}
