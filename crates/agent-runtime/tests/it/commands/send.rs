//! `send`.

use std::io::Write;

use serde_json::json;

use super::Scene;

#[tokio::test]
async fn a_message_is_recorded_as_the_users() {
    let scene = Scene::new().await;
    scene.session("one", "A name", json!({})).await;
    assert_eq!(scene.lines(&["send", "one", "--", "-- Hello\nthere"]).await, ["recorded in 'A name' (one)"]);
    assert_eq!(scene.documents(&["send", "one", "again", "--json"]).await, [json!({"ok": true})]);
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all("piped ü\n".as_bytes()).expect("written");
    drop(writer);
    let ended = scene.command(&["send", "one", "-"]).stdin(reader).run().await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let stored = scene.stored("one").await;
    let texts = ["-- Hello\nthere", "again", "piped ü\n"];
    for (event, text) in stored.iter().zip(texts) {
        assert_eq!((&event["event_type"], &event["role"]), (&json!("message"), &json!("user")));
        assert_eq!(event["content"], json!([{"type": "text", "text": text}]));
        assert_eq!(event["session_name"], "A name");
    }
    assert_eq!(stored.len(), 3);
}

#[tokio::test]
async fn nothing_is_no_message() {
    let scene = Scene::new().await;
    scene.session("one", "A name", json!({})).await;
    let ended = scene.run(&["send", "one", " "]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert_eq!(scene.stored("one").await.len(), 0);
}
