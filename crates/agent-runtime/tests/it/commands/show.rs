//! `show`.

use serde_json::json;

use tokio::net::TcpListener;

use super::{Scene, answer};
use crate::process::{Launch, fresh_folder};

#[tokio::test]
async fn all_that_is_known_is_shown() {
    let scene = Scene::new().await;
    let more = json!({"agent_name": "codex", "project_dir": "/work/a", "parent_session_id": "p"});
    scene.session("one", "A name", more).await;
    scene.event("one", "session_stop", json!({"exit_code": 7, "reason": "logout"})).await;
    let lines = scene.lines(&["show", "one"]).await;
    let has = |key: &str, value: &str| {
        let line = format!("{key:14} {value}");
        assert!(lines.iter().any(|shown| shown.starts_with(&line)), "{line} in {lines:#?}");
    };
    has("name", "A name");
    has("id", "one");
    has("state", "finished");
    has("agent", "codex");
    has("folder", "/work/a");
    has("parent", "p");
    has("first event", "2026-01-02 03:04:05 (");
    has("last event", "2026-01-02 03:04:05 (");
    has("events", "1");
    has("exit code", "7");
    has("reason", "logout");
    assert!(lines.iter().all(|line| !line.contains(['\t', '\u{1b}'])), "{lines:#?}");
}

#[tokio::test]
async fn what_newer_servers_know_is_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let session = json!({"session_id": "one", "session_name": "n", "status": "running", "created_at": "long ago",
        "activity": {"state": "waiting_permission", "since": "2026-01-02T03:04:05Z"}, "model": "a-model",
        "ended_at": "2026-01-02T03:04:05Z", "error_count": 3, "host": null, "odd": {"a": [1]}});
    let command = |words: &[&str]| Launch::bare(fresh_folder()).arguments(words).arguments(["--url", &url]).spawn();
    let shown = command(&["show", "one"]);
    answer(&listener, &json!({"session": session}).to_string()).await;
    answer(&listener, &json!({"sessions": [session]}).to_string()).await;
    let lines = shown.ended().await.stdout;
    for (key, value) in [
        ("state", "waiting permission, for "),
        ("status", "running"),
        ("model", "a-model"),
        ("ended at", "2026-01-0"),
        ("error count", "3"),
        ("odd", "{\"a\":[1]}"),
    ] {
        let line = format!("{key:14} {value}");
        assert!(lines.iter().any(|shown| shown.starts_with(&line)), "{line} in {lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.starts_with("host")), "{lines:#?}");
    let listed = command(&["sessions"]);
    let odd = json!({"session_id": "two", "session_name": "n", "status": "running", "created_at": "", "activity": 1});
    answer(&listener, &json!({"sessions": [odd, session]}).to_string()).await;
    let lines = listed.ended().await.stdout;
    assert!(lines[1].starts_with("waiting permission  n     one"), "{lines:#?}");
    assert!(lines[2].starts_with("running "), "{lines:#?}");
}

#[tokio::test]
async fn its_children_are_shown_with_what_they_do() {
    let scene = Scene::new().await;
    scene.session("one", "A name", json!({})).await;
    scene.session("one:a", "Explore a51c", json!({"parent_session_id": "one"})).await;
    scene.session("fork", "goes \u{1b}on", json!({"parent_session_id": "one"})).await;
    scene.session("one:b", "nobody's", json!({})).await;
    scene.session("one:a:c", "a grandchild", json!({"parent_session_id": "one:a"})).await;
    scene.event("one:a", "session_stop", json!({})).await;
    let lines = scene.lines(&["show", "one"]).await;
    let expected = ["children       finished: Explore a51c (one:a)", "               running: goes ␛on (fork)"];
    assert_eq!(lines[lines.len() - 2..], expected, "{lines:#?}");
    let childless = scene.lines(&["show", "fork"]).await;
    assert!(!childless.iter().any(|line| line.contains("children")), "{childless:#?}");
}

#[tokio::test]
async fn json_is_the_session_as_the_server_sent_it() {
    let scene = Scene::new().await;
    scene.session("one", "A name", json!({})).await;
    let documents = scene.documents(&["show", "one", "--json"]).await;
    let answer = scene.server.http.get(scene.server.url("/sessions/one")).send().await.expect("an answer");
    let answer: serde_json::Value = answer.json().await.expect("JSON");
    assert_eq!(documents, [answer["session"].clone()]);
}
