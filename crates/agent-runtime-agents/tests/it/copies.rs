//! The same happening told twice has the same key; another one has another.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::hook::read_hook;
use agent_runtime_agents::report::Options;
use serde_json::{Value, json};

use crate::harness::{document, envelope_at, shown};

/// A document's key when it arrives so many milliseconds after a window of time began, and its other keys.
fn keys(document: &Value, ms: u32) -> (String, Vec<String>) {
    let at = format!("2026-11-24T10:{:02}:{:02}.{:03}000+00:00", ms / 60_000, ms / 1000 % 60, ms % 1000);
    let text = document.to_string();
    let report = read_hook(Agent::ClaudeCode, &envelope_at(&at), text.as_bytes(), &Options::default()).unwrap();
    let event = &report.events[0];
    (shown(event)["event_id"].as_str().unwrap().to_owned(), event.also_keys.clone())
}

/// Whether the second of two documents is taken for a copy of the first: what the store does with the keys.
fn is_copy(first: (&Value, u32), second: (&Value, u32)) -> bool {
    let (stored, _) = keys(first.0, first.1);
    let (own, also) = keys(second.0, second.1);
    own == stored || also.contains(&stored)
}

fn notification(message: &str) -> Value {
    document("Notification", json!({"message": message, "notification_type": "idle_prompt"}))
}

#[test]
fn copies_within_five_seconds_are_one_wherever_the_window_ends() {
    let sent = notification("waits");
    for first in (0..20_000).step_by(250) {
        for apart in [0, 3, 500, 4_999] {
            assert!(is_copy((&sent, first), (&sent, first + apart)), "{first} ms and {apart} ms later");
            assert!(is_copy((&sent, first + apart), (&sent, first)), "{apart} ms earlier than {first} ms");
        }
        for apart in [15_000, 60_000] {
            assert!(!is_copy((&sent, first), (&sent, first + apart)), "{first} ms and {apart} ms later");
        }
    }
}

#[test]
fn other_content_is_another_event() {
    assert!(!is_copy((&notification("waits"), 0), (&notification("waits still"), 0)));
    let other_event = document("PreCompact", json!({"message": "waits", "notification_type": "idle_prompt"}));
    assert!(!is_copy((&notification("waits"), 0), (&other_event, 0)));
}

#[test]
fn a_tool_calls_id_decides() {
    let call = |event_name: &str, id: &str, input: &str| {
        document(event_name, json!({"tool_name": "Bash", "tool_use_id": id, "tool_input": {"command": input}}))
    };
    let first = call("PreToolUse", "toolu_1", "ls");
    assert!(is_copy((&first, 0), (&call("PreToolUse", "toolu_1", "ls -l"), 3_000_000)));
    assert!(!is_copy((&first, 0), (&call("PostToolUse", "toolu_1", "ls"), 0)));
    assert!(!is_copy((&first, 0), (&call("PreToolUse", "toolu_2", "ls"), 0)));
    assert_eq!(keys(&first, 0), ("PreToolUse:toolu_1".to_owned(), vec![]));
    let long = "t".repeat(300);
    assert!(is_copy((&call("PreToolUse", &long, "ls"), 0), (&call("PreToolUse", &long, "ls"), 3_000_000)));
    assert!(!is_copy((&call("PreToolUse", &long, "ls"), 0), (&call("PreToolUse", &format!("{long}x"), "ls"), 0)));
}

#[test]
fn a_document_cleaned_before_has_the_key_of_one_that_was_not() {
    let secret = ["sk-ant", "-api03-", &"Ab1_".repeat(12)].concat();
    let raw = notification(&format!("key {secret}"));
    let cleaned = notification("key [redacted:anthropic]");
    assert!(is_copy((&raw, 0), (&cleaned, 10)));
}
