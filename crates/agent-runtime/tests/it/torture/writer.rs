//! A client that writes as fast as it can, knows what was acknowledged, and sends again what had no answer.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::sync::watch;

use super::follower::Door;
use super::operation::{Effect, Operation, Verb};
use super::random::Random;
use super::record::{Existence, Record, SessionRecord};

/// One writer, with sessions of its own.
pub(crate) struct Writer {
    pub(crate) record: Record,
    pub(crate) faults: Vec<String>,
    pub(crate) tally: Tally,
    pub(super) name: String,
    pub(super) random: Random,
    pub(super) count: u64,
    /// Sessions that it writes to.
    pub(super) open: Vec<String>,
    /// Sessions that it has left alone, but may still delete.
    pub(super) closed: Vec<String>,
    /// A large session, to be deleted next.
    pub(super) doomed: Option<String>,
    /// An acknowledged request with keys, which may be sent again and must change nothing.
    pub(super) sample: Option<Operation>,
    /// What had no answer and will be sent again.
    pending: Option<Operation>,
    http: reqwest::Client,
    acknowledged: watch::Sender<u64>,
}

/// What it did, so that a run that tested nothing is noticed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) acknowledged: u64,
    pub(crate) unanswered: u64,
    pub(crate) sent_again: u64,
    /// Sent again, and it turned out to have been stored the first time.
    pub(crate) stored_before: u64,
    pub(crate) duplicates: u64,
    pub(crate) deleted: u64,
}

enum Answer {
    Status(u16, Value),
    Nothing(String),
}

impl Writer {
    /// A writer that tells `acknowledged` how many of its requests were answered.
    pub(crate) fn new(name: &str, random: Random, acknowledged: watch::Sender<u64>) -> Self {
        Self {
            record: Record::default(),
            faults: Vec::new(),
            tally: Tally::default(),
            name: name.to_owned(),
            random,
            count: 0,
            open: Vec::new(),
            closed: Vec::new(),
            doomed: None,
            sample: None,
            pending: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap_or_default(),
            acknowledged,
        }
    }

    /// Writes until there is no answer, which must not happen while the door is open: the kill hits it at work.
    pub(crate) async fn run(mut self, address: SocketAddr, door: Door) -> Self {
        loop {
            if let Err(why) = self.step(address).await {
                if door.borrow().is_some() {
                    self.fault(&format!("the connection was lost: {why}"));
                }
                return self;
            }
        }
    }

    /// Sends what had no answer, and nothing else.
    pub(crate) async fn finish(mut self, address: SocketAddr) -> Self {
        while self.pending.is_some() {
            if let Err(why) = self.step(address).await {
                self.fault(&format!("the connection was lost: {why}"));
                return self;
            }
        }
        self
    }

    async fn step(&mut self, address: SocketAddr) -> Result<(), String> {
        let again = self.pending.is_some();
        let operation = if let Some(operation) = self.pending.take() {
            operation
        } else {
            let operation = self.choose();
            self.begin(&operation.effect);
            operation
        };
        self.tally.sent_again += u64::from(again);
        self.touch(&operation.effect);
        let (status, body) = match self.send(&operation, address).await {
            Answer::Status(status, body) => (status, body),
            Answer::Nothing(why) => {
                self.tally.unanswered += 1;
                self.pending = operation.repeatable.then_some(operation);
                return Err(why);
            }
        };
        let done_before = match operation.effect {
            Effect::Create(_) => status == 409,
            Effect::Delete(_) => status == 404,
            _ => false,
        };
        if status == 200 || again && done_before {
            self.tally.acknowledged += 1;
            self.tally.stored_before += u64::from(again && (done_before || body["stored"] == 0));
            self.acknowledged.send_modify(|count| *count += 1);
            self.expect_counts(&operation, &body, again);
            self.settle(operation);
        } else {
            self.fault(&format!("{} {} was answered {status} {body}", operation.verb.name(), operation.path));
        }
        Ok(())
    }

    async fn send(&self, operation: &Operation, address: SocketAddr) -> Answer {
        let url = format!("http://{address}{}", operation.path);
        let request = match operation.verb {
            Verb::Post | Verb::Ingest => self.http.post(url),
            Verb::Patch => self.http.patch(url),
            Verb::Delete => self.http.delete(url),
        };
        let request = match operation.verb.content_type() {
            Some(content_type) => request.header("content-type", content_type).body(operation.body.clone()),
            None => request,
        };
        match request.send().await {
            // Whoever has read the status has been told, even if the body is then cut off.
            Ok(response) => Answer::Status(response.status().as_u16(), response.json().await.unwrap_or_default()),
            Err(error) => Answer::Nothing(format!("{error:?}")),
        }
    }

    /// An NDJSON answer counts what was stored and what was known.
    fn expect_counts(&mut self, operation: &Operation, body: &Value, again: bool) {
        if operation.verb != Verb::Ingest || body.is_null() {
            return;
        }
        let lines = operation.body.lines().count() as u64;
        let counts = (body["stored"].as_u64(), body["duplicates"].as_u64());
        let new = (Some(lines), Some(0));
        let known = (Some(0), Some(lines));
        let fits = match operation.effect {
            Effect::Nothing => counts == known,
            _ => counts == new || again && counts == known,
        };
        if !fits {
            self.fault(&format!("{lines} lines were answered {body}"));
        }
    }

    /// Notes what may be from now on.
    fn begin(&mut self, effect: &Effect) {
        match effect {
            Effect::Create(id) => self.create(id),
            Effect::Rename(id, name) => self.session(id).names.push(name.clone()),
            Effect::Delete(id) => {
                self.session(id).existence = Existence::DeletionUnknown;
                self.open.retain(|other| other != id);
                self.closed.retain(|other| other != id);
                // Its keys are forgotten with it.
                self.sample = None;
            }
            Effect::Store { creates, turns, events } => {
                if let Some(id) = creates {
                    self.create(id);
                    self.session(id).positions_sent += 1;
                }
                for (id, status) in turns {
                    let session = self.session(id);
                    session.statuses.push(status);
                    session.updates_sent += 1;
                    session.positions_sent += 1;
                }
                for (id, event) in events {
                    let session = self.session(id);
                    session.events.push(event.clone());
                    session.positions_sent += 1;
                }
            }
            Effect::Nothing => {}
        }
    }

    /// Notes that a request goes out, be it for the first time or again.
    fn touch(&mut self, effect: &Effect) {
        for id in effect.sessions() {
            self.session(&id).touched = true;
        }
        match effect {
            Effect::Create(id) => self.session(id).positions_sent += 1,
            Effect::Rename(id, _) => {
                let session = self.session(id);
                session.positions_sent += 1;
                session.updates_sent += 1;
            }
            // Keys see to it that a second time takes no position.
            Effect::Store { .. } | Effect::Delete(_) | Effect::Nothing => {}
        }
    }

    /// Notes what is from now on, since it was acknowledged.
    fn settle(&mut self, operation: Operation) {
        match &operation.effect {
            Effect::Create(id) => self.session(id).existence = Existence::Present,
            Effect::Rename(id, name) => {
                let session = self.session(id);
                session.names = vec![name.clone()];
                session.updates_acknowledged += 1;
            }
            Effect::Delete(id) => {
                let session = self.session(id);
                session.existence = Existence::Deleted;
                session.events = Vec::new();
                self.tally.deleted += 1;
            }
            Effect::Store { creates, turns, events } => {
                if let Some(id) = creates {
                    self.session(id).existence = Existence::Present;
                }
                for (id, status) in turns {
                    let session = self.session(id);
                    session.statuses = vec![status];
                    session.updates_acknowledged += 1;
                }
                for (id, event) in events {
                    let known = self.session(id).events.iter_mut().rev();
                    known.filter(|known| known.number == event.number).for_each(|known| known.acknowledged = true);
                }
                if operation.repeatable {
                    self.sample = Some(operation);
                }
            }
            Effect::Nothing => self.tally.duplicates += 1,
        }
    }

    fn create(&mut self, id: &str) {
        self.record.sessions.insert(id.to_owned(), SessionRecord::new(&Self::first_name(id)));
        self.open.push(id.to_owned());
    }

    /// The record of a session of its own.
    pub(super) fn session(&mut self, id: &str) -> &mut SessionRecord {
        let unknown = || SessionRecord::new(&Self::first_name(id));
        self.record.sessions.entry(id.to_owned()).or_insert_with(unknown)
    }

    fn fault(&mut self, what: &str) {
        self.faults.push(format!("writer {}: {what}", self.name));
    }
}
