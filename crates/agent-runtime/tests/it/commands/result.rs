//! `result`.

use serde_json::json;

use super::Scene;
use crate::terminal::Terminal;

#[tokio::test]
async fn the_last_answer_is_printed_as_it_is_but_harmless_on_a_terminal() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let text = "All\n\tdone \u{1b}[2Jhere";
    scene.event("one", "message", json!({"role": "assistant", "content": [{"type": "text", "text": text}]})).await;
    let ended = scene.run(&["result", "one"]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("is not finished: `agent-runtime wait 'one'`"), "{ended:#?}");
    scene.event("one", "session_stop", json!({})).await;
    assert_eq!(scene.lines(&["result", "one"]).await.join("\n"), text);
    let documents = scene.documents(&["result", "one", "--json"]).await;
    assert_eq!(documents, [json!({"session_id": "one", "result": text})]);
    let (code, shown) = Terminal::new(80).run(scene.command(&["result", "one"])).await;
    assert_eq!(code, Some(0));
    assert!(shown.contains("done ␛[2Jhere") && !shown.contains('\u{1b}'), "{shown}");
}

#[tokio::test]
async fn a_session_without_an_answer_says_so() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    scene.event("one", "session_stop", json!({})).await;
    let ended = scene.run(&["result", "one"]).await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
    assert!(ended.failure().contains("`agent-runtime events 'one'` shows what it did"), "{ended:#?}");
}
