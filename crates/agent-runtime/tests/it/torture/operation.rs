//! What a writer sends: one of every kind of write, with contents that no other event has.

use serde_json::{Value, json};

use super::record::{EventRecord, Existence, fingerprint};
use super::writer::Writer;

/// Sessions that a writer has open at a time.
const OPEN_SESSIONS: usize = 3;
/// Events after which it leaves a session alone.
const EVENTS_OF_A_SESSION: usize = 60;
/// Sessions that it has left alone, before it deletes the oldest of them: a long run must not slow down.
const CLOSED_SESSIONS: usize = 40;
/// Events of a large session: more than one slice of a deletion.
const EVENTS_OF_A_LARGE_SESSION: usize = 2500;

/// One request, and what it does when it succeeds.
pub(crate) struct Operation {
    pub(crate) verb: Verb,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) effect: Effect,
    /// Whether it can be sent again when it had no answer: its events have keys, or doing it twice is doing it once.
    pub(crate) repeatable: bool,
}

/// The method, and what the body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Post,
    Ingest,
    Patch,
    Delete,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Post | Self::Ingest => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Post | Self::Patch => Some("application/json"),
            Self::Ingest => Some("application/x-ndjson"),
            Self::Delete => None,
        }
    }
}

/// What a request changes.
pub(crate) enum Effect {
    Create(String),
    Rename(String, String),
    Delete(String),
    /// Events, with the session that the first of them creates, and the states into which they turn sessions.
    Store {
        creates: Option<String>,
        turns: Vec<(String, &'static str)>,
        events: Vec<(String, EventRecord)>,
    },
    /// A repetition of something acknowledged.
    Nothing,
}

impl Effect {
    /// The sessions it is about.
    pub(crate) fn sessions(&self) -> Vec<String> {
        match self {
            Self::Create(id) | Self::Rename(id, _) | Self::Delete(id) => vec![id.clone()],
            Self::Store { events, .. } => {
                let mut ids: Vec<String> = events.iter().map(|(id, _)| id.clone()).collect();
                ids.dedup();
                ids
            }
            Self::Nothing => Vec::new(),
        }
    }
}

impl Writer {
    /// The name a session is created with.
    pub(super) fn first_name(id: &str) -> String {
        format!("session {id}")
    }

    /// Chooses what to do next.
    pub(super) fn choose(&mut self) -> Operation {
        if let Some(id) = self.doomed.take() {
            return Self::delete(id);
        }
        self.retire();
        if self.closed.len() > CLOSED_SESSIONS {
            return Self::delete(self.closed[0].clone());
        }
        let keyed = self.random.percent(50);
        match self.random.below(1000) {
            number if number < 2 => self.large_session(),
            _ if self.open.is_empty() => self.create_session(),
            number if number < 80 && self.open.len() < OPEN_SESSIONS => self.create_session(),
            number if number < 130 && self.open.len() < OPEN_SESSIONS => self.start_session(),
            number if number < 560 => {
                let id = self.random.pick(&self.open).clone();
                self.post_event(&id, format!("/sessions/{id}/events"), keyed)
            }
            number if number < 700 => {
                let id = self.random.pick(&self.open).clone();
                self.post_event(&id, "/events".into(), keyed)
            }
            number if number < 840 => self.ingest(keyed),
            number if number < 890 => self.rename(),
            number if number < 930 => self.turn(),
            number if number < 970 => self.repeat(),
            _ => {
                let list = if self.random.percent(50) && !self.closed.is_empty() { &self.closed } else { &self.open };
                Self::delete(self.random.pick(list).clone())
            }
        }
    }

    /// Leaves long sessions alone.
    fn retire(&mut self) {
        let (sessions, long) = (&self.record.sessions, EVENTS_OF_A_SESSION);
        let is_long = |id: &String| sessions.get(id).is_some_and(|session| session.events.len() >= long);
        let (closed, open) = self.open.drain(..).partition(is_long);
        self.open = open;
        let mut closed: Vec<String> = closed;
        self.closed.append(&mut closed);
    }

    fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn new_session(&mut self) -> String {
        let number = self.next_number();
        format!("{}-{number}", self.name)
    }

    fn create_session(&mut self) -> Operation {
        let id = self.new_session();
        let parent = self.open.first();
        let body = json!({"session_id": id, "session_name": Self::first_name(&id), "parent_session_id": parent});
        let path = "/sessions".into();
        Operation { verb: Verb::Post, path, body: body.to_string(), effect: Effect::Create(id), repeatable: true }
    }

    /// Creates a session by its first event.
    fn start_session(&mut self) -> Operation {
        let id = self.new_session();
        let number = self.next_number();
        let body = self.event(&id, number, true, "session_start");
        let effect = Effect::Store {
            creates: Some(id.clone()),
            turns: Vec::new(),
            events: vec![(id, self.sent(number, number, &body))],
        };
        Operation { verb: Verb::Post, path: "/events".into(), body: body.to_string(), effect, repeatable: true }
    }

    fn post_event(&mut self, id: &str, path: String, keyed: bool) -> Operation {
        let number = self.next_number();
        let body = self.event(id, number, keyed, "");
        let events = vec![(id.to_owned(), self.sent(number, number, &body))];
        let effect = Effect::Store { creates: None, turns: Vec::new(), events };
        Operation { verb: Verb::Post, path, body: body.to_string(), effect, repeatable: keyed }
    }

    /// A few lines, over all open sessions; with keys, now and then a session that they create.
    fn ingest(&mut self, keyed: bool) -> Operation {
        let new = (keyed && self.random.percent(30)).then(|| self.new_session());
        let count = 1 + self.random.below(12);
        self.lines(new, count, keyed)
    }

    fn large_session(&mut self) -> Operation {
        let id = self.new_session();
        self.doomed = Some(id.clone());
        let open = std::mem::take(&mut self.open);
        let operation = self.lines(Some(id), EVENTS_OF_A_LARGE_SESSION, true);
        self.open = open;
        operation
    }

    fn lines(&mut self, creates: Option<String>, count: usize, keyed: bool) -> Operation {
        let (mut body, mut events, mut request) = (String::new(), Vec::new(), 0);
        for line in 0..count {
            let number = self.next_number();
            let start = line == 0 && creates.is_some();
            let id = match &creates {
                Some(id) if start || self.open.is_empty() => id.clone(),
                _ => self.random.pick(&self.open).clone(),
            };
            let event = self.event(&id, number, keyed, if start { "session_start" } else { "" });
            request = if line == 0 { number } else { request };
            events.push((id, self.sent(number, request, &event)));
            body.push_str(&event.to_string());
            body.push('\n');
        }
        let effect = Effect::Store { creates, turns: Vec::new(), events };
        Operation { verb: Verb::Ingest, path: "/ingest".into(), body, effect, repeatable: keyed }
    }

    fn rename(&mut self) -> Operation {
        let id = self.random.pick(&self.open).clone();
        let name = format!("renamed {}", self.next_number());
        let (path, body) = (format!("/sessions/{id}/metadata"), json!({"session_name": name}).to_string());
        Operation { verb: Verb::Patch, path, body, effect: Effect::Rename(id, name), repeatable: true }
    }

    /// Stops a running session, resumes a finished one.
    fn turn(&mut self) -> Operation {
        let id = self.random.pick(&self.open).clone();
        let runs = self.session(&id).statuses.last() == Some(&"running");
        let status = if runs { "finished" } else { "running" };
        let number = self.next_number();
        let event_type = if status == "running" { "session_start" } else { "session_stop" };
        let body = self.event(&id, number, true, event_type);
        let path = if self.random.percent(50) { "/events".into() } else { format!("/sessions/{id}/events") };
        let events = vec![(id.clone(), self.sent(number, number, &body))];
        let effect = Effect::Store { creates: None, turns: vec![(id, status)], events };
        Operation { verb: Verb::Post, path, body: body.to_string(), effect, repeatable: true }
    }

    /// Sends something acknowledged again, as it was.
    fn repeat(&mut self) -> Operation {
        match &self.sample {
            Some(sample) => Operation {
                verb: sample.verb,
                path: sample.path.clone(),
                body: sample.body.clone(),
                effect: Effect::Nothing,
                repeatable: false,
            },
            None => self.ingest(true),
        }
    }

    fn delete(id: String) -> Operation {
        let path = format!("/sessions/{id}");
        Operation { verb: Verb::Delete, path, body: String::new(), effect: Effect::Delete(id), repeatable: true }
    }

    /// An event like no other. Later numbers have later times.
    fn event(&mut self, id: &str, number: u64, keyed: bool, event_type: &str) -> Value {
        let (seconds, milliseconds) = (number / 1000, number % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let timestamp = format!("2026-01-01T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}+00:00");
        let mut event = json!({"session_id": id, "session_name": Self::first_name(id), "timestamp": timestamp});
        let text = format!("{} {number}: Grüße \u{1F980} \"\\\u{0}\n", self.name);
        let length = if self.random.percent(2) { 20_000 } else { self.random.below(300) };
        let more = match (event_type, self.random.below(4)) {
            ("", 0) => json!({"event_type": "pre_tool", "tool_name": "Bash", "tool_input": {"command": text}}),
            ("", 1) => json!({
                "event_type": "post_tool", "tool_name": "Bash", "tool_input": {"command": text},
                "tool_output": {"stdout": "x".repeat(length), "exit": 0, "none": null, "list": [false, 0.5, "", {}]},
                "exit_code": 0, "error": "",
            }),
            ("", 2) => {
                json!({"event_type": "progress.step", "step": number, "note": text, "usage": {"tokens": length}})
            }
            ("", _) => json!({
                "event_type": "message", "role": "assistant",
                "content": [{"type": "text", "text": text}, {"type": "image", "pixels": "y".repeat(length)}],
            }),
            (other, _) => json!({"event_type": other, "reason": text}),
        };
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
            if keyed {
                event.insert("event_id".into(), format!("{}/{number}", self.name).into());
            }
        }
        event
    }

    /// What to remember of an event, which is part of the request that began with event `first`.
    fn sent(&self, number: u64, first: u64, event: &Value) -> EventRecord {
        let request = format!("{}/{first}", self.name);
        EventRecord { number, fingerprint: fingerprint(event), acknowledged: false, request }
    }

    /// Whether anything may still be in doubt, for the last check.
    pub(crate) fn doubts(&self) -> usize {
        let unknown = |existence| matches!(existence, Existence::Unknown | Existence::DeletionUnknown);
        self.record.sessions.values().filter(|session| unknown(session.existence)).count()
    }
}
