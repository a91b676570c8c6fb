//! `delete`.

use serde_json::json;

use super::{Scene, merged};
use crate::terminal::Terminal;

async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.session("one", "A name", json!({})).await;
    scene.event("one", "message", json!({})).await;
    scene
}

#[tokio::test]
async fn with_yes_it_deletes_and_says_what_went() {
    let scene = scene().await;
    assert_eq!(scene.lines(&["delete", "one", "--yes"]).await, ["deleted 'A name' (one) with 1 event"]);
    assert_eq!(scene.lines(&["sessions", "--json"]).await.len(), 0);
    scene.session("two", "two", json!({})).await;
    let documents = scene.documents(&["delete", "two", "--yes", "--json"]).await;
    let deleted = json!({"ok": true, "session_id": "two", "deleted": {"session": true, "events_count": 0},
        "subagents": []});
    assert_eq!(documents, [deleted]);
}

/// An agent's session of one event with two subagents of one and two events; beside them two sessions that stay: a
/// client's with such an id, and one of another agent that goes on from it.
async fn family() -> Scene {
    let scene = Scene::new().await;
    let report = async |event: &str, more: serde_json::Value| {
        let document = json!({"session_id": "run", "cwd": "/work/tea", "hook_event_name": event, "source": "startup"});
        scene.post("/hooks/claude-code", &merged(document, more)).await;
    };
    report("SessionStart", json!({})).await;
    report("SubagentStart", json!({"agent_id": "a1", "agent_type": "Explore"})).await;
    report("SubagentStart", json!({"agent_id": "b2", "agent_type": "Plan"})).await;
    let call = json!({"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t1"});
    report("PreToolUse", merged(json!({"agent_id": "b2", "agent_type": "Plan"}), call)).await;
    scene.session("run:c3", "a client's", json!({"parent_session_id": "run"})).await;
    scene.session("other", "goes on", json!({"parent_session_id": "run"})).await;
    scene
}

#[tokio::test]
async fn subagents_go_along_and_are_told_before_and_after() {
    let scene = family().await;
    let count = scene.lines(&["sessions", "--json"]).await.len();
    let ended = scene.run(&["delete", "run"]).await;
    assert!(
        ended.failure().contains(" and 1 event are deleted for good, and 2 subagents with 3 events; "),
        "{ended:#?}"
    );
    let mut terminal = Terminal::new(200);
    let running = terminal.spawn(scene.command(&["delete", "run"]));
    terminal.shows("deleted for good, and 2 subagents with 3 events; it is still running. Delete? [y/N] ").await;
    terminal.type_line("n");
    assert_eq!(terminal.ended(running).await.0, Some(1));
    assert_eq!(scene.lines(&["sessions", "--json"]).await.len(), count);
    let lines = scene.lines(&["delete", "run", "--yes"]).await;
    assert!(lines[0].ends_with(" (run) with 1 event, and 2 subagents with 3 events"), "{lines:?}");
    let left = scene.documents(&["sessions", "--json"]).await;
    let ids: Vec<_> = left.iter().map(|session| session["session_id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["other", "run:c3"], "what was told is what went");
    let documents = family().await.documents(&["delete", "run", "--yes", "--json"]).await;
    assert_eq!(documents[0]["deleted"]["events_count"], 1);
    let subagents = json!([{"session_id": "run:a1", "events_count": 1}, {"session_id": "run:b2", "events_count": 2}]);
    assert_eq!(documents[0]["subagents"], subagents);
}

#[tokio::test]
async fn without_a_terminal_it_deletes_nothing_unasked() {
    let scene = scene().await;
    let ended = scene.run(&["delete", "one"]).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(2), 0), "{ended:#?}");
    let what = "'A name' (one) and 1 event are deleted for good; it is still running: say --yes";
    assert!(ended.failure().starts_with(what), "{ended:#?}");
    assert_eq!(scene.lines(&["sessions", "--json"]).await.len(), 1);
}

#[tokio::test]
async fn on_a_terminal_it_asks_once() {
    let scene = scene().await;
    for (answer, code, left) in [("", 1, 1), ("n", 1, 1), ("yes", 0, 0)] {
        let mut terminal = Terminal::new(200);
        let running = terminal.spawn(scene.command(&["delete", "one"]));
        terminal.shows("'A name' (one) and 1 event are deleted for good; it is still running. Delete? [y/N] ").await;
        terminal.type_line(answer);
        let (ended, shown) = terminal.ended(running).await;
        assert_eq!(ended, Some(code), "{answer}: {shown}");
        assert_eq!(shown.matches("Delete?").count(), 1, "{shown}");
        assert_eq!(scene.lines(&["sessions", "--json"]).await.len(), left, "{answer}");
    }
}

#[tokio::test]
async fn ctrl_c_at_the_question_deletes_nothing() {
    let scene = scene().await;
    let mut terminal = Terminal::new(200);
    let running = terminal.spawn(scene.command(&["delete", "one"]));
    terminal.shows("Delete?").await;
    running.signal("INT");
    let (code, shown) = terminal.ended(running).await;
    assert_eq!(code, Some(130), "{shown}");
    assert_eq!(scene.lines(&["sessions", "--json"]).await.len(), 1);
}
