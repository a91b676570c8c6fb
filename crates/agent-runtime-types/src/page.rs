//! Which part of a list is asked for.

use crate::problem::Invalid;
use crate::search::Needle;
use crate::session::SessionStatus;

/// The largest page: a greater `limit` counts as this.
pub const MAX_LIMIT: i64 = 10_000;

/// Which sessions are asked for; without any field all of them, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Only those of this status.
    pub status: Option<SessionStatus>,
    /// Only those of exactly this agent.
    pub agent_name: Option<String>,
    /// Only those in exactly this folder.
    pub project_dir: Option<String>,
    /// Only those with this text in id, name, folder or agent, in any case.
    pub text: Option<String>,
    /// At most so many.
    pub limit: Option<i64>,
    /// Only those older than this place.
    pub before: Option<SessionPlace>,
}

/// A place in the list of sessions, opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPlace {
    /// When the session was created, in microseconds since 1970.
    pub created_us: i64,
    /// The position at which it was created.
    pub created_seq: i64,
}

impl SessionPlace {
    /// The text that clients give back.
    pub fn to_text(self) -> String {
        format!("{}.{}", self.created_us, self.created_seq)
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// When the text is nothing of ours.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let place = text.split_once('.').and_then(|(created_us, created_seq)| {
            Some(Self { created_us: created_us.parse().ok()?, created_seq: created_seq.parse().ok()? })
        });
        place.ok_or_else(|| Invalid::field("before", "must be the 'next' of an earlier answer"))
    }
}

/// Which events of a session are asked for; without any field all of them, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Only those that stand after this event of the session.
    pub after: Option<i64>,
    /// Only those that stand before this event of the session.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: Option<i64>,
    /// Only those of this type.
    pub event_type: Option<String>,
    /// Only those of this tool.
    pub tool_name: Option<String>,
    /// Only those in which this stands.
    pub text: Option<Needle>,
    /// Only those that tell of a failure.
    pub failures_only: bool,
    /// The list turned round: newest first.
    pub descending: bool,
    /// Outlines of them, without their bodies.
    pub outlines: bool,
}

/// Reads a `limit`: at least 1, and no more than [`MAX_LIMIT`] counts.
///
/// # Errors
/// When it is no whole number of at least 1.
pub fn parse_limit(text: &str) -> Result<i64, Invalid> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number too long for 64 bits is certainly more than the largest page.
    let limit = if digits { text.parse().unwrap_or(MAX_LIMIT) } else { 0 };
    if limit < 1 {
        return Err(Invalid::field("limit", format_args!("must be a whole number from 1 to {MAX_LIMIT}")));
    }
    Ok(limit.min(MAX_LIMIT))
}
