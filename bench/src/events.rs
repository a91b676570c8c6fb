//! The events that are posted: 350 bytes of JSON, as an agent's runs hold them. Made once; before each sending only
//! digits are overwritten, so that making events costs the load nothing.

use std::net::SocketAddr;

use crate::http::{Connection, request_bytes};
use anyhow::Context as _;
use memchr::memmem;
use serde_json::json;

/// Bytes of one event's JSON.
pub(crate) const EVENT_BYTES: usize = 350;

const TIME: &str = "2026-11-24T00:00:00.000000+00:00";
const NUMBER: &str = "number=0000000000";
const SENT: &str = "sent_at_ns=0000000000000000000";

/// What the body of a request is found by inside a received message.
pub(crate) const NUMBER_KEY: &[u8] = b"number=";
/// See [`NUMBER_KEY`].
pub(crate) const SENT_KEY: &[u8] = b"sent_at_ns=";

/// The id of the session with this number.
pub(crate) fn session_id(number: usize) -> String {
    format!("bench-session-{number:04}")
}

/// Creates `count` sessions.
pub(crate) fn create_sessions(address: SocketAddr, count: usize) -> anyhow::Result<()> {
    let mut connection = Connection::open(address)?;
    for number in 0..count {
        let body = json!({"session_id": session_id(number), "session_name": format!("Bench session {number:04}"),
            "project_dir": "/home/someone/projects/measured", "agent_name": "measurer"});
        connection.post("/sessions", &body)?;
    }
    Ok(())
}

/// Bytes that hold one event or several, whose numbers, times and stamps can be overwritten in place.
#[derive(Clone)]
pub(crate) struct Numbered {
    /// What is sent.
    pub(crate) bytes: Vec<u8>,
    places: Vec<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    time: usize,
    number: usize,
    sent: usize,
}

impl Numbered {
    /// A whole `POST /sessions/{id}/events` of one event.
    pub(crate) fn post(address: SocketAddr, session: usize) -> anyhow::Result<Self> {
        let path = format!("/sessions/{}/events", session_id(session));
        Self::find(request_bytes(address, "POST", &path, "application/json", event(session, session).as_bytes()))
    }

    /// A whole `POST /ingest` of `lines` events, spread over the sessions from `first` on, `sessions` of them.
    pub(crate) fn ingest(address: SocketAddr, lines: usize, first: usize, sessions: usize) -> anyhow::Result<Self> {
        let body: String = (0..lines).map(|line| event(first + line % sessions, line) + "\n").collect();
        Self::find(request_bytes(address, "POST", "/ingest", "application/x-ndjson", body.as_bytes()))
    }

    fn find(bytes: Vec<u8>) -> anyhow::Result<Self> {
        let all = |text: &str| memmem::find_iter(&bytes, text).collect::<Vec<_>>();
        let (times, numbers, stamps) = (all(TIME), all(NUMBER), all(SENT));
        anyhow::ensure!(times.len() == numbers.len() && times.len() == stamps.len(), "an event without its places");
        let places = times.iter().zip(&numbers).zip(&stamps);
        let places = places.map(|((&time, &number), &sent)| Place {
            time: time + "2026-11-24T".len(),
            number: number + NUMBER_KEY.len(),
            sent: sent + SENT_KEY.len(),
        });
        let places = places.collect();
        Ok(Self { bytes, places })
    }

    /// Numbers the events from `first` on; each is a millisecond later than the one before.
    pub(crate) fn number(&mut self, first: u64) {
        for (number, place) in (first..).zip(&self.places) {
            write_digits(&mut self.bytes[place.number..place.number + 10], number);
            let time = &mut self.bytes[place.time..place.time + "00:00:00.000000".len()];
            write_digits(&mut time[0..2], number / 3_600_000 % 24);
            write_digits(&mut time[3..5], number / 60_000 % 60);
            write_digits(&mut time[6..8], number / 1000 % 60);
            write_digits(&mut time[9..12], number % 1000);
        }
    }

    /// Writes the moment of sending into the events.
    pub(crate) fn stamp(&mut self, now_ns: u64) {
        for place in &self.places {
            write_digits(&mut self.bytes[place.sent..place.sent + 19], now_ns);
        }
    }
}

/// The decimal number that follows `key` in a message.
pub(crate) fn number_after(message: &[u8], key: &[u8]) -> anyhow::Result<u64> {
    let start = memmem::find(message, key).context("a message without its number")? + key.len();
    let digits = message[start..].iter().take_while(|byte| byte.is_ascii_digit());
    Ok(digits.fold(0, |number: u64, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))))
}

/// The JSON of one event: messages and tool calls in turn, as in a real run.
fn event(session: usize, turn: usize) -> String {
    let id = session_id(session);
    let with = |filling: &str| {
        let text = format!("{NUMBER} {SENT} {filling}");
        let head = format!(r#""session_id":"{id}","session_name":"Bench session {session:04}","timestamp":"{TIME}""#);
        if turn.is_multiple_of(2) {
            format!(
                r#"{{"event_type":"message",{head},"role":"assistant","content":[{{"type":"text","text":"{text}"}}]}}"#
            )
        } else {
            format!(r#"{{"event_type":"pre_tool",{head},"tool_name":"Bash","tool_input":{{"command":"{text}"}}}}"#)
        }
    };
    let words =
        "Reading the failing test first, then the code that it calls, before anything is changed in either of them; ";
    let room = EVENT_BYTES - with("").len();
    with(&words.repeat(2)[..room])
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_json_of_the_size_promised() {
        for turn in 0..2 {
            let text = event(7, turn);
            assert_eq!(text.len(), EVENT_BYTES);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["session_id"], "bench-session-0007");
        }
    }

    #[test]
    fn numbers_and_times_are_written_in_place() {
        let mut request = Numbered::ingest("127.0.0.1:1".parse().unwrap(), 2, 0, 1).unwrap();
        request.number(3_723_004);
        request.stamp(1_764_000_000_000_000_123);
        let text = String::from_utf8(request.bytes.clone()).unwrap();
        assert!(text.contains("T01:02:03.004000+00:00") && text.contains("T01:02:03.005000+00:00"), "{text}");
        assert_eq!(number_after(&request.bytes, NUMBER_KEY).unwrap(), 3_723_004);
        assert_eq!(number_after(&request.bytes, SENT_KEY).unwrap(), 1_764_000_000_000_000_123);
    }
}
