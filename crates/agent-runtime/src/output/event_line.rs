//! One event on one line: when, whose, what, and as much of it as fits.

use std::borrow::Cow;

use serde_json::Value;

use super::plain;
use super::style::{Style, Tone};
use crate::client::record::Event;

/// Columns of the word that says what kind of event it is.
const KIND_COLUMNS: usize = 6;
/// Columns of a session's name, where several are shown.
const NAME_COLUMNS: usize = 20;
/// Letters of a value that are looked at: what stands behind them fits on no line.
const LOOKED_AT: usize = 4096;
/// What says most of a tool's input, the best first.
const TELLING: [&str; 12] = [
    "command",
    "file_path",
    "path",
    "notebook_path",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
    "skill",
    "input",
    "text",
];

/// How lines are made.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    /// How many columns a line may have.
    pub(crate) columns: usize,
    /// How it is coloured.
    pub(crate) style: Style,
}

impl Lines {
    /// The line of an event; `name` is its session's, where lines of several stand together.
    pub(crate) fn event(self, event: &Event, when: &str, name: Option<&str>) -> String {
        let Told { kind, tone, text } = told(event);
        self.put_together(when, name, kind, tone, &text)
    }

    /// A line on something else that happened to a session.
    pub(crate) fn session(self, when: &str, name: Option<&str>, kind: &str, text: &str) -> String {
        self.put_together(when, name, kind, Tone::Strong, text)
    }

    fn put_together(self, when: &str, name: Option<&str>, kind: &str, tone: Tone, text: &str) -> String {
        let (when, kind) = (plain::line(when), plain::padded(&plain::line(kind), KIND_COLUMNS));
        let name = name.map(|name| plain::padded(&plain::cut(&plain::line(name), NAME_COLUMNS), NAME_COLUMNS));
        let taken = [Some(&when), name.as_ref(), Some(&kind)];
        let taken: usize = taken.into_iter().flatten().map(|part| plain::columns(part) + 2).sum();
        // However narrow the screen, something of the event is seen.
        let text = plain::cut(&plain::line(text), self.columns.saturating_sub(taken).max(10));
        let mut line = self.style.paint(Tone::Quiet, &when);
        for part in name.iter().map(|name| self.style.paint(Tone::Quiet, name)) {
            line = format!("{line}  {part}");
        }
        let text = if tone == Tone::Bad { self.style.paint(tone, &text) } else { text };
        let line = format!("{line}  {}  {text}", self.style.paint(tone, &kind));
        line.trim_end().to_owned()
    }
}

/// What an event says.
struct Told<'a> {
    kind: &'a str,
    tone: Tone,
    text: String,
}

fn told(event: &Event) -> Told<'_> {
    let tool = event.tool_name.as_deref().unwrap_or("tool");
    let (kind, tone, text) = match event.event_type.as_str() {
        "session_start" => ("start", Tone::Strong, event.reason.clone().unwrap_or_default()),
        "session_stop" => return stop(event),
        "pre_tool" => ("tool", Tone::Tool, joined(tool, &value(event.tool_input.as_deref()))),
        "post_tool" => {
            let did = format!("{tool}{}", took(event));
            match &event.error {
                Some(error) => ("failed", Tone::Bad, joined(&did, error)),
                None => ("done", Tone::Good, joined(&did, &value(event.tool_output.as_deref()))),
            }
        }
        "message" => match event.role.as_deref() {
            Some("user") => ("user", Tone::Person, event.words()),
            Some("assistant") | None => ("agent", Tone::Strong, event.words()),
            Some(role) => (role, Tone::Strong, event.words()),
        },
        other => (other, Tone::Quiet, anything(event)),
    };
    Told { kind, tone, text }
}

fn stop(event: &Event) -> Told<'_> {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(event.exit_code.map(|code| format!("exit code {code}")));
    parts.extend(event.reason.clone());
    parts.extend(event.error.clone());
    let failed = event.exit_code.is_some_and(|code| code != 0) || event.reason.as_deref() == Some("process_gone");
    Told { kind: "stop", tone: if failed { Tone::Bad } else { Tone::Strong }, text: parts.join(", ") }
}

/// Of an event without a meaning of its own: whatever of the known keys says something.
fn anything(event: &Event) -> String {
    let parts = [
        event.tool_name.clone().unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
        event.error.clone().unwrap_or_default(),
        value(event.tool_input.as_deref()).into_owned(),
        event.words(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
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

/// What says most of a value.
fn value(raw: Option<&serde_json::value::RawValue>) -> Cow<'_, str> {
    let Some(raw) = raw else { return Cow::Borrowed("") };
    // What nests too deep to be read, or is too long to be worth it, is shown as it was sent.
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(Value::String(text)) => Cow::Owned(beginning(&text).to_owned()),
        Ok(Value::Object(members)) => {
            let telling = TELLING.iter().find_map(|key| members.get(*key).and_then(Value::as_str));
            let output = ["stdout", "output", "content", "result"].iter();
            let telling = telling.or_else(|| {
                output.filter_map(|key| members.get(*key).and_then(Value::as_str)).find(|text| !text.is_empty())
            });
            telling.map_or_else(|| Cow::Borrowed(beginning(raw.get())), |text| Cow::Owned(beginning(text).to_owned()))
        }
        _ => Cow::Borrowed(beginning(raw.get())),
    }
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::{Lines, Style};
    use crate::client::record::Event;
    use crate::output::plain;
    use serde_json::json;

    fn line(columns: usize, members: &serde_json::Value) -> String {
        let mut event = json!({"id": 1, "session_id": "s", "session_name": "n", "timestamp": "t"});
        let (Some(event), Some(members)) = (event.as_object_mut(), members.as_object()) else { panic!("objects") };
        event.extend(members.clone());
        let event: Event = serde_json::from_value(json!(event)).expect("an event");
        Lines { columns, style: Style { coloured: false } }.event(&event, "10:00:00", Some("name"))
    }

    #[test]
    fn a_line_says_what_happened() {
        for (members, said) in [
            (json!({"event_type": "session_start"}), "start"),
            (
                json!({"event_type": "pre_tool", "tool_name": "Bash", "tool_input": {"description": "d", "command": "cargo\n\ttest"}}),
                "tool    Bash: cargo test",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Bash", "tool_output": {"stdout": "ok"}, "duration_ms": 1240}),
                "done    Bash (1.2 s): ok",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Read", "tool_output": [1], "duration_ms": "odd"}),
                "done    Read: [1]",
            ),
            (json!({"event_type": "post_tool", "tool_name": "Bash", "error": "no"}), "failed  Bash: no"),
            (
                json!({"event_type": "message", "role": "user", "content": [{"type": "text", "text": "hello\x1b[2J"}, {"type": "image"}]}),
                "user    hello␛[2J [image]",
            ),
            (json!({"event_type": "message", "role": "assistant", "content": []}), "agent"),
            (json!({"event_type": "session_stop", "exit_code": 3, "reason": "logout"}), "stop    exit code 3, logout"),
            (json!({"event_type": "notification", "reason": "idle"}), "notification  idle"),
        ] {
            assert_eq!(line(200, &members), format!("10:00:00  {}  {said}", plain::padded("name", 20)));
        }
    }

    #[test]
    fn a_line_stays_within_its_columns_and_a_deep_value_is_no_obstacle() {
        let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
        let event = format!(
            "{{\"id\":1,\"session_id\":\"s\",\"session_name\":\"n\",\"timestamp\":\"t\",\"event_type\":\"pre_tool\",\
             \"tool_input\":{{\"a\":{deep}}},\"content\":[{deep}]}}"
        );
        let event: Event = serde_json::from_str(&event).expect("an event");
        let line = Lines { columns: 80, style: Style { coloured: false } }.event(&event, "10:00:00", None);
        assert!(line.contains("tool    tool: {\"a\":[[[") && plain::columns(&line) == 80, "{line}");
    }
}
