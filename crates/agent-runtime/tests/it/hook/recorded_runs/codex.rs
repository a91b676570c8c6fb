//! A run of Codex, from its rollout: which hooks ran, and with what.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use super::run::{Line, Run, Track, name_of};

/// Tools that Codex runs no hooks for.
const UNHOOKED: [&str; 2] = ["write_stdin", "update_plan"];

/// The run that wrote this rollout, which it will write into this folder.
pub(super) fn run(folder: &Path, session_id: &str, lines: Vec<Line>) -> Run {
    let file = folder.join(format!("rollout-2026-02-23T12-40-23-{session_id}.jsonl"));
    let base = json!({
        "session_id": session_id, "transcript_path": file, "cwd": "/work/site", "permission_mode": "default",
        "model": "gpt-of-the-start",
    });
    let facts = json!({
        "source": "codex", "status": "finished", "parent_session_id": null, "agent_name": null,
        "project_dir": "/work/site", "error_count": 0, "branch": null, "model": null, "session_name": null,
    });
    let mut reading = Reading { track: Track::new(session_id, &file, base, facts), open: HashMap::new() };
    for line in lines {
        match line {
            Line::Text(text) => reading.track.line(Line::Text(text)),
            Line::Object(line) => reading.read_line(line),
        }
    }
    reading.track.hook("SessionEnd", &json!({"reason": "other"}), json!({"session_stop": "other"}));
    Run::new("codex", vec![reading.track])
}

/// A rollout that is being read.
struct Reading {
    track: Track,
    /// Calls that have not come back.
    open: HashMap<String, Value>,
}

impl Reading {
    fn read_line(&mut self, line: Value) {
        self.track.advance_to(&line);
        let payload = line["payload"].clone();
        let line = Line::Object(line);
        match (kind_of(&line), payload["type"].as_str()) {
            ("session_meta", _) => {
                self.track.facts["branch"] = payload["git"]["branch"].clone();
                self.track.line_after(line);
                self.track.hook("SessionStart", &json!({"source": "startup"}), json!({"session_start": null}));
            }
            ("turn_context", _) => {
                // From here on both the rollout and the documents name the model of the turn.
                self.track.base["model"] = payload["model"].clone();
                self.track.facts["model"] = payload["model"].clone();
                self.track.line(line);
            }
            ("event_msg", Some("task_started")) => {
                self.track.base["turn_id"] = payload["turn_id"].clone();
                self.track.line(line);
            }
            ("event_msg", Some("user_message")) => {
                let prompt = payload["message"].as_str().unwrap_or_default();
                if self.track.facts["session_name"].is_null() {
                    self.track.facts["session_name"] = json!(name_of(prompt));
                }
                self.track.hook("UserPromptSubmit", &json!({"prompt": prompt}), json!({"prompt": prompt}));
                self.track.line_after(line);
            }
            ("event_msg", Some("task_complete")) => {
                self.track.line_after(line);
                let about = json!({"stop_hook_active": false, "last_assistant_message": payload["last_agent_message"]});
                self.track.hook("Stop", &about, json!({"stop": null}));
            }
            ("response_item", Some("message")) if payload["role"] == "assistant" => {
                self.track.words(line, words(&payload["content"], "text"));
            }
            ("response_item", Some("reasoning")) => self.track.words(line, words(&payload["summary"], "thinking")),
            ("response_item", Some("function_call" | "custom_tool_call")) => self.call(line, &payload),
            ("response_item", Some("function_call_output" | "custom_tool_call_output")) => {
                self.returned(&payload);
                self.track.line_after(line);
            }
            _ => self.track.line(line),
        }
    }

    fn call(&mut self, line: Line, payload: &Value) {
        let name = payload["name"].as_str().unwrap_or_default();
        if UNHOOKED.contains(&name) {
            return self.track.line(line);
        }
        let said = payload["arguments"].as_str().or(payload["input"].as_str()).unwrap_or_default();
        let call = json!({
            "tool_name": if name == "exec_command" { "Bash" } else { name }, "tool_input": {"command": said},
            "tool_use_id": payload["call_id"],
        });
        self.track.call(Some(line), &call, json!({"pre_tool": payload["call_id"], "input": {"command": said}}));
        self.open.insert(payload["call_id"].as_str().unwrap_or_default().to_owned(), call);
    }

    fn returned(&mut self, payload: &Value) {
        let id = payload["call_id"].as_str().unwrap_or_default();
        let Some(mut call) = self.open.remove(id) else { return };
        call["tool_response"] = payload["output"].clone();
        self.track.hook("PostToolUse", &call, json!({"post_tool": id, "error": null, "output": payload["output"]}));
    }
}

fn kind_of(line: &Line) -> &'static str {
    let Line::Object(line) = line else { return "" };
    let kinds = ["session_meta", "turn_context", "event_msg", "response_item"];
    kinds.into_iter().find(|kind| line["type"] == *kind).unwrap_or_default()
}

fn words(parts: &Value, kind: &str) -> Vec<Value> {
    let texts = parts.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    texts.filter(|text| !text.trim().is_empty()).map(|text| json!({kind: text})).collect()
}
