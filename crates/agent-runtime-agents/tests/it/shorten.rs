//! What is too long leaves head, tail, size and SHA-256; whole files that edits carry along leave nothing.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::Options;
use agent_runtime_agents::shorten::{KEPT_BYTES, MAX_STRING_BYTES, shorten};
use serde_json::{Value, json};

use crate::harness::{document, event, report, report_with, shown};

#[test]
fn a_string_over_the_limit_leaves_head_and_tail() {
    // Three letters to a cut, so that it does not fall between two.
    let long = format!("first\n{}\nlast", "a\u{1f375}\n".repeat(MAX_STRING_BYTES / 6));
    let text = json!({"a": ["kept", {"b": long}], "c": long, "d": 1}).to_string();
    let (short, counted) = shorten(&text);
    assert_eq!(counted.shortened, 2);
    let value: Value = serde_json::from_str(&short).unwrap();
    let left = value["c"].as_str().unwrap();
    assert_eq!((&value["a"][1]["b"], &value["a"][0], &value["d"]), (&json!(left), &json!("kept"), &json!(1)));
    let (head, rest) = left.split_once("\n[shortened: ").unwrap();
    let (note, tail) = rest.split_once("]\n").unwrap();
    assert!(long.starts_with(head) && long.ends_with(tail));
    assert!(head.len() > KEPT_BYTES - 4 && tail.len() > KEPT_BYTES - 4 && left.len() < 2 * KEPT_BYTES + 128);
    assert!(note.starts_with(&format!("{} bytes, SHA-256 ", long.len())), "{note}");
    let (again, counted) = shorten(&short);
    assert_eq!((&again, counted.shortened), (&short, 0));
}

#[test]
fn the_hash_is_that_of_the_whole_string() {
    let text = json!("a".repeat(MAX_STRING_BYTES + 1)).to_string();
    let (short, _) = shorten(&text);
    // `head -c 1048577 /dev/zero | tr '\0' a | sha256sum`
    assert!(short.contains(SHA_256_OF_A), "{}", &short[KEPT_BYTES..KEPT_BYTES + 120]);
}

const SHA_256_OF_A: &str = "4a3f0c0c213adea174f9a3d4c13177315b588bdb2e9c1012d3d0bf0453ca0f6a";

#[test]
fn a_string_at_the_limit_is_kept_and_so_is_a_key() {
    for value in [json!({"a": "x".repeat(MAX_STRING_BYTES)}), json!({"x".repeat(MAX_STRING_BYTES + 1): 1})] {
        let text = value.to_string();
        assert_eq!(shorten(&text).0, text);
    }
    // Escapes make a text longer than the string that it stands for.
    let text = json!({"a": "\u{1}".repeat(MAX_STRING_BYTES / 2)}).to_string();
    assert_eq!(shorten(&text).0, text);
}

fn edit() -> Value {
    let response = json!({"filePath": "/src/teapot/pot.rs", "oldString": "a", "newString": "b",
        "originalFile": "fn main() {}\n", "structuredPatch": []});
    document(
        "PostToolUse",
        json!({"tool_name": "Edit", "tool_use_id": "toolu_3", "tool_response": response,
        "tool_input": {"originalFile": "a word of the user's own"}}),
    )
}

#[test]
fn the_whole_file_of_an_edit_is_kept_only_when_asked() {
    let whole = edit();
    let dropped = report(&whole);
    assert_eq!(dropped.counted.original_files, 1);
    let mut expected = whole["tool_response"].clone();
    expected.as_object_mut().unwrap().remove("originalFile");
    let event_shown = shown(&dropped.events[0]);
    assert_eq!((&event_shown["tool_output"], &event_shown["tool_input"]), (&expected, &whole["tool_input"]));

    let keeps = Options { keeps_original_files: true, ..Options::default() };
    let kept = report_with(Agent::ClaudeCode, &whole, keeps);
    assert_eq!(kept.counted.original_files, 0);
    assert_eq!(shown(&kept.events[0])["tool_output"], whole["tool_response"]);
    let mut without = edit();
    without["tool_response"]["originalFile"] = Value::Null;
    assert_eq!(report(&without).counted.original_files, 0);
    assert_eq!(event(&without)["tool_output"], without["tool_response"]);
}

#[test]
fn a_document_says_what_was_taken_out_of_it() {
    let secret = ["glpat", "-", &"a1B2".repeat(5)].concat();
    let long = format!("{}{secret}", "x ".repeat(MAX_STRING_BYTES));
    let sent =
        document("PostToolUse", json!({"tool_use_id": "t", "tool_response": {"stdout": long, "stderr": secret}}));
    let counted = report(&sent).counted;
    assert_eq!((counted.redacted["gitlab"], counted.shortened, counted.original_files), (2, 1, 0));
    let stored = event(&sent).to_string();
    assert!(!stored.contains(&secret) && stored.len() < 3 * KEPT_BYTES);
    let as_is = Options { redacts: false, ..Options::default() };
    assert_eq!(report_with(Agent::ClaudeCode, &sent, as_is).counted.redacted.len(), 0);
}
