//! What the hook process adds to a document: agents say neither when nor where.

use std::fmt::Write;

use agent_runtime_types::json::{self, Member};
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::timestamp;

/// Bytes of an envelope's id and of a host's name.
const MAX_TEXT_BYTES: usize = 256;

/// What the hook process adds to a document, fixed before the first attempt to deliver it: a replay has the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Tells this document from every other.
    pub id: String,
    /// When the document arrived at the hook: RFC 3339, UTC.
    pub at: String,
    /// The machine that the agent runs on.
    pub host: Option<String>,
    /// The agent's process.
    pub pid: Option<u32>,
    /// When that process began, in the units of its machine: the same number is given out again after it ends.
    pub process_started: Option<u64>,
    /// Whether the words of its session may be read from the transcript. Where it is not said they may.
    pub words: bool,
}

impl Envelope {
    /// Reads an envelope; keys it does not know are ignored.
    ///
    /// # Errors
    /// When it is no sound JSON object, or a field breaks its rule.
    pub fn parse(text: &[u8]) -> Result<Self, Invalid> {
        let members = json::object(text)?;
        let at = required("at", string(&members, "at")?)?;
        timestamp::parse("at", &at)?;
        Ok(Self {
            id: required("id", string(&members, "id")?)?,
            at,
            host: string(&members, "host")?,
            pid: number(&members, "pid")?,
            process_started: number(&members, "process_started")?,
            words: boolean(&members, "words")?.unwrap_or(true),
        })
    }

    /// The envelope as JSON, in ASCII, so that it can stand in a header.
    pub fn to_json(&self) -> String {
        let mut text = String::from("{\"id\":");
        json::push_string(&self.id, &mut text);
        text.push_str(",\"at\":");
        json::push_string(&self.at, &mut text);
        if let Some(host) = &self.host {
            text.push_str(",\"host\":");
            json::push_string(host, &mut text);
        }
        // infallible: writing to a String
        if let Some(pid) = self.pid {
            let _ = write!(text, ",\"pid\":{pid}");
        }
        if let Some(started) = self.process_started {
            let _ = write!(text, ",\"process_started\":{started}");
        }
        if !self.words {
            text.push_str(",\"words\":false");
        }
        text.push('}');
        if text.bytes().all(is_printable) { text } else { in_ascii(&text) }
    }
}

/// Whether a byte can stand in a header as it is.
fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if u8::try_from(letter).is_ok_and(is_printable) {
            ascii.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // infallible: writing to a String
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

fn value<'m>(members: &'m [Member<'_>], key: &str) -> Option<&'m str> {
    members.iter().find(|member| member.key == key).map(|member| member.value).filter(|value| *value != "null")
}

fn string(members: &[Member<'_>], key: &str) -> Result<Option<String>, Invalid> {
    let Some(value) = value(members, key) else { return Ok(None) };
    match json::string(value) {
        Some(text) if text.len() <= MAX_TEXT_BYTES => Ok(Some(text.into_owned())),
        _ => Err(Invalid::field(key, format_args!("must be a string of at most {MAX_TEXT_BYTES} bytes"))),
    }
}

fn number<T: std::str::FromStr>(members: &[Member<'_>], key: &str) -> Result<Option<T>, Invalid> {
    let rule = |_| Invalid::field(key, "must be a whole number, and not too large");
    value(members, key).map(|value| value.parse().map_err(rule)).transpose()
}

fn boolean(members: &[Member<'_>], key: &str) -> Result<Option<bool>, Invalid> {
    let rule = |_| Invalid::field(key, "must be true or false");
    value(members, key).map(|value| value.parse().map_err(rule)).transpose()
}

fn required(key: &str, text: Option<String>) -> Result<String, Invalid> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| Invalid::field(key, "is required"))
}
