//! What is known about a document besides the document: when it came, from where, and an id that stays the same
//! however often it is sent.

use std::fmt::Write;

use agent_runtime_types::timestamp;
use serde::Serialize;

use super::ancestry;

/// The envelope of one document.
#[derive(Debug, Serialize)]
pub(super) struct Envelope {
    id: String,
    /// When the document came.
    at: String,
    host: String,
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_started: Option<u64>,
}

impl Envelope {
    /// An envelope for a document that has come at `now_us`.
    pub(super) fn new(id: String, now_us: i64) -> Self {
        let agent = ancestry::agent();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { id, at: timestamp::format(now_us), host, pid: agent.pid, process_started: agent.started }
    }

    /// One line of ASCII, as it goes into a header.
    pub(super) fn to_json(&self) -> String {
        // It has no keys but strings, and so cannot fail.
        ascii(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// The same JSON with every character that is not printable ASCII escaped; such stand in strings only.
fn ascii(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for letter in json.chars() {
        if matches!(letter, ' '..='~') {
            line.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let _ = write!(line, "\\u{unit:04x}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Envelope, ascii};

    #[test]
    fn a_header_holds_it_whatever_the_host_is_called() {
        let host = "büro-🦀\u{7f}\n".to_owned();
        let envelope =
            Envelope { id: "1".into(), at: String::new(), host: host.clone(), pid: 1, process_started: None };
        let line = envelope.to_json();
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["host"], host);
        assert_eq!(ascii("\"é🦀\""), "\"\\u00e9\\ud83e\\udd80\"");
    }
}
