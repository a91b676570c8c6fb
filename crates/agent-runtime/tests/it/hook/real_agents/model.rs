//! A model that always says the same, in the words of each maker's API.

use serde_json::{Value, json};

use crate::hook::recorder::{Reply, Request};

/// What the agents are asked.
pub(super) const PROMPT: &str = "Say hello to everyone here";
/// What the subagent is asked.
const ERRAND: &str = "Look around the house";

/// Answers as `POST /v1/messages` does.
pub(super) fn for_claude_code(request: &Request) -> Reply {
    let Some(asked) = asked(request, "/v1/messages") else { return Reply::Status(404, "{}") };
    let messages = asked["messages"].to_string();
    let results = messages.matches("\"tool_result\"").count();
    let bash = |id: &str, command: &str| use_of(id, "Bash", &json!({"command": command, "description": "Say it"}));
    let mut errand = json!({"description": "Look", "prompt": ERRAND, "subagent_type": "general-purpose"});
    // Newer versions go on meanwhile, unless they are told not to.
    errand["run_in_background"] = json!(false);
    let is_subagent = messages.contains(ERRAND) && !messages.contains(PROMPT);
    let blocks = match (is_subagent, results) {
        (true, 0) => vec![text("I look."), bash("call_inside", "echo inside")],
        (true, _) => vec![text("I have looked.")],
        (false, 0) => vec![text("Two commands."), bash("call_1", "echo one"), bash("call_2", "echo two; exit 3")],
        (false, 2) => vec![text("Now another looks."), use_of("call_3", "Agent", &errand)],
        (false, _) => vec![text("All done.")],
    };
    let stop = if blocks.len() == 1 { "end_turn" } else { "tool_use" };
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let message = json!({
        "id": format!("msg_{is_subagent}_{results}"), "type": "message", "role": "assistant", "model": asked["model"],
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage,
    });
    let mut events = vec![json!({"type": "message_start", "message": message})];
    for (index, block) in blocks.into_iter().enumerate() {
        let (mut begun, delta) = (block.clone(), delta(&block));
        let key = if block["type"] == "text" { "text" } else { "input" };
        begun[key] = if key == "text" { json!("") } else { json!({}) };
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begun}));
        events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    let delta = json!({"stop_reason": stop, "stop_sequence": null});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 2}}));
    events.push(json!({"type": "message_stop"}));
    stream(&events)
}

/// Answers as `POST /v1/responses` does.
pub(super) fn for_codex(request: &Request) -> Reply {
    let Some(asked) = asked(request, "/v1/responses") else { return Reply::Status(404, "{}") };
    let message = |id: &str, text: &str| json!({"type": "message", "role": "assistant", "id": id, "content": [{"type": "output_text", "text": text}]});
    let call = |id: &str, command: &str| {
        let arguments = json!({"cmd": command}).to_string();
        json!({"type": "function_call", "call_id": id, "name": "exec_command", "arguments": arguments})
    };
    let items = if asked["input"].to_string().contains("function_call_output") {
        vec![message("msg_2", "All done.")]
    } else {
        vec![message("msg_1", "Two commands."), call("call_1", "echo one"), call("call_2", "echo two; exit 3")]
    };
    let id = format!("resp_{}", items.len());
    let usage = json!({
        "input_tokens": 1, "input_tokens_details": null, "output_tokens": 1, "output_tokens_details": null,
        "total_tokens": 2,
    });
    let done = items
        .into_iter()
        .enumerate()
        .map(|(index, item)| json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    let mut events = vec![json!({"type": "response.created", "response": {"id": id}})];
    events.extend(done);
    events.push(json!({"type": "response.completed", "response": {"id": id, "usage": usage}}));
    stream(&events)
}

/// What is asked, if it is asked there.
fn asked(request: &Request, path: &str) -> Option<Value> {
    let is_there = request.path.split('?').next() == Some(path);
    is_there.then(|| serde_json::from_slice(&request.body).ok()).flatten()
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn use_of(id: &str, name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

fn delta(block: &Value) -> Value {
    match block["type"].as_str() {
        Some("text") => json!({"type": "text_delta", "text": block["text"]}),
        _ => json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}),
    }
}

fn stream(events: &[Value]) -> Reply {
    let lines = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {event}\n\n")
    };
    Reply::Stream(events.iter().map(lines).collect())
}
