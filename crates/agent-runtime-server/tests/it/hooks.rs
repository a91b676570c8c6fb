//! Agents' own documents, over the wire.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use agent_runtime_server::config::{Processes, Spool};
use agent_runtime_types::report::Process;
use serde_json::{Value, json};

use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{Answer, TestServer, encode};

/// A document of Claude Code in the session `s`.
pub(crate) fn document(event: &str, more: &Value) -> Value {
    let mut document = json!({
        "session_id": "s", "transcript_path": "/nowhere/s.jsonl", "cwd": "/home/someone/projects/site",
        "hook_event_name": event, "permission_mode": "default",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    document
}

/// What our own command says of a document that came at this second.
pub(crate) fn envelope(second: u32) -> Value {
    json!({"id": format!("envelope {second}"), "at": format!("2025-12-03T10:{:02}:{:02}.000000+00:00", second / 60, second % 60),
        "host": "here", "pid": 4711, "process_started": 99})
}

pub(crate) async fn hook(server: &TestServer, second: u32, document: &Value) -> Answer {
    let request = server.http.post(server.url("/hooks/claude-code")).json(document);
    server.send(request.header("x-agent-runtime-envelope", envelope(second).to_string())).await
}

pub(crate) async fn heard(server: &TestServer, second: u32, document: &Value) {
    assert_eq!(succeeded(&hook(server, second, document).await), json!({"ok": true}));
}

pub(crate) async fn session(server: &TestServer, id: &str) -> Value {
    succeeded(&server.get(&format!("/sessions/{}", encode(id))).await)["session"].clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event_type"].as_str().expect("a type")).collect()
}

#[tokio::test]
async fn a_run_becomes_a_session_with_its_words_and_tools() {
    let server = TestServer::start().await;
    let mut live = server.ws("").await;
    live.next().await;
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_use_id": "toolu_1"});
    let returned = json!({"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_use_id": "toolu_1",
        "tool_response": {"stdout": "built", "exit": 12_345_678_901_234_567_890_u64}, "duration_ms": 12});
    heard(&server, 1, &document("SessionStart", &json!({"source": "startup", "model": "claude-test"}))).await;
    heard(&server, 2, &document("UserPromptSubmit", &json!({"prompt": "Build the site, please"}))).await;
    heard(&server, 3, &document("PreToolUse", &bash)).await;
    heard(&server, 4, &document("PostToolUse", &returned)).await;
    heard(&server, 5, &document("Stop", &json!({"background_tasks": []}))).await;
    heard(&server, 6, &document("SessionEnd", &json!({"reason": "prompt_input_exit"}))).await;

    let events = server.events("s").await;
    assert_eq!(types(&events), ["session_start", "message", "pre_tool", "post_tool", "stop", "session_stop"]);
    assert_eq!(events[1]["content"][0]["text"], "Build the site, please");
    assert_eq!(events[3]["tool_output"], returned["tool_response"], "values come back as the agent wrote them");
    assert_eq!((&events[3]["duration_ms"], &events[3]["tool_use_id"]), (&json!(12), &json!("toolu_1")));
    let session = session(&server, "s").await;
    let shown = ["session_name", "status", "source", "host", "model", "project_dir", "ended_at"];
    assert_eq!(
        json!(shown.map(|key| session[key].clone())),
        json!([
            "Build the site, please",
            "finished",
            "claude-code",
            "here",
            "claude-test",
            "/home/someone/projects/site",
            "2025-12-03T10:00:06.000000+00:00"
        ])
    );
    assert_eq!(session["activity"]["state"], "ended");
    let mut states = Vec::new();
    while states.len() < 6 {
        let message = live.next().await;
        if let Some(activity) = message.get("activity") {
            states.push(json!([activity["state"], activity["tool"]]));
        }
    }
    let expected = json!([
        ["idle", null],
        ["working", null],
        ["working", "Bash"],
        ["working", null],
        ["idle", null],
        ["ended", null]
    ]);
    assert_eq!(json!(states), expected);
}

#[tokio::test]
async fn copies_and_replays_are_stored_once_and_repeats_are_not_copies() {
    let server = TestServer::start().await;
    let asks = document("Notification", &json!({"message": "May I?", "notification_type": "permission_prompt"}));
    heard(&server, 9, &asks).await;
    heard(&server, 10, &asks).await;
    heard(&server, 9, &asks).await;
    assert_eq!(types(&server.events("s").await), ["notification"], "a copy of another settings file, and a replay");
    heard(&server, 75, &asks).await;
    assert_eq!(types(&server.events("s").await), ["notification"; 2]);
    let tool = document("PreToolUse", &json!({"tool_name": "Read", "tool_input": {}, "tool_use_id": "toolu_9"}));
    heard(&server, 80, &tool).await;
    heard(&server, 300, &tool).await;
    assert_eq!(types(&server.events("s").await).len(), 3, "where a call has an id, it decides");
}

#[tokio::test]
async fn the_same_prompt_in_two_turns_is_two_prompts_and_its_copies_are_none() {
    let server = TestServer::start().await;
    let prompt = document("UserPromptSubmit", &json!({"prompt": "go on"}));
    let stop = document("Stop", &json!({"last_assistant_message": "Done."}));
    // Each document twice, as from two settings files; both turns within the time in which copies are looked for.
    for (second, said) in [(1, &prompt), (1, &prompt), (2, &stop), (2, &stop), (3, &prompt), (3, &prompt)] {
        heard(&server, second, said).await;
    }
    assert_eq!(types(&server.events("s").await), ["message", "message", "stop", "message"]);
    assert_eq!(session(&server, "s").await["activity"]["state"], "working");
    for (second, said) in [(4, &stop), (4, &stop), (1, &prompt), (3, &prompt)] {
        heard(&server, second, said).await;
    }
    let types = types(&server.events("s").await).join(" ");
    assert_eq!(types, "message message stop message message stop", "the answers come from the ends of the turns");
    assert_eq!(session(&server, "s").await["activity"]["state"], "idle");
}

#[tokio::test]
async fn the_end_of_a_task_in_the_background_begins_a_turn_of_its_own() {
    let server = TestServer::start().await;
    let stop = document("Stop", &json!({"last_assistant_message": "Done."}));
    let notified = document("UserPromptSubmit", &json!({"prompt": "<task-notification>done</task-notification>"}));
    for (second, said) in [(1, &stop), (2, &notified), (3, &stop), (3, &stop)] {
        heard(&server, second, said).await;
    }
    let events = server.events("s").await;
    let stops = types(&events).into_iter().filter(|kind| *kind == "stop").count();
    assert_eq!(stops, 2, "{events:?}");
    assert_eq!(session(&server, "s").await["activity"]["state"], "idle");
}

#[tokio::test]
async fn our_own_command_hears_the_truth_and_an_agent_hears_nothing() {
    let server = TestServer::start().await;
    let broken = json!({"hook_event_name": "Stop"});
    assert_refused(&hook(&server, 1, &broken).await, 400, "session_id: ");
    let direct = server.post("/hooks/claude-code", &broken).await;
    assert_eq!((direct.status, direct.text.as_str()), (200, "{}"));
    let direct = server.post_bytes("/hooks/codex", "application/json", "{broken").await;
    assert_eq!((direct.status, direct.text.as_str()), (200, "{}"));
    let direct = server.post("/hooks/codex", &document("SessionStart", &json!({"source": "startup"}))).await;
    assert_eq!((direct.status, direct.text.as_str()), (200, "{}"));
    assert_eq!(session(&server, "s").await["source"], "codex");
    let request = server.http.post(server.url("/hooks/codex")).json(&document("Stop", &json!({})));
    let answer = server.send(request.header("x-agent-runtime-envelope", "{\"id\":1}")).await;
    assert_refused(&answer, 400, "x-agent-runtime-envelope: ");
    assert_refused(&server.post("/hooks/unknown", &broken).await, 404, "Not Found");
}

/// Whoever posts with `curl -d` says `application/x-www-form-urlencoded`, and hears nothing of it.
#[tokio::test]
async fn what_an_agent_sends_itself_may_have_any_type_but_what_a_page_sends_may_not() {
    let server = TestServer::start().await;
    let of = |id: &str| {
        let mut document = document("SessionStart", &json!({"source": "startup"}));
        document["session_id"] = json!(id);
        document.to_string()
    };
    let own = format!("http://{}", server.address);
    let types = ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""];
    for (place, kind) in types.into_iter().enumerate() {
        let id = format!("program-{place}");
        let direct = server.post_bytes("/hooks/claude-code", kind, of(&id)).await;
        assert_eq!((direct.status, direct.text.as_str()), (200, "{}"), "{kind}");
        assert_eq!(session(&server, &id).await["source"], "claude-code", "{kind}");
        let request =
            |id: &str| server.http.post(server.url("/hooks/claude-code")).body(of(id)).header("content-type", kind);
        // A page on another site is refused whatever it sends; one of our own, or behind a proxy that hides where it
        // comes from, has to say that it sends JSON.
        let foreign = server.send(request("page").header("origin", "http://evil.example")).await;
        assert_eq!(foreign.status, 403, "{kind}");
        server.send(request("page").header("origin", &own)).await;
        server.send(request("page").header("sec-fetch-site", "same-origin")).await;
        let ours = server.send(request("ours").header("x-agent-runtime-envelope", envelope(1).to_string())).await;
        assert_refused(&ours, 415, "Content-Type: ");
    }
    assert_eq!(server.listed("").await.len(), types.len(), "and nothing else was stored");
}

/// Keeps what it is given.
#[derive(Default)]
struct Kept {
    documents: Mutex<Vec<(String, String, Vec<u8>)>>,
    /// The session that waits.
    waits: Option<&'static str>,
}

impl Spool for Kept {
    fn keep(&self, agent: &str, envelope: &str, document: &[u8]) -> std::io::Result<()> {
        self.documents.lock().unwrap().push((agent.into(), envelope.into(), document.to_vec()));
        Ok(())
    }

    fn holds(&self, document: &[u8]) -> bool {
        let document: Value = serde_json::from_slice(document).unwrap();
        self.waits.is_some_and(|waits| document["session_id"] == waits)
    }
}

#[tokio::test]
async fn what_an_agent_sends_itself_is_kept_when_it_cannot_be_stored() {
    let kept = Arc::new(Kept::default());
    let spool: Arc<dyn Spool> = Arc::clone(&kept) as Arc<dyn Spool>;
    let server = TestServer::start_with(|config| config.spool = Some(spool)).await;
    let holder = rusqlite::Connection::open(server.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = document("SessionStart", &json!({"source": "startup"}));
    let direct = server.post("/hooks/claude-code", &start).await;
    assert_eq!((direct.status, direct.text.as_str()), (200, "{}"));
    assert_refused(&hook(&server, 1, &start).await, 503, "the database");
    holder.execute_batch("ROLLBACK").unwrap();
    let kept = kept.documents.lock().unwrap();
    let (agent, envelope, document) = kept.first().expect("it was kept");
    assert_eq!((kept.len(), agent.as_str()), (1, "claude-code"), "our own command keeps its documents itself");
    assert_eq!(serde_json::from_slice::<Value>(document).unwrap(), start);
    assert!(serde_json::from_str::<Value>(envelope).unwrap()["at"].is_string());
}

#[tokio::test]
async fn what_an_agent_sends_itself_does_not_overtake_what_waits_of_its_session() {
    let kept = Arc::new(Kept { waits: Some("s"), ..Kept::default() });
    let spool: Arc<dyn Spool> = Arc::clone(&kept) as Arc<dyn Spool>;
    let server = TestServer::start_with(|config| config.spool = Some(spool)).await;
    let start = document("SessionStart", &json!({"source": "startup"}));
    let mut other = start.clone();
    other["session_id"] = json!("t");
    for document in [&start, &other] {
        let direct = server.post("/hooks/claude-code", document).await;
        assert_eq!((direct.status, direct.text.as_str()), (200, "{}"));
    }
    assert_refused(&server.get("/sessions/s").await, 404, "Session not found");
    assert_eq!(session(&server, "t").await["source"], "claude-code", "another session need not wait");
    let documents: Vec<Vec<u8>> = kept.documents.lock().unwrap().iter().map(|(_, _, bytes)| bytes.clone()).collect();
    assert_eq!(documents, [start.to_string().into_bytes()]);
    // What waited comes with an envelope, and is what the others wait for.
    heard(&server, 1, &start).await;
    assert_eq!(session(&server, "s").await["source"], "claude-code");
}

#[tokio::test]
async fn what_an_agent_sends_itself_finds_room_when_other_bodies_take_it_all() {
    let server = TestServer::start_with(|config| config.limits.bodies_in_flight_bytes = 0).await;
    let start = document("SessionStart", &json!({"source": "startup"}));
    assert_refused(&hook(&server, 1, &start).await, 503, "the server is busy");
    let direct = server.post("/hooks/claude-code", &start).await;
    assert_eq!((direct.status, direct.text.as_str()), (200, "{}"));
    assert_eq!(session(&server, "s").await["source"], "claude-code");
}

#[tokio::test]
async fn documents_far_longer_than_other_bodies_are_taken_and_their_strings_cut() {
    let server = TestServer::start_with(|config| {
        config.limits.json_body_bytes = 100_000;
        config.limits.hook_body_bytes = 3_000_000;
    })
    .await;
    let returned = |bytes: usize| {
        let more = json!({"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t1",
            "tool_response": {"stdout": "x".repeat(bytes)}});
        document("PostToolUse", &more)
    };
    heard(&server, 1, &returned(2_500_000)).await;
    let stored = server.events("s").await[0].to_string();
    assert!(stored.len() < 500_000, "{} bytes", stored.len());
    assert_refused(&hook(&server, 2, &returned(3_000_000)).await, 413, "body: larger than 3000000 bytes");
    let limits = agent_runtime_server::limits::Limits::default();
    let longest = 64 * 1024 * 1024;
    assert!(limits.hook_body_bytes > longest && limits.spare_bodies_bytes >= limits.hook_body_bytes);
    assert!(limits.bodies_in_flight_bytes > limits.hook_body_bytes);
}

#[tokio::test]
async fn a_spooled_copy_without_its_secrets_is_the_same_when_secrets_are_stored() {
    let server = TestServer::start_with(|config| config.redacts = false).await;
    let secret = format!("ghp_{}", "aB3".repeat(12));
    let prompt = document("UserPromptSubmit", &json!({"prompt": format!("use {secret} for the push")}));
    heard(&server, 1, &prompt).await;
    let first = prompt.to_string();
    let (spooled, _) = agent_runtime_agents::redact::redact(&first);
    assert!(!spooled.contains(&secret), "{spooled}");
    let request = server.http.post(server.url("/hooks/claude-code")).header("content-type", "application/json");
    let request = request.header("x-agent-runtime-envelope", envelope(1).to_string());
    succeeded(&server.send(request.body(spooled.into_owned())).await);
    let events = server.events("s").await;
    assert_eq!(types(&events), ["message"], "{events:?}");
    assert!(events[0].to_string().contains(&secret), "the user wants it stored");
}

#[tokio::test]
async fn secrets_are_taken_out_before_anything_is_stored_and_counted() {
    let server = TestServer::start().await;
    let secret = format!("ghp_{}", "aB3".repeat(12));
    let prompt = document("UserPromptSubmit", &json!({"prompt": format!("use {secret} for the push")}));
    heard(&server, 1, &prompt).await;
    let events = server.events("s").await;
    assert!(!events[0].to_string().contains(&secret), "{events:?}");
    assert!(events[0]["content"][0]["text"].as_str().unwrap().contains("[redacted:"), "{events:?}");
    let metrics = server.get("/metrics").await.text;
    assert!(metrics.contains("agent_runtime_secrets_redacted_total{kind=\"github"), "{metrics}");
}

#[tokio::test]
async fn a_subagent_is_a_session_of_its_own() {
    let server = TestServer::start().await;
    heard(&server, 1, &document("SessionStart", &json!({"source": "startup"}))).await;
    let inside = |event: &str, more: Value| {
        let mut document = document(event, &more);
        document["agent_id"] = json!("a1");
        document["agent_type"] = json!("Explore");
        document
    };
    heard(&server, 2, &inside("PreToolUse", json!({"tool_name": "Grep", "tool_input": {}, "tool_use_id": "t1"}))).await;
    let child = session(&server, "s:a1").await;
    assert_eq!(
        json!([child["parent_session_id"], child["agent_name"], child["status"]]),
        json!(["s", "Explore", "running"])
    );
    heard(&server, 3, &inside("SubagentStop", json!({"agent_transcript_path": "/nowhere/agent-a1.jsonl"}))).await;
    assert_eq!(session(&server, "s:a1").await["status"], "finished");
    let deleted = succeeded(&server.delete("/sessions/s").await);
    assert_eq!(deleted["deleted"]["events_count"], 1);
    assert_refused(&server.get("/sessions/s%3Aa1").await, 404, "Session not found");
    heard(&server, 4, &inside("Stop", json!({}))).await;
    assert_refused(&server.get("/sessions/s%3Aa1").await, 404, "Session not found");
    assert!(server.get("/metrics").await.text.contains("agent_runtime_hook_documents_forgotten_total 1"));
}

/// Processes that are alive until they are killed.
struct Alive(Mutex<bool>);

impl Processes for Alive {
    fn is_alive(&self, process: Process) -> Option<bool> {
        assert_eq!(process, Process { pid: 4711, started: Some(99) });
        Some(*self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn a_process_that_is_gone_ends_its_session_on_its_own_host_only() {
    let alive = Arc::new(Alive(Mutex::new(true)));
    let processes: Arc<dyn Processes> = Arc::clone(&alive) as Arc<dyn Processes>;
    let server = TestServer::start_with(|config| {
        config.host_name = Some("here".into());
        config.processes = Some(processes);
        config.limits.agents_interval = Duration::from_millis(20);
    })
    .await;
    let mut live = server.ws("").await;
    heard(&server, 1, &document("PreToolUse", &json!({"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t"})))
        .await;
    let mut elsewhere = envelope(1);
    elsewhere["host"] = json!("there");
    let mut there = document("PreToolUse", &json!({"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t"}));
    there["session_id"] = json!("t");
    let request = server.http.post(server.url("/hooks/claude-code")).json(&there);
    succeeded(&server.send(request.header("x-agent-runtime-envelope", elsewhere.to_string())).await);
    *alive.0.lock().unwrap() = false;
    loop {
        let message = live.next().await;
        if message["data"]["event_type"] == "session_stop" {
            assert_eq!(
                (&message["data"]["session_id"], &message["data"]["reason"]),
                (&json!("s"), &json!("process_gone"))
            );
            assert_eq!(message["activity"]["state"], "gone");
            break;
        }
    }
    assert_eq!(session(&server, "s").await["status"], "finished");
    assert_eq!(session(&server, "t").await["status"], "running");
}

#[tokio::test]
async fn long_silence_at_work_is_told_without_an_event() {
    let server = TestServer::start_with(|config| {
        config.limits.agents_interval = Duration::from_millis(20);
    })
    .await;
    heard(&server, 1, &document("UserPromptSubmit", &json!({"prompt": "think"}))).await;
    let mut live = server.ws("").await;
    let mut sessions = live.next().await["sessions"][0].clone();
    while sessions["activity"]["state"] != "stalled" {
        let message = live.next().await;
        assert_eq!(message["type"], "session_updated", "no event is invented: {message}");
        sessions = message["session"].clone();
    }
}

#[tokio::test]
async fn a_failed_tool_is_counted() {
    let server = TestServer::start().await;
    let call = json!({"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t1", "error": "Exit code 2"});
    heard(&server, 1, &document("PostToolUseFailure", &call)).await;
    let events = server.events("s").await;
    assert_eq!((types(&events), &events[0]["error"]), (vec!["post_tool"], &json!("Exit code 2")));
    assert_eq!(session(&server, "s").await["error_count"], 1);
}
