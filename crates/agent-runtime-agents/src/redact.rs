//! Secrets of known shapes, taken out of a JSON text before anything keeps it.
//!
//! A secret is found where it stands in the text, escapes and all, and only its own letters are replaced: the text
//! keeps its structure. A secret whose letters are themselves written as escapes (`\u0067hp_…`) is not seen.

mod escapes;
mod prefixes;
mod shapes;

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use self::shapes::Finder;
use crate::literals::literals;
use crate::report::Counted;

/// Keys whose values are ids that sessions and events are found by: they stay whatever they look like.
const IDS: [&str; 17] = [
    "session_id",
    "parent_session_id",
    "event_id",
    "tool_use_id",
    "agent_id",
    "prompt_id",
    "turn_id",
    "uuid",
    "sessionId",
    "agentId",
    "promptId",
    "parentUuid",
    "leafUuid",
    "logicalParentUuid",
    "requestId",
    "parentToolUseID",
    "toolUseID",
];

/// A secret in a text.
struct Secret {
    range: Range<usize>,
    kind: &'static str,
}

/// Replaces the secrets in a JSON text by `[redacted:KIND]`, and counts them by kind.
///
/// In a key the count is added, so that two keys do not become one. A text without secrets is not copied, and what
/// comes out has none left.
pub fn redact(json_text: &str) -> (Cow<'_, str>, Counted) {
    let secrets = Finder::new(json_text.as_bytes()).secrets();
    if secrets.is_empty() { (Cow::Borrowed(json_text), Counted::default()) } else { replace(json_text, &secrets) }
}

fn replace<'a>(text: &'a str, secrets: &[Secret]) -> (Cow<'a, str>, Counted) {
    let mut counted = Counted::default();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut in_keys = 0;
    let mut strings = literals(text).peekable();
    for Secret { range, kind } in secrets {
        while strings.next_if(|string| string.range.end <= range.start).is_some() {}
        let string = strings.peek().filter(|string| string.range.start < range.start);
        if string.and_then(|string| string.key.as_ref()).is_some_and(|key| is_id(&text[key.clone()])) {
            continue;
        }
        out.push_str(&text[copied..range.start]);
        copied = range.end;
        // infallible: writing to a String
        if string.is_some_and(|string| string.is_key) {
            in_keys += 1;
            let _ = write!(out, "[redacted:{kind}:{in_keys}]");
        } else {
            let _ = write!(out, "[redacted:{kind}]");
        }
        *counted.redacted.entry(kind).or_default() += 1;
    }
    if copied == 0 {
        return (Cow::Borrowed(text), counted);
    }
    out.push_str(&text[copied..]);
    (Cow::Owned(out), counted)
}

fn is_id(raw_key: &str) -> bool {
    IDS.contains(&raw_key.trim_matches('"'))
}
