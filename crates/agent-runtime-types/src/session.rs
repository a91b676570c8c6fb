//! Sessions: one run of one agent, and what a client may say about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::activity::Activity;
use crate::json::{self, Member};
use crate::problem::Invalid;
use crate::report::Source;
use crate::timestamp;

/// Bytes of a session id.
pub const MAX_ID_BYTES: usize = 256;
/// Bytes of a session's name.
pub const MAX_NAME_BYTES: usize = 1024;

/// Bytes of a folder or of an agent's name: both stand in every list of sessions.
pub const MAX_DETAIL_BYTES: usize = 4096;

/// Whether a session still goes on. Follows the order of commits, never that of timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// Started or resumed, and not stopped since.
    Running,
    /// A `session_stop` came last.
    Finished,
}

impl SessionStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "running" => Some(Self::Running),
            "finished" => Some(Self::Finished),
            _ => None,
        }
    }
}

/// A session as every answer and message shows it. All keys are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The client's own id.
    #[schema(example = "abc-123", min_length = 1)]
    pub session_id: String,
    /// What people call it; several sessions may share a name.
    #[schema(example = "My Session")]
    pub session_name: String,
    /// Whether it still goes on.
    pub status: SessionStatus,
    /// When it was made: the server's time, or what the event said that made it.
    #[schema(example = "2025-12-03T10:11:12.123456+00:00")]
    pub created_at: String,
    /// The folder it works in.
    #[schema(required)]
    pub project_dir: Option<String>,
    /// The agent that runs it.
    #[schema(required)]
    pub agent_name: Option<String>,
    /// When it was last taken up again, as the client sent it.
    #[schema(required)]
    pub last_resumed_at: Option<String>,
    /// The session that started this one.
    #[schema(required)]
    pub parent_session_id: Option<String>,
    /// The timestamp, as sent, of the event with the least instant: earlier than `created_at` where the server was told
    /// of a session afterwards.
    #[schema(required)]
    pub first_event_at: Option<String>,
    /// The timestamp, as sent, of the event with the greatest instant.
    #[schema(required)]
    pub last_event_at: Option<String>,
    /// How many events it has.
    pub event_count: i64,
    /// Where it comes from: a client of the API, or the hooks of an agent.
    pub source: Source,
    /// The machine it runs on, where its agent says so.
    #[schema(required)]
    pub host: Option<String>,
    /// The model that it asks, where its agent says so.
    #[schema(required)]
    pub model: Option<String>,
    /// The branch of its folder, where its agent says so.
    #[schema(required)]
    pub branch: Option<String>,
    /// When it was stopped, as the client sent it; `null` while it runs.
    #[schema(required)]
    pub ended_at: Option<String>,
    /// The exit code of its stop, where that said one; `null` while it runs.
    #[schema(required)]
    pub exit_code: Option<i64>,
    /// How many of its events tell of an `error`.
    pub error_count: i64,
    /// What it is doing, as far as its events tell; `null` for a session of a client of the API.
    #[schema(required)]
    pub activity: Option<Activity>,
}

/// The body of `POST /sessions`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The client's own id.
    pub session_id: String,
    /// What people call it.
    pub session_name: String,
    /// The folder it works in.
    pub project_dir: Option<String>,
    /// The agent that runs it.
    pub agent_name: Option<String>,
    /// The session that started this one.
    pub parent_session_id: Option<String>,
}

impl NewSession {
    /// Reads and checks a body; keys it does not know are ignored.
    ///
    /// # Errors
    /// When the body is no sound JSON object, or a field breaks its rule.
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let members = json::object(body)?;
        let session_id = required(text(&members, "session_id")?, "session_id")?;
        check_id("session_id", &session_id)?;
        let session_name = required(text(&members, "session_name")?, "session_name")?;
        check_name(&session_name)?;
        let parent_session_id = text(&members, "parent_session_id")?;
        check_parent(parent_session_id.as_deref(), &session_id)?;
        let (project_dir, agent_name) = (detail(&members, "project_dir")?, detail(&members, "agent_name")?);
        Ok(Self { session_id, session_name, project_dir, agent_name, parent_session_id })
    }
}

/// The body of `PATCH /sessions/{session_id}/metadata`, checked. `None` means 'not given'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionPatch {
    /// What people shall call it.
    pub session_name: Option<String>,
    /// The folder it works in.
    pub project_dir: Option<String>,
    /// The agent that runs it.
    pub agent_name: Option<String>,
    /// When it was taken up again.
    pub last_resumed_at: Option<String>,
    /// The session that started this one.
    pub parent_session_id: Option<String>,
}

impl SessionPatch {
    /// Reads and checks a body meant for the session `session_id`; keys it does not know are ignored.
    ///
    /// # Errors
    /// When the body is no sound JSON object, a field breaks its rule, or nothing is given.
    pub fn parse(body: &[u8], session_id: &str) -> Result<Self, Invalid> {
        let members = json::object(body)?;
        let patch = Self {
            session_name: text(&members, "session_name")?,
            project_dir: detail(&members, "project_dir")?,
            agent_name: detail(&members, "agent_name")?,
            last_resumed_at: text(&members, "last_resumed_at")?,
            parent_session_id: text(&members, "parent_session_id")?,
        };
        if patch == Self::default() {
            let fields = "session_name, project_dir, agent_name, last_resumed_at, parent_session_id";
            return Err(Invalid::field("body", format_args!("at least one field must be given: {fields}")));
        }
        patch.session_name.as_deref().map_or(Ok(()), check_name)?;
        if let Some(resumed_at) = &patch.last_resumed_at {
            timestamp::parse("last_resumed_at", resumed_at)?;
        }
        check_parent(patch.parent_session_id.as_deref(), session_id)?;
        Ok(patch)
    }
}

/// Checks a session id: 1 to 256 bytes, no control characters, not `.` or `..`, which no URL reaches.
///
/// # Errors
/// When it breaks this rule; the error names `field`.
pub fn check_id(field: &str, id: &str) -> Result<(), Invalid> {
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Err(Invalid::field(field, format_args!("must be 1 to {MAX_ID_BYTES} bytes long")));
    }
    if id.chars().any(char::is_control) {
        return Err(Invalid::field(field, "must not hold control characters"));
    }
    if matches!(id, "." | "..") {
        return Err(Invalid::field(field, "must not be '.' or '..', which no URL can name"));
    }
    Ok(())
}

/// Checks a session's name: 0 to 1,024 bytes, no U+0000.
///
/// # Errors
/// When it breaks this rule.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    if name.len() > MAX_NAME_BYTES {
        return Err(Invalid::field("session_name", format_args!("must be at most {MAX_NAME_BYTES} bytes long")));
    }
    if name.contains('\0') {
        return Err(Invalid::field("session_name", "must not hold U+0000"));
    }
    Ok(())
}

fn check_parent(parent: Option<&str>, own_id: &str) -> Result<(), Invalid> {
    let Some(parent) = parent else { return Ok(()) };
    if parent == own_id {
        return Err(Invalid::field("parent_session_id", "must not be the session's own id"));
    }
    check_id("parent_session_id", parent)
}

/// The text of a member; `null` and a missing member are `None`.
fn text(members: &[Member<'_>], key: &str) -> Result<Option<String>, Invalid> {
    match members.iter().find(|member| member.key == key) {
        None => Ok(None),
        Some(member) if member.value == "null" => Ok(None),
        Some(member) => match json::string(member.value) {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err(Invalid::field(key, "must be a string")),
        },
    }
}

fn detail(members: &[Member<'_>], key: &str) -> Result<Option<String>, Invalid> {
    let detail = text(members, key)?;
    if detail.as_ref().is_some_and(|detail| detail.len() > MAX_DETAIL_BYTES) {
        return Err(Invalid::field(key, format_args!("must be at most {MAX_DETAIL_BYTES} bytes long")));
    }
    Ok(detail)
}

fn required<T>(value: Option<T>, field: &str) -> Result<T, Invalid> {
    value.ok_or_else(|| Invalid::field(field, "is required"))
}
