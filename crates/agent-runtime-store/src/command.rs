//! What the store can be asked to do, and what it answers.

use std::sync::Arc;

use agent_runtime_types::event::NewEvent;
use agent_runtime_types::report::Report;
use agent_runtime_types::session::{NewSession, Session, SessionPatch};

/// One change that a request asks for: carried out whole, or not at all.
#[derive(Clone, Debug)]
pub enum Command {
    /// `POST /sessions`.
    CreateSession {
        /// The session.
        session: NewSession,
        /// The server's time in microseconds since 1970.
        created_us: i64,
    },
    /// `PATCH /sessions/{session_id}/metadata`.
    PatchSession {
        /// The session.
        session_id: String,
        /// What to change.
        patch: SessionPatch,
    },
    /// `DELETE /sessions/{session_id}`.
    DeleteSession {
        /// The session.
        session_id: String,
    },
    /// One event.
    AppendEvent {
        /// The event.
        event: Arc<NewEvent>,
        /// Whether a `session_start` may create its session.
        may_create: bool,
    },
    /// Several events, in order; a `session_start` creates its session.
    Ingest {
        /// The events, each with its line in the request.
        events: Vec<(usize, Arc<NewEvent>)>,
    },
    /// What an agent's document says. It creates its session, unless that was deleted and does not start anew.
    Report(Box<Report>),
    /// A session of an agent has been silent for long, though it said that it is at work.
    Stall {
        /// The session.
        session_id: String,
        /// Its newest event: with a newer one it is not silent any more.
        last_event_us: Option<i64>,
        /// Since when it counts as stalled, as it is shown.
        since: String,
    },
    /// Nothing but a sign that writing works.
    Probe,
}

impl Command {
    /// Bytes of event bodies in it.
    pub fn body_bytes(&self) -> usize {
        match self {
            Self::AppendEvent { event, .. } => event.body.len(),
            Self::Ingest { events } => events.iter().map(|(_, event)| event.body.len()).sum(),
            Self::Report(report) => report.events.iter().map(|reported| reported.event.body.len()).sum(),
            Self::CreateSession { .. }
            | Self::PatchSession { .. }
            | Self::DeleteSession { .. }
            | Self::Stall { .. }
            | Self::Probe => 0,
        }
    }
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The session as it is now.
    Session(Box<Session>),
    /// The session is gone, with so many events.
    Deleted {
        /// How many events it had.
        events_count: i64,
    },
    /// The events are stored.
    Stored {
        /// How many were new.
        stored: u64,
        /// How many had a key that was already there.
        duplicates: u64,
    },
    /// The document's session was deleted: it was dropped.
    Forgotten,
    /// Writing works.
    Ready,
}
