//! Live messages: what a follower of the change log is sent, built once for all of them.

use std::fmt::Write;

use crate::event::push_event;

/// The kinds of message that stand in the change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A session was created.
    SessionCreated,
    /// A session's metadata or status changed.
    SessionUpdated,
    /// A session was deleted with all its events.
    SessionDeleted,
    /// An event was stored.
    Event,
}

impl ChangeKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionCreated => "session_created",
            Self::SessionUpdated => "session_updated",
            Self::SessionDeleted => "session_deleted",
            Self::Event => "event",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::SessionCreated, Self::SessionUpdated, Self::SessionDeleted, Self::Event]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// One entry of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its position.
    pub seq: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// An event's body as [`crate::event::NewEvent`] made it, a Session as JSON of that moment, or the id of a
    /// deleted session as a JSON string.
    pub body: String,
}

impl Change {
    /// The message that carries this change, in the epoch given.
    pub fn message(&self, epoch: &str) -> String {
        let mut out = String::with_capacity(self.body.len() + epoch.len() + 96);
        out.push_str("{\"type\":\"");
        out.push_str(self.kind.as_str());
        match self.kind {
            ChangeKind::Event => {
                out.push_str("\",\"data\":");
                push_event(self.seq, &self.body, &mut out);
            }
            ChangeKind::SessionCreated | ChangeKind::SessionUpdated => {
                out.push_str("\",\"session\":");
                out.push_str(&self.body);
            }
            ChangeKind::SessionDeleted => {
                out.push_str("\",\"session_id\":");
                out.push_str(&self.body);
            }
        }
        push_cursor(epoch, self.seq, &mut out);
        out
    }
}

/// A change and the session it happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionChanged {
    /// The session's id.
    pub session_id: String,
    /// The change.
    pub change: Change,
}

/// Why a cursor could not be honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// It belongs to another database, or to one that has been restored since.
    Epoch,
    /// It lies ahead of everything that was ever stored.
    Future,
    /// What followed it is no longer kept.
    Expired,
    /// It is no cursor.
    Malformed,
}

impl ResetReason {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Future => "future",
            Self::Expired => "expired",
            Self::Malformed => "malformed",
        }
    }
}

/// The first message: all sessions (`sessions` is a JSON array) as of a position.
pub fn init_message(sessions: &str, epoch: &str, seq: i64) -> String {
    let mut out = String::with_capacity(sessions.len() + epoch.len() + 64);
    out.push_str("{\"type\":\"init\",\"sessions\":");
    out.push_str(sessions);
    push_cursor(epoch, seq, &mut out);
    out
}

/// Tells a client that its cursor could not be honoured; an `init` at the same cursor follows.
pub fn reset_message(reason: ResetReason, epoch: &str, seq: i64) -> String {
    let mut out = format!("{{\"type\":\"reset\",\"reason\":\"{}\"", reason.as_str());
    push_cursor(epoch, seq, &mut out);
    out
}

/// Ends a message with its cursor.
fn push_cursor(epoch: &str, seq: i64, out: &mut String) {
    // infallible: writing to a String
    let _ = write!(out, ",\"cursor\":\"{epoch}:{seq}\"}}");
}
