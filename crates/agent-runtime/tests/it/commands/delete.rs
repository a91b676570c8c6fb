//! `delete`.

use serde_json::json;

use super::Scene;
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
    let deleted = json!({"ok": true, "session_id": "two", "deleted": {"session": true, "events_count": 0}});
    assert_eq!(documents, [deleted]);
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
