//! Whatever an agent writes, nothing gives up on it, and what it becomes can be stored.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::hook::read_hook;
use agent_runtime_agents::report::{Options, ReportedEvent};
use agent_runtime_agents::speaker::Speaker;
use agent_runtime_agents::transcript::read_transcript_line;
use agent_runtime_types::event::NewEvent;
use agent_runtime_types::session::{check_id, check_name};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::harness::{AT, envelope_at, transcript_ref};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\é\u{10ffff}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(known_key(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Keys that are read, and others.
fn known_key() -> impl Strategy<Value = String> {
    let known = vec![
        "session_id",
        "hook_event_name",
        "agent_id",
        "agent_type",
        "cwd",
        "transcript_path",
        "agent_transcript_path",
        "source",
        "model",
        "session_title",
        "prompt",
        "tool_name",
        "tool_input",
        "tool_response",
        "tool_use_id",
        "duration_ms",
        "error",
        "reason",
        "last_assistant_message",
        "status",
        "agentId",
        "originalFile",
        "type",
        "message",
        "content",
        "payload",
        "summary",
        "text",
        "thinking",
        "role",
        "uuid",
        "timestamp",
        "gitBranch",
        "git",
        "branch",
        "customTitle",
        "aiTitle",
        "isSidechain",
        "id",
        "thread_name",
        "turn_id",
    ];
    prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => any::<String>()]
}

/// Values that keys really have, so that the readers get past their first look.
fn known_value() -> impl Strategy<Value = Value> {
    let words = vec![
        "SessionStart",
        "SessionEnd",
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolUse",
        "PostToolUseFailure",
        "Stop",
        "SubagentStart",
        "SubagentStop",
        "Agent",
        "Task",
        "completed",
        "clear",
        "compact",
        "assistant",
        "user",
        "custom-title",
        "ai-title",
        "response_item",
        "session_meta",
        "turn_context",
        "event_msg",
        "message",
        "reasoning",
        "thread_name_updated",
        "text",
        "thinking",
        "[Request interrupted by user]",
    ];
    prop_oneof![2 => prop::sample::select(words).prop_map(Value::from), 2 => any_json()]
}

fn any_object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(known_key(), known_value(), 0..16).prop_map(|map| map.into_iter().collect())
}

fn assert_storable(events: &[ReportedEvent]) {
    for event in events {
        let read = NewEvent::parse(event.body.as_bytes());
        let read = read.unwrap_or_else(|refused| panic!("{refused}: {}", event.body));
        let key = read.event_id.unwrap();
        assert!(event.also_keys.iter().all(|also| also.len() <= 256 && *also != key));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_object_with_a_session_is_read_and_can_be_stored(
        object in any_object(), session_id in "[a-z]{1,8}", reads_transcripts: bool, redacts: bool, is_codex: bool
    ) {
        let mut object = object;
        object.insert("session_id".to_owned(), json!(session_id));
        let agent = if is_codex { Agent::Codex } else { Agent::ClaudeCode };
        let options = Options { redacts, reads_transcripts, ..Options::default() };
        let text = Value::Object(object).to_string();
        let report = read_hook(agent, &envelope_at(AT), text.as_bytes(), &options).unwrap();
        prop_assert!(!report.events.is_empty());
        assert_storable(&report.events);
        check_id("session_id", &report.facts.session_id).unwrap();
        check_name(&report.facts.session_name).unwrap();
        prop_assert!(!report.facts.session_name.is_empty());
        for event in &report.events {
            let shown = NewEvent::parse(event.body.as_bytes()).unwrap();
            prop_assert_eq!(&shown.session_id, &report.facts.session_id);
        }
        if let Some(ended) = report.subagent_ended {
            check_id("session_id", &ended.session_id).unwrap();
            assert_storable(&[ended.event]);
        }
    }

    #[test]
    fn any_line_is_read_and_can_be_stored(object in any_object(), is_codex: bool) {
        let agent = if is_codex { Agent::Codex } else { Agent::ClaudeCode };
        let text = Value::Object(object).to_string();
        let line = read_transcript_line(agent, &transcript_ref("s"), &mut Speaker::default(), text.as_bytes(), &Options::default()).unwrap();
        assert_storable(&line.events);
        if let Some((title, _)) = line.title {
            check_name(&title).unwrap();
        }
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(prop::sample::select(&b"{}[]:,\"\\u0d18eE+-sessionid \n\xf0\x9f"[..]), 0..60)) {
        let wrapped = [b"{\"session_id\":\"s\",\"prompt\":\"", &bytes[..], b"\"}"].concat();
        for text in [&bytes, &wrapped] {
            if let Ok(report) = read_hook(Agent::ClaudeCode, &envelope_at(AT), text, &Options::default()) {
                assert_storable(&report.events);
            }
            let _ = read_transcript_line(Agent::Codex, &transcript_ref("s"), &mut Speaker::default(), text, &Options::default());
        }
    }
}

#[test]
fn a_document_that_would_be_too_deep_in_an_event_is_refused() {
    let nested = |levels: usize| format!("{{\"session_id\":\"s\",\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let read = |text: &str| read_hook(Agent::ClaudeCode, &envelope_at(AT), text.as_bytes(), &Options::default());
    assert_storable(&read(&nested(126)).unwrap().events);
    assert!(read(&nested(127)).is_err());
}
