//! The words of agents, which stand in files of this machine: which are read, and that a kill loses none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::process::{Launch, Process};

/// Where Claude Code keeps the words of the session `s`, under a folder of its own.
fn transcript(folder: &Path) -> PathBuf {
    let project = folder.join("projects/-work-tea");
    fs::create_dir_all(&project).expect("a folder");
    project.join("s.jsonl")
}

fn say(transcript: &Path, words: &str) {
    say_in("/work/tea", transcript, words);
}

fn say_in(folder: &str, transcript: &Path, words: &str) {
    let line = json!({"type": "assistant", "uuid": words, "cwd": folder, "timestamp": "2025-12-03T10:00:00Z",
        "message": {"role": "assistant", "content": [{"type": "text", "text": words}]}});
    let mut file = fs::OpenOptions::new().create(true).append(true).open(transcript).expect("opened");
    file.write_all(format!("{line}\n").as_bytes()).expect("written");
}

async fn stop_of_turn(server: &Process, transcript: &Path) {
    let document = json!({"session_id": "s", "hook_event_name": "Stop", "transcript_path": transcript});
    let answer = server.http.post(server.url("/hooks/claude-code")).json(&document).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

/// The values at `pointer` of the session's events of a type, once there are as many.
async fn told(server: &Process, event_type: &str, pointer: &str, count: usize) -> Vec<Value> {
    let path = format!("/sessions/s/events?event_type={event_type}");
    // From the beginning, so that every event there is or comes wakes who waits here.
    let mut live = server.http.get(server.url("/stream?since=0")).send().await.expect("an answer");
    loop {
        let answer = server.http.get(server.url(&path)).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        let events = answer["events"].as_array().into_iter().flatten();
        let told: Vec<Value> = events.filter_map(|event| event.pointer(pointer).cloned()).collect();
        if told.len() >= count {
            return told;
        }
        live.chunk().await.expect("the stream goes on");
    }
}

/// The assistant's texts, once there are as many.
async fn texts(server: &Process, count: usize) -> Vec<Value> {
    told(server, "message", "/content/0/text", count).await
}

#[tokio::test]
async fn a_kill_loses_no_words_though_no_document_follows() {
    let launch = Launch::new();
    let folder = launch.folder();
    let transcript = transcript(&folder.path().join("home/.claude"));
    say(&transcript, "before");
    let server = launch.start().await;
    stop_of_turn(&server, &transcript).await;
    assert_eq!(texts(&server, 1).await, ["before"]);
    server.kill().await;
    say(&transcript, "after");
    let server = Launch::on(folder).start().await;
    assert_eq!(texts(&server, 2).await, ["before", "after"]);
    server.stop().await;
}

#[tokio::test]
async fn what_is_said_in_an_ignored_folder_is_not_recorded() {
    let launch = Launch::new().variable("AGENT_RUNTIME_IGNORE", "/clients/*");
    let transcript = transcript(&launch.folder().path().join("home/.claude"));
    say(&transcript, "before");
    say_in("/clients/a", &transcript, "a client's secret");
    // Lines that tell no folder are of the last that was told.
    let title = json!({"type": "ai-title", "aiTitle": "A client's name"});
    fs::OpenOptions::new()
        .append(true)
        .open(&transcript)
        .and_then(|mut file| writeln!(file, "{title}"))
        .expect("written");
    let server = launch.start().await;
    stop_of_turn(&server, &transcript).await;
    assert_eq!(texts(&server, 1).await, ["before"]);
    say(&transcript, "after");
    stop_of_turn(&server, &transcript).await;
    assert_eq!(texts(&server, 2).await, ["before", "after"]);
    let session =
        server.http.get(server.url("/sessions/s")).send().await.expect("an answer").text().await.expect("text");
    assert!(!session.contains("client"), "{session}");
    server.stop().await;
}

#[tokio::test]
async fn files_are_read_where_agents_keep_them_and_where_it_is_said() {
    for (variable, value, is_read) in [
        ("CLAUDE_CONFIG_DIR", "elsewhere", true),
        ("AGENT_RUNTIME_TRANSCRIPTS", "/nowhere, elsewhere", true),
        ("AGENT_RUNTIME_TRANSCRIPTS", "/nowhere", false),
    ] {
        let launch = Launch::new();
        let elsewhere = launch.folder().path().join("elsewhere");
        let transcript = transcript(&elsewhere);
        say(&transcript, "words");
        let value = value.replace("elsewhere", &elsewhere.display().to_string());
        let server = launch.variable(variable, value).start().await;
        stop_of_turn(&server, &transcript).await;
        if is_read {
            assert_eq!(texts(&server, 1).await, ["words"], "{variable}");
        } else {
            let reason = told(&server, "transcript_unavailable", "/reason", 1).await.remove(0);
            assert!(reason.as_str().is_some_and(|reason| reason.contains("`transcripts`")), "{reason}");
        }
        server.stop().await;
    }
}
