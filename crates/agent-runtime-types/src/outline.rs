//! Outlines of events: what a list or a chart needs of each, without its body.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::{self, is_failure, value};
use crate::json::{self, Member, push_string};

/// Characters of an outline's text.
pub const TEXT_CHARACTERS: usize = 160;

/// Bytes of a value's text that are looked at for the outline's: a character takes at most 12, as two escapes.
const LOOKED_AT_BYTES: usize = 12 * TEXT_CHARACTERS;

/// Bytes that an escape may take, and by which a cut may have to move back.
const ESCAPE_BYTES: usize = 12;

/// Members of a tool's input that say what it is about, the best first.
pub const TELLING: [&str; 17] = [
    "command",
    "cmd",
    "file_path",
    "notebook_path",
    "pattern",
    "url",
    "query",
    "path",
    "question",
    "description",
    "plan",
    "explanation",
    "prompt",
    "skill",
    "patch",
    "input",
    "text",
];

/// Members of a hook's document that say something in words, the best first.
const WORDS: [&str; 3] = ["message", "prompt", "last_assistant_message"];

/// How a patch begins: nothing of it tells one from another.
const PATCH: &str = "*** Begin Patch *** ";

/// An event without its body. All keys are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outline {
    /// The event's id.
    pub id: i64,
    /// What it says happened.
    pub event_type: String,
    /// When it happened, as the client wrote it.
    pub timestamp: String,
    /// The tool.
    #[schema(required)]
    pub tool_name: Option<String>,
    /// The call, as the agent numbers it: the same before and after.
    #[schema(required)]
    pub tool_use_id: Option<String>,
    /// `user` or `assistant`, of a message.
    #[schema(required)]
    pub role: Option<String>,
    /// Whether it tells of a failure: an `error`, a `stop_failure`, an `exit_code` of a `session_stop` that is not 0.
    pub is_error: bool,
    /// Whether it is a message in which the agent only thinks: it has thoughts, and no text.
    pub is_thinking: bool,
    /// How long the tool took, where the agent said so.
    #[schema(required, value_type = Option<f64>)]
    pub duration_ms: Option<serde_json::Number>,
    /// Bytes of the whole event, as it is shown.
    pub bytes: u64,
    /// What a person would read of it first, on one line, at most 160 characters.
    #[schema(required)]
    pub text: Option<String>,
}

/// Appends the outline of a stored event, whose body has the members given.
pub fn push_outline(id: i64, body: &str, members: &[Member<'_>], out: &mut String) {
    out.push('{');
    push_members(id, body.len(), members, out);
}

/// An event's message, read again, to be sent as an outline.
pub struct EventMessage<'a> {
    members: Vec<Member<'a>>,
    data: Vec<Member<'a>>,
    data_bytes: usize,
}

impl<'a> EventMessage<'a> {
    /// Reads a message; `None` when it is no event's.
    pub fn read(message: &'a str) -> Option<Self> {
        let members = json::members(message);
        let data = value(&members, "data")?;
        Some(Self { data: json::members(data), data_bytes: data.len(), members })
    }

    /// The session of its event.
    pub fn session_id(&self) -> Option<std::borrow::Cow<'a, str>> {
        value(&self.data, "session_id").and_then(json::string)
    }

    /// The same message with an outline instead of the event.
    pub fn outlined(&self) -> String {
        let id = value(&self.data, "id").and_then(|id| id.parse().ok()).unwrap_or_default();
        let mut out = String::from("{\"type\":\"outline\",\"data\":{\"session_id\":");
        out.push_str(value(&self.data, "session_id").unwrap_or("null"));
        // What a session's `error_count` counts. An outline's `is_error` says more.
        let has_error = value(&self.data, "error").is_some();
        let _ = write!(out, ",\"has_error\":{has_error},");
        let heading = event_heading_bytes(id);
        push_members(id, self.data_bytes.saturating_sub(heading), &self.data, &mut out);
        for key in ["activity", "cursor"] {
            if let Some(value) = value(&self.members, key) {
                out.push_str(",\"");
                out.push_str(key);
                out.push_str("\":");
                out.push_str(value);
            }
        }
        out.push('}');
        out
    }
}

/// Bytes that stand before the body of a shown event.
pub(crate) fn event_heading_bytes(id: i64) -> usize {
    let mut heading = String::with_capacity(32);
    event::push_event(id, "", &mut heading);
    heading.len()
}

fn push_members(id: i64, body_bytes: usize, members: &[Member<'_>], out: &mut String) {
    let bytes = event_heading_bytes(id) + body_bytes;
    // infallible: writing to a String
    let _ = write!(out, "\"id\":{id}");
    for key in ["event_type", "timestamp", "tool_name", "tool_use_id", "role"] {
        let text = value(members, key).filter(|value| value.starts_with('"'));
        let _ = write!(out, ",\"{key}\":{}", text.unwrap_or("null"));
    }
    let duration = value(members, "duration_ms").filter(|value| is_number(value)).unwrap_or("null");
    let (is_error, is_thinking) = (is_failure(members), is_thinking(members));
    let _ = write!(out, ",\"is_error\":{is_error},\"is_thinking\":{is_thinking}");
    let _ = write!(out, ",\"duration_ms\":{duration},\"bytes\":{bytes},\"text\":");
    match telling(members) {
        Some(text) => push_string(&text, out),
        None => out.push_str("null"),
    }
    out.push('}');
}

pub(crate) fn is_number(value: &str) -> bool {
    value.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// Whether some block of the content is a thought and none is a text.
pub(crate) fn is_thinking(members: &[Member<'_>]) -> bool {
    let Some(blocks) = value(members, "content").and_then(json::elements) else { return false };
    let says = |key| blocks.iter().any(|block| value(&json::members(block), key).and_then(shortened).is_some());
    says("thinking") && !says("text")
}

/// What a person would read first. The page does the same with whole events: `tests/outlines.json` holds both to it.
pub(crate) fn telling(members: &[Member<'_>]) -> Option<String> {
    let error = || shortened(value(members, "error")?);
    let content = || json::elements(value(members, "content")?)?.into_iter().find_map(of_block);
    let hook = || value(members, "hook").map(json::members);
    let words = || {
        let hook = hook()?;
        WORDS.iter().find_map(|key| shortened(value(&hook, key)?))
    };
    let reason = || shortened(value(members, "reason")?);
    error().or_else(content).or_else(|| of_input(members)).or_else(|| of_input(&hook()?)).or_else(words).or_else(reason)
}

fn of_block(block: &str) -> Option<String> {
    let block = json::members(block);
    ["text", "thinking"].iter().find_map(|key| shortened(value(&block, key)?))
}

/// What a tool is asked to do.
fn of_input(members: &[Member<'_>]) -> Option<String> {
    let input = json::members(value(members, "tool_input")?);
    let told = TELLING.iter().find_map(|key| {
        let value = value(&input, key)?;
        shortened(value).or_else(|| listed(value))
    });
    let question = || {
        let questions = json::elements(value(&input, "questions")?)?;
        shortened(value(&json::members(questions.first()?), "question")?)
    };
    let told = told.or_else(question)?;
    Some(told.strip_prefix(PATCH).map(str::to_owned).unwrap_or(told))
}

/// A command that is a list of words.
fn listed(scanned: &str) -> Option<String> {
    let words: Option<Vec<_>> = json::elements(scanned)?.into_iter().map(json::string).collect();
    one_line(&words?.join(" "))
}

/// The beginning of a scanned text, on one line; `None` when it is blank, or no text.
fn shortened(scanned: &str) -> Option<String> {
    let inner = scanned.strip_prefix('"')?.strip_suffix('"')?;
    let cut = inner.floor_char_boundary(LOOKED_AT_BYTES);
    // A cut inside an escape is moved back before it.
    let begun = (cut.saturating_sub(ESCAPE_BYTES)..=cut).rev().filter_map(|end| inner.get(..end));
    let begun =
        begun.map(|begun| format!("\"{begun}\"")).find_map(|text| serde_json::from_str::<String>(&text).ok())?;
    one_line(&begun)
}

/// The words of a text, as many as an outline has room for; `None` when there are none.
fn one_line(text: &str) -> Option<String> {
    let (mut line, mut characters) = (String::with_capacity(TEXT_CHARACTERS), 0);
    for word in text.split_whitespace() {
        let blank = (characters > 0).then_some(' ');
        let room = TEXT_CHARACTERS - characters;
        let before = line.len();
        line.extend(blank.into_iter().chain(word.chars()).take(room));
        characters += line[before..].chars().count();
        if characters == TEXT_CHARACTERS {
            break;
        }
    }
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{NewEvent, stored_members};
    use serde_json::{Value, json};

    fn outline(extra: &Value) -> Outline {
        let mut event =
            json!({"event_type": "x", "session_id": "s", "session_name": "n", "timestamp": "2025-12-03T10:00:00Z"});
        for (key, value) in extra.as_object().expect("members") {
            event[key] = value.clone();
        }
        let body = NewEvent::parse(event.to_string().as_bytes()).expect("an event").body;
        let mut text = String::new();
        push_outline(7, &body, &stored_members(&body), &mut text);
        let outline: Outline = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let mut shown = String::new();
        event::push_event(7, &body, &mut shown);
        assert_eq!(outline.bytes, shown.len() as u64);
        outline
    }

    #[test]
    fn an_outline_tells_what_the_table_says() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/outlines.json")).expect("the table");
        for case in cases {
            let told = serde_json::to_value(outline(&case["event"])).expect("an outline");
            for (key, expected) in case["outline"].as_object().expect("members") {
                assert_eq!(&told[key], expected, "{key} of {case}");
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for letter in ["a", "ü", "😀", "\u{1}", "\"", "a "] {
            for shift in 0..13 {
                let text = format!("{}{}", "b".repeat(shift), letter.repeat(3000));
                let found = outline(&json!({"error": text})).text.expect("a text");
                let expected = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert_eq!(found, expected.chars().take(TEXT_CHARACTERS).collect::<String>());
            }
        }
        // Written as escapes, which a cut may fall into.
        for shift in 0..13 {
            let raw = format!("\"{}{}\"", "b".repeat(shift), "\\ud83d\\ude00".repeat(300));
            let found = shortened(&raw).expect("a text");
            assert!((TEXT_CHARACTERS - 1..=TEXT_CHARACTERS).contains(&found.chars().count()), "{found}");
        }
    }
}
