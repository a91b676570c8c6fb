//! What each document becomes. The table in docs/connect/events.md says the same.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::envelope::Envelope;
use agent_runtime_agents::hook::read_hook;
use agent_runtime_agents::report::{NameRank, Options, Unreadable};
use serde_json::{Value, json};

use crate::harness::{AT, SESSION, all_shown, assert_has, document, envelope_at, event, report, report_with, shown};

#[test]
fn a_start_starts_and_a_compaction_does_not() {
    for (source, event_type, continues_process) in [
        ("startup", "session_start", false),
        ("resume", "session_start", false),
        ("fork", "session_start", true),
        ("clear", "session_start", true),
        ("novel", "session_start", false),
        ("compact", "compact", false),
    ] {
        let sent = document("SessionStart", json!({"source": source, "model": "claude-opus-4-6"}));
        let report = report(&sent);
        let facts = &report.facts;
        assert_eq!(facts.is_start, event_type == "session_start", "{source}");
        assert_eq!(facts.continues_process, continues_process, "{source}");
        assert_eq!(facts.model.as_deref(), Some("claude-opus-4-6"));
        let events = all_shown(&report);
        assert_eq!(events.len(), 1);
        let expected = json!({"event_type": event_type, "session_id": SESSION, "timestamp": AT, "hook": sent});
        assert_has(&events[0], &expected);
    }
}

#[test]
fn says_whose_it_is() {
    let report = report(&document("Stop", json!({})));
    let facts = &report.facts;
    assert_eq!((facts.session_id.as_str(), facts.source), (SESSION, Agent::ClaudeCode));
    assert_eq!(facts.project_dir.as_deref(), Some("/src/teapot"));
    assert_eq!(facts.host.as_deref(), Some("workbench"));
    assert_eq!((&facts.parent_session_id, &facts.model, facts.is_start), (&None, &None, false));
    let transcript = report.transcript.as_ref().unwrap();
    assert!(transcript.path.ends_with(&format!("{SESSION}.jsonl")));
    assert_eq!((transcript.session_id.as_str(), transcript.at.as_str()), (SESSION, AT));
    assert_eq!(transcript.session_name, facts.session_name);
}

#[test]
fn a_prompt_is_a_message_of_the_user() {
    let sent = document("UserPromptSubmit", json!({"prompt": "Warm the pot.\n\u{1f375}", "prompt_id": "p-1"}));
    let expected = json!({
        "event_type": "message",
        "role": "user",
        "content": [{"type": "text", "text": "Warm the pot.\n\u{1f375}"}],
        "hook": {"prompt_id": "p-1"},
    });
    assert_has(&event(&sent), &expected);
    let notice = json!({"prompt": "<task-notification>\n<task-id>a1</task-id>\n</task-notification>"});
    let of_no_person = event(&document("UserPromptSubmit", notice.clone()));
    assert_eq!(of_no_person["event_type"], "task_notification");
    assert_eq!(report(&document("UserPromptSubmit", notice)).facts.name_rank, NameRank::Folder);
    let without = event(&document("UserPromptSubmit", json!({"prompt": 5})));
    assert_eq!((&without["event_type"], &without["hook"]["prompt"]), (&json!("user_prompt_submit"), &json!(5)));
}

#[test]
fn tool_calls_keep_their_parts() {
    let call = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "toolu_01A"});
    let mut before = document("PreToolUse", call.clone());
    before["permission_mode"] = json!("plan");
    let shown = event(&before);
    assert_has(&shown, &call);
    assert_has(&shown, &json!({"event_type": "pre_tool", "hook": {"permission_mode": "plan"}}));

    let mut after = document("PostToolUse", call.clone());
    after["tool_response"] = json!({"stdout": "pot\n", "stderr": ""});
    after["duration_ms"] = json!(1204);
    let shown = event(&after);
    assert_has(&shown, &call);
    let expected = json!({"event_type": "post_tool", "tool_output": {"stdout": "pot\n", "stderr": ""},
        "duration_ms": 1204, "error": null, "hook": null});
    assert_has(&shown, &expected);

    let mut failed = document("PostToolUseFailure", call.clone());
    failed["error"] = json!("Exit code 2\nno such pot");
    failed["is_interrupt"] = json!(false);
    failed["duration_ms"] = json!(3);
    let expected = json!({"event_type": "post_tool", "error": "Exit code 2\nno such pot", "duration_ms": 3,
        "tool_output": null, "hook": {"is_interrupt": false}});
    assert_has(&event(&failed), &expected);
}

#[test]
fn values_of_other_types_than_the_wire_allows_are_kept() {
    let call = json!({"tool_name": 7, "tool_input": "text", "tool_use_id": [1], "duration_ms": "long",
        "error": {"code": 3}});
    let shown = event(&document("PostToolUseFailure", call));
    let expected = json!({"tool_name": null, "tool_input": null, "duration_ms": null, "error": "{\"code\":3}",
        "hook": {"tool_name": 7, "tool_input": "text", "tool_use_id": [1], "duration_ms": "long"}});
    assert_has(&shown, &expected);
    assert_eq!(event(&document("PostToolUseFailure", json!({})))["error"], json!("failed"));
    let shown = event(&document("PostToolUse", json!({"tool_response": false, "error": null})));
    assert_has(&shown, &json!({"tool_output": false, "error": null, "hook": {"error": null}}));
}

#[test]
fn numbers_keep_all_their_digits() {
    let text = format!(
        r#"{{"session_id":"{SESSION}","hook_event_name":"PostToolUse","tool_response":{{"big":123456789012345678901234567890,"exact":1.10}}}}"#
    );
    let report = read_hook(Agent::Codex, &envelope_at(AT), text.as_bytes(), &Options::default()).unwrap();
    assert!(report.events[0].body.contains(r#"{"big":123456789012345678901234567890,"exact":1.10}"#));
}

#[test]
fn an_end_stops_the_session_with_its_reason() {
    let sent = document("SessionEnd", json!({"reason": "prompt_input_exit"}));
    let expected = json!({"event_type": "session_stop", "reason": "prompt_input_exit", "hook": sent});
    assert_has(&event(&sent), &expected);
}

#[test]
fn a_turns_last_words_come_from_its_end_only_where_no_transcript_is_read() {
    let end = json!({"stop_hook_active": false, "last_assistant_message": "The tea is ready.", "background_tasks": []});
    let with_transcript = document("Stop", end);
    let mut without = with_transcript.clone();
    without["transcript_path"] = Value::Null;
    let remote = Options { reads_transcripts: false, ..Options::default() };

    let events = all_shown(&report(&with_transcript));
    assert_eq!(events.len(), 1);
    assert_has(&events[0], &json!({"event_type": "stop", "hook": with_transcript}));
    for report in [report(&without), report_with(Agent::ClaudeCode, &with_transcript, remote)] {
        let events = all_shown(&report);
        let words = json!([{"type": "text", "text": "The tea is ready."}]);
        assert_has(&events[0], &json!({"event_type": "message", "role": "assistant", "content": words}));
        assert_eq!((&events[1]["event_type"], events.len()), (&json!("stop"), 2));
        assert_ne!(events[0]["event_id"], events[1]["event_id"]);
    }
    without["last_assistant_message"] = json!("");
    assert_eq!(report(&without).events.len(), 1);
}

#[test]
fn every_other_event_keeps_its_document_whole() {
    for (event_name, event_type, own, also) in [
        (
            "PermissionRequest",
            "permission_request",
            json!({"tool_name": "Bash", "tool_input": {"command": "rm x"}}),
            json!({"tool_name": "Bash"}),
        ),
        (
            "PermissionDenied",
            "permission_denied",
            json!({"tool_use_id": "t", "reason": "no"}),
            json!({"tool_use_id": "t", "reason": "no"}),
        ),
        ("Notification", "notification", json!({"message": "waits", "notification_type": "idle_prompt"}), json!({})),
        ("StopFailure", "stop_failure", json!({"error": "overloaded"}), json!({"error": "overloaded"})),
        ("PreCompact", "pre_compact", json!({"trigger": "auto"}), json!({})),
        ("PostToolBatch", "post_tool_batch", json!({"tool_calls": []}), json!({})),
        ("Interrupt", "interrupt", json!({"turn_id": "t"}), json!({})),
        ("SubagentStop", "subagent_stop", json!({"last_assistant_message": "x"}), json!({})),
        ("HTTPServerGone2Far", "http_server_gone2_far", json!({"x": [1]}), json!({})),
        ("Tee ist fertig!", "tee_ist_fertig_", json!({}), json!({})),
        ("", "hook", json!({}), json!({})),
        // Names that would mean something to the server mean nothing here.
        ("SessionStop", "hook_session_stop", json!({}), json!({})),
        ("message", "hook_message", json!({}), json!({})),
        ("PreTool", "hook_pre_tool", json!({}), json!({})),
    ] {
        let sent = document(event_name, own);
        let shown = event(&sent);
        assert_has(&shown, &json!({"event_type": event_type, "hook": sent}));
        assert_has(&shown, &also);
    }
    let long = event(&document(&"VeryLong".repeat(40), json!({})));
    assert!(long["event_type"].as_str().unwrap().len() <= 64);
}

#[test]
fn codex_writes_the_same_shape() {
    let sent = json!({"session_id": "019c-ab", "turn_id": "u-1", "transcript_path": null, "cwd": "/src/kettle",
        "hook_event_name": "PreToolUse", "model": "gpt-5.2-codex", "permission_mode": "default", "tool_name": "Bash",
        "tool_input": {"command": "ls"}, "tool_use_id": "exec-1"});
    let report = report_with(Agent::Codex, &sent, Options::default());
    assert_eq!((report.facts.source, report.facts.model.as_deref()), (Agent::Codex, Some("gpt-5.2-codex")));
    assert_eq!((&report.transcript, report.facts.session_name.as_str()), (&None, "kettle 019c"));
    let shown = shown(&report.events[0]);
    assert_has(&shown, &json!({"event_type": "pre_tool", "tool_name": "Bash", "tool_use_id": "exec-1"}));
    assert_eq!(shown["hook"]["turn_id"], json!("u-1"));
    assert_eq!(
        [Agent::ClaudeCode, Agent::Codex].map(|agent| Agent::parse(agent.as_str())),
        [Some(Agent::ClaudeCode), Some(Agent::Codex)]
    );
    assert_eq!(Agent::parse("teapot"), None);
}

#[test]
fn refuses_only_what_is_no_object_or_has_no_session() {
    let read = |text: &[u8]| read_hook(Agent::ClaudeCode, &envelope_at(AT), text, &Options::default());
    for text in ["", "[]", "null", "{", "{}{}", "{\"a\":1},\"b\":{}", "{\"session_id\":\"s\",\"a\":1e999}"] {
        assert!(matches!(read(text.as_bytes()), Err(Unreadable::NotAnObject(_))), "{text}");
    }
    for id in [json!(null), json!(""), json!(5), json!(".."), json!("a\u{0}b"), json!("x".repeat(257))] {
        let text = json!({"hook_event_name": "Stop", "session_id": id}).to_string();
        assert_eq!(read(text.as_bytes()).unwrap_err(), Unreadable::NoSession, "{id}");
    }
    let no_time = Envelope { at: "noon".to_owned(), ..envelope_at(AT) };
    let refused = read_hook(Agent::ClaudeCode, &no_time, b"{\"session_id\":\"s\"}", &Options::default());
    assert!(matches!(refused, Err(Unreadable::Envelope(_))));
    assert_eq!(read(b"\xef\xbb\xbf {\"session_id\":\"s\"}\n").unwrap().events.len(), 1);
}

#[test]
fn mends_what_was_cut_in_the_middle_of_a_character() {
    let text =
        r#"{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"a\ud83c b\\ud83c \ud83c\udf75 \udf75"}"#;
    let report = read_hook(Agent::ClaudeCode, &envelope_at(AT), text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(shown(&report.events[0])["content"][0]["text"], json!("a\u{fffd} b\\ud83c \u{1f375} \u{fffd}"));
    let broken = [&b"{\"session_id\":\"s\",\"prompt\":\"\xf0\x9f\x8d"[..], b"\"}"].concat();
    let report = read_hook(Agent::ClaudeCode, &envelope_at(AT), &broken, &Options::default()).unwrap();
    assert_eq!(shown(&report.events[0])["hook"]["prompt"], json!("\u{fffd}"));
}
