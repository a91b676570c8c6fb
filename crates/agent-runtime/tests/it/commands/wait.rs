//! `wait`.

use serde_json::{Value, json};

use tokio::net::TcpListener;

use super::{Scene, answer, restarted};
use crate::process::{Launch, fresh_folder};

async fn waited(scene: &Scene, words: &[&str], event: &str, more: Value) -> (Option<i32>, Vec<String>) {
    let running = scene.command(words).spawn();
    scene.followed().await;
    scene.event("one", event, more).await;
    let ended = running.ended().await;
    assert_eq!(ended.stderr.len(), 0, "{ended:#?}");
    (ended.code, ended.stdout)
}

fn outcome(outcome: &str, exit_code: Option<i64>, reason: Option<&str>) -> Vec<String> {
    vec![json!({"session_id": "one", "outcome": outcome, "exit_code": exit_code, "reason": reason}).to_string()]
}

#[tokio::test]
async fn the_exit_code_is_the_agents_or_says_how_it_ended() {
    let scene = Scene::new().await;
    for (stop, code, outcome) in [
        (json!({"exit_code": 7}), 7, outcome("finished", Some(7), None)),
        (json!({"exit_code": 0, "reason": "done"}), 0, outcome("finished", Some(0), Some("done"))),
        (json!({}), 0, outcome("finished", None, None)),
        (json!({"reason": "process_gone"}), 3, outcome("gone", None, Some("process_gone"))),
        (json!({"exit_code": -1}), 255, outcome("finished", Some(-1), None)),
    ] {
        let start = format!("2026-01-02T03:04:0{}Z", code % 8);
        scene.event("one", "session_start", json!({"timestamp": start})).await;
        let (ended, said) = waited(&scene, &["wait", "one", "--json"], "session_stop", stop.clone()).await;
        assert_eq!((ended, said), (Some(code), outcome.clone()), "{stop}");
        // Who comes late is told the same.
        let late = scene.run(&["wait", "one", "--json"]).await;
        assert_eq!((late.code, late.stdout), (Some(code), outcome), "{stop}");
        let deleted = scene.run(&["delete", "one", "--yes"]).await;
        assert_eq!(deleted.code, Some(0), "{deleted:#?}");
    }
}

#[tokio::test]
async fn it_is_readable_too() {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    scene.event("one", "session_stop", json!({"exit_code": 2, "reason": "logout"})).await;
    let ended = scene.run(&["wait", "one"]).await;
    assert_eq!((ended.code, ended.stdout), (Some(2), vec!["finished, exit code 2 (logout)".to_owned()]));
}

#[tokio::test]
async fn a_turn_ends_with_its_stop_and_is_over_until_the_next_begins() {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    let words = ["wait", "one", "--turn", "--json"];
    let ended = waited(&scene, &words, "stop", json!({})).await;
    assert_eq!(ended, (Some(0), outcome("turn_ended", None, None)));
    scene.event("one", "notification", json!({})).await;
    let over = scene.run(&words).await;
    assert_eq!((over.code, over.stdout), (Some(0), outcome("turn_ended", None, None)));
    scene.event("one", "message", json!({"role": "user"})).await;
    let late = scene.run(&["wait", "one", "--turn", "--timeout", "0.1"]).await;
    assert_eq!(late.code, Some(124), "{late:#?}");
    let ended = waited(&scene, &words, "session_stop", json!({"exit_code": 4})).await;
    assert_eq!(ended, (Some(4), outcome("finished", Some(4), None)));
}

/// A document of Claude Code in the session `one`.
async fn document(scene: &Scene, event: &str, more: Value) {
    let mut document = json!({"session_id": "one", "cwd": "/work/tea", "hook_event_name": event});
    document.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    let request = scene.server.http.post(scene.server.url("/hooks/claude-code")).json(&document);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn an_agents_turn_ends_when_it_rests_however_it_came_to() {
    for (last, more) in [("StopFailure", json!({"error": "overloaded"})), ("Interrupt", json!({})), ("Stop", json!({}))]
    {
        let scene = Scene::new().await;
        document(&scene, "UserPromptSubmit", json!({"prompt": "Go"})).await;
        let running = scene.command(&["wait", "one", "--turn"]).spawn();
        scene.followed().await;
        document(&scene, "Stop", json!({"background_tasks": [{"id": "b1", "type": "shell"}]})).await;
        document(&scene, "PreToolUse", json!({"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t1"})).await;
        assert!(running.alive(), "a task in the background goes on");
        document(&scene, last, more).await;
        assert_eq!(running.ended().await.code, Some(0), "{last}");
    }
}

#[tokio::test]
async fn what_a_person_writes_beside_an_agent_begins_no_turn() {
    let scene = Scene::new().await;
    document(&scene, "UserPromptSubmit", json!({"prompt": "Go"})).await;
    document(&scene, "Stop", json!({})).await;
    scene.lines(&["send", "one", "Well done"]).await;
    assert_eq!(scene.run(&["wait", "one", "--turn", "--timeout", "20"]).await.code, Some(0));
}

#[tokio::test]
async fn a_stop_ends_no_session() {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    let running = scene.command(&["wait", "one"]).spawn();
    scene.followed().await;
    scene.event("one", "stop", json!({})).await;
    scene.event("one", "session_stop", json!({"exit_code": 6})).await;
    assert_eq!(running.ended().await.code, Some(6));
}

#[tokio::test]
async fn an_end_that_came_too_late_ends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let session = |status: &str| json!({"session_id": "one", "session_name": "", "status": status, "created_at": ""});
    let message = |kind: &str, message: Value| format!("id: e:1\nevent: {kind}\ndata: {message}\n\n");
    let stop = |code: i64| {
        let event = json!({"id": 1, "event_type": "session_stop", "session_id": "one", "session_name": "",
            "timestamp": "", "exit_code": code});
        message("event", json!({"type": "event", "data": event}))
    };
    let begin = message("init", json!({"sessions": [session("running")]}));
    let updated = message("session_updated", json!({"session": session("finished")}));
    let stream = [begin, stop(1), updated, stop(2)].concat();
    let command = Launch::bare(fresh_folder()).arguments(["wait", "one", "--url", &url]).spawn();
    for body in [json!({"session": session("running")}).to_string(), stream] {
        answer(&listener, &body).await;
    }
    let ended = command.ended().await;
    assert_eq!((ended.code, ended.stdout), (Some(2), vec!["finished, exit code 2".to_owned()]));
}

#[tokio::test]
async fn it_outlives_a_restart_of_the_server() {
    let mut scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    let mut waiting = scene.command(&["wait", "one"]).spawn();
    scene.followed().await;
    scene.server = restarted(scene.server, None).await;
    // It ends while nobody waits.
    scene.event("one", "session_stop", json!({"exit_code": 9})).await;
    waiting.logged("connected again").await;
    assert_eq!(waiting.ended().await.code, Some(9));
}

#[tokio::test]
async fn time_is_up_has_an_exit_code_of_its_own() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let ended = scene.run(&["wait", "one", "--timeout", "0.2s", "--json"]).await;
    assert_eq!((ended.code, ended.failure()), (Some(124), "'one': it has not finished within 0.2 seconds"));
    assert_eq!(ended.stdout, outcome("timed_out", None, None));
}

#[tokio::test]
async fn a_session_that_is_deleted_meanwhile_is_unknown() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let running = scene.command(&["wait", "one"]).spawn();
    scene.followed().await;
    assert_eq!(scene.run(&["delete", "one", "--yes"]).await.code, Some(0));
    let ended = running.ended().await;
    assert_eq!((ended.code, ended.failure()), (Some(4), "'one' was deleted"));
}

#[tokio::test]
async fn ctrl_c_ends_it_without_a_word() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let running = scene.command(&["wait", "one"]).spawn();
    scene.followed().await;
    running.signal("INT");
    let ended = running.ended().await;
    assert_eq!((ended.code, ended.stdout.len(), ended.stderr.len()), (Some(130), 0, 0), "{ended:#?}");
}
