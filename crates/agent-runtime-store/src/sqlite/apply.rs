//! What each command does to the tables, inside the batch's transaction.

mod copies;
mod report;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use agent_runtime_types::event::{NewEvent, Turn};
use agent_runtime_types::json::push_string;
use agent_runtime_types::live::{Change, ChangeKind, SessionChanged};
use agent_runtime_types::report::Source;
use agent_runtime_types::session::{NewSession, SessionPatch, SessionStatus};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::command::{Command, Outcome};
use crate::error::CommandError;
use crate::lifecycle::{self, SessionChange, SessionRow};

use super::rollups;
use super::rows::{SESSION_COLUMNS, as_json, insert_session, session_row, update_activity, update_session};
use super::transcripts;

/// A transaction under way.
///
/// A command is checked before it writes anything, so that one that is refused leaves no trace and needs
/// no savepoint. Sessions are changed in memory and written once, at the end.
pub(super) struct Applying<'a> {
    connection: &'a Connection,
    found_head: i64,
    head: i64,
    known: &'a mut HashMap<String, Known>,
    /// Sessions to be written at the end.
    changed: Vec<String>,
    changes: Vec<SessionChanged>,
    /// Kept while the batch lasts: nearly every command needs it.
    insert_event: Option<CachedStatement<'a>>,
}

/// A session as the transaction has it.
pub(super) struct Known {
    row: SessionRow,
    /// What of it is still to be written.
    unwritten: Extent,
}

/// How much of a session has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    Nothing,
    /// What its events count for: most commits change nothing else.
    Activity,
    /// Anything.
    Whole,
}

type Ran = rusqlite::Result<Result<Outcome, CommandError>>;

impl<'a> Applying<'a> {
    pub(super) fn new(connection: &'a Connection, head: i64, known: &'a mut HashMap<String, Known>) -> Self {
        Self { connection, found_head: head, head, known, changed: Vec::new(), changes: Vec::new(), insert_event: None }
    }

    /// Carries out one command, or refuses it without a trace. An error fails the whole transaction.
    pub(super) fn run(&mut self, command: &Command) -> Ran {
        match command {
            Command::CreateSession { session, created_us } => self.create_session(session, *created_us),
            Command::PatchSession { session_id, patch } => self.patch_session(session_id, patch),
            Command::DeleteSession { session_id } => self.delete_session(session_id),
            Command::AppendEvent { event, may_create } => self.append_event(event, *may_create),
            Command::Ingest { events } => self.ingest(events),
            Command::Report(report) => self.report(report),
            Command::Stall { session_id, last_event_us, since } => self.stall(session_id, *last_event_us, since),
            Command::Probe => {
                self.connection.execute("UPDATE log_head SET seq = seq", [])?;
                Ok(Ok(Outcome::Ready))
            }
        }
    }

    /// Writes what was kept in memory; returns the new head and all changes.
    pub(super) fn finish(self) -> rusqlite::Result<(i64, Vec<SessionChanged>)> {
        for session_id in &self.changed {
            // One that was deleted since is gone; one that was created anew stands in the list once more.
            let Some(Known { row, unwritten }) = self.known.get_mut(session_id) else { continue };
            if *unwritten >= Extent::Activity {
                update_activity(self.connection, row)?;
            }
            if *unwritten == Extent::Whole {
                update_session(self.connection, row)?;
            }
            *unwritten = Extent::Nothing;
        }
        if self.head != self.found_head {
            let mut statement = self.connection.prepare_cached("UPDATE log_head SET seq = ?1 WHERE seq = ?2")?;
            // A head that is not where this writer left it would break the promise of dense positions.
            if statement.execute([self.head, self.found_head])? != 1 {
                return Err(rusqlite::Error::StatementChangedRows(0));
            }
        }
        Ok((self.head, self.changes))
    }

    fn create_session(&mut self, session: &NewSession, created_us: i64) -> Ran {
        if self.find(&session.session_id)? {
            return Ok(Err(CommandError::SessionExists));
        }
        let row = lifecycle::created(session.clone(), created_us, self.head + 1);
        let outcome = Outcome::Session(Box::new(row.session.clone()));
        self.insert_session(row)?;
        Ok(Ok(outcome))
    }

    fn patch_session(&mut self, session_id: &str, patch: &SessionPatch) -> Ran {
        if !self.find(session_id)? {
            return Ok(Err(CommandError::SessionNotFound));
        }
        let Some(known) = self.known.get_mut(session_id) else { return Ok(Err(CommandError::SessionNotFound)) };
        known.row.patch(patch.clone());
        let session = Box::new(known.row.session.clone());
        self.session_message(session_id, ChangeKind::SessionUpdated)?;
        Ok(Ok(Outcome::Session(session)))
    }

    fn delete_session(&mut self, session_id: &str) -> Ran {
        let deleted = self.delete_one(session_id)?;
        if deleted.is_ok() {
            self.delete_subagents(session_id)?;
        }
        Ok(deleted)
    }

    fn delete_one(&mut self, session_id: &str) -> Ran {
        if !self.find(session_id)? {
            return Ok(Err(CommandError::SessionNotFound));
        }
        let Some(Known { mut row, .. }) = self.known.remove(session_id) else {
            return Ok(Err(CommandError::SessionNotFound));
        };
        if row.session.source != Source::Api {
            self.forget(session_id)?;
        }
        self.connection.execute("DELETE FROM sessions WHERE session_key = ?1", [row.session_key])?;
        transcripts::let_go(self.connection, session_id)?;
        let last_us = row.last_event_us.unwrap_or(row.created_us);
        count_turn(self.connection, &mut row, SessionStatus::Finished, last_us)?;
        let sql = "INSERT INTO erasures (session_key, project_dir) VALUES (?1, ?2)";
        self.connection.execute(sql, params![row.session_key, row.session.project_dir])?;
        let mut quoted = String::new();
        push_string(session_id, &mut quoted);
        self.log_session_message(0, session_id, ChangeKind::SessionDeleted, quoted)?;
        Ok(Ok(Outcome::Deleted { events_count: row.session.event_count }))
    }

    fn append_event(&mut self, event: &Arc<NewEvent>, may_create: bool) -> Ran {
        let creates = may_create && event.turn() == Turn::Start;
        if !self.find(&event.session_id)? && !creates {
            return Ok(Err(CommandError::SessionNotFound));
        }
        let is_new = self.store_event(event, false)?;
        Ok(Ok(Outcome::Stored { stored: u64::from(is_new), duplicates: u64::from(!is_new) }))
    }

    fn ingest(&mut self, events: &[(usize, Arc<NewEvent>)]) -> Ran {
        // All or nothing: every line is checked before the first is written.
        let mut created: HashSet<&str> = HashSet::new();
        for (line, event) in events {
            if created.contains(event.session_id.as_str()) || self.find(&event.session_id)? {
                continue;
            }
            if event.turn() != Turn::Start {
                return Ok(Err(CommandError::LineSessionNotFound(*line)));
            }
            created.insert(&event.session_id);
        }
        let mut stored = 0;
        for (_, event) in events {
            stored += u64::from(self.store_event(event, false)?);
        }
        Ok(Ok(Outcome::Stored { stored, duplicates: events.len() as u64 - stored }))
    }

    /// Stores an event whose session was found, or else may be created; tells whether its key was new. One that is
    /// late does nothing to its session but count.
    fn store_event(&mut self, event: &Arc<NewEvent>, is_late: bool) -> rusqlite::Result<bool> {
        let row = self.known.get(&event.session_id).map(|known| &known.row);
        if let (Some(row), Some(event_id)) = (row, &event.event_id)
            && self.has_key(row.session_key, event_id)?
        {
            return Ok(false);
        }
        match lifecycle::before_event(row, event, true, self.head + 1) {
            Ok(SessionChange::Create(row)) => self.insert_session(*row)?,
            Ok(SessionChange::Update(_)) if is_late => {}
            Ok(SessionChange::Update(status)) => {
                if let Some(Known { row, .. }) = self.known.get_mut(&event.session_id) {
                    count_turn(self.connection, row, status, event.instant_us)?;
                    row.turn(status, event);
                }
                self.session_message(&event.session_id, ChangeKind::SessionUpdated)?;
            }
            Ok(SessionChange::None) => {}
            // The callers have made sure that there is a session.
            Err(_) => return Err(rusqlite::Error::QueryReturnedNoRows),
        }
        let seq = self.next();
        let Some(known) = self.known.get_mut(&event.session_id) else {
            return Err(rusqlite::Error::QueryReturnedNoRows);
        };
        let began_us = known.row.began_us();
        known.row.count(event, seq);
        rollups::move_start(self.connection, began_us, known.row.began_us())?;
        let has_changed = !is_late && known.row.act(event, seq);
        let activity = known.row.session.activity.as_ref().filter(|_| has_changed).map(as_json);
        let session_key = known.row.session_key;
        if known.unwritten == Extent::Nothing {
            known.unwritten = Extent::Activity;
            self.changed.push(event.session_id.clone());
        }
        self.insert_event(seq, session_key, event, activity.as_deref())?;
        self.changes.push(SessionChanged::Event { seq, event: Arc::clone(event), activity });
        Ok(true)
    }

    fn insert_event(
        &mut self,
        seq: i64,
        session_key: i64,
        event: &NewEvent,
        activity: Option<&str>,
    ) -> rusqlite::Result<()> {
        let insert = match &mut self.insert_event {
            Some(insert) => insert,
            none => none.insert(self.connection.prepare_cached(
                "INSERT INTO events (id, session_key, instant_us, event_type, tool_name, event_id, body, activity)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?),
        };
        let NewEvent { instant_us, event_type, tool_name, event_id, body, .. } = event;
        insert.execute(params![seq, session_key, instant_us, event_type, tool_name, event_id, body, activity])?;
        Ok(())
    }

    /// Makes sure that a session, if it is there, is known.
    fn find(&mut self, session_id: &str) -> rusqlite::Result<bool> {
        if self.known.contains_key(session_id) {
            return Ok(true);
        }
        let sql = format!("SELECT {SESSION_COLUMNS} FROM sessions WHERE session_id = ?1");
        let found = self.connection.prepare_cached(&sql)?.query_row([session_id], session_row).optional()?;
        let is_there = found.is_some();
        if let Some(row) = found {
            self.known.insert(session_id.to_owned(), Known { row, unwritten: Extent::Nothing });
        }
        Ok(is_there)
    }

    fn has_key(&self, session_key: i64, event_id: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM events WHERE session_key = ?1 AND event_id = ?2";
        self.connection.prepare_cached(sql)?.exists(params![session_key, event_id])
    }

    /// Inserts a session whose key is the next position, and says so.
    fn insert_session(&mut self, row: SessionRow) -> rusqlite::Result<()> {
        insert_session(self.connection, &row)?;
        rollups::count_start(self.connection, row.created_us, row.session.project_dir.as_deref())?;
        let session_id = row.session.session_id.clone();
        self.known.insert(session_id.clone(), Known { row, unwritten: Extent::Nothing });
        self.session_message(&session_id, ChangeKind::SessionCreated)
    }

    /// Logs a known session as it is now.
    fn session_message(&mut self, session_id: &str, kind: ChangeKind) -> rusqlite::Result<()> {
        let Some(known) = self.known.get_mut(session_id) else { return Err(rusqlite::Error::QueryReturnedNoRows) };
        let (session_key, body) = (known.row.session_key, as_json(&known.row.session));
        known.unwritten = Extent::Whole;
        self.changed.push(session_id.to_owned());
        self.log_session_message(session_key, session_id, kind, body)
    }

    fn log_session_message(
        &mut self,
        session_key: i64,
        session_id: &str,
        kind: ChangeKind,
        body: String,
    ) -> rusqlite::Result<()> {
        let seq = self.next();
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO session_messages (seq, session_key, session_id, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute(params![seq, session_key, session_id, kind.as_str(), body])?;
        let change = Change { seq, kind, body, activity: None };
        self.changes.push(SessionChanged::Session { session_id: session_id.to_owned(), change });
        Ok(())
    }

    fn next(&mut self) -> i64 {
        self.head += 1;
        self.head
    }
}

/// Counts that a session starts or ends, if it does; it may have been told so before.
fn count_turn(
    connection: &Connection,
    row: &mut SessionRow,
    status: SessionStatus,
    at_us: i64,
) -> rusqlite::Result<()> {
    if row.session.status == status {
        return Ok(());
    }
    let at_us = row.turns_us(at_us);
    row.turned_us = Some(at_us);
    match status {
        SessionStatus::Running => rollups::count_start(connection, at_us, row.session.project_dir.as_deref()),
        SessionStatus::Finished => rollups::count_end(connection, at_us),
    }
}
