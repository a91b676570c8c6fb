//! Transcripts that agents have written, where they lie beside the project. Elsewhere there is nothing to read, and the
//! test says so.

use std::fs;
use std::path::{Path, PathBuf};

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::{LineReport, Options};
use agent_runtime_agents::speaker::Speaker;
use agent_runtime_agents::transcript::read_transcript_line;
use serde_json::Value;

use crate::harness::{shown, transcript_ref};

fn recordings(agent: Agent) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(agent.as_str());
    let mut files = Vec::new();
    collect(&folder, &mut files);
    if files.is_empty() {
        eprintln!("skipped: there are no recordings of {} in ../shared/data", agent.as_str());
    }
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path if path.extension().is_some_and(|extension| extension == "jsonl") => files.push(path),
            _ => {}
        }
    }
}

/// Every line as another reader sees it, and what it says here.
fn read(agent: Agent, file: &Path) -> Vec<(Value, LineReport)> {
    let name = file.file_stem().unwrap().to_string_lossy();
    // Codex names its files after a date and the session's id, a UUID.
    let own = if agent == Agent::Codex { &name[name.len().saturating_sub(36)..] } else { &*name };
    let transcript = transcript_ref(&own.strip_prefix("agent-").map_or(own.to_owned(), |id| format!("s:{id}")));
    let mut speaker = Speaker::default();
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter_map(|line| {
        let value: Value = serde_json::from_str(line).ok().filter(Value::is_object)?;
        let report = read_transcript_line(agent, &transcript, &mut speaker, line.as_bytes(), &Options::default());
        Some((value, report.unwrap_or_else(|error| panic!("{}: {error}: {line}", file.display()))))
    });
    lines.collect()
}

fn blocks<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let blocks = list.as_array().into_iter().flatten();
    blocks.filter_map(|block| block[key].as_str()).filter(|words| !words.trim().is_empty()).collect()
}

#[test]
fn every_recorded_line_is_read_and_all_words_are_found() {
    for agent in [Agent::ClaudeCode, Agent::Codex] {
        let mut words = 0;
        for file in recordings(agent) {
            for (line, report) in read(agent, &file) {
                let expected: Vec<&str> = match (agent, line["type"].as_str()) {
                    (Agent::ClaudeCode, Some("assistant")) => {
                        let content = &line["message"]["content"];
                        blocks(content, "text").into_iter().chain(blocks(content, "thinking")).collect()
                    }
                    (Agent::Codex, Some("response_item")) if line["payload"]["role"] == "assistant" => {
                        blocks(&line["payload"]["content"], "text")
                    }
                    (Agent::Codex, Some("response_item")) => blocks(&line["payload"]["summary"], "text"),
                    _ => Vec::new(),
                };
                let events: Vec<Value> = report.events.iter().map(shown).collect();
                let said: Vec<&str> = events
                    .iter()
                    .filter(|event| event["event_type"] == "message")
                    .map(|event| {
                        let block = &event["content"][0];
                        block["text"].as_str().or(block["thinking"].as_str()).unwrap()
                    })
                    .collect();
                assert_eq!(said.len(), expected.len(), "{}: {line}", file.display());
                words += said.len();
            }
        }
        assert!(recordings(agent).is_empty() || words > 100, "{words} words of {}", agent.as_str());
    }
}
