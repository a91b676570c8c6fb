//! A subagent is a session of its own.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::Options;
use serde_json::{Value, json};

use crate::harness::{SESSION, all_shown, assert_has, document, report, report_with, shown};

fn of_subagent(event_name: &str, own: Value) -> Value {
    let mut document = document(event_name, own);
    document["agent_id"] = json!("a51c9e");
    document["agent_type"] = json!("Explore");
    document
}

#[test]
fn its_documents_belong_to_a_session_of_its_own() {
    let session_id = format!("{SESSION}:a51c9e");
    for (event_name, event_type, is_start) in [
        ("SubagentStart", "session_start", true),
        ("PreToolUse", "pre_tool", false),
        ("SubagentStop", "session_stop", false),
        ("Notification", "notification", false),
    ] {
        let report = report(&of_subagent(event_name, json!({"tool_name": "Read"})));
        let facts = &report.facts;
        assert_eq!((facts.session_id.as_str(), facts.is_start), (session_id.as_str(), is_start), "{event_name}");
        assert_eq!(facts.parent_session_id.as_deref(), Some(SESSION));
        assert_eq!((facts.kind.as_deref(), facts.session_name.as_str()), (Some("Explore"), "Explore a51c"));
        let events = all_shown(&report);
        assert_eq!(events.len(), 1, "{event_name}");
        assert_has(&events[0], &json!({"event_type": event_type, "session_id": session_id}));
    }
}

#[test]
fn its_words_lie_beside_those_of_its_parent() {
    let path = |agent, document: &Value| {
        let transcript = report_with(agent, document, Options::default()).transcript?;
        assert_eq!(transcript.session_id, format!("{SESSION}:a51c9e"));
        Some(transcript.path)
    };
    let beside = format!("/home/ada/.claude/projects/-src-teapot/{SESSION}/subagents/agent-a51c9e.jsonl");
    assert_eq!(path(Agent::ClaudeCode, &of_subagent("PreToolUse", json!({}))), Some(beside));
    let named = of_subagent("SubagentStop", json!({"agent_transcript_path": "/elsewhere/a.jsonl"}));
    assert_eq!(path(Agent::ClaudeCode, &named).as_deref(), Some("/elsewhere/a.jsonl"));
    assert_eq!(path(Agent::Codex, &named).as_deref(), Some("/elsewhere/a.jsonl"));
    assert_eq!(path(Agent::Codex, &of_subagent("PreToolUse", json!({}))), None);
    let mut climbing = of_subagent("PreToolUse", json!({}));
    climbing["agent_id"] = json!("../../x");
    assert_eq!(report(&climbing).transcript, None);
}

#[test]
fn its_last_words_come_with_its_stop_where_no_transcript_is_read() {
    let remote = Options { reads_transcripts: false, ..Options::default() };
    let stop = of_subagent("SubagentStop", json!({"last_assistant_message": "Found three cups."}));
    let events = all_shown(&report_with(Agent::ClaudeCode, &stop, remote));
    assert_eq!(events[0]["content"][0]["text"], json!("Found three cups."));
    assert_eq!((&events[0]["role"], &events[1]["event_type"]), (&json!("assistant"), &json!("session_stop")));
    assert_eq!(report(&stop).events.len(), 1);
}

#[test]
fn ends_with_the_tool_call_that_started_it() {
    let call = |event_name: &str, tool: &str, status: &str| {
        document(
            event_name,
            json!({"tool_name": tool, "tool_use_id": "toolu_9",
            "tool_input": {"subagent_type": "Explore", "prompt": "look"},
            "tool_response": {"status": status, "agentId": "a51c9e", "content": []}}),
        )
    };
    for tool in ["Agent", "Task"] {
        let report = report(&call("PostToolUse", tool, "completed"));
        assert_eq!(report.facts.session_id, SESSION);
        assert_eq!(shown(&report.events[0])["event_type"], json!("post_tool"));
        let ended = report.subagent_ended.unwrap();
        assert_eq!(ended.session_id, format!("{SESSION}:a51c9e"));
        let expected = json!({"event_type": "session_stop", "session_id": format!("{SESSION}:a51c9e"),
            "session_name": "Explore a51c", "reason": "completed", "tool_use_id": "toolu_9"});
        assert_has(&shown(&ended.event), &expected);
    }
    for goes_on in [
        call("PostToolUse", "Agent", "async_launched"),
        call("PreToolUse", "Agent", "completed"),
        call("PostToolUse", "Bash", "completed"),
    ] {
        assert_eq!(report(&goes_on).subagent_ended, None, "{goes_on}");
    }
}

#[test]
fn an_agent_id_that_no_session_can_have_is_passed_over() {
    for agent_id in [json!(""), json!("a\u{7}"), json!("x".repeat(300)), json!(7), json!(null)] {
        let mut sent = of_subagent("SubagentStart", json!({}));
        sent["agent_id"] = agent_id;
        let report = report(&sent);
        assert_eq!((report.facts.session_id.as_str(), report.facts.is_start), (SESSION, false));
        assert_eq!(shown(&report.events[0])["event_type"], json!("subagent_start"));
    }
}
