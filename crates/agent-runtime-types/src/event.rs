//! Events: what an agent did, checked once and kept as the bytes it came in.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::activity::{Signal, Teller};
use crate::json::{self, Member};
use crate::problem::Invalid;
use crate::session::{check_id, check_name};
use crate::timestamp;

/// Bytes of a client-made key of an event.
pub const MAX_EVENT_ID_BYTES: usize = 256;
/// Bytes of an event type's name.
pub const MAX_EVENT_TYPE_BYTES: usize = 64;

/// The keys that every event shows, in the order in which it shows them after `id`.
const KEYS: [&str; 13] = [
    "event_type",
    "session_id",
    "session_name",
    "timestamp",
    "tool_name",
    "tool_input",
    "tool_output",
    "error",
    "exit_code",
    "reason",
    "role",
    "content",
    "event_id",
];

/// An event that has been checked and waits for its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What it says happened.
    pub event_type: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The name for a session that it creates.
    pub session_name: String,
    /// When it happened, as the client wrote it.
    pub timestamp: String,
    /// The same in microseconds since 1970.
    pub instant_us: i64,
    /// The tool, for finding events by it.
    pub tool_name: Option<String>,
    /// The client's own key, by which a repeated event is known.
    pub event_id: Option<String>,
    /// Whether it is an assistant's message with a text: what `/result` looks for.
    pub is_answer: bool,
    /// Whether it tells of an `error`.
    pub is_error: bool,
    /// The exit code that it tells of.
    pub exit_code: Option<i64>,
    /// What it says of its session's activity.
    pub signal: Signal,
    /// The event as it is shown, from behind its `id` to its last brace: `"event_type":…}`.
    pub body: String,
}

/// What an event does to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// `session_start`: creates, starts or resumes.
    Start,
    /// `session_stop`: finishes.
    Stop,
    /// Anything else: nothing.
    None,
}

impl NewEvent {
    /// Reads and checks a body.
    ///
    /// # Errors
    /// When the body is no sound JSON object, or a field breaks its rule.
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        Self::read(body, Teller::Client)
    }

    /// Reads and checks the body of an event that an agent's document reports: it tells what the agent does, as
    /// nobody else's word can.
    ///
    /// # Errors
    /// As [`NewEvent::parse`].
    pub fn of_agent(body: &[u8]) -> Result<Self, Invalid> {
        Self::read(body, Teller::Agent)
    }

    fn read(body: &[u8], teller: Teller) -> Result<Self, Invalid> {
        let members = json::object(body)?;
        let mut known: [Option<&Member<'_>>; KEYS.len()] = [None; KEYS.len()];
        let mut unknown = Vec::new();
        for member in &members {
            match KEYS.iter().position(|key| *key == member.key) {
                Some(index) => known[index] = Some(member).filter(|member| member.value != "null"),
                None if member.key == "id" => {}
                None => unknown.push(member),
            }
        }
        let [
            event_type,
            session_id,
            session_name,
            stamp,
            tool_name,
            tool_input,
            _,
            error,
            exit_code,
            reason,
            role,
            content,
            event_id,
        ] = known;
        let event_type = required("event_type", event_type)?;
        check_event_type(&event_type)?;
        let session_id = required("session_id", session_id)?;
        check_id("session_id", &session_id)?;
        let session_name = required("session_name", session_name)?;
        check_name(&session_name)?;
        let stamp = required("timestamp", stamp)?;
        let instant_us = timestamp::parse("timestamp", &stamp)?;
        let tool_name = text("tool_name", tool_name)?;
        let is_object = |member: &Member<'_>| member.value.starts_with('{');
        if !tool_input.is_none_or(is_object) {
            return Err(Invalid::field("tool_input", "must be an object"));
        }
        text("error", error)?;
        let exit_code = exit_code.map(|member| member.value.parse()).transpose();
        let exit_code = exit_code.map_err(|_| Invalid::field("exit_code", "must be a 64-bit integer"))?;
        let reason = text("reason", reason)?;
        let role = text("role", role)?;
        let has_text = content.map_or(Ok(false), |member| check_content(member.value))?;
        let event_id = text("event_id", event_id)?;
        if event_id.as_ref().is_some_and(|key| key.is_empty() || key.len() > MAX_EVENT_ID_BYTES) {
            return Err(Invalid::field("event_id", format_args!("must be 1 to {MAX_EVENT_ID_BYTES} bytes long")));
        }
        Ok(Self {
            is_error: error.is_some(),
            exit_code,
            signal: Signal::of(
                &event_type,
                role.as_deref(),
                reason.as_deref(),
                tool_name.as_deref(),
                (teller, tool_input.map(|member| member.value)),
                &unknown,
            ),
            is_answer: has_text && event_type == "message" && role.as_deref() == Some("assistant"),
            body: shown(&known, &unknown, body.len()),
            event_type: event_type.into_owned(),
            session_id: session_id.into_owned(),
            session_name: session_name.into_owned(),
            timestamp: stamp.into_owned(),
            instant_us,
            tool_name: tool_name.map(Cow::into_owned),
            event_id: event_id.map(Cow::into_owned),
        })
    }

    /// The same event under another key. The key must be one that JSON writes as it is.
    #[must_use]
    pub fn under(&self, event_id: String) -> Self {
        let member = |event_id: &str| format!("\"event_id\":\"{event_id}\"");
        let old = self.event_id.as_deref().map(member);
        let body = old.map(|old| self.body.replacen(&old, &member(&event_id), 1));
        Self { body: body.unwrap_or_else(|| self.body.clone()), event_id: Some(event_id), ..self.clone() }
    }

    /// What the event does to its session.
    pub fn turn(&self) -> Turn {
        match self.event_type.as_str() {
            "session_start" => Turn::Start,
            "session_stop" => Turn::Stop,
            _ => Turn::None,
        }
    }
}

/// Appends a stored event as it is shown: its id, then the body that [`NewEvent`] made.
pub fn push_event(id: i64, body: &str, out: &mut String) {
    use std::fmt::Write;
    // infallible: writing to a String
    let _ = write!(out, "{{\"id\":{id},");
    out.push_str(body);
}

/// The members of a stored event, as [`NewEvent`] made its body.
pub fn stored_members(body: &str) -> Vec<Member<'_>> {
    json::members_behind_brace(body)
}

/// A member of a stored event that is not `null`.
pub fn value<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    members.iter().find(|member| member.key == key).map(|member| member.value).filter(|value| *value != "null")
}

/// Whether a stored event tells of a failure: it has an `error`, is a `stop_failure`, or a `session_stop` whose
/// `exit_code` is not 0.
pub fn is_failure(members: &[Member<'_>]) -> bool {
    value(members, "error").is_some()
        || match value(members, "event_type") {
            Some("\"stop_failure\"") => true,
            Some("\"session_stop\"") => {
                value(members, "exit_code").is_some_and(|code| code.parse::<i64>().is_ok_and(|code| code != 0))
            }
            _ => false,
        }
}

/// Whether a member is one that every event has, and not one of the client's own.
pub(crate) fn is_known_key(key: &str) -> bool {
    KEYS.contains(&key)
}

/// The texts of the blocks of a stored message, joined by a newline; `None` when it has no text block.
pub fn answer_text(body: &str) -> Option<String> {
    let shown = format!("{{{body}");
    let members = json::members(&shown);
    let content = members.iter().find(|member| member.key == "content")?;
    let blocks = json::elements(content.value)?;
    let texts: Vec<String> = blocks.iter().filter_map(|block| Some(text_block(block).ok()??.into_owned())).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// Checks `content`, an array of objects, and tells whether a text block is among them.
fn check_content(value: &str) -> Result<bool, Invalid> {
    let blocks = json::elements(value).ok_or_else(|| Invalid::field("content", "must be an array of objects"))?;
    let mut has_text = false;
    for (index, block) in blocks.iter().enumerate() {
        if !block.starts_with('{') {
            return Err(Invalid::field(&format!("content[{index}]"), "must be an object"));
        }
        has_text |=
            text_block(block).map_err(|rule| Invalid::field(&format!("content[{index}].text"), rule))?.is_some();
    }
    Ok(has_text)
}

/// The text of a block whose type is `text`; `None` for a block of another type.
fn text_block<'a>(block: &'a str) -> Result<Option<Cow<'a, str>>, &'static str> {
    let members = json::members(block);
    // A key that stands twice counts as it would for any JSON reader: the last one holds.
    let last = |key: &str| members.iter().rfind(|member| member.key == key).map(|member| member.value);
    if last("type").and_then(json::string).as_deref() != Some("text") {
        return Ok(None);
    }
    let text: Option<&'a str> = last("text");
    text.and_then(json::string).map(Some).ok_or("must be a string")
}

fn check_event_type(name: &str) -> Result<(), Invalid> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
    if name.is_empty() || name.len() > MAX_EVENT_TYPE_BYTES || !name.bytes().all(fits) {
        let rule = format_args!("must be 1 to {MAX_EVENT_TYPE_BYTES} characters of a-z, 0-9, '_', '.' and '-'");
        return Err(Invalid::field("event_type", rule));
    }
    Ok(())
}

fn text<'a>(field: &str, member: Option<&Member<'a>>) -> Result<Option<Cow<'a, str>>, Invalid> {
    let rule = || Invalid::field(field, "must be a string");
    member.map(|member| json::string(member.value).ok_or_else(rule)).transpose()
}

fn required<'a>(field: &str, member: Option<&Member<'a>>) -> Result<Cow<'a, str>, Invalid> {
    text(field, member)?.ok_or_else(|| Invalid::field(field, "is required"))
}

/// Builds the event as it is shown: every known key in its order, then the unknown ones as they came.
fn shown(known: &[Option<&Member<'_>>; KEYS.len()], unknown: &[&Member<'_>], sent_bytes: usize) -> String {
    let mut out = String::with_capacity(sent_bytes + 16 * KEYS.len());
    for (key, member) in KEYS.iter().zip(known) {
        out.push('"');
        out.push_str(key);
        out.push_str("\":");
        match member {
            Some(member) => push_value(member, &mut out),
            None => out.push_str("null"),
        }
        out.push(',');
    }
    for member in unknown {
        out.push_str(member.raw_key);
        out.push(':');
        push_value(member, &mut out);
        out.push(',');
    }
    out.pop();
    out.push('}');
    out
}

/// A value is kept as it was written, but on one line: the live stream and NDJSON need that.
fn push_value(member: &Member<'_>, out: &mut String) {
    if member.has_newline {
        json::push_compact(member.value, out);
    } else {
        out.push_str(member.value);
    }
}

/// An event as every answer and message shows it. All keys are always there; unknown ones that the
/// client sent stand behind them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The position of its message in the change log.
    pub id: i64,
    /// `session_start`, `pre_tool`, `post_tool`, `session_stop`, `message`, or any other name.
    #[schema(pattern = "^[a-z0-9_.-]{1,64}$", example = "message")]
    pub event_type: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The session's name when it was sent.
    pub session_name: String,
    /// When it happened, as the client wrote it.
    #[schema(example = "2025-12-03T10:11:12.123456+00:00")]
    pub timestamp: String,
    /// The tool.
    #[schema(required)]
    pub tool_name: Option<String>,
    /// What the tool was given.
    #[schema(required, value_type = Option<Object>)]
    pub tool_input: Option<serde_json::Value>,
    /// What the tool gave back: any JSON.
    #[schema(required)]
    pub tool_output: Option<serde_json::Value>,
    /// What went wrong.
    #[schema(required)]
    pub error: Option<String>,
    /// How the agent's process ended.
    #[schema(required)]
    pub exit_code: Option<i64>,
    /// Why the session stopped.
    #[schema(required)]
    pub reason: Option<String>,
    /// `user` or `assistant`, of a message.
    #[schema(required)]
    pub role: Option<String>,
    /// The blocks of a message.
    #[schema(required, value_type = Option<Vec<Object>>)]
    pub content: Option<Vec<serde_json::Value>>,
    /// The client's own key.
    #[schema(required)]
    pub event_id: Option<String>,
}

/// An event as a client sends it. Unknown keys are kept and shown as sent; an `id` is dropped.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventBody {
    /// `session_start`, `pre_tool`, `post_tool`, `session_stop`, `message`, or any other name.
    #[schema(pattern = "^[a-z0-9_.-]{1,64}$", example = "message")]
    pub event_type: String,
    /// The session it belongs to.
    #[schema(min_length = 1, max_length = 256, example = "abc-123")]
    pub session_id: String,
    /// The session's name.
    #[schema(max_length = 1024, example = "My Session")]
    pub session_name: String,
    /// When it happened: `YYYY-MM-DD`, `T` or a blank, `HH:MM:SS`, an optional fraction, nothing, `Z` or an offset.
    #[schema(example = "2025-12-03T10:11:12.123456+00:00")]
    pub timestamp: String,
    /// The tool.
    pub tool_name: Option<String>,
    /// What the tool was given.
    #[schema(value_type = Option<Object>)]
    pub tool_input: Option<serde_json::Value>,
    /// What the tool gave back: any JSON.
    pub tool_output: Option<serde_json::Value>,
    /// What went wrong.
    pub error: Option<String>,
    /// How the agent's process ended.
    pub exit_code: Option<i64>,
    /// Why the session stopped.
    pub reason: Option<String>,
    /// `user` or `assistant`, of a message.
    pub role: Option<String>,
    /// The blocks of a message; those of type `text` have a `text`.
    #[schema(value_type = Option<Vec<Object>>)]
    pub content: Option<Vec<serde_json::Value>>,
    /// A key of the client's own: the same key a second time in a session stores nothing.
    #[schema(min_length = 1, max_length = 256)]
    pub event_id: Option<String>,
}
