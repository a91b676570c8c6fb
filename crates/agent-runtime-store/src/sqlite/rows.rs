//! Rows to sessions and back.

use agent_runtime_types::session::{Session, SessionStatus};
use rusqlite::Row;

use crate::lifecycle::SessionRow;

/// The columns that [`session_row`] reads, in its order.
pub(super) const SESSION_COLUMNS: &str = "session_key, created_us, last_event_us, session_id, session_name, status, \
    created_at, project_dir, agent_name, last_resumed_at, parent_session_id, last_event_at, event_count, answer_us, answer_id";

/// Reads a row of [`SESSION_COLUMNS`].
pub(super) fn session_row(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    let status = session_status(row.get(5)?)?;
    Ok(SessionRow {
        session_key: row.get(0)?,
        created_us: row.get(1)?,
        last_event_us: row.get(2)?,
        answer: row.get::<_, Option<i64>>(13)?.zip(row.get(14)?),
        session: Session {
            session_id: row.get(3)?,
            session_name: row.get(4)?,
            status,
            created_at: row.get(6)?,
            project_dir: row.get(7)?,
            agent_name: row.get(8)?,
            last_resumed_at: row.get(9)?,
            parent_session_id: row.get(10)?,
            last_event_at: row.get(11)?,
            event_count: row.get(12)?,
        },
    })
}

/// A status as it is stored.
pub(super) fn session_status(word: String) -> rusqlite::Result<SessionStatus> {
    SessionStatus::parse(&word).ok_or(rusqlite::Error::InvalidColumnName(word))
}

/// A session as JSON.
pub(super) fn session_json(session: &Session) -> String {
    // infallible: a struct of strings and numbers always serialises
    serde_json::to_string(session).unwrap_or_default()
}
