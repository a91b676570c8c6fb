//! How a session is named: by its id, the beginning of its id, or its name.

use serde_json::json;

use super::Scene;

#[tokio::test]
async fn an_id_a_unique_beginning_or_a_unique_name_will_do() {
    let scene = Scene::new().await;
    scene.session("abc-1", "First", json!({})).await;
    scene.session("abc-1:sub", "Sub", json!({})).await;
    scene.session("abd-2", "Second one", json!({})).await;
    scene.session("x/y ü%2F?#", "odd", json!({})).await;
    scene.session("abd", "exact", json!({})).await;
    for (words, id) in [
        ("abc-1", "abc-1"),
        ("abd", "abd"),
        ("abc-1:", "abc-1:sub"),
        ("abc", "abc-1"),
        ("abc:su", "abc-1:sub"),
        ("Second one", "abd-2"),
        ("x/y ü%2F?#", "x/y ü%2F?#"),
        ("x/", "x/y ü%2F?#"),
    ] {
        let found = scene.documents(&["show", "--json", words]).await;
        assert_eq!(found[0]["session_id"], id, "{words}");
    }
}

#[tokio::test]
async fn what_means_several_is_refused_with_their_names() {
    let scene = Scene::new().await;
    for id in ["abc-1", "abd-2"] {
        scene.session(id, "Same name", json!({})).await;
    }
    for words in ["ab", "Same name"] {
        let ended = scene.run(&["delete", "--yes", words]).await;
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        let failure = ended.failure();
        let begins = format!("'{words}' names 2 sessions: ");
        assert!(failure.starts_with(&begins) && failure.contains("abc-1 (Same name)"), "{failure}");
    }
    assert_eq!(scene.lines(&["sessions", "--json"]).await.len(), 2, "nothing was deleted");
}

#[tokio::test]
async fn what_is_unknown_is_told_with_what_is_near() {
    let scene = Scene::new().await;
    scene.session("session-0001", "Fix the \u{1b}[2Jbuild", json!({})).await;
    for (words, near) in [("sesion-0001", true), ("0001", true), ("fix the build", true), ("zzz", false)] {
        let ended = scene.run(&["show", words]).await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(4), 0), "{ended:#?}");
        let failure = ended.failure();
        assert!(failure.starts_with(&format!("no session '{words}'")), "{failure}");
        assert_eq!(failure.contains("near: session-0001 (Fix the ␛[2Jbuild)"), near, "{failure}");
        assert!(failure.contains("`agent-runtime sessions` lists all"), "{failure}");
    }
    let ended = scene.run(&["show", ""]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
}

#[tokio::test]
async fn every_command_knows_an_unknown_session_by_its_exit_code() {
    let scene = Scene::new().await;
    for words in [
        &["show", "x"][..],
        &["events", "x"],
        &["tail", "x"],
        &["result", "x"],
        &["wait", "x"],
        &["rename", "x", "y"],
        &["delete", "x", "--yes"],
        &["send", "x", "y"],
        &["export", "x"],
    ] {
        let ended = scene.run(words).await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(4), 0), "{words:?}: {ended:#?}");
    }
}
