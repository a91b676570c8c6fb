//! The rollouts of Codex: one JSON object a line, `type` and `payload`.

use crate::document::Document;
use crate::event_key::{EventKey, hash};
use crate::name;
use crate::report::{LineReport, NameRank};
use crate::speaker::Speaker;
use crate::transcript::LineReader;

/// Reads a line.
pub(crate) fn read_line(reader: &LineReader<'_>, speaker: &mut Speaker) -> LineReport {
    let mut report = LineReport::default();
    let payload = reader.line.object("payload");
    let line_type = reader.line.text("type").unwrap_or_default();
    // What a fork repeats of its parent is the parent's: its words, its title, its model, its own parent.
    if !speaker.hears(reader.session_id(), &line_type, &payload) {
        return report;
    }
    match &*line_type {
        "session_meta" => read_meta(reader, &payload, &mut report),
        "turn_context" => {
            report.folder = payload.some_text("cwd");
            report.model = reader.clean_member(&mut report, &payload, "model");
        }
        "response_item" => read_item(reader, &payload, &mut report),
        // The other messages repeat what the items say.
        "event_msg" if payload.text("type").as_deref() == Some("thread_name_updated") => {
            let name = payload.raw_string("thread_name").and_then(|name| reader.clean_text(&mut report, name));
            report.title = name.and_then(|name| name::of_title(&name)).map(|name| (name, NameRank::Title));
        }
        _ => {}
    }
    report
}

fn read_meta(reader: &LineReader<'_>, payload: &Document<'_>, report: &mut LineReport) {
    report.folder = payload.some_text("cwd");
    report.branch = reader.clean_member(report, &payload.object("git"), "branch");
    report.continues = payload.some_text("forked_from_id");
    let spawned = payload.object("source").object("subagent").object("thread_spawn");
    report.parent_session_id = spawned.some_text("parent_thread_id");
}

fn read_item(reader: &LineReader<'_>, payload: &Document<'_>, report: &mut LineReport) {
    let is_answer = payload.text("role").as_deref() == Some("assistant");
    let (list, kind) = match payload.text("type").as_deref() {
        Some("message") if is_answer => ("content", "text"),
        Some("reasoning") => ("summary", "thinking"),
        _ => return,
    };
    // Most items have no id, but a time: a line is what it says.
    let id = payload.some_text("id").unwrap_or_else(|| hash(&[reader.text]));
    for (index, part) in payload.elements(list).into_iter().enumerate() {
        if let Some(words) = Document::inside(part).raw_string("text") {
            reader.add_words(report, kind, words, EventKey::of_part(&id, index));
        }
    }
}
