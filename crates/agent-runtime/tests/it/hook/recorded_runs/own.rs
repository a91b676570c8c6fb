//! Runs of our own making, in which everything happens that agents do: calls together that come back in another order,
//! subagents at the same time, failures, a compaction, a person who breaks in.

use std::path::Path;

use serde_json::{Value, json};

use super::claude_code::{self, Subagent};
use super::codex;
use super::run::{Line, Run};

/// One run of each agent.
pub(super) fn runs(folder: &Path) -> Vec<Run> {
    vec![claude_code(folder), codex(folder)]
}

fn claude_code(folder: &Path) -> Run {
    let explorer = |id: &str, from: u32| {
        let call = format!("toolu_{id}");
        let lines = [
            (from, "user", json!({"content": "Look for it."}), Value::Null),
            (from + 2, "assistant", answer(&json!([{"type": "text", "text": format!("{id} looks.")}])), Value::Null),
            (from + 4, "assistant", answer(&json!([use_of(&call, "Grep", &json!({"pattern": "x"}))])), Value::Null),
            (from + 6, "user", result(&call, false, "3 files"), json!({"numFiles": 3, "filenames": ["a", "b", "c"]})),
            (from + 8, "assistant", answer(&json!([{"type": "text", "text": format!("{id} found it.")}])), Value::Null),
        ];
        let kind = "Explore";
        Subagent { id: id.to_owned(), kind, lines: lines.into_iter().map(line).collect() }
    };
    let task = json!({"description": "Look", "prompt": "Look for it.", "subagent_type": "Explore"});
    let done =
        |id: &str| json!({"status": "completed", "agentId": id, "content": [{"type": "text", "text": "Found."}]});
    let edit =
        json!({"filePath": "/work/site/a.rs", "oldString": "a", "newString": "b", "originalFile": "a\n".repeat(500)});
    let lines = [
        (
            1,
            "user",
            json!({"content": "Mend  the\nsite, please, and tell me in the end what was wrong with it all along"}),
            Value::Null,
        ),
        (
            2,
            "assistant",
            answer(&json!([{"type": "thinking", "thinking": "Where to begin?", "signature": "s"}])),
            Value::Null,
        ),
        (3, "assistant", answer(&json!([{"type": "text", "text": "I look at three things at once. ✓"}])), Value::Null),
        (4, "assistant", answer(&json!([use_of("toolu_1", "Bash", &json!({"command": "make"}))])), Value::Null),
        (
            5,
            "assistant",
            answer(&json!([use_of("toolu_2", "Read", &json!({"file_path": "/work/site/a.rs"}))])),
            Value::Null,
        ),
        (6, "assistant", answer(&json!([use_of("toolu_3", "Bash", &json!({"command": "make test"}))])), Value::Null),
        (7, "user", result("toolu_3", true, "Exit code 2\nno rule"), json!("Error: Exit code 2\nno rule")),
        (8, "user", result("toolu_1", false, "built"), json!({"stdout": "built", "stderr": "", "interrupted": false})),
        (9, "user", result("toolu_2", false, ""), json!({"type": "text", "file": {"content": "", "numLines": 0}})),
        (10, "assistant", answer(&json!([{"type": "text", "text": "Two others look for it."}])), Value::Null),
        (
            11,
            "assistant",
            answer(&json!([use_of("toolu_4", "Task", &task), use_of("toolu_5", "Task", &task)])),
            Value::Null,
        ),
        (30, "user", result("toolu_5", false, "Found."), done("b2")),
        (31, "user", result("toolu_4", false, "Found."), done("a1")),
        (
            32,
            "assistant",
            answer(&json!([use_of("toolu_6", "Edit", &json!({"file_path": "/work/site/a.rs"}))])),
            Value::Null,
        ),
        (33, "user", result("toolu_6", false, "edited"), edit),
        (34, "system", Value::Null, json!("compact_boundary")),
        (35, "user", json!({"content": "This session goes on from another."}), json!("summary")),
        (
            36,
            "assistant",
            answer(&json!([{"type": "text", "text": "It was a comma."}, {"type": "text", "text": " "}])),
            Value::Null,
        ),
        (37, "system", Value::Null, json!("stop_hook_summary")),
        (38, "user", json!({"content": [{"type": "text", "text": "Again!"}]}), Value::Null),
        (39, "assistant", answer(&json!([use_of("toolu_7", "Bash", &json!({"command": "sleep 99"}))])), Value::Null),
        (
            40,
            "user",
            json!({"content": [{"type": "text", "text": "[Request interrupted by user for tool use]"}]}),
            Value::Null,
        ),
    ];
    let mut lines: Vec<Line> = lines.into_iter().map(line).collect();
    lines.insert(5, Line::Text("no JSON, as a disk may leave it".into()));
    lines.insert(9, Line::Object(json!({"type": "a-kind-of-tomorrow", "timestamp": at(7)})));
    claude_code::run(folder, "own-claude-code", lines, vec![explorer("a1", 12), explorer("b2", 13)])
}

/// A line of Claude Code: second, type, message, and what else depends on the type.
fn line((second, kind, message, more): (u32, &str, Value, Value)) -> Line {
    let mut line = json!({
        "type": kind, "uuid": format!("line {second} {message}"), "timestamp": at(second), "gitBranch": "topic",
        "isSidechain": false, "message": message,
    });
    match (kind, more.as_str()) {
        ("system", Some(subtype)) => {
            line["subtype"] = json!(subtype);
            line["compactMetadata"] = json!({"trigger": "auto"});
        }
        ("user", Some("summary")) => line["isCompactSummary"] = json!(true),
        ("user", _) => line["toolUseResult"] = more,
        _ => {}
    }
    Line::Object(line)
}

fn answer(content: &Value) -> Value {
    json!({"role": "assistant", "model": "claude-of-the-test", "content": content})
}

fn use_of(id: &str, name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

fn result(id: &str, is_error: bool, content: &str) -> Value {
    json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "is_error": is_error, "content": content}]})
}

fn codex(folder: &Path) -> Run {
    let item = |second: u32, payload: Value| (second, "response_item", payload);
    let event = |second: u32, payload: Value| (second, "event_msg", payload);
    let said = |text: &str| json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]});
    let call = |id: &str, name: &str| json!({"type": "function_call", "name": name, "arguments": "{\"cmd\":\"ls\"}", "call_id": id});
    let came = |id: &str| json!({"type": "function_call_output", "call_id": id, "output": "a\nb\n"});
    let lines = [
        (0, "session_meta", json!({"id": "own-codex", "git": {"branch": "main"}})),
        event(1, json!({"type": "task_started", "turn_id": "turn 1"})),
        event(2, json!({"type": "user_message", "message": "What is here?"})),
        (3, "turn_context", json!({"turn_id": "turn 1", "model": "gpt-of-the-test"})),
        item(4, json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "**Looking**"}]})),
        event(5, json!({"type": "agent_message", "message": "I look."})),
        item(6, said("I look.")),
        item(7, call("call_1", "exec_command")),
        item(8, call("call_2", "mcp__notes__find")),
        item(9, call("call_3", "update_plan")),
        item(10, came("call_2")),
        item(11, came("call_1")),
        item(12, came("call_3")),
        item(13, json!({"type": "custom_tool_call", "name": "apply_patch", "input": "*** Begin", "call_id": "call_4"})),
        item(14, json!({"type": "custom_tool_call_output", "call_id": "call_4", "output": "{}"})),
        item(15, said("Two files.")),
        event(16, json!({"type": "task_complete", "turn_id": "turn 1", "last_agent_message": "Two files."})),
        event(17, json!({"type": "task_started", "turn_id": "turn 2"})),
        event(18, json!({"type": "user_message", "message": "What is here?"})),
        (19, "turn_context", json!({"turn_id": "turn 2", "model": "gpt-of-later"})),
        item(20, said("Two files.")),
        event(21, json!({"type": "task_complete", "turn_id": "turn 2", "last_agent_message": "Two files."})),
    ];
    let line = |(second, kind, payload): (u32, &str, Value)| {
        Line::Object(json!({"timestamp": at(second), "type": kind, "payload": payload}))
    };
    codex::run(folder, "own-codex", lines.into_iter().map(line).collect())
}

fn at(second: u32) -> String {
    format!("2026-02-12T10:{:02}:{:02}.000Z", second / 60, second % 60)
}
