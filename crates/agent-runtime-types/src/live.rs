//! Live messages: what a follower of the change log is sent, built once for all of them.

use std::fmt::Write;
use std::sync::Arc;

use crate::event::{NewEvent, push_event};

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
    /// What its session does since this event, as JSON, when that has changed with it.
    pub activity: Option<String>,
}

impl Change {
    /// The message that carries this change, in the epoch given.
    pub fn message(&self, epoch: &str) -> String {
        message(self.seq, self.kind, &self.body, self.activity.as_deref(), epoch)
    }
}

/// A change as it is reported when it is committed, with the session it happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionChanged {
    /// An event was stored. It is the one that was handed in, and not a copy: most changes are events, and most of
    /// the time nobody listens.
    Event {
        /// Its position.
        seq: i64,
        /// The event.
        event: Arc<NewEvent>,
        /// See [`Change::activity`].
        activity: Option<String>,
    },
    /// Something happened to a session itself.
    Session {
        /// The session's id.
        session_id: String,
        /// What happened.
        change: Change,
    },
}

impl SessionChanged {
    /// Its position.
    pub fn seq(&self) -> i64 {
        match self {
            Self::Event { seq, .. } => *seq,
            Self::Session { change, .. } => change.seq,
        }
    }

    /// What happened.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Event { .. } => ChangeKind::Event,
            Self::Session { change, .. } => change.kind,
        }
    }

    /// The session it happened to.
    pub fn session_id(&self) -> &str {
        match self {
            Self::Event { event, .. } => &event.session_id,
            Self::Session { session_id, .. } => session_id,
        }
    }

    /// See [`Change::body`].
    pub fn body(&self) -> &str {
        match self {
            Self::Event { event, .. } => &event.body,
            Self::Session { change, .. } => &change.body,
        }
    }

    /// The message that carries this change, in the epoch given: the same as [`Change::message`] of what is stored.
    pub fn message(&self, epoch: &str) -> String {
        let activity = match self {
            Self::Event { activity, .. } => activity.as_deref(),
            Self::Session { .. } => None,
        };
        message(self.seq(), self.kind(), self.body(), activity, epoch)
    }
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

fn message(seq: i64, kind: ChangeKind, body: &str, activity: Option<&str>, epoch: &str) -> String {
    let mut out = String::with_capacity(body.len() + epoch.len() + 96);
    out.push_str("{\"type\":\"");
    out.push_str(kind.as_str());
    match kind {
        ChangeKind::Event => {
            out.push_str("\",\"data\":");
            push_event(seq, body, &mut out);
            if let Some(activity) = activity {
                out.push_str(",\"activity\":");
                out.push_str(activity);
            }
        }
        ChangeKind::SessionCreated | ChangeKind::SessionUpdated => {
            out.push_str("\",\"session\":");
            out.push_str(body);
        }
        ChangeKind::SessionDeleted => {
            out.push_str("\",\"session_id\":");
            out.push_str(body);
        }
    }
    push_cursor(epoch, seq, &mut out);
    out
}

/// Ends a message with its cursor.
fn push_cursor(epoch: &str, seq: i64, out: &mut String) {
    // infallible: writing to a String
    let _ = write!(out, ",\"cursor\":\"{epoch}:{seq}\"}}");
}
