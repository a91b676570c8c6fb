//! The clients that were there before agents reported by themselves: commands and a dashboard that nobody will change.
//! They meet sessions of agents now, and must find everything where it was.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::follow::{keys, types};
use crate::harness::shape::{EVENT_KEYS, SESSION_KEYS, assert_keys, assert_refused, succeeded};
use crate::harness::{Answer, Socket, TestServer, answer_event, encode, event};

/// Where the dashboard comes from.
const DASHBOARD: &str = "http://localhost:3000";

/// What the dashboard sends on a request, and what it needs on the answer.
async fn dashboard(server: &TestServer, method: reqwest::Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = server.http.request(method, server.url(path)).header("origin", DASHBOARD);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = server.send(request).await;
    assert_eq!(answer.headers["access-control-allow-origin"], DASHBOARD, "{path}");
    answer
}

async fn reads(server: &TestServer, path: &str) -> Value {
    succeeded(&dashboard(server, reqwest::Method::GET, path, None).await)
}

/// An agent reports something of the session `agent`, or of its subagent.
async fn report(server: &TestServer, event: &str, more: Value) {
    let mut document = json!({"session_id": "agent", "cwd": "/work/site", "hook_event_name": event});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    succeeded(&server.post("/hooks/claude-code", &document).await);
}

async fn works(server: &TestServer) {
    let call = json!({"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_use_id": "call"});
    let mut back = call.clone();
    back["tool_response"] = json!({"stdout": "built"});
    report(server, "SessionStart", json!({"source": "startup"})).await;
    report(server, "UserPromptSubmit", json!({"prompt": "Build it"})).await;
    report(server, "PreToolUse", call).await;
    report(server, "PostToolUse", back).await;
    report(server, "SubagentStart", json!({"agent_id": "a1", "agent_type": "Explore"})).await;
    report(server, "Notification", json!({"message": "May I?", "notification_type": "permission_prompt"})).await;
}

async fn ends(server: &TestServer) {
    report(server, "Stop", json!({"last_assistant_message": "Built."})).await;
    report(server, "SessionEnd", json!({"reason": "other"})).await;
}

/// Checks a session as those clients know it: each key there, and of the type that it always had.
#[track_caller]
fn check_session(session: &Value) {
    assert_keys(session, &SESSION_KEYS);
    for key in ["session_id", "session_name", "created_at"] {
        assert!(session[key].is_string(), "{key}: {session}");
    }
    for key in ["project_dir", "agent_name", "last_resumed_at"] {
        assert!(session[key].is_string() || session[key].is_null(), "{key}: {session}");
    }
    assert!(session["status"] == "running" || session["status"] == "finished", "{session}");
}

/// Checks an event as those clients know it.
#[track_caller]
fn check_event(event: &Value) {
    let found = keys(event);
    assert!(EVENT_KEYS.iter().all(|key| found.contains(key)), "{event}");
    assert!(event["id"].is_i64(), "{event}");
    for key in ["event_type", "session_id", "session_name", "timestamp"] {
        assert!(event[key].is_string(), "{key}: {event}");
    }
    for (key, is_right) in [("tool_input", Value::is_object as fn(&Value) -> bool), ("content", Value::is_array)] {
        assert!(event[key].is_null() || is_right(&event[key]), "{key}: {event}");
    }
}

/// Checks a live message as the dashboard knows it.
#[track_caller]
fn check_message(message: &Value) {
    let mut known = match message["type"].as_str().expect("a type") {
        "init" => {
            message["sessions"].as_array().expect("sessions").iter().for_each(check_session);
            vec!["type", "sessions", "cursor"]
        }
        "event" => {
            check_event(&message["data"]);
            vec!["type", "data", "cursor"]
        }
        "session_created" | "session_updated" => {
            check_session(&message["session"]);
            vec!["type", "session", "cursor"]
        }
        "session_deleted" => vec!["type", "session_id", "cursor"],
        other => panic!("a message of the type {other}"),
    };
    // What an event does to an agent's activity stands beside it.
    if message["type"] == "event" && message.get("activity").is_some() {
        known.push("activity");
    }
    assert_keys(message, &known);
}

async fn take(live: &mut Socket, count: usize) -> Vec<Value> {
    let messages = live.take(count).await;
    messages.iter().for_each(check_message);
    messages
}

#[tokio::test]
async fn the_dashboard_shows_sessions_of_agents_as_it_shows_all() {
    let server = TestServer::start().await;
    works(&server).await;
    let mut live = server.ws("").await;
    let init = &take(&mut live, 1).await[0];
    assert_eq!((&init["type"], init["sessions"].as_array().map(Vec::len)), (&json!("init"), Some(2)));
    let listed = reads(&server, "/sessions").await;
    assert_keys(&listed, &["sessions"]);
    assert_eq!(listed["sessions"], init["sessions"], "the list and the first message say the same");
    for id in ["agent", "agent:a1"] {
        let path = format!("/sessions/{}", encode(id));
        let one = reads(&server, &path).await;
        assert_keys(&one, &["session"]);
        check_session(&one["session"]);
        let events = reads(&server, &format!("{path}/events")).await;
        assert_keys(&events, &["events"]);
        events["events"].as_array().expect("events").iter().for_each(check_event);
        assert_eq!(reads(&server, &format!("/events/{}", encode(id))).await, events);
        assert_eq!(reads(&server, &format!("{path}/status")).await, json!({"status": "running"}));
    }
    ends(&server).await;
    loop {
        let message = &take(&mut live, 1).await[0];
        if message["data"]["event_type"] == "session_stop" && message["data"]["session_id"] == "agent" {
            break;
        }
    }
    assert_eq!(reads(&server, "/sessions/agent/status").await, json!({"status": "finished"}));
    assert_eq!(reads(&server, "/sessions/agent/result").await, json!({"result": "Built."}));
    let renamed = json!({"session_name": "Mine", "agent_name": "builder"});
    let renamed = dashboard(&server, reqwest::Method::PATCH, "/sessions/agent/metadata", Some(&renamed)).await;
    let renamed = succeeded(&renamed);
    assert_keys(&renamed, &["ok", "session"]);
    check_session(&renamed["session"]);
    assert_eq!((&renamed["session"]["session_name"], &renamed["ok"]), (&json!("Mine"), &json!(true)));
    let deleted = succeeded(&dashboard(&server, reqwest::Method::DELETE, "/sessions/agent", None).await);
    assert_keys(&deleted, &["ok", "session_id", "deleted"]);
    assert_keys(&deleted["deleted"], &["session", "events_count"]);
    assert_eq!(json!([deleted["session_id"], deleted["deleted"]["session"]]), json!(["agent", true]));
    let mut gone = Vec::new();
    while gone.len() < 2 {
        let message = take(&mut live, 1).await.remove(0);
        if message["type"] == "session_deleted" {
            gone.push(message["session_id"].clone());
        }
    }
    assert!(gone.contains(&json!("agent")) && gone.contains(&json!("agent:a1")), "{gone:?}");
    assert_eq!(reads(&server, "/sessions").await, json!({"sessions": []}));
}

#[tokio::test]
async fn the_commands_run_a_session_beside_those_of_agents() {
    let server = TestServer::start().await;
    works(&server).await;
    let mut live = server.ws("").await;
    take(&mut live, 1).await;
    let new = json!({"session_id": "own", "session_name": "Own", "project_dir": "/work", "agent_name": "researcher"});
    let created = succeeded(&server.post("/sessions", &new).await);
    assert_keys(&created, &["ok", "session"]);
    check_session(&created["session"]);
    for key in ["session_id", "session_name", "project_dir", "agent_name"] {
        assert_eq!(created["session"][key], new[key]);
    }
    assert_refused(&server.post("/sessions", &new).await, 409, "Session already exists");
    assert_refused(&server.get("/sessions/own/result").await, 400, "Session not finished");
    let mut tool = event("own", "pre_tool", "2025-12-03T10:11:13.5+00:00");
    tool["tool_name"] = json!("Bash");
    tool["tool_input"] = json!({"command": "ls"});
    let mut back = tool.clone();
    (back["event_type"], back["tool_output"]) = (json!("post_tool"), json!("a\nb"));
    let answer = answer_event("own", "Two files.", "2025-12-03T10:11:14+00:00");
    let start = event("own", "session_start", "2025-12-03T10:11:12.123456+00:00");
    let stop = event("own", "session_stop", "2025-12-03T10:11:15Z");
    let sent = [start, tool, back, answer, stop];
    for event in &sent {
        assert_eq!(succeeded(&server.post("/sessions/own/events", event).await), json!({"ok": true}));
    }
    let messages = take(&mut live, 7).await;
    let expected = ["session_created", "event", "event", "event", "event", "session_updated", "event"];
    assert_eq!(types(&messages), expected);
    assert_eq!(server.status("own").await, "finished");
    assert_eq!(succeeded(&server.get("/sessions/own/result").await), json!({"result": "Two files."}));
    let events = server.events("own").await;
    assert_eq!(events.len(), sent.len());
    for (event, sent) in events.iter().zip(&sent) {
        check_event(event);
        assert_eq!(keys(event), EVENT_KEYS.into_iter().collect(), "nothing of an agent's is in it");
        assert!(sent.as_object().unwrap().iter().all(|(key, value)| event[key] == *value), "{event}");
    }
    // The older way, which creates its session by its first event.
    let older = event("older", "session_start", "2025-12-03T10:12:00Z");
    assert_eq!(succeeded(&server.post("/events", &older).await), json!({"ok": true}));
    assert_eq!(types(&take(&mut live, 2).await), ["session_created", "event"]);
    assert_eq!(succeeded(&server.get("/sessions/none/status").await), json!({"status": "not_existent"}));
    assert_refused(&server.get("/sessions/none").await, 404, "Session not found");
    assert_eq!(server.status("agent").await, "running", "nobody touched the agent's");
}

#[tokio::test]
async fn a_recorded_client_is_answered_as_ever_beside_sessions_of_agents() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wire/spotter-4d5611e5.ndjson");
    let Ok(recorded) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: there is no recording of a client in ../shared/data");
        return;
    };
    let server = TestServer::start().await;
    works(&server).await;
    let mut events = 0;
    for line in recorded.lines() {
        let request: Value = serde_json::from_str(line).expect("a request");
        let (method, path) = (request["method"].as_str().expect("a method"), request["path"].as_str().expect("a path"));
        let body = Some(&request["body"]).filter(|body| !body.is_null());
        let answer = dashboard(&server, method.parse().expect("a method"), path, body).await;
        let answer = succeeded(&answer);
        if method == "POST" && path.ends_with("/events") {
            assert_eq!(answer, json!({"ok": true}), "{path}");
            events += 1;
        }
    }
    assert!(events > 300, "{events} events");
    let sessions = reads(&server, "/sessions").await;
    let sessions = sessions["sessions"].as_array().expect("sessions");
    sessions.iter().for_each(check_session);
    let counted = |session: &&Value| session["source"] == "api";
    let of_client: i64 = sessions.iter().filter(counted).filter_map(|session| session["event_count"].as_i64()).sum();
    assert_eq!(of_client, events, "each event once");
}
