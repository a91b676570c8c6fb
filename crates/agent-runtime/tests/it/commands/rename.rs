//! `rename`.

use serde_json::json;

use super::Scene;

#[tokio::test]
async fn a_session_gets_another_name() {
    let scene = Scene::new().await;
    scene.session("one", "Before", json!({})).await;
    assert_eq!(scene.lines(&["rename", "Before", "After"]).await, ["'Before' is now 'After'"]);
    let documents = scene.documents(&["rename", "After", "Again", "--json"]).await;
    assert_eq!(documents, scene.documents(&["show", "one", "--json"]).await);
    assert_eq!(documents[0]["session_name"], "Again");
    let ended = scene.run(&["rename", "one", &"x".repeat(1025)]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("answered 400: session_name"), "{ended:#?}");
    for blank in ["", " \t"] {
        let ended = scene.run(&["rename", "one", blank]).await;
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        assert!(ended.failure().starts_with("a blank name names nothing: give one"), "{ended:#?}");
    }
    assert_eq!(scene.documents(&["show", "one", "--json"]).await[0]["session_name"], "Again");
}
