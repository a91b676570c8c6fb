//! Reading: fixed statements, each answer in one short transaction.

use std::rc::Rc;
use std::sync::Arc;

use agent_runtime_types::event::answer_text;
use agent_runtime_types::live::{Change, ChangeKind};
use agent_runtime_types::page::{EventQuery, SessionOrder, SessionPlace, SessionQuery};
use agent_runtime_types::report::TranscriptPlace;
use agent_runtime_types::session::{Session, SessionStatus};
use agent_runtime_types::statistics::{Statistics, StatisticsQuery};
use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::ReadError;
use crate::lifecycle::SessionRow;
use crate::read::{
    ChangePage, ChangeRange, EventPage, EventPlace, EventReading, Footprint, LastHeard, LogBounds, OpenTranscript,
    PageLimits, RunningAgent, SessionPage, Snapshot, Store,
};
use crate::write::Writer;

use super::readings::{Hold, Readings};
use super::rows::{SESSION_COLUMNS, session_row};
use super::{SqliteStore, event_pages, footprint, rows, statistics, transcripts};

/// Positions that one page of the log may cover: it bounds how long one transaction lasts when most of them
/// are erased or of other sessions.
const POSITIONS_PER_PAGE: i64 = 50_000;

#[async_trait]
impl Store for SqliteStore {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn writer(&self) -> Option<Box<dyn Writer>> {
        self.take_writer()
    }

    fn size_bytes(&self) -> u64 {
        let size = |suffix: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |file| file.len())
        };
        size("") + size("-wal")
    }

    async fn footprint(&self, now_us: i64) -> Result<Footprint, ReadError> {
        let path = self.path.clone();
        self.readers.run(move |connection| Ok(footprint::measure(connection, &path, now_us)?)).await
    }

    async fn last_heard(&self) -> Result<Vec<LastHeard>, ReadError> {
        self.readers.run(|connection| Ok(footprint::last_heard(connection)?)).await
    }

    async fn log_bounds(&self) -> Result<LogBounds, ReadError> {
        self.readers.run(|connection| Ok(log_bounds(connection)?)).await
    }

    async fn sessions(&self, query: SessionQuery) -> Result<SessionPage, ReadError> {
        self.readers.run(move |connection| Ok(sessions(connection, &query)?)).await
    }

    async fn running_agents(&self) -> Result<Vec<RunningAgent>, ReadError> {
        self.readers.run(|connection| Ok(running_agents(connection)?)).await
    }

    async fn open_transcripts(&self) -> Result<Vec<OpenTranscript>, ReadError> {
        self.readers.run(|connection| Ok(transcripts::open(connection)?)).await
    }

    async fn transcript_place(&self, session_id: &str, path: &str) -> Result<Option<TranscriptPlace>, ReadError> {
        let (session_id, path) = (session_id.to_owned(), path.to_owned());
        self.readers.run(move |connection| Ok(transcripts::place_in(connection, &session_id, &path)?)).await
    }

    async fn session(&self, session_id: &str) -> Result<Option<Session>, ReadError> {
        let session_id = session_id.to_owned();
        self.readers
            .run(move |connection| {
                let sql = format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE session_id = ?1");
                let mut statement = connection.prepare_cached(&sql)?;
                Ok(statement.query_row([&session_id], session_row).optional()?.map(|row| row.session))
            })
            .await
    }

    async fn answer(&self, session_id: &str) -> Result<(SessionStatus, Option<String>), ReadError> {
        let session_id = session_id.to_owned();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT status, body FROM sessions LEFT JOIN events ON events.id = answer_id WHERE session_id = ?1",
                )?;
                let found = statement.query_row([session_id], |row| {
                    Ok((rows::session_status(row.get(0)?)?, row.get::<_, Option<String>>(1)?))
                });
                let (status, body) = found.optional()?.ok_or(ReadError::SessionNotFound)?;
                Ok((status, body.as_deref().and_then(answer_text)))
            })
            .await
    }

    async fn snapshot(&self, only: Option<Vec<String>>) -> Result<Snapshot, ReadError> {
        self.readers
            .run(move |connection| {
                let transaction = connection.transaction()?;
                let seq = log_bounds(&transaction)?.head;
                let sessions = match only {
                    None => sessions(&transaction, &SessionQuery::default())?.sessions,
                    Some(ids) => named_sessions(&transaction, &ids)?,
                };
                Ok(Snapshot { seq, sessions })
            })
            .await
    }

    async fn begin_events(&self, session_id: &str, query: EventQuery) -> Result<EventReading, ReadError> {
        let (session_id, readings) = (session_id.to_owned(), self.readings.clone());
        self.readers
            .run(move |connection| {
                let (session_key, hold) = held_session(connection, &readings, &session_id)?;
                let transaction = connection.transaction()?;
                let place = |id: Option<i64>, parameter, otherwise| match id {
                    None => Ok(otherwise),
                    Some(id) => event_place(&transaction, session_key, id)?.ok_or(ReadError::NoSuchEvent(parameter)),
                };
                let above = place(query.after, "after", EventPlace { instant_us: i64::MIN, id: i64::MIN })?;
                let below = place(query.before, "before", EventPlace { instant_us: i64::MAX, id: i64::MAX })?;
                Ok(EventReading {
                    session_key,
                    head: log_bounds(&transaction)?.head,
                    above,
                    below,
                    left: query.limit,
                    last_taken: None,
                    event_type: query.event_type,
                    tool_name: query.tool_name,
                    text: query.text,
                    failures_only: query.failures_only,
                    descending: query.descending,
                    detail: query.detail,
                    _hold: hold,
                })
            })
            .await
    }

    async fn read_events(&self, reading: EventReading, page: PageLimits) -> Result<EventPage, ReadError> {
        self.readers.run(move |connection| event_pages::read(connection, reading, page)).await
    }

    async fn statistics(&self, query: StatisticsQuery) -> Result<Statistics, ReadError> {
        self.readers.run(move |connection| Ok(statistics::read(connection, &query)?)).await
    }

    async fn changes(&self, range: ChangeRange, page: PageLimits) -> Result<ChangePage, ReadError> {
        self.readers.run(move |connection| Ok(changes(connection, &range, page)?)).await
    }
}

/// Finds a session and keeps its rows from being erased. A session that was deleted between the two may have
/// lost some already, so it is looked for once more.
fn held_session(connection: &Connection, readings: &Readings, session_id: &str) -> Result<(i64, Arc<Hold>), ReadError> {
    loop {
        let found = session_key(connection, session_id)?;
        let hold = Arc::new(readings.hold(found));
        if session_key(connection, session_id)? == found {
            return Ok((found, hold));
        }
    }
}

fn log_bounds(connection: &Connection) -> rusqlite::Result<LogBounds> {
    let mut statement = connection.prepare_cached("SELECT floor, seq FROM log_head")?;
    statement.query_row([], |row| Ok(LogBounds { floor: row.get(0)?, head: row.get(1)? }))
}

fn running_agents(connection: &Connection) -> rusqlite::Result<Vec<RunningAgent>> {
    let sql = format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE status = 'running' AND source <> 'api'");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], session_row)?;
    let agent = |row: SessionRow| {
        let SessionRow { process, last_event_us, session, .. } = row;
        RunningAgent { session, process, last_event_us }
    };
    rows.map(|row| row.map(agent)).collect()
}

fn session_key(connection: &Connection, session_id: &str) -> Result<i64, ReadError> {
    let mut statement = connection.prepare_cached("SELECT session_key FROM sessions WHERE session_id = ?1")?;
    statement.query_row([session_id], |row| row.get(0)).optional()?.ok_or(ReadError::SessionNotFound)
}

fn sessions(connection: &Connection, query: &SessionQuery) -> rusqlite::Result<SessionPage> {
    let mut statement = connection.prepare_cached(&match query.order {
        SessionOrder::Creation => format!(
            "SELECT {SESSION_COLUMNS} FROM sessions WHERE (created_us, session_key) < (?1, ?2)
             ORDER BY created_us DESC, session_key DESC"
        ),
        // An index for this order would cost every commit a page for each session in it.
        SessionOrder::Activity => format!(
            "SELECT {SESSION_COLUMNS} FROM sessions
             WHERE (ifnull(last_event_us, created_us), session_key) < (?1, ?2)
             ORDER BY ifnull(last_event_us, created_us) DESC, session_key DESC"
        ),
    })?;
    let from = query.before.unwrap_or(SessionPlace { instant_us: i64::MAX, created_seq: i64::MAX });
    let text = query.text.as_ref().map(|text| text.to_lowercase());
    let mut found = SessionList::new();
    let mut last = from;
    let mut left = query.limit.unwrap_or(i64::MAX);
    let mut rows = statement.query([from.instant_us, from.created_seq])?;
    while let Some(row) = rows.next()? {
        let row = session_row(row)?;
        if !matches_query(&row.session, query, text.as_deref()) {
            continue;
        }
        if left == 0 {
            return Ok(SessionPage { sessions: found.end(), next: Some(last) });
        }
        left -= 1;
        let instant_us = match query.order {
            SessionOrder::Creation => row.created_us,
            SessionOrder::Activity => row.last_event_us.unwrap_or(row.created_us),
        };
        last = SessionPlace { instant_us, created_seq: row.session_key };
        found.push(&row.session);
    }
    Ok(SessionPage { sessions: found.end(), next: None })
}

fn matches_query(session: &Session, query: &SessionQuery, text: Option<&str>) -> bool {
    let holds = |field: &str| text.is_none_or(|text| field.to_lowercase().contains(text));
    let optional = |field: &Option<String>| field.as_deref().is_some_and(holds);
    query.status.is_none_or(|status| status == session.status)
        && (query.agent_name.is_none() || query.agent_name == session.agent_name)
        && (query.project_dir.is_none() || query.project_dir == session.project_dir)
        && (text.is_none()
            || holds(&session.session_id)
            || holds(&session.session_name)
            || optional(&session.project_dir)
            || optional(&session.agent_name))
}

fn named_sessions(connection: &Connection, ids: &[String]) -> rusqlite::Result<String> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {SESSION_COLUMNS} FROM sessions WHERE session_id IN (SELECT value FROM rarray(?1))
         ORDER BY created_us DESC, session_key DESC"
    ))?;
    let mut list = SessionList::new();
    let mut rows = statement.query(params![array(ids)])?;
    while let Some(row) = rows.next()? {
        list.push(&session_row(row)?.session);
    }
    Ok(list.end())
}

/// A JSON array of sessions, written straight into one text.
struct SessionList(Vec<u8>);

impl SessionList {
    fn new() -> Self {
        Self(vec![b'['])
    }

    fn push(&mut self, session: &Session) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        // infallible: writing to memory, and a struct of strings and numbers always serialises
        let _ = serde_json::to_writer(&mut self.0, session);
    }

    fn end(mut self) -> String {
        self.0.push(b']');
        // infallible: serde_json writes UTF-8
        String::from_utf8(self.0).unwrap_or_default()
    }
}

fn event_place(connection: &Connection, session_key: i64, id: i64) -> Result<Option<EventPlace>, ReadError> {
    let mut statement =
        connection.prepare_cached("SELECT instant_us FROM events WHERE id = ?1 AND session_key = ?2")?;
    let instant_us = statement.query_row([id, session_key], |row| row.get(0)).optional()?;
    Ok(instant_us.map(|instant_us| EventPlace { instant_us, id }))
}

fn changes(connection: &Connection, range: &ChangeRange, page: PageLimits) -> rusqlite::Result<ChangePage> {
    // Both halves walk their table in the order of positions, and the engine merges them as it goes.
    let mut statement = connection.prepare_cached(match range.only {
        None => {
            "SELECT id AS seq, 'event' AS kind, body, activity FROM events
             WHERE id > ?1 AND id <= ?2 AND session_key NOT IN (SELECT session_key FROM erasures)
             UNION ALL
             SELECT seq, kind, body, NULL FROM session_messages
             WHERE seq > ?1 AND seq <= ?2 AND session_key NOT IN (SELECT session_key FROM erasures)
             ORDER BY 1"
        }
        Some(_) => {
            "SELECT id AS seq, 'event' AS kind, body, activity FROM events
             WHERE id > ?1 AND id <= ?2 AND session_key IN
                (SELECT session_key FROM sessions WHERE session_id IN (SELECT value FROM rarray(?3)))
             UNION ALL
             SELECT seq, kind, body, NULL FROM session_messages
             WHERE seq > ?1 AND seq <= ?2 AND session_id IN (SELECT value FROM rarray(?3))
                AND session_key NOT IN (SELECT session_key FROM erasures)
             ORDER BY 1"
        }
    })?;
    let up_to = range.up_to.min(range.after + POSITIONS_PER_PAGE);
    let mut rows = match &range.only {
        None => statement.query([range.after, up_to])?,
        Some(ids) => statement.query(params![range.after, up_to, array(ids)])?,
    };
    let (mut changes, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let (seq, kind, body): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let kind = ChangeKind::parse(&kind).ok_or(rusqlite::Error::InvalidColumnName(kind))?;
        bytes += body.len();
        changes.push(Change { seq, kind, body, activity: row.get(3)? });
        if changes.len() >= page.rows || bytes >= page.bytes {
            return Ok(ChangePage { changes, read_to: seq });
        }
    }
    Ok(ChangePage { changes, read_to: up_to })
}

fn array(ids: &[String]) -> Rc<Vec<Value>> {
    Rc::new(ids.iter().cloned().map(Value::Text).collect())
}
