//! Is it alive, can it write, what do its numbers say: the paths that monitors ask.

use crate::harness::shape::succeeded;
use crate::harness::{TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";

/// The value of a sample in Prometheus text.
fn sample(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_server_that_serves_is_alive_and_ready() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = server.get(path).await;
        assert_eq!(succeeded(&answer), serde_json::json!({"ok": true}), "{path}");
    }
    // Containers of the existing clients ask for this one.
    assert_eq!(server.get("/sessions").await.text, r#"{"sessions":[]}"#);
}

/// `/readyz` writes to find out, and leaves no trace.
#[tokio::test]
async fn being_asked_changes_nothing() {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    socket.next().await;
    for path in ["/healthz", "/readyz", "/metrics", "/sessions", "/openapi.json", "/docs"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    server.create_session("a").await;
    let message = socket.next().await;
    assert!(message["cursor"].as_str().is_some_and(|cursor| cursor.ends_with(":1")), "{message}");
}

#[tokio::test]
async fn the_numbers_are_prometheus_text() {
    let server = TestServer::start().await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let mut described = std::collections::BTreeSet::new();
    for line in answer.text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.split(' ');
            assert!(matches!(words.next(), Some("HELP" | "TYPE")), "{line}");
            described.insert(words.next().expect("a name").to_owned());
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = name.split('{').next().expect("a name");
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(described.contains(family) || described.contains(name), "{line} is described by nothing");
    }
    assert!(answer.text.ends_with('\n'));
}

#[tokio::test]
async fn the_numbers_count_what_happened() {
    let server = TestServer::start().await;
    let _socket = {
        let mut socket = server.ws("").await;
        socket.next().await;
        socket
    };
    server.create_session("a").await;
    let mut keyed = event("a", "message", AT);
    keyed["event_id"] = serde_json::json!("k");
    for _ in 0..3 {
        server.add_event(&keyed).await;
    }
    assert_eq!(server.delete("/sessions/b").await.status, 404);
    let text = server.get("/metrics").await.text;
    for (name, expected) in [
        ("agent_runtime_events_stored_total", 1.0),
        ("agent_runtime_events_duplicate_total", 2.0),
        ("agent_runtime_commands_refused_total", 1.0),
        ("agent_runtime_websocket_clients", 1.0),
        ("agent_runtime_event_stream_clients", 0.0),
        ("agent_runtime_log_head", 2.0),
        ("agent_runtime_journal_queue_commands", 0.0),
        (r#"agent_runtime_requests_total{method="POST",status="200"}"#, 4.0),
        (r#"agent_runtime_requests_total{method="DELETE",status="404"}"#, 1.0),
    ] {
        assert_eq!(sample(&text, name), Some(expected), "{name} in\n{text}");
    }
    for name in [
        "agent_runtime_database_size_bytes",
        "agent_runtime_connections",
        "agent_runtime_commit_batch_commands_count",
        "agent_runtime_commit_duration_seconds_count",
        "agent_runtime_request_duration_seconds_count",
    ] {
        assert!(sample(&text, name).is_some_and(|value| value > 0.0), "{name} in\n{text}");
    }
    assert!(sample(&text, "agent_runtime_live_replayed_pages_total").is_some(), "{text}");
}

#[tokio::test]
async fn methods_of_a_clients_making_make_no_label() {
    let server = TestServer::start().await;
    for method in ["BREW", "X1", "X2"] {
        assert_eq!(server.raw(method, "/sessions", &[], "").await.status, 405);
    }
    let text = server.get("/metrics").await.text;
    assert_eq!(sample(&text, r#"agent_runtime_requests_total{method="other",status="405"}"#), Some(3.0), "{text}");
    assert!(!text.contains("BREW") && !text.contains("X1"), "{text}");
}

#[tokio::test]
async fn the_details_tell_how_the_server_and_its_database_are() {
    let server = TestServer::start_with(|config| config.program = Some("/opt/agent-runtime".into())).await;
    let details = succeeded(&server.get("/health/details").await);
    assert_eq!(details["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(details["program"], "/opt/agent-runtime");
    assert!(details["started_at"].as_str().is_some_and(|at| at.ends_with("+00:00")), "{details}");
    assert_eq!(details["agents"], serde_json::json!([]));
    assert_eq!(details["documents"], serde_json::json!({"repeated": 0}));
    let database = &details["database"];
    assert_eq!(database["writes"], true, "{database}");
    for figure in ["size_bytes", "used_bytes", "disk_free_bytes"] {
        assert!(database[figure].as_u64().is_some_and(|bytes| bytes > 0), "{figure} in {database}");
    }
}

#[tokio::test]
async fn the_details_tell_of_agents_and_of_documents_that_came_twice() {
    let server = TestServer::start().await;
    server.create_session("of a client").await;
    server.add_event(&event("of a client", "message", AT)).await;
    let document = serde_json::json!({"session_id": "s", "hook_event_name": "Stop", "cwd": "/work"});
    let envelope = r#"{"id": "e", "at": "2025-12-03T10:11:12.000000+00:00", "host": "here"}"#;
    for _ in 0..3 {
        let request = server.http.post(server.url("/hooks/codex")).json(&document);
        assert_eq!(server.send(request.header("x-agent-runtime-envelope", envelope)).await.status, 200);
    }
    let details = succeeded(&server.get("/health/details").await);
    let heard = serde_json::json!([{"source": "codex", "host": "here", "session_id": "s",
        "last_event_at": "2025-12-03T10:11:12.000000+00:00"}]);
    assert_eq!(details["agents"], heard);
    assert_eq!(details["documents"]["repeated"], 2);
    assert!(details["database"]["growth_bytes_per_day"].as_u64().is_some(), "{details}");
}
