//! `sessions`.

use serde_json::json;

use super::Scene;
use crate::terminal::Terminal;

/// A parent with a child, a finished session, and one that did something last.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.session("parent-0001", "Fix the build", json!({"project_dir": "/work/a", "agent_name": "claude-code"})).await;
    scene.session("parent-0001:sub", "explore", json!({"parent_session_id": "parent-0001"})).await;
    scene.session("done-0001", "Old \u{1b}[31mwork", json!({"agent_name": "codex"})).await;
    scene.event("done-0001", "session_stop", json!({"timestamp": "2026-01-01T00:00:00Z"})).await;
    scene.session("last-0001", "Docs", json!({"project_dir": "/work/b"})).await;
    scene.event("last-0001", "message", json!({"timestamp": "9998-01-01T00:00:00Z"})).await;
    scene
}

#[tokio::test]
async fn a_piped_table_is_plain_whole_and_what_runs_comes_first() {
    let scene = scene().await;
    let table = scene.lines(&["sessions"]).await;
    assert!(table.iter().all(|line| !line.contains(['\t', '\u{1b}'])), "{table:#?}");
    let words: Vec<Vec<&str>> = table.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["STATE", "NAME", "ID", "AGENT", "FOLDER", "EVENTS", "LAST"]);
    assert_eq!(words[1], ["running", "Docs", "last-0001", "/work/b", "1", "0s"]);
    assert_eq!(words[2][..6], ["running", "Fix", "the", "build", "parent-0001", "claude-code"]);
    assert_eq!(words[3][..4], ["running", "└", "explore", "parent-0001:sub"], "children under their parents");
    assert_eq!(words[4][..4], ["finished", "Old", "␛[31mwork", "done-0001"], "controls are shown, not obeyed");
    assert_eq!(table.len(), 5);
}

#[tokio::test]
async fn json_is_the_sessions_as_the_server_sent_them_in_the_same_order() {
    let scene = scene().await;
    let documents = scene.documents(&["sessions", "--json"]).await;
    let ids: Vec<_> = documents.iter().map(|session| session["session_id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["last-0001", "parent-0001", "parent-0001:sub", "done-0001"]);
    for session in &documents {
        let id = session["session_id"].as_str().expect("an id");
        let answer = scene.server.http.get(scene.server.url(&format!("/sessions/{id}"))).send().await;
        let answer: serde_json::Value = answer.expect("an answer").json().await.expect("JSON");
        assert_eq!(*session, answer["session"]);
    }
}

#[tokio::test]
async fn filters_and_a_limit_say_less() {
    let scene = scene().await;
    let ids = async |words: &[&str]| {
        let words: Vec<&str> = ["sessions", "--json"].iter().chain(words).copied().collect();
        let documents = scene.documents(&words).await;
        documents.iter().map(|one| one["session_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--status", "finished"]).await, ["done-0001"]);
    assert_eq!(ids(&["--agent", "claude-code"]).await, ["parent-0001"]);
    assert_eq!(ids(&["--project", "/work/b/"]).await, ["last-0001"]);
    assert_eq!(ids(&["--text", "EXPLORE"]).await, ["parent-0001:sub"]);
    assert_eq!(ids(&["--limit", "2"]).await, ["last-0001", "parent-0001"]);
    assert_eq!(ids(&["--project", "."]).await, [""; 0]);
}

#[tokio::test]
async fn a_session_of_hooks_is_found_by_its_agent() {
    let scene = Scene::new().await;
    let document = json!({"session_id": "one", "hook_event_name": "UserPromptSubmit", "prompt": "Mend it"});
    scene.post("/hooks/codex", &document).await;
    scene.session("other", "Other", json!({"agent_name": "mine"})).await;
    let table = scene.lines(&["sessions", "--agent", "codex"]).await;
    assert_eq!(table.len(), 2, "{table:#?}");
    let words: Vec<&str> = table[1].split_whitespace().collect();
    assert_eq!(words[..5], ["working", "Mend", "it", "one", "codex"]);
    let ended = scene.run(&["sessions", "--agent", "nobody"]).await;
    assert_eq!(ended.stderr, ["agent-runtime: no sessions that fit"]);
}

#[tokio::test]
async fn a_relative_folder_is_meant_from_here() {
    let scene = Scene::new().await;
    let launch = scene.command(&["sessions", "--json", "--project", "./sub/"]);
    scene.session("here", "here", json!({"project_dir": launch.folder().path().join("sub")})).await;
    scene.session("there", "there", json!({"project_dir": "sub"})).await;
    let ended = launch.run().await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 1), "{ended:#?}");
}

#[tokio::test]
async fn on_a_terminal_it_fits_is_coloured_and_ids_are_as_short_as_they_can_be() {
    let scene = scene().await;
    scene.session("0123456789-0123456789-a", &"long ".repeat(60), json!({"project_dir": "/work".repeat(30)})).await;
    let (code, shown) = Terminal::new(70).run(scene.command(&["sessions"])).await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\u{1b}[32mrunning\u{1b}[0m"), "{shown}");
    assert!(!shown.contains("0123456789") && shown.contains("01234567"), "{shown}");
    let plain = without_colours(&shown);
    assert!(plain.lines().all(|line| line.chars().count() <= 70), "{plain}");
    let (code, shown) = Terminal::new(70).run(scene.command(&["sessions"]).variable("NO_COLOR", "1")).await;
    assert_eq!((code, shown.as_str()), (Some(0), plain.as_str()));
    scene.session("control", "a\u{9b}31mb", json!({})).await;
    let (_, shown) = Terminal::new(70).run(scene.command(&["sessions", "--json", "--text", "control"])).await;
    assert!(shown.contains("\"a\\u009b31mb\"") && !shown.contains('\u{1b}'), "{shown}");
    assert!(scene.lines(&["sessions", "--json", "--text", "control"]).await[0].contains('\u{9b}'), "whole in a pipe");
}

#[tokio::test]
async fn a_short_id_of_a_subagent_is_one_that_can_be_typed() {
    let scene = Scene::new().await;
    let parent = "3f2a1111-aaaa-4bbb-8ccc-000000000001";
    scene.session(parent, "one", json!({})).await;
    for own in ["a0123456789abcdef", "a0123456700000000"] {
        let more = json!({"parent_session_id": parent});
        scene.session(&format!("{parent}:{own}"), "sub", more).await;
    }
    let (_, shown) = Terminal::new(80).run(scene.command(&["sessions"]).variable("NO_COLOR", "1")).await;
    for short in ["3f2a1111:a012345670", "3f2a1111:a012345678"] {
        assert!(shown.lines().any(|line| line.split_whitespace().any(|word| word == short)), "{short}: {shown}");
    }
    let found = scene.documents(&["show", "3f2a1111:a012345678", "--json"]).await;
    assert_eq!(found[0]["session_id"], format!("{parent}:a0123456789abcdef"));
    let ended = scene.run(&["delete", "3f2a1111:a01", "--yes"]).await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.failure().contains("names 2 sessions"), "{ended:#?}");
}

#[tokio::test]
async fn a_terminal_is_shown_what_matters_and_told_of_the_rest() {
    let scene = Scene::new().await;
    for number in 0..52 {
        scene.session(&format!("s{number}"), "", json!({})).await;
    }
    let (_, shown) = Terminal::new(80).run(scene.command(&["sessions"])).await;
    assert_eq!(shown.lines().count(), 1 + 50 + 1, "{shown}");
    assert!(shown.ends_with("agent-runtime: 2 more: --all shows them\n"), "{shown}");
    let (_, shown) = Terminal::new(80).run(scene.command(&["sessions", "--all"])).await;
    assert_eq!(shown.lines().count(), 1 + 52, "{shown}");
    assert_eq!(scene.lines(&["sessions"]).await.len(), 1 + 52);
}

#[tokio::test]
async fn an_empty_list_says_so_on_stderr_alone() {
    let scene = Scene::new().await;
    let ended = scene.run(&["sessions"]).await;
    assert_eq!((ended.code, ended.stdout.len(), ended.failure()), (Some(0), 0, "no sessions yet"));
    let ended = scene.run(&["sessions", "--text", "x", "--json"]).await;
    assert_eq!((ended.code, ended.stdout.len(), ended.stderr.len()), (Some(0), 0, 0));
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}
