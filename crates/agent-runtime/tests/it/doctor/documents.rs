//! What became of documents: those that wait, those that were refused, and what was missing in them.

use serde_json::{Value, json};

use super::{examine, hook, machine, nobody};
use crate::disk_full::Disk;
use crate::process::Process;

fn document(event: &str) -> Value {
    json!({"session_id": "s", "hook_event_name": event, "cwd": "/work"})
}

#[tokio::test]
async fn documents_that_wait_are_told_and_those_for_another_server_are_a_problem() {
    let machine = machine();
    let (here, elsewhere) = (nobody(), nobody());
    hook(&machine, &here, "claude-code", &document("Stop")).await;
    let said = examine(&machine, &here).await;
    assert_eq!(said.mended_by("spool.waiting"), ("note", "agent-runtime spool flush"));
    said.must("spool.waiting", "note", "1 documents");
    let said = examine(&machine, &elsewhere).await;
    let command = format!("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL='{here}' agent-runtime spool flush");
    assert_eq!(said.mended_by("spool.waiting"), ("problem", command.as_str()));
}

#[tokio::test]
async fn a_full_disk_is_told_where_no_log_could_tell_it() {
    let machine = machine();
    machine.write(".local/state/neighbour", "");
    let Some(disk) = Disk::mount(&machine.path(".local/state/agent-runtime"), 64 * 1024 * 1024) else { return };
    let here = nobody();
    assert!(!examine(&machine, &here).await.has("folders.room"), "there is room");
    disk.fill("rest", None);
    hook(&machine, &here, "claude-code", &document("Stop")).await;
    examine(&machine, &here).await.must("folders.room", "problem", "the disk is full");
}

#[tokio::test]
async fn documents_that_were_refused_are_told_with_the_reason() {
    let machine = machine();
    let server = machine.launch("serve --port 0").start().await;
    let url = server.url("");
    hook(&machine, &url, "claude-code", &json!({"hook_event_name": "Stop"})).await;
    let said = examine(&machine, &url).await;
    said.must("spool.rejected", "problem", "because of: 400");
    assert_eq!(said.of("spool.rejected")["figures"]["documents"], 1);
    server.stop().await;
}

#[tokio::test]
async fn what_hooks_complained_of_is_told_for_a_day() {
    let machine = machine();
    machine.write(".local/state/agent-runtime/hook.log", "2020-01-01T00:00:00.000000+00:00 long ago\n");
    examine(&machine, &nobody()).await.must("hooks.log", "ok", "nothing");
    machine.write(".local/state/agent-runtime/hook.log", "2999-01-01T00:00:00.000000+00:00 the disk is full\n");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.log", "note", "hooks complained 1 times");
    said.must("hooks.log", "note", "the disk is full");
}

#[tokio::test]
async fn documents_that_are_lost_are_a_problem() {
    let machine = machine();
    let line = |words: &str| format!("2999-01-01T00:00:00.000000+00:00 {words}\n");
    let log = [line("nothing recorded: the spool cannot be used"), line("recorded, but documents wait")].concat();
    machine.write(".local/state/agent-runtime/hook.log", &log);
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.log", "problem", "hooks lost something 1 times");
    said.must("hooks.log", "problem", "the spool cannot be used");

    // One that is too long is counted, and stays a problem until somebody has seen it.
    let here = nobody();
    hook(&machine, &here, "claude-code", &json!({"session_id": "s", "text": "x".repeat(64 * 1024 * 1024)})).await;
    let said = examine(&machine, &here).await;
    said.must("spool.dropped", "problem", "1 documents");
    let (_, command) = said.mended_by("spool.dropped");
    let mended = std::process::Command::new("sh").args(["-c", command]).status().expect("a shell");
    assert!(mended.success());
    assert!(!examine(&machine, &here).await.has("spool.dropped"));
}

async fn add(server: &Process, event: Value) {
    let answer = server.http.post(server.url("/sessions/s/events")).json(&event).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
}

#[tokio::test]
async fn what_is_missing_in_the_newest_session_is_told() {
    let machine = machine();
    let server = machine.launch("serve --port 0").start().await;
    let url = server.url("");
    let mut call = document("PreToolUse");
    call["tool_name"] = json!("Bash");
    call["tool_use_id"] = json!("one");
    hook(&machine, &url, "claude-code", &call).await;
    hook(&machine, &url, "claude-code", &document("SessionEnd")).await;
    let said = examine(&machine, &url).await;
    said.must("session.words", "note", "the agent said nothing");
    said.must("session.start", "note", "its start was not reported");
    said.must("session.prompt", "note", "no prompt was reported");
    said.must("session.tools", "note", "1 tool calls never came back");
    assert!(!said.has("session.complete") && !said.has("session.end"));
    let event = |event_type: &str, more: &str| {
        json!({"event_type": event_type, "session_id": "s", "session_name": "s", "timestamp": "2999-01-01T00:00:00Z",
            "reason": more})
    };
    add(&server, event("transcript_unavailable", "not found")).await;
    add(&server, event("session_stop", "process_gone")).await;
    let said = examine(&machine, &url).await;
    said.must("session.words", "note", "could not be read (not found)");
    said.must("session.end", "note", "its process was gone");
    server.stop().await;
}

#[tokio::test]
async fn an_agent_that_spoke_long_ago_has_spoken_and_one_that_never_did_has_not() {
    let machine = machine();
    let server = machine.launch("serve --port 0").start().await;
    let url = server.url("");
    hook(&machine, &url, "claude-code", &json!({"session_id": "s", "hook_event_name": "SessionStart"})).await;
    let event = |event_type: &str, year: u32, role: Option<&str>| {
        json!({"event_type": event_type, "session_id": "s", "session_name": "s", "role": role, "content": [],
            "timestamp": format!("{year}-01-01T00:00:00Z")})
    };
    let many = format!("{}\n", event("notification", 2999, None)).repeat(400);
    let ingest = server.http.post(server.url("/ingest")).header("content-type", "application/x-ndjson").body(many);
    assert_eq!(ingest.send().await.expect("an answer").status().as_u16(), 200);
    add(&server, event("session_stop", 2999, None)).await;
    let said = examine(&machine, &url).await;
    said.must("session.words", "note", "the agent said nothing");
    said.must("session.prompt", "note", "no prompt was reported");
    // Behind all those events.
    for role in ["user", "assistant"] {
        add(&server, event("message", 2998, Some(role))).await;
    }
    let said = examine(&machine, &url).await;
    assert!(!said.has("session.words") && !said.has("session.prompt"), "{:#}", said.document);
    said.must("session.complete", "ok", "");
    server.stop().await;
}
