//! The transcripts of Claude Code: one JSON object a line, by its `type`.

use crate::document::Document;
use crate::event_key::{EventKey, hash};
use crate::name;
use crate::report::{LineReport, NameRank};
use crate::transcript::LineReader;

/// What the model is called where the program itself speaks in its place.
const NO_MODEL: &str = "<synthetic>";
/// How the program notes that a person broke in. No hook tells of it.
const INTERRUPTED: &str = "[Request interrupted by user";

/// Where Claude Code keeps the words of a subagent, beside those of its session.
pub(crate) fn subagent_transcript(of_session: &str, agent_id: &str) -> Option<String> {
    let is_name = agent_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let folder = of_session.strip_suffix(".jsonl")?;
    is_name.then(|| format!("{folder}/subagents/agent-{agent_id}.jsonl"))
}

/// Reads a line.
pub(crate) fn read_line(reader: &LineReader<'_>) -> LineReport {
    let mut report = LineReport::default();
    let line = &reader.line;
    if is_of_another(reader) {
        return report;
    }
    report.folder = line.some_text("cwd");
    report.branch = reader.clean_member(&mut report, line, "gitBranch").filter(|branch| branch != "HEAD");
    match line.text("type").as_deref() {
        Some("assistant") => read_answer(reader, &mut report),
        Some("user") => read_input(reader, &mut report),
        Some("custom-title") => read_title(reader, &mut report, "customTitle", NameRank::ChosenTitle),
        Some("ai-title") => read_title(reader, &mut report, "aiTitle", NameRank::Title),
        _ => {}
    }
    report
}

/// Older versions wrote the words of subagents into the file of their session.
fn is_of_another(reader: &LineReader<'_>) -> bool {
    let is_own = |agent_id: &str| reader.session_id().strip_suffix(agent_id).is_some_and(|rest| rest.ends_with(':'));
    reader.line.is_true("isSidechain") && !reader.line.text("agentId").is_some_and(|agent_id| is_own(&agent_id))
}

fn read_answer(reader: &LineReader<'_>, report: &mut LineReport) {
    let message = reader.line.object("message");
    report.model = reader.clean_member(report, &message, "model").filter(|model| model != NO_MODEL);
    for (index, block) in message.elements("content").into_iter().enumerate() {
        let block = Document::inside(block);
        let kind = block.text("type").unwrap_or_default();
        // A thought's signature is left out: it is long, and of use to nobody but the model.
        if let ("text" | "thinking", Some(words)) = (&*kind, block.raw_string(&kind)) {
            reader.add_words(report, &kind, words, EventKey::of_part(&id(reader), index));
        }
    }
}

/// Prompts come from hooks; what only the transcript tells is that the agent was interrupted.
fn read_input(reader: &LineReader<'_>, report: &mut LineReport) {
    let message = reader.line.object("message");
    let content = message.elements("content");
    let text = match content.first() {
        Some(first) => Document::inside(first).text("text"),
        None => message.text("content"),
    };
    if text.is_some_and(|text| text.starts_with(INTERRUPTED)) {
        reader.add_event(report, "interrupt", EventKey::of_part(&id(reader), 0));
    }
}

fn read_title(reader: &LineReader<'_>, report: &mut LineReport, key: &str, rank: NameRank) {
    let title = reader.line.raw_string(key).and_then(|title| reader.clean_text(report, title));
    report.title = title.and_then(|title| name::of_title(&title)).map(|title| (title, rank));
}

/// The line's own id; it stays the same when a resumed session writes the line again.
fn id(reader: &LineReader<'_>) -> String {
    reader.line.some_text("uuid").unwrap_or_else(|| hash(&[reader.text]))
}
