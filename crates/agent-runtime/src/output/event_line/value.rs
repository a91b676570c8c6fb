//! What went into a tool and came out of it: the part that says most, as text.

use agent_runtime_types::outline::TELLING;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::client::record::words_of;

/// Letters of a value that are looked at: what stands behind them fits on no line.
const LOOKED_AT: usize = 4096;
/// What says most of a tool's output, the best first.
const OF_OUTPUT: [&str; 12] = [
    "stdout",
    "stderr",
    "output",
    "content",
    "result",
    "text",
    "message",
    "filePath",
    "file_path",
    "path",
    "url",
    "query",
];

/// What says most of a tool's input; nothing where there is none.
pub(super) fn input(raw: Option<&RawValue>) -> String {
    read(raw, input_of)
}

/// What says most of a tool's output; nothing where there is none.
pub(super) fn output(raw: Option<&RawValue>) -> String {
    read(raw, output_of)
}

fn read(raw: Option<&RawValue>, telling: fn(&Value) -> String) -> String {
    let Some(raw) = raw else { return String::new() };
    // What nests too deep to be read is shown as it was sent.
    serde_json::from_str(raw.get()).map_or_else(|_| beginning(raw.get()).to_owned(), |value| telling(&value))
}

/// The same of an input that was read.
pub(super) fn input_of(value: &Value) -> String {
    let telling = TELLING.iter().find_map(|key| text(&value[key])).or_else(|| plan(value));
    telling.or_else(|| text(value)).unwrap_or_else(|| shown(value))
}

/// How far an agent is with what it plans, and what is next.
fn plan(value: &Value) -> Option<String> {
    let steps = ["todos", "plan"].iter().find_map(|key| value[key].as_array())?;
    let with = |status: &str| steps.iter().filter(|step| step["status"] == status).collect::<Vec<_>>();
    let said = ["content", "step"];
    let now = with("in_progress").first().and_then(|step| said.iter().find_map(|key| text(&step[key])));
    let done = format!("{} of {} done", with("completed").len(), steps.len());
    Some(now.map_or(done.clone(), |now| format!("{done}, now: {now}")))
}

fn output_of(value: &Value) -> String {
    // A subagent in the background says nothing yet.
    if value["status"] == "async_launched" {
        return "goes on in the background".to_owned();
    }
    if let Some(lines) = value["file"]["numLines"].as_u64() {
        return counted(lines, "line");
    }
    let telling = OF_OUTPUT.iter().find_map(|key| text(&value[key]));
    let files = || value["numFiles"].as_u64().map(|files| counted(files, "file"));
    telling.or_else(|| text(value)).or_else(files).unwrap_or_else(|| shown(value))
}

/// A text, or the texts of blocks; `None` for anything else, and for what says nothing.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => beginning(text).to_owned(),
        Value::Array(blocks) if blocks.iter().any(|block| block["text"].is_string()) => words_of(blocks),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// A value without a telling part, as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => beginning(text).to_owned(),
        // A command that had nothing to say.
        Value::Object(members) if members.get("stdout").is_some_and(Value::is_string) => "no output".to_owned(),
        other => beginning(&other.to_string()).to_owned(),
    }
}

fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// As much of a text as may be shown.
pub(super) fn beginning(text: &str) -> &str {
    text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end])
}
