//! What set-up wrote, run as an agent runs it: a session appears on the server.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::machine::{Machine, hooks};
use crate::process::Launch;

#[tokio::test]
async fn the_command_of_an_entry_records_a_session() {
    let machine = Machine::with_home("it's my home");
    let server = Launch::on(machine.folder.clone()).start().await;
    machine.must(&format!("setup --server {} --yes", server.url(""))).await;
    machine.must("setup claude-code --yes").await;
    machine.must("setup claude-code --scope project --yes").await;
    machine.must("setup codex --yes").await;
    let project = machine.folder.path().join(".claude/settings.json");
    let project: Value = serde_json::from_slice(&std::fs::read(project).expect("read")).expect("JSON");
    let files = [machine.json(".claude/settings.json"), project, machine.json(".codex/hooks.json")];
    for (number, file) in files.iter().enumerate() {
        let (_, handler) = hooks(file).into_iter().find(|(event, _)| event == "SessionStart").expect("an entry");
        let id = format!("session-{number}");
        let document =
            json!({"session_id": id, "cwd": "/work", "hook_event_name": "SessionStart", "source": "startup"});
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(handler["command"].as_str().expect("text")).env_clear();
        shell.env("HOME", machine.path("")).env("XDG_CONFIG_HOME", machine.folder.path().join("config"));
        // Long enough for the busiest machine.
        shell.env("AGENT_RUNTIME_HOOK_PATIENCE_MS", "20000").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.stderr(Stdio::piped()).spawn().expect("a shell");
        shell.stdin.take().expect("a pipe").write_all(document.to_string().as_bytes()).expect("written");
        let output = shell.wait_with_output().expect("ended");
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
        let answer = server.http.get(server.url(&format!("/sessions/{id}/status"))).send().await.expect("an answer");
        let status: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(status["status"], "running", "{handler}");
    }
    server.stop().await;
}
