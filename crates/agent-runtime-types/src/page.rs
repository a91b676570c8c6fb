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
    /// The order of the list.
    pub order: SessionOrder,
    /// Only those that stand behind this place of that order.
    pub before: Option<SessionPlace>,
}

/// How a list of sessions is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionOrder {
    /// Created last, first.
    #[default]
    Creation,
    /// With the newest event first; one without events stands where it was created.
    Activity,
}

impl SessionOrder {
    /// What a place of this order begins with, so that it is not taken for one of the other.
    fn mark(self) -> &'static str {
        match self {
            Self::Creation => "",
            Self::Activity => "a",
        }
    }
}

/// A place in the list of sessions, opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPlace {
    /// The instant by which the list is ordered, in microseconds since 1970.
    pub instant_us: i64,
    /// The position at which it was created.
    pub created_seq: i64,
}

impl SessionPlace {
    /// The text that clients give back.
    pub fn to_text(self, order: SessionOrder) -> String {
        format!("{}{}.{}", order.mark(), self.instant_us, self.created_seq)
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// When the text is nothing of ours, or of another order.
    pub fn parse(text: &str, order: SessionOrder) -> Result<Self, Invalid> {
        let unmarked = text.strip_prefix(order.mark());
        let place = unmarked.and_then(|text| text.split_once('.')).and_then(|(instant_us, created_seq)| {
            Some(Self { instant_us: instant_us.parse().ok()?, created_seq: created_seq.parse().ok()? })
        });
        place.ok_or_else(|| Invalid::field("before", "must be the 'next' of an earlier answer in the same order"))
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
    /// What is told of each.
    pub detail: EventDetail,
}

/// What is told of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventDetail {
    /// All of it.
    #[default]
    Whole,
    /// Its outline, without its body.
    Outline,
    /// The same, page by page in columns.
    OutlineColumns,
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
