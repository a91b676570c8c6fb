//! What one follower has received, over all its connections, and what was wrong with it at first sight.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use agent_runtime_types::cursor::Cursor;
use serde_json::Value;

use super::record::{fingerprint, plain_fingerprint};

/// The memory of one follower.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) name: String,
    /// Where it stands; it comes back with this.
    pub(crate) cursor: Option<Cursor>,
    /// Every message it received, by position.
    pub(crate) seen: BTreeMap<i64, Sighting>,
    /// The positions it saw of each session, the deletion aside.
    pub(crate) by_session: HashMap<Arc<str>, Vec<i64>>,
    /// Sessions whose deletion it saw, and where.
    pub(crate) deleted: HashMap<String, i64>,
    /// How often it came back with a cursor.
    pub(crate) resumes: u32,
    pub(crate) faults: Vec<String>,
    heard_of: HashSet<Arc<str>>,
}

/// One message of the change log, as a follower saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) kind: Kind,
    pub(crate) session: Arc<str>,
    /// Of the event without its id, or of the whole Session.
    pub(crate) fingerprint: u64,
}

/// The kinds of message that have a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Created,
    Updated,
    Deleted,
    Event,
}

impl Log {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The position up to which it has seen everything.
    pub(crate) fn position(&self) -> i64 {
        self.cursor.as_ref().map_or(0, |cursor| cursor.seq)
    }

    /// Notes something that must not happen.
    pub(crate) fn fault(&mut self, what: &str) {
        let place = self.position();
        self.faults.push(format!("follower {} at {place}: {what}", self.name));
    }

    /// Takes one message as it came over the wire.
    pub(crate) fn take(&mut self, message: &Value) {
        let cursor = message["cursor"].as_str().and_then(|text| text.parse::<Cursor>().ok());
        let Some(cursor) = cursor else {
            return self.fault(&format!("a message without a cursor: {message}"));
        };
        match message["type"].as_str() {
            Some("init") => self.take_init(message, cursor),
            Some("session_created") => self.take_session(Kind::Created, message, cursor),
            Some("session_updated") => self.take_session(Kind::Updated, message, cursor),
            Some("session_deleted") => {
                let session = self.name(&message["session_id"]);
                self.deleted.insert(session.to_string(), cursor.seq);
                self.see(cursor, Sighting { kind: Kind::Deleted, session, fingerprint: 0 });
            }
            Some("event") => {
                let event = &message["data"];
                if event["id"].as_i64() != Some(cursor.seq) {
                    self.fault(&format!("the event at {cursor} has id {}", event["id"]));
                }
                let session = self.name(&event["session_id"]);
                if !self.heard_of.contains(&session) {
                    self.fault(&format!("an event of {session} at {cursor}, of which it never heard"));
                }
                self.see(cursor, Sighting { kind: Kind::Event, session, fingerprint: fingerprint(event) });
            }
            _ => self.fault(&format!("an unexpected message: {message}")),
        }
    }

    fn take_init(&mut self, message: &Value, cursor: Cursor) {
        if self.cursor.is_some() {
            return self.fault(&format!("init at {cursor} instead of what was missed"));
        }
        if message["sessions"].as_array().is_none_or(|sessions| !sessions.is_empty()) || cursor.seq != 0 {
            self.fault(&format!("it was there first, but init was {message}"));
        }
        self.cursor = Some(cursor);
    }

    fn take_session(&mut self, kind: Kind, message: &Value, cursor: Cursor) {
        let body = &message["session"];
        let session = self.name(&body["session_id"]);
        if kind == Kind::Created && !self.heard_of.insert(session.clone()) {
            self.fault(&format!("{session} was created twice, the second time at {cursor}"));
        } else if kind == Kind::Updated && !self.heard_of.contains(&session) {
            self.fault(&format!("a change of {session} at {cursor}, of which it never heard"));
        }
        self.see(cursor, Sighting { kind, session, fingerprint: plain_fingerprint(body) });
    }

    /// The id of a session, kept once.
    fn name(&self, id: &Value) -> Arc<str> {
        let id = id.as_str().unwrap_or_default();
        self.by_session.get_key_value(id).map_or_else(|| id.into(), |(known, _)| Arc::clone(known))
    }

    /// Files a message under its position, which must be the greatest so far.
    pub(crate) fn see(&mut self, cursor: Cursor, sighting: Sighting) {
        let Some(known) = self.cursor.clone() else {
            return self.fault(&format!("{:?} at {cursor} before init", sighting.kind));
        };
        if known.epoch != cursor.epoch {
            self.fault(&format!("another epoch: {cursor}"));
        }
        if cursor.seq <= known.seq {
            self.fault(&format!("{:?} at {cursor}, again or out of order", sighting.kind));
        }
        if sighting.kind != Kind::Deleted {
            self.by_session.entry(sighting.session.clone()).or_default().push(cursor.seq);
        }
        self.seen.insert(cursor.seq, sighting);
        self.cursor = Some(cursor);
    }
}
