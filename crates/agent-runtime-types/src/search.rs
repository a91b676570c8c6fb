//! Finding text in events, in any case, as people read it: in string values and in keys.

use crate::event::is_known_key;
use crate::json::{self, Member};

/// Members that are the same in nearly all events of a session: to find them finds nothing.
const SHARED: [&str; 2] = ["session_id", "session_name"];

/// A text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    lowercase: String,
}

impl Needle {
    /// Looks for this text.
    pub fn new(text: &str) -> Self {
        Self { lowercase: text.to_lowercase() }
    }

    /// Whether it stands in a stored event with these members: in a string value at any depth, or in a key that the
    /// client chose. The keys that every event has are not looked at, nor are its session's id and name.
    pub fn is_in(&self, members: &[Member<'_>]) -> bool {
        members.iter().filter(|member| !SHARED.contains(&&*member.key)).any(|member| {
            (!is_known_key(&member.key) && self.is_in_text(&member.key))
                || Texts { rest: member.value }
                    .any(|text| json::string(text).is_some_and(|text| self.is_in_text(&text)))
        })
    }

    fn is_in_text(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return text.to_lowercase().contains(&self.lowercase);
        }
        let (needle, hay) = (self.lowercase.as_bytes(), text.as_bytes());
        let Some(first) = needle.first() else { return true };
        let Some(last_start) = hay.len().checked_sub(needle.len()) else { return false };
        memchr::memchr2_iter(*first, first.to_ascii_uppercase(), &hay[..=last_start])
            .any(|at| hay[at..at + needle.len()].eq_ignore_ascii_case(needle))
    }
}

/// The strings of a scanned value with their quotes, keys among them.
struct Texts<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.rest.as_bytes();
        let start = memchr::memchr(b'"', bytes)?;
        let mut end = start + 1;
        loop {
            end += memchr::memchr2(b'"', b'\\', &bytes[end..])?;
            if bytes[end] == b'"' {
                break;
            }
            end += 2;
        }
        let text = &self.rest[start..=end];
        self.rest = &self.rest[end + 1..];
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{NewEvent, stored_members};

    fn finds(needle: &str, more: &str) -> bool {
        let event = format!(
            r#"{{"event_type":"message","session_id":"the-id","session_name":"the name","timestamp":"2025-12-03T10:00:00Z"{more}}}"#
        );
        let body = NewEvent::parse(event.as_bytes()).expect("an event").body;
        Needle::new(needle).is_in(&stored_members(&body))
    }

    #[test]
    fn strings_and_keys_are_found_in_any_case() {
        for (needle, more) in [
            ("HELLO", r#","error":"say hello""#),
            ("größe", r#","error":"GRÖSSE Größe""#),
            ("ÜB", r#","error":"\u00fcber""#),
            ("a\"b\\c", r#","error":"xA\"B\\Cx""#),
            ("deep", r#","tool_input":{"a":[{"b":"so Deep"}]}"#),
            ("my_key", r#","tool_input":{"My_Key":1}"#),
            ("own", r#","OWN":null"#),
            ("line\nbreak", r#","error":"line\nbreak""#),
            ("message", ""),
            ("10:00", ""),
            ("", ""),
        ] {
            assert!(finds(needle, more), "{needle} in {more}");
        }
    }

    #[test]
    fn what_every_event_shares_and_what_is_no_text_is_not_found() {
        for (needle, more) in [
            ("tool_name", ""),
            ("event_type", ""),
            ("the-id", ""),
            ("the name", ""),
            ("\\u00fc", r#","error":"\u00fcber""#),
            ("77", r#","tool_input":{"a":77}"#),
            ("true", r#","tool_output":true"#),
            ("ab", r#","tool_output":["a","b"]"#),
            ("hello!", r#","error":"hello""#),
        ] {
            assert!(!finds(needle, more), "{needle} in {more}");
        }
    }
}
