//! A run of Claude Code, from the transcripts of its session and of its subagents: which hooks ran, and with what.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use super::run::{Line, Run, Track, name_of};

/// A subagent of a session: its id, its kind and its transcript.
pub(super) struct Subagent {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) lines: Vec<Line>,
}

/// The run that wrote these transcripts, which it will write into this folder.
pub(super) fn run(folder: &Path, session_id: &str, lines: Vec<Line>, subagents: Vec<Subagent>) -> Run {
    let file = folder.join(format!("{session_id}.jsonl"));
    let base =
        json!({"session_id": session_id, "transcript_path": file, "cwd": "/work/site", "permission_mode": "default"});
    let facts = json!({
        "source": "claude-code", "status": "finished", "parent_session_id": null, "agent_name": null,
        "project_dir": "/work/site", "error_count": 0, "branch": null, "model": null, "session_name": null,
    });
    let mut sessions = Vec::new();
    for Subagent { id, kind, lines } in subagents {
        let own = format!("{session_id}:{id}");
        let file = folder.join(session_id).join("subagents").join(format!("agent-{id}.jsonl"));
        let (mut base, mut facts) = (base.clone(), facts.clone());
        (base["agent_id"], base["agent_type"]) = (json!(id), json!(kind));
        (facts["parent_session_id"], facts["agent_name"]) = (json!(session_id), json!(kind));
        facts["session_name"] = json!(format!("{kind} {}", id.chars().take(4).collect::<String>()));
        let mut reading = Reading::new(Track::new(&own, &file, base, facts), true);
        reading.read(lines);
        sessions.push(reading.track);
    }
    let mut reading = Reading::new(Track::new(session_id, &file, base, facts), false);
    reading.read(lines);
    sessions.push(reading.track);
    Run::new("claude-code", sessions)
}

/// A transcript that is being read.
struct Reading {
    track: Track,
    is_subagent: bool,
    /// Calls that have not come back.
    open: HashMap<String, Value>,
    turns: usize,
    in_turn: bool,
    last_words: String,
}

impl Reading {
    fn new(track: Track, is_subagent: bool) -> Self {
        Self { track, is_subagent, open: HashMap::new(), turns: 0, in_turn: false, last_words: String::new() }
    }

    fn read(&mut self, lines: Vec<Line>) {
        let first = lines.iter().find_map(|line| match line {
            Line::Object(line) => line["timestamp"].is_string().then(|| line.clone()),
            Line::Text(_) => None,
        });
        self.track.advance_to(&first.unwrap_or_default());
        if self.is_subagent {
            self.track.hook("SubagentStart", &json!({}), json!({"session_start": null}));
        } else {
            self.track.hook("SessionStart", &json!({"source": "startup"}), json!({"session_start": null}));
        }
        for line in lines {
            match line {
                Line::Text(text) => self.track.line(Line::Text(text)),
                Line::Object(line) => self.read_line(line),
            }
        }
        self.end();
    }

    fn read_line(&mut self, line: Value) {
        self.track.advance_to(&line);
        if let Some(branch) = line["gitBranch"].as_str().filter(|branch| *branch != "HEAD") {
            self.track.facts["branch"] = json!(branch);
        }
        match (line["type"].as_str(), line["subtype"].as_str()) {
            (Some("assistant"), _) => self.answer(line),
            (Some("user"), _) => self.input(line),
            (Some("ai-title"), _) => {
                self.track.facts["session_name"] = line["aiTitle"].clone();
                self.track.line(Line::Object(line));
            }
            (Some("system"), Some("stop_hook_summary")) => {
                self.stop();
                self.track.line_after(Line::Object(line));
            }
            (Some("system"), Some("compact_boundary")) => {
                let trigger = json!({"trigger": line["compactMetadata"]["trigger"], "custom_instructions": ""});
                self.track.hook("PreCompact", &trigger, json!({"pre_compact": null}));
                self.track.line_after(Line::Object(line));
                self.track.hook("SessionStart", &json!({"source": "compact"}), json!({"compact": null}));
            }
            _ => self.track.line(Line::Object(line)),
        }
    }

    fn answer(&mut self, line: Value) {
        let message = line["message"].clone();
        if message["model"].is_string() {
            self.track.facts["model"] = message["model"].clone();
        }
        let mut words = Vec::new();
        let mut calls = Vec::new();
        for block in message["content"].as_array().into_iter().flatten() {
            match block["type"].as_str() {
                Some("tool_use") => calls.push(block.clone()),
                Some(kind @ ("text" | "thinking")) => {
                    let text = block[kind].as_str().unwrap_or_default();
                    if !text.trim().is_empty() {
                        words.push(json!({kind: text}));
                        text.clone_into(&mut self.last_words);
                    }
                }
                _ => {}
            }
        }
        let mut line = Some(Line::Object(line));
        if calls.is_empty() || !words.is_empty() {
            self.track.words(line.take().expect("a line"), words);
        }
        for call in calls {
            let about = json!({"tool_name": call["name"], "tool_input": call["input"], "tool_use_id": call["id"]});
            self.track.call(line.take(), &about, json!({"pre_tool": call["id"], "input": call["input"]}));
            self.open.insert(call["id"].as_str().unwrap_or_default().to_owned(), call);
        }
    }

    fn input(&mut self, line: Value) {
        let content = line["message"]["content"].clone();
        let blocks = content.as_array().cloned().unwrap_or_default();
        let text = content.as_str().or_else(|| blocks.first()?["text"].as_str()).map(str::to_owned);
        for block in &blocks {
            let call = block["tool_use_id"].as_str().and_then(|call| self.open.remove(call));
            if let Some(call) = call {
                self.returned(&call, block, &line["toolUseResult"]);
            }
        }
        let is_prompt = line["isMeta"] != true && line["isCompactSummary"] != true && !self.is_subagent;
        match text {
            Some(text) if text.starts_with("[Request interrupted") => {
                self.track.words(Line::Object(line), vec![json!({"interrupt": null})]);
                // A person who breaks in ends the turn, and no hook tells of it.
                self.in_turn = false;
            }
            Some(text) if is_prompt => {
                self.prompt(&text);
                self.track.line_after(Line::Object(line));
            }
            _ => self.track.line_after(Line::Object(line)),
        }
    }

    fn prompt(&mut self, text: &str) {
        self.turns += 1;
        self.in_turn = true;
        self.track.base["prompt_id"] = json!(format!("prompt {}", self.turns));
        if self.track.facts["session_name"].is_null() {
            self.track.facts["session_name"] = json!(name_of(text));
        }
        // What the program tells itself of tasks in the background is no person's.
        let is_notice = text.starts_with("<task-notification>");
        let told = if is_notice { json!({"task_notification": null}) } else { json!({"prompt": text}) };
        self.track.hook("UserPromptSubmit", &json!({"prompt": text}), told);
    }

    fn returned(&mut self, call: &Value, block: &Value, result: &Value) {
        let mut about = json!({"tool_name": call["name"], "tool_input": call["input"], "tool_use_id": call["id"]});
        let id = &call["id"];
        if block["is_error"] == true {
            let count = self.track.facts["error_count"].as_i64().unwrap_or_default();
            self.track.facts["error_count"] = json!(count + 1);
            let error = block["content"].as_str().map_or_else(|| block["content"].to_string(), str::to_owned);
            about["error"] = json!(error);
            about["is_interrupt"] = json!(false);
            return self.track.hook(
                "PostToolUseFailure",
                &about,
                json!({"post_tool": id, "error": error, "output": null}),
            );
        }
        about["tool_response"] = result.clone();
        about["duration_ms"] = json!(7);
        let mut kept = result.clone();
        // The whole file that an edit carries along is not kept.
        if let Some(members) = kept.as_object_mut() {
            members.retain(|key, value| key != "originalFile" || value.is_null());
        }
        self.track.hook("PostToolUse", &about, json!({"post_tool": id, "error": null, "output": kept}));
    }

    fn stop(&mut self) {
        self.in_turn = false;
        let about = json!({
            "stop_hook_active": false, "last_assistant_message": self.last_words, "background_tasks": [], "session_crons": [],
        });
        self.track.hook("Stop", &about, json!({"stop": null}));
    }

    fn end(&mut self) {
        if self.is_subagent {
            let about = json!({
                "stop_hook_active": false, "agent_transcript_path": self.track.file,
                "last_assistant_message": self.last_words, "background_tasks": [],
            });
            return self.track.hook("SubagentStop", &about, json!({"session_stop": null}));
        }
        if self.in_turn {
            self.stop();
        }
        self.track.hook(
            "SessionEnd",
            &json!({"reason": "prompt_input_exit"}),
            json!({"session_stop": "prompt_input_exit"}),
        );
    }
}
