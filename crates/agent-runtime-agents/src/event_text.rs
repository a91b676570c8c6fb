//! Writing an event as JSON text. Values of a document are spliced in as they were written, since a reader would round
//! long numbers.

use agent_runtime_types::event::MAX_EVENT_TYPE_BYTES;
use agent_runtime_types::json;

use crate::event_key::EventKey;
use crate::report::ReportedEvent;

/// The session that an event belongs to, and when it happened.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) session_id: &'a str,
    pub(crate) session_name: &'a str,
    pub(crate) at: &'a str,
}

/// An event that is being written.
pub(crate) struct EventText {
    text: String,
}

impl EventText {
    pub(crate) fn new(event_type: &str, whose: Whose<'_>) -> Self {
        let mut event = Self { text: String::from("{") };
        event.text("event_type", event_type);
        event.text("session_id", whose.session_id);
        event.text("session_name", whose.session_name);
        event.text("timestamp", whose.at);
        event
    }

    /// A message with one block.
    pub(crate) fn message(role: &str, whose: Whose<'_>, block: &str) -> Self {
        let mut event = Self::new("message", whose);
        event.text("role", role);
        event.raw("content", &format!("[{block}]"));
        event
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        json::push_string(text, &mut self.text);
    }

    /// A value as it was written. It must be sound JSON.
    pub(crate) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text.push_str(value);
    }

    pub(crate) fn raw_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.raw(key, value);
        }
    }

    pub(crate) fn finish(mut self, key: EventKey) -> ReportedEvent {
        self.text("event_id", &key.own);
        self.text.push('}');
        ReportedEvent { body: self.text, also_keys: key.also, between: key.between }
    }

    fn key(&mut self, key: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        json::push_string(key, &mut self.text);
        self.text.push(':');
    }
}

/// A block of words: `{"type":"text","text":…}`.
pub(crate) fn block(kind: &str, raw_words: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"{kind}\":{raw_words}}}")
}

/// Types of events that mean something to the server.
const WITH_MEANING: [&str; 5] = ["session_start", "session_stop", "pre_tool", "post_tool", "message"];

/// The name of a document's event as an event type: `PermissionRequest` is `permission_request`. Whatever agents call
/// their events, none becomes one that has a meaning to the server.
pub(crate) fn event_type(event_name: &str) -> String {
    let letters: Vec<char> = event_name.chars().take(MAX_EVENT_TYPE_BYTES).collect();
    let mut name = String::with_capacity(letters.len() + 8);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(index + 1);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            name.push('_');
        }
        let is_known = letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
        name.push(if is_known { letter.to_ascii_lowercase() } else { '_' });
    }
    name.truncate(MAX_EVENT_TYPE_BYTES - "hook_".len());
    match name.as_str() {
        "" => "hook".to_owned(),
        with_meaning if WITH_MEANING.contains(&with_meaning) => format!("hook_{with_meaning}"),
        _ => name,
    }
}
