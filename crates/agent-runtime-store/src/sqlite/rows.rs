//! Rows to sessions and back.

use agent_runtime_types::report::{NameRank, Process, Source};
use agent_runtime_types::session::{Session, SessionStatus};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use crate::lifecycle::SessionRow;

/// The columns that [`session_row`] reads, in its order.
pub(super) const SESSION_COLUMNS: &str = "session_key, created_us, last_event_us, session_id, session_name, status, \
    created_at, project_dir, agent_name, last_resumed_at, parent_session_id, last_event_at, event_count, answer_us, answer_id, \
    source, host, model, branch, ended_at, error_count, name_rank, started_us, pid, process_started, activity, \
    activity_us, open_tools, exit_code, first_event_at, first_event_us, turned_us";

/// Reads a row of [`SESSION_COLUMNS`].
pub(super) fn session_row(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    let status = session_status(row.get(5)?)?;
    Ok(SessionRow {
        session_key: row.get(0)?,
        created_us: row.get(1)?,
        first_event_us: row.get(30)?,
        last_event_us: row.get(2)?,
        answer: row.get::<_, Option<i64>>(13)?.zip(row.get(14)?),
        name_rank: name_rank(row.get(21)?)?,
        started_us: row.get(22)?,
        turned_us: row.get(31)?,
        process: process(row.get(23)?, row.get(24)?),
        activity_us: row.get(26)?,
        open_tools: json_column(row, 27)?.unwrap_or_default(),
        session: Session {
            session_id: row.get(3)?,
            session_name: row.get(4)?,
            status,
            created_at: row.get(6)?,
            project_dir: row.get(7)?,
            agent_name: row.get(8)?,
            last_resumed_at: row.get(9)?,
            parent_session_id: row.get(10)?,
            first_event_at: row.get(29)?,
            last_event_at: row.get(11)?,
            event_count: row.get(12)?,
            source: source(row.get(15)?)?,
            host: row.get(16)?,
            model: row.get(17)?,
            branch: row.get(18)?,
            ended_at: row.get(19)?,
            exit_code: row.get(28)?,
            error_count: row.get(20)?,
            activity: json_column(row, 25)?,
        },
    })
}

/// A status as it is stored.
pub(super) fn session_status(word: String) -> rusqlite::Result<SessionStatus> {
    SessionStatus::parse(&word).ok_or(rusqlite::Error::InvalidColumnName(word))
}

/// A value that is kept as JSON.
fn json_column<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    let parsed = text.map(serde_json::from_str).transpose();
    parsed.map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// SQLite has no unsigned numbers of this size: the bits are kept.
fn process(pid: Option<u32>, started: Option<i64>) -> Option<Process> {
    pid.map(|pid| Process { pid, started: started.map(i64::cast_unsigned) })
}

/// A value as it is kept as JSON.
pub(super) fn as_json<T: serde::Serialize>(value: &T) -> String {
    // infallible: a struct of strings and numbers always serialises
    serde_json::to_string(value).unwrap_or_default()
}

/// A source as it is stored.
pub(super) fn source(word: String) -> rusqlite::Result<Source> {
    Source::parse(&word).ok_or(rusqlite::Error::InvalidColumnName(word))
}

fn name_rank(number: i64) -> rusqlite::Result<NameRank> {
    NameRank::from_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(21, number))
}

/// Adds a session.
pub(super) fn insert_session(connection: &Connection, row: &SessionRow) -> rusqlite::Result<()> {
    let session = &row.session;
    let mut insert = connection.prepare_cached(
        "INSERT INTO sessions (session_key, session_id, created_at, created_us, session_name, status, project_dir,
            agent_name, last_resumed_at, parent_session_id, last_event_at, last_event_us, event_count, source, host,
            model, branch, ended_at, error_count, name_rank, started_us, pid, process_started)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
    )?;
    insert.execute(params![
        row.session_key,
        session.session_id,
        session.created_at,
        row.created_us,
        session.session_name,
        session.status.as_str(),
        session.project_dir,
        session.agent_name,
        session.last_resumed_at,
        session.parent_session_id,
        session.last_event_at,
        row.last_event_us,
        session.event_count,
        session.source.as_str(),
        session.host,
        session.model,
        session.branch,
        session.ended_at,
        session.error_count,
        row.name_rank as i64,
        row.started_us,
        row.process.map(|process| process.pid),
        row.process.and_then(|process| process.started).map(u64::cast_signed),
    ])?;
    Ok(())
}

/// Writes what events count for, and of an agent's session what it is doing.
pub(super) fn update_activity(connection: &Connection, row: &SessionRow) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(
        "UPDATE sessions SET last_event_at = ?2, last_event_us = ?3, event_count = ?4, answer_us = ?5, answer_id = ?6,
            error_count = ?7, started_us = ?8, first_event_at = ?9, first_event_us = ?10
         WHERE session_key = ?1",
    )?;
    let (answer_us, answer_id) = row.answer.unzip();
    let SessionRow { session_key, first_event_us, last_event_us, started_us, activity_us, open_tools, session, .. } =
        row;
    update.execute(params![
        session_key,
        session.last_event_at,
        last_event_us,
        session.event_count,
        answer_us,
        answer_id,
        session.error_count,
        started_us,
        session.first_event_at,
        first_event_us,
    ])?;
    if session.source == Source::Api {
        return Ok(());
    }
    let sql = "UPDATE sessions SET activity = ?2, activity_us = ?3, open_tools = ?4 WHERE session_key = ?1";
    let open_tools = (!open_tools.is_empty()).then(|| as_json(open_tools));
    let activity = session.activity.as_ref().map(as_json);
    connection.prepare_cached(sql)?.execute(params![session_key, activity, activity_us, open_tools])?;
    Ok(())
}

/// Writes everything else that can change.
pub(super) fn update_session(connection: &Connection, row: &SessionRow) -> rusqlite::Result<()> {
    let session = &row.session;
    let mut update = connection.prepare_cached(
        "UPDATE sessions SET session_name = ?2, status = ?3, project_dir = ?4, agent_name = ?5, last_resumed_at = ?6,
            parent_session_id = ?7, host = ?8, model = ?9, branch = ?10, ended_at = ?11, exit_code = ?12,
            name_rank = ?13, pid = ?14, process_started = ?15, turned_us = ?16
         WHERE session_key = ?1",
    )?;
    update.execute(params![
        row.session_key,
        session.session_name,
        session.status.as_str(),
        session.project_dir,
        session.agent_name,
        session.last_resumed_at,
        session.parent_session_id,
        session.host,
        session.model,
        session.branch,
        session.ended_at,
        session.exit_code,
        row.name_rank as i64,
        row.process.map(|process| process.pid),
        row.process.and_then(|process| process.started).map(u64::cast_signed),
        row.turned_us,
    ])?;
    Ok(())
}
