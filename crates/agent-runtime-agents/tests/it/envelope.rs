//! The envelope comes back as it was written, and stands in a header.

use agent_runtime_agents::envelope::Envelope;
use proptest::prelude::*;

use crate::harness::{AT, envelope_at};

#[test]
fn says_what_is_wrong_with_it() {
    for (text, says) in [
        ("", "body: is empty"),
        ("[]", "must be a JSON object"),
        (r#"{"at":"2026-11-24T10:00:01Z"}"#, "id: is required"),
        (r#"{"id":"","at":"2026-11-24T10:00:01Z"}"#, "id: is required"),
        (r#"{"id":7,"at":"2026-11-24T10:00:01Z"}"#, "id: must be a string"),
        (r#"{"id":"a"}"#, "at: is required"),
        (r#"{"id":"a","at":"noon"}"#, "at: must be a timestamp"),
        (r#"{"id":"a","at":"2026-11-24T10:00:01Z","pid":-1}"#, "pid: must be a whole number"),
        (r#"{"id":"a","at":"2026-11-24T10:00:01Z","process_started":1.5}"#, "process_started: must be a whole number"),
        (r#"{"id":"a","at":"2026-11-24T10:00:01Z","words":"false"}"#, "words: must be true or false"),
        (r#"{"id":"a","at":"2026-11-24T10:00:01Z","host":[]}"#, "host: must be a string"),
    ] {
        let said = Envelope::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(said.contains(says), "{text}: {said}");
    }
}

#[test]
fn ignores_what_it_does_not_know() {
    let text = format!(r#"{{"id":"e","at":"{AT}","host":null,"novel":[1],"pid":7}}"#);
    let envelope = Envelope::parse(text.as_bytes()).unwrap();
    assert_eq!((envelope.host, envelope.pid, envelope.process_started), (None, Some(7), None));
    assert!(envelope.words, "where it is not said, transcripts are read as before");
}

proptest! {
    #[test]
    fn comes_back_equal(id in ".{1,20}", host: Option<String>, pid: Option<u32>, process_started: Option<u64>, words: bool) {
        let host = host.map(|host| host.chars().take(60).collect());
        let envelope = Envelope { id, host, pid, process_started, words, ..envelope_at(AT) };
        let text = envelope.to_json();
        prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text} cannot stand in a header");
        prop_assert_eq!(Envelope::parse(text.as_bytes()).unwrap(), envelope);
    }
}
