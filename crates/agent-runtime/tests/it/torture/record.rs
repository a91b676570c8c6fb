//! What a client knows about its own writes: what was acknowledged, and what had no answer.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

/// The keys that every event has on the wire; those that were not sent are null.
const EVENT_KEYS: [&str; 13] = [
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

/// The writes of one client, by session. No two clients write to the same session, so each knows its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) sessions: BTreeMap<String, SessionRecord>,
}

/// What one client knows of one of its sessions.
#[derive(Clone, Debug)]
pub(crate) struct SessionRecord {
    pub(crate) existence: Existence,
    /// The names it may have: the acknowledged one, and those of unanswered changes.
    pub(crate) names: Vec<String>,
    /// The states it may be in, likewise.
    pub(crate) statuses: Vec<&'static str>,
    /// In the order in which they were sent.
    pub(crate) events: Vec<EventRecord>,
    /// `session_updated` messages that acknowledged requests have caused.
    pub(crate) updates_acknowledged: usize,
    /// `session_updated` messages that there may be at most.
    pub(crate) updates_sent: usize,
    /// Positions of the change log that it may have taken at most, its deletion aside.
    pub(crate) positions_sent: usize,
    /// Whether anything was sent since the last check.
    pub(crate) touched: bool,
}

/// Whether a session is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existence {
    /// Its creation was sent, without an answer so far.
    Unknown,
    Present,
    /// Its deletion was sent, without an answer so far.
    DeletionUnknown,
    Deleted,
}

/// One event that was sent.
#[derive(Clone, Debug)]
pub(crate) struct EventRecord {
    /// The client's own count, for people.
    pub(crate) number: u64,
    /// What must be stored of it.
    pub(crate) fingerprint: u64,
    pub(crate) acknowledged: bool,
    /// The request it was part of: all or nothing.
    pub(crate) request: String,
}

impl SessionRecord {
    /// A session whose creation is about to be sent.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            existence: Existence::Unknown,
            names: vec![name.to_owned()],
            statuses: vec!["running"],
            events: Vec::new(),
            updates_acknowledged: 0,
            updates_sent: 0,
            positions_sent: 0,
            touched: true,
        }
    }
}

/// A number that stands for an event as it must be on the wire, without its `id`: equal values, equal numbers.
/// Taken of what was sent, it is the one to expect of what is stored.
pub(crate) fn fingerprint(event: &Value) -> u64 {
    let mut whole = event.clone();
    if let Some(keys) = whole.as_object_mut() {
        keys.remove("id");
        for key in EVENT_KEYS {
            keys.entry(key).or_insert(Value::Null);
        }
    }
    plain_fingerprint(&whole)
}

/// A number that stands for any JSON value, whatever the order of its keys.
pub(crate) fn plain_fingerprint(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    add(value, &mut hasher);
    hasher.finish()
}

fn add(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Object(keys) => {
            let sorted: BTreeMap<&String, &Value> = keys.iter().collect();
            ("object", sorted.len()).hash(hasher);
            for (key, value) in sorted {
                key.hash(hasher);
                add(value, hasher);
            }
        }
        Value::Array(items) => {
            ("array", items.len()).hash(hasher);
            for item in items {
                add(item, hasher);
            }
        }
        other => other.to_string().hash(hasher),
    }
}
