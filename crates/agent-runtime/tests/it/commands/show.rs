//! `show`.

use serde_json::json;

use super::Scene;

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
    has("last event", "2026-01-02 03:04:05 (");
    has("events", "1");
    has("exit code", "7");
    has("reason", "logout");
    assert!(lines.iter().all(|line| !line.contains(['\t', '\u{1b}'])), "{lines:#?}");
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
