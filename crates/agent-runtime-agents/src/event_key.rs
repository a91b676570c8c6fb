//! Keys by which an event that is told twice is stored once.
//!
//! The same hook in two settings files gives two documents for one happening, a little apart; the same notification a
//! minute later is another happening. A replayed document has its first envelope, and so its first key.

use agent_runtime_types::event::MAX_EVENT_ID_BYTES;
use agent_runtime_types::report::Between;
use sha2::{Digest, Sha256};

use crate::shorten::hex;

/// Microseconds in which equal documents are copies of one.
const WINDOW_US: i64 = 10_000_000;
/// Bytes of a tool call's id that a key holds as it is, beside the rest of it.
const MAX_CALL_BYTES: usize = 128;

/// The key of a document's first event, and those under which a copy of it may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventKey {
    pub(crate) own: String,
    pub(crate) also: Vec<String>,
    /// What lies between two happenings of this key.
    pub(crate) between: Option<Between>,
}

impl EventKey {
    /// Where the document names a tool call, that decides: whatever else differs, it happens to it once.
    pub(crate) fn of_call(event_name: &str, tool_use_id: &str) -> Self {
        let name = event_name.get(..event_name.len().min(64)).unwrap_or("hook");
        let call =
            if tool_use_id.len() > MAX_CALL_BYTES { hash(&["call", tool_use_id]) } else { tool_use_id.to_owned() };
        Self { own: format!("{name}:{call}"), also: Vec::new(), between: None }
    }

    /// Otherwise its content decides, within a window of time. Near the edge of its window the neighbouring one counts
    /// too: a copy may have come on the other side.
    pub(crate) fn of_content(event_name: &str, document: &str, at_us: i64) -> Self {
        let content = hash(&[event_name, document]);
        let window = at_us.div_euclid(WINDOW_US);
        let key = |window: i64| format!("hook:{content}:{window}");
        let also = match at_us.rem_euclid(WINDOW_US) {
            since if since < WINDOW_US / 2 => vec![key(window - 1)],
            since if since > WINDOW_US / 2 => vec![key(window + 1)],
            _ => Vec::new(),
        };
        // A person may say the same again within seconds, and many a turn ends in the same words, or without any.
        let between = match event_name {
            "UserPromptSubmit" => Some(Between::TurnEnd),
            "Stop" | "StopFailure" => Some(Between::Prompt),
            _ => None,
        };
        Self { own: key(window), also, between }
    }

    /// What stands under an id of the agent's own, of which one part is meant.
    pub(crate) fn of_part(id: &str, part: usize) -> Self {
        let id = if id.len() > MAX_EVENT_ID_BYTES / 2 { hash(&["part", id]) } else { id.to_owned() };
        Self { own: format!("transcript:{id}:{part}"), also: Vec::new(), between: None }
    }

    /// The key of another event of the same document.
    pub(crate) fn and(&self, what: &str) -> Self {
        let with = |key: &String| format!("{key}:{what}");
        Self { own: with(&self.own), also: self.also.iter().map(with).collect(), between: self.between }
    }
}

/// 32 hexadecimal digits for some texts, and for no others.
pub(crate) fn hash(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hex(&hash.finalize()[..16])
}
