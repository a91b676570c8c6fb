//! `events`.

use serde_json::json;

use super::Scene;
use crate::terminal::Terminal;

async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    scene.event("one", "message", json!({"role": "user", "content": [{"type": "text", "text": "Do\n\tit"}]})).await;
    scene
        .event("one", "pre_tool", json!({"tool_name": "Bash", "tool_input": {"command": "cargo \u{1b}[2Jtest"}}))
        .await;
    scene.event("one", "post_tool", json!({"tool_name": "Bash", "error": "no"})).await;
    scene.event("one", "pre_tool", json!({"tool_name": "Read", "tool_input": {"file_path": "/a"}, "n": 1e300})).await;
    scene.event("one", "session_stop", json!({"exit_code": 1})).await;
    scene
}

#[tokio::test]
async fn each_event_is_a_line_that_says_what_happened() {
    let scene = scene().await;
    let when = "2026-01-02 03:04:05";
    let expected = [
        "start",
        "user    Do it",
        "tool    Bash: cargo ␛[2Jtest",
        "failed  Bash: no",
        "tool    Read: /a",
        "end     exit code 1",
    ];
    assert_eq!(scene.lines(&["events", "one"]).await, expected.map(|line| format!("{when}  {line}")));
}

#[tokio::test]
async fn what_an_agent_reports_is_told_in_its_own_words() {
    let scene = Scene::new().await;
    let input = json!({"command": "rm -r build", "description": "Clean"});
    for document in [
        json!({"hook_event_name": "SessionStart", "source": "startup"}),
        json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": input}),
        json!({"hook_event_name": "Notification", "message": "Claude needs your permission"}),
        json!({"hook_event_name": "Stop"}),
        json!({"hook_event_name": "SessionEnd", "reason": "logout"}),
    ] {
        let mut document = document;
        document["session_id"] = json!("one");
        scene.post("/hooks/claude-code", &document).await;
    }
    let lines = scene.lines(&["events", "one"]).await;
    let told: Vec<&str> = lines.iter().filter_map(|line| line.get("2026-01-02 03:04:05  ".len()..)).collect();
    let expected = [
        "start   startup",
        "asks    Bash: rm -r build",
        "note    Claude needs your permission",
        "turn    over",
        "end     logout",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn json_is_the_events_as_the_server_holds_them() {
    let scene = scene().await;
    assert_eq!(scene.documents(&["events", "one", "--json"]).await, scene.stored("one").await);
}

#[tokio::test]
async fn filters_say_less() {
    let scene = scene().await;
    let stored = scene.stored("one").await;
    let of = async |words: &[&str]| {
        let words: Vec<&str> = ["events", "one", "--json"].iter().chain(words).copied().collect();
        scene.documents(&words).await
    };
    let second = stored[1]["id"].to_string();
    assert_eq!(of(&["--type", "pre_tool"]).await, [stored[2].clone(), stored[4].clone()]);
    assert_eq!(of(&["--tool", "Bash"]).await, stored[2..4]);
    assert_eq!(of(&["--after", &second]).await, stored[2..]);
    assert_eq!(of(&["--before", &second]).await, stored[..1]);
    assert_eq!(of(&["--limit", "2"]).await, stored[..2]);
    assert_eq!(of(&["--last", "2"]).await, stored[4..], "in the order in which they happened");
    let cut = scene.run(&["events", "one", "--limit", "2"]).await;
    assert_eq!((cut.code, cut.stdout.len()), (Some(0), 2));
    assert!(cut.failure().starts_with("there are more"), "{cut:#?}");
    let none = scene.run(&["events", "one", "--type", "nothing"]).await;
    assert_eq!((none.code, none.stdout.len(), none.failure()), (Some(0), 0, "no events that fit"));
    assert!(scene.lines(&["events", "one", "--type", "nothing", "--json"]).await.is_empty());
    let ended = scene.run(&["events", "one", "--after", "999"]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("answered 400: "), "{ended:#?}");
}

#[tokio::test]
async fn on_a_terminal_a_line_fits_and_is_coloured() {
    let scene = Scene::new().await;
    let long = "word ".repeat(100);
    scene.session("one", "one", json!({})).await;
    scene.event("one", "message", json!({"role": "user", "content": [{"type": "text", "text": long}]})).await;
    let (code, shown) = Terminal::new(60).run(scene.command(&["events", "one"])).await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\u{1b}[36muser") && shown.contains('…'), "{shown}");
    let (_, shown) = Terminal::new(60).run(scene.command(&["events", "one"]).variable("NO_COLOR", "1")).await;
    let line = shown.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n') && line.chars().count() <= 60, "{line}");
}
