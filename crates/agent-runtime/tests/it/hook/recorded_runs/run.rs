//! A run of an agent: what it writes, which hooks it runs and when, and what must be known of it in the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use agent_runtime_types::timestamp;
use serde_json::{Value, json};

/// All sessions of one process of an agent.
pub(super) struct Run {
    pub(super) agent: &'static str,
    /// In the order in which the agent came to them.
    pub(super) moments: Vec<Moment>,
    pub(super) sessions: BTreeMap<String, Expected>,
}

/// What an agent does at once: it appends lines to a file of its own, then runs hooks and waits for all of them.
pub(super) struct Moment {
    pub(super) file: PathBuf,
    at_us: i64,
    pub(super) lines: Vec<Line>,
    pub(super) documents: Vec<Value>,
    /// What it makes known, in any order.
    told: Vec<Value>,
    /// Whether it holds nothing but tool calls that begin together.
    begins_calls: bool,
}

/// A line of a transcript. Not each of them is an object, or even JSON.
pub(super) enum Line {
    Object(Value),
    Text(String),
}

/// What must be known of a session in the end.
pub(super) struct Expected {
    /// Members of the session as it is shown.
    pub(super) facts: Value,
    /// Its events, those together whose order is open.
    pub(super) told: Vec<Vec<Value>>,
}

impl Run {
    /// Puts the sessions of an agent into one order of time.
    pub(super) fn new(agent: &'static str, sessions: Vec<Track>) -> Self {
        let (mut moments, mut expected) = (Vec::new(), BTreeMap::new());
        for session in sessions {
            let told = session.moments.iter().filter(|moment| !moment.told.is_empty());
            let told = told.map(|moment| moment.told.clone()).collect();
            expected.insert(session.session_id, Expected { facts: session.facts, told });
            moments.extend(session.moments);
        }
        moments.sort_by_key(|moment| moment.at_us);
        Self { agent, moments, sessions: expected }
    }

    /// How often the agent runs a hook.
    pub(super) fn hooks(&self) -> usize {
        self.moments.iter().map(|moment| moment.documents.len()).sum()
    }
}

/// One session, while its transcript is read from the beginning to the end.
pub(super) struct Track {
    pub(super) session_id: String,
    pub(super) file: PathBuf,
    /// What every document of the session holds.
    pub(super) base: Value,
    pub(super) facts: Value,
    moments: Vec<Moment>,
    at_us: i64,
}

impl Track {
    pub(super) fn new(session_id: &str, file: &Path, base: Value, facts: Value) -> Self {
        let (session_id, file) = (session_id.to_owned(), file.to_owned());
        Self { session_id, file, base, facts, moments: Vec::new(), at_us: 0 }
    }

    /// Goes on to the time of this line, if it has one and time does not run backwards.
    pub(super) fn advance_to(&mut self, line: &Value) {
        let at = line["timestamp"].as_str().and_then(|at| timestamp::parse("timestamp", at).ok());
        self.at_us = self.at_us.max(at.unwrap_or(0));
    }

    /// A document of this session.
    pub(super) fn document(&self, event_name: &str, more: &Value) -> Value {
        let mut document = self.base.clone();
        document["hook_event_name"] = json!(event_name);
        for (key, value) in more.as_object().into_iter().flatten() {
            document[key] = value.clone();
        }
        document
    }

    /// The agent runs hooks for one document.
    pub(super) fn hook(&mut self, event_name: &str, more: &Value, told: Value) {
        let document = self.document(event_name, more);
        let moment = self.moment();
        moment.documents.push(document);
        moment.told.push(told);
    }

    /// A tool call begins. Those that begin one after the other have their hooks run together.
    pub(super) fn call(&mut self, line: Option<Line>, more: &Value, told: Value) {
        let document = self.document("PreToolUse", more);
        let together = self.moments.last().is_some_and(|moment| moment.begins_calls);
        let moment = if together { self.last() } else { self.moment() };
        moment.begins_calls = true;
        moment.lines.extend(line);
        moment.documents.push(document);
        moment.told.push(told);
    }

    /// The agent writes a line that says this much.
    pub(super) fn words(&mut self, line: Line, told: Vec<Value>) {
        let moment = self.moment();
        moment.lines.push(line);
        moment.told = told;
    }

    /// The agent writes a line that says nothing about the session.
    pub(super) fn line(&mut self, line: Line) {
        if self.moments.is_empty() {
            self.moment();
        }
        self.last().lines.push(line);
    }

    /// The agent writes a line that belongs to what its hooks were just told.
    pub(super) fn line_after(&mut self, line: Line) {
        self.moment().lines.push(line);
    }

    fn moment(&mut self) -> &mut Moment {
        let (file, at_us) = (self.file.clone(), self.at_us);
        let (lines, documents, told) = (Vec::new(), Vec::new(), Vec::new());
        self.moments.push(Moment { file, at_us, lines, documents, told, begins_calls: false });
        self.last()
    }

    fn last(&mut self) -> &mut Moment {
        self.moments.last_mut().expect("a moment")
    }
}

/// The lines of a file, each as what it is.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let line = |text: &str| match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Line::Object(value),
        _ => Line::Text(text.to_owned()),
    };
    text.lines().map(line).collect()
}

/// The name that a session gets from its first prompt. These runs have no other marks of Markdown in theirs, each in pairs.
pub(super) fn name_of(prompt: &str) -> String {
    let plain = prompt.replace("**", "").replace('`', "");
    let letters: String = plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
    letters.trim_end().to_owned()
}
