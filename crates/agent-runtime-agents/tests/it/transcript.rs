//! The words between tool calls, from the lines that agents keep.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::{LineReport, NameRank, Options};
use agent_runtime_agents::speaker::Speaker;
use agent_runtime_agents::transcript::read_transcript_line;
use serde_json::{Value, json};

use crate::harness::{AT, SESSION, assert_has, line, lines, shown, transcript_ref};

fn claude(own: Value) -> LineReport {
    let mut sent = json!({"uuid": "u-1", "parentUuid": null, "isSidechain": false, "cwd": "/src/teapot",
        "sessionId": SESSION, "version": "2.1.39", "gitBranch": "green-tea", "timestamp": "2026-11-24T09:59:58.123Z"});
    let Value::Object(own) = own else { panic!("{own} is no object") };
    sent.as_object_mut().unwrap().extend(own);
    line(Agent::ClaudeCode, &sent)
}

fn assistant(content: &Value) -> Value {
    json!({"type": "assistant", "requestId": "req_1", "message": {"id": "msg_1", "role": "assistant",
        "model": "claude-opus-4-6", "content": content}})
}

#[test]
fn words_and_thoughts_are_messages_of_the_assistant() {
    let blocks = json!([
        {"type": "thinking", "thinking": "Green or black?", "signature": "c2lnbmF0dXJl"},
        {"type": "text", "text": "\n\n"},
        {"type": "text", "text": "Green it is.\n\u{1f375}"},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}},
        {"type": "redacted_thinking", "data": "x"},
    ]);
    let report = claude(assistant(&blocks));
    let events: Vec<Value> = report.events.iter().map(shown).collect();
    assert_eq!(events.len(), 2);
    let expected = json!({"event_type": "message", "role": "assistant", "session_id": SESSION,
        "session_name": "teapot 7c1e", "timestamp": "2026-11-24T09:59:58.123Z"});
    for event in &events {
        assert_has(event, &expected);
    }
    assert_eq!(events[0]["content"], json!([{"type": "thinking", "thinking": "Green or black?"}]));
    assert_eq!(events[1]["content"], json!([{"type": "text", "text": "Green it is.\n\u{1f375}"}]));
    assert_eq!(
        (&events[0]["event_id"], &events[1]["event_id"]),
        (&json!("transcript:u-1:0"), &json!("transcript:u-1:2"))
    );
    assert_eq!((report.model.as_deref(), report.branch.as_deref()), (Some("claude-opus-4-6"), Some("green-tea")));
}

#[test]
fn a_line_written_again_has_the_same_keys() {
    let first = claude(assistant(&json!([{"type": "text", "text": "Ready."}])));
    let mut again = assistant(&json!([{"type": "text", "text": "Ready."}]));
    again["promptId"] = json!("p-2");
    assert_eq!(shown(&first.events[0])["event_id"], shown(&claude(again).events[0])["event_id"]);
}

#[test]
fn prompts_and_results_are_left_to_the_hooks() {
    for content in
        [json!("Warm the pot."), json!([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]), json!(5)]
    {
        let report = claude(json!({"type": "user", "message": {"role": "user", "content": content}}));
        assert_eq!(report.events, []);
    }
}

#[test]
fn that_a_person_broke_in_is_told_by_the_transcript_alone() {
    for content in [
        json!("[Request interrupted by user]"),
        json!([{"type": "text", "text": "[Request interrupted by user for tool use]"}]),
    ] {
        let report = claude(json!({"type": "user", "message": {"role": "user", "content": content}}));
        assert_has(&shown(&report.events[0]), &json!({"event_type": "interrupt", "event_id": "transcript:u-1:0"}));
    }
}

#[test]
fn titles_branch_and_model() {
    let chosen = claude(json!({"type": "custom-title", "customTitle": "Tea\u{0} time"}));
    assert_eq!(chosen.title, Some(("Tea time".to_owned(), NameRank::ChosenTitle)));
    let made_up = claude(json!({"type": "ai-title", "aiTitle": "Brew tea"}));
    assert_eq!(made_up.title, Some(("Brew tea".to_owned(), NameRank::Title)));
    assert_eq!(claude(json!({"type": "ai-title", "aiTitle": ""})).title, None);
    assert_eq!(claude(json!({"type": "system", "gitBranch": "HEAD"})).branch, None);
    let mut error = assistant(&json!([{"type": "text", "text": "API Error: overloaded"}]));
    error["message"]["model"] = json!("<synthetic>");
    let report = claude(error);
    assert_eq!((report.model, report.events.len()), (None, 1));
}

#[test]
fn words_of_a_subagent_stay_out_of_its_parents_file() {
    let words = |session_id: &str| {
        let mut sent = assistant(&json!([{"type": "text", "text": "Found it."}]));
        sent["isSidechain"] = json!(true);
        sent["agentId"] = json!("a51c9e");
        lines(Agent::ClaudeCode, session_id, &[sent])[0].events.len()
    };
    assert_eq!((words(SESSION), words(&format!("{SESSION}:a51c9e")), words("xa51c9e")), (0, 1, 0));
}

#[test]
fn what_is_kept_is_cleaned_and_counted() {
    let secret = ["npm", "_", &"q7Z".repeat(12)].concat();
    let report = claude(assistant(&json!([{"type": "text", "text": format!("It is {secret}.")}])));
    assert_eq!(shown(&report.events[0])["content"][0]["text"], json!("It is [redacted:npm]."));
    assert_eq!(report.counted.redacted.get("npm"), Some(&1));
    let title = claude(json!({"type": "custom-title", "customTitle": secret}));
    assert_eq!(title.title.unwrap().0, "[redacted:npm]");
}

#[test]
fn a_line_without_a_time_or_an_id_is_taken_all_the_same() {
    let sent = assistant(&json!([{"type": "text", "text": "Now."}]));
    for time in [json!(null), json!("yesterday")] {
        let mut sent = sent.clone();
        sent["timestamp"] = time;
        assert_eq!(shown(&line(Agent::ClaudeCode, &sent).events[0])["timestamp"], json!(AT));
    }
    let key = |sent: &Value| shown(&line(Agent::ClaudeCode, sent).events[0])["event_id"].clone();
    assert_eq!(key(&sent), key(&sent));
    assert_ne!(key(&sent), key(&assistant(&json!([{"type": "text", "text": "Then."}]))));
}

#[test]
fn a_long_id_still_makes_a_key() {
    let key = |end: &str| {
        let mut sent = assistant(&json!([{"type": "text", "text": "Now."}]));
        sent["uuid"] = json!(format!("{}{end}", "u".repeat(300)));
        shown(&line(Agent::ClaudeCode, &sent).events[0])["event_id"].clone()
    };
    assert_eq!(key("a"), key("a"));
    assert_ne!(key("a"), key("b"));
}

#[test]
fn rollouts_of_codex() {
    let item = |kind: &str, payload: Value| {
        line(Agent::Codex, &json!({"timestamp": "2026-02-23T19:34:39.069Z", "type": kind, "payload": payload}))
    };
    let said = item(
        "response_item",
        json!({"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "Kettle is on."}]}),
    );
    let expected = json!({"event_type": "message", "role": "assistant", "timestamp": "2026-02-23T19:34:39.069Z",
        "content": [{"type": "text", "text": "Kettle is on."}]});
    assert_has(&shown(&said.events[0]), &expected);
    let thought = item(
        "response_item",
        json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "x",
        "summary": [{"type": "summary_text", "text": "Water first."}]}),
    );
    let expected =
        json!({"content": [{"type": "thinking", "thinking": "Water first."}], "event_id": "transcript:rs_1:0"});
    assert_has(&shown(&thought.events[0]), &expected);
    let user = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tea."}]});
    assert_eq!(item("response_item", user).events, []);
    assert_eq!(item("event_msg", json!({"type": "agent_message", "message": "Kettle is on."})).events, []);
    assert_eq!(item("turn_context", json!({"model": "gpt-5.2-codex"})).model.as_deref(), Some("gpt-5.2-codex"));
    let named = item("event_msg", json!({"type": "thread_name_updated", "thread_name": "Tea"}));
    assert_eq!(named.title, Some(("Tea".to_owned(), NameRank::Title)));
    let meta = item(
        "session_meta",
        json!({"id": SESSION, "forked_from_id": "a", "git": {"branch": "main"},
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}}),
    );
    assert_eq!((meta.branch.as_deref(), meta.continues.as_deref()), (Some("main"), Some("a")));
    assert_eq!(meta.parent_session_id.as_deref(), Some("p"));
    assert_eq!(item("session_meta", json!({"source": "vscode"})), LineReport::default());
}

#[test]
fn a_half_written_line_is_refused() {
    let whole = assistant(&json!([{"type": "text", "text": "Ready."}])).to_string();
    for cut in [&whole[..whole.len() / 2], "", "\"text\"", "[1]"] {
        let (transcript, mut speaker) = (transcript_ref("s"), Speaker::default());
        let bytes = cut.as_bytes();
        let read = read_transcript_line(Agent::ClaudeCode, &transcript, &mut speaker, bytes, &Options::default());
        assert!(read.is_err(), "{cut}");
    }
}
