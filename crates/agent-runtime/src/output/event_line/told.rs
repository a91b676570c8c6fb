//! What an event says, in a word and a text. Agents' own events say it in the document that came with them.

use serde_json::Value;

use super::value;
use crate::client::record::Event;
use crate::output::style::Tone;

/// The members of an agent's document that say most of an event without a word of its own, the best first. What tells
/// of a tool's input stands in the one table of outlines.
const OF_DOCUMENT: [&str; 18] = [
    "message",
    "error",
    "error_details",
    "reason",
    "task_subject",
    "command_name",
    "agent_type",
    "teammate_name",
    "file_path",
    "new_cwd",
    "directory",
    "worktree_path",
    "trigger",
    "source",
    "compact_summary",
    "prompt",
    "url",
    "name",
];

/// What an event says.
pub(super) struct Told<'a> {
    pub(super) kind: &'a str,
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// Puts an event into words.
pub(super) fn told(event: &Event) -> Told<'_> {
    let tool = event.tool_name.as_deref().unwrap_or("tool");
    let (kind, tone, text) = match event.event_type.as_str() {
        "session_start" => ("start", Tone::Strong, begun(event)),
        "session_stop" => return ended(event),
        "pre_tool" => ("tool", Tone::Tool, joined(tool, &value::input(event.tool_input.as_deref()))),
        "post_tool" => {
            let did = format!("{tool}{}", took(event));
            match &event.error {
                Some(error) => ("failed", Tone::Bad, joined(&did, error)),
                None => ("done", Tone::Good, joined(&did, &value::output(event.tool_output.as_deref()))),
            }
        }
        "message" => return said(event),
        "permission_request" => ("asks", Tone::Calling, asked(event, tool)),
        "permission_denied" => ("denied", Tone::Bad, joined(&asked(event, tool), &why(event))),
        "notification" => ("note", notified(event), anything(event)),
        "task_notification" => ("note", Tone::Quiet, summary(&anything(event))),
        "pre_compact" => ("note", Tone::Quiet, joined("compacting what was said", &anything(event))),
        "compact" => ("note", Tone::Quiet, "what was said is compacted".to_owned()),
        // The turn of an agent ends far more often than its session.
        "stop" => ("turn", Tone::Quiet, turn_over(event)),
        "stop_failure" => ("turn", Tone::Bad, joined("failed", &why(event))),
        "interrupt" => ("turn", Tone::Calling, "interrupted".to_owned()),
        other => (other, Tone::Quiet, anything(event)),
    };
    Told { kind, tone, text }
}

fn begun(event: &Event) -> String {
    let hook = document(event);
    let how = event.reason.as_deref().or_else(|| hook["source"].as_str());
    parts([subagent(&hook), how.map(str::to_owned), hook["model"].as_str().map(str::to_owned)])
}

fn ended(event: &Event) -> Told<'_> {
    let code = event.exit_code.map(|code| format!("exit code {code}"));
    let text = parts([subagent(&document(event)), code, event.reason.clone(), event.error.clone()]);
    let failed = event.exit_code.is_some_and(|code| code != 0) || event.reason.as_deref() == Some("process_gone");
    Told { kind: "end", tone: if failed { Tone::Bad } else { Tone::Strong }, text }
}

fn said(event: &Event) -> Told<'_> {
    let blocks = event.blocks();
    let thinks = !blocks.is_empty() && blocks.iter().all(|block| block["type"] == "thinking");
    let (kind, tone) = match event.role.as_deref() {
        Some("user") => ("user", Tone::Person),
        Some("assistant") | None if thinks => ("thinks", Tone::Quiet),
        Some("assistant") | None => ("agent", Tone::Strong),
        Some(role) => (role, Tone::Strong),
    };
    Told { kind, tone, text: event.words() }
}

/// What an agent asks to be allowed: it stands in the document, for the event itself has the tool's name alone.
fn asked(event: &Event, tool: &str) -> String {
    let of_event = value::input(event.tool_input.as_deref());
    let input = if of_event.is_empty() { value::input_of(&document(event)["tool_input"]) } else { of_event };
    joined(tool, &input)
}

/// Whether a person is waited for.
fn notified(event: &Event) -> Tone {
    match document(event)["notification_type"].as_str() {
        None | Some("auth_success" | "elicitation_complete" | "elicitation_response" | "agent_completed") => {
            Tone::Quiet
        }
        Some(_) => Tone::Calling,
    }
}

fn turn_over(event: &Event) -> String {
    let tasks = document(event)["background_tasks"].as_array().map_or(0, Vec::len);
    match tasks {
        0 => "over".to_owned(),
        1 => "over, while 1 task goes on in the background".to_owned(),
        several => format!("over, while {several} tasks go on in the background"),
    }
}

fn why(event: &Event) -> String {
    let hook = document(event);
    let known = event.error.as_deref().or(event.reason.as_deref());
    let known = known.or_else(|| ["error", "reason"].iter().find_map(|key| hook[key].as_str()));
    parts([known.map(str::to_owned), hook["error_details"].as_str().map(str::to_owned)])
}

fn subagent(hook: &Value) -> Option<String> {
    hook["agent_id"].as_str()?;
    Some(hook["agent_type"].as_str().map_or("subagent".to_owned(), |kind| format!("subagent {kind}")))
}

/// What such a notice says in short, where it does.
fn summary(text: &str) -> String {
    let inner = text.split_once("<summary>").and_then(|(_, rest)| rest.split_once("</summary>"));
    inner.map_or(text, |(summary, _)| summary).to_owned()
}

/// Of an event without a word of its own: whatever of the known keys says something, else what its document says.
fn anything(event: &Event) -> String {
    let known = [
        event.tool_name.clone().unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
        event.error.clone().unwrap_or_default(),
        value::input(event.tool_input.as_deref()),
        event.words(),
    ];
    let known = known.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    if !known.is_empty() {
        return known;
    }
    let hook = document(event);
    let telling = OF_DOCUMENT.iter().find_map(|key| hook[key].as_str().filter(|text| !text.trim().is_empty()));
    telling.map(|text| value::beginning(text).to_owned()).unwrap_or_default()
}

/// The agent's document; null where there is none, or it nests deeper than a reader of ours goes.
fn document(event: &Event) -> Value {
    event.hook.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn parts<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn joined(what: &str, more: &str) -> String {
    if more.trim().is_empty() { what.to_owned() } else { format!("{what}: {more}") }
}

fn took(event: &Event) -> String {
    let read = event.duration_ms.as_ref().and_then(|raw| raw.get().parse::<f64>().ok());
    match read {
        Some(ms) if ms >= 1000.0 => format!(" ({:.1} s)", ms / 1000.0),
        Some(ms) if ms >= 0.0 => format!(" ({ms:.0} ms)"),
        _ => String::new(),
    }
}
