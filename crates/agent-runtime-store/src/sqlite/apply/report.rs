//! What an agent's document does: it creates its session or adds to what is known of it, then its events follow.

use std::sync::Arc;

use agent_runtime_types::event::{NewEvent, Turn};
use agent_runtime_types::json::push_string;
use agent_runtime_types::live::ChangeKind;
use agent_runtime_types::report::{Facts, Process, Report, ReportedEvent};
use agent_runtime_types::session::SessionStatus;
use rusqlite::{OptionalExtension, params};

use crate::command::Outcome;
use crate::error::CommandError;
use crate::lifecycle::{self, Learnt};

use super::super::transcripts;
use super::{Applying, Extent, Known, Ran};

/// Why a subagent's session ended when its parent's did.
const PARENT_ENDED: &str = "parent_ended";

impl Applying<'_> {
    pub(super) fn report(&mut self, report: &Report) -> Ran {
        let Report { facts, events, of_process, transcript } = report;
        if self.find(&facts.session_id)? {
            let Some(known) = self.known.get_mut(&facts.session_id) else { return Ok(Ok(Outcome::Forgotten)) };
            if of_process.is_some() && known.row.process != *of_process {
                return Ok(Ok(Outcome::Forgotten));
            }
            match known.row.learn(facts) {
                Learnt::Nothing => {}
                Learnt::Hidden => {
                    known.unwritten = Extent::Whole;
                    self.changed.push(facts.session_id.clone());
                }
                Learnt::Shown => self.session_message(&facts.session_id, ChangeKind::SessionUpdated)?,
            }
        } else if self.is_forgotten(facts)? {
            return Ok(Ok(Outcome::Forgotten));
        } else {
            let mut row = lifecycle::reported(facts, self.head + 1);
            if row.session.parent_session_id.is_none() && facts.continues_process {
                row.session.parent_session_id = self.last_of_process(facts)?;
            }
            self.insert_session(row)?;
        }
        let mut stored = 0;
        for reported in events {
            stored += u64::from(self.store_reported(reported, &facts.session_id)?);
        }
        if let Some(news) = transcript {
            transcripts::note(self.connection, facts, news)?;
        }
        Ok(Ok(Outcome::Stored { stored, duplicates: events.len() as u64 - stored }))
    }

    pub(super) fn stall(&mut self, session_id: &str, last_event_us: Option<i64>, since: &str) -> Ran {
        if !self.find(session_id)? {
            return Ok(Err(CommandError::SessionNotFound));
        }
        let stalls = |known: &mut Known| known.row.stall(last_event_us, since);
        if self.known.get_mut(session_id).is_some_and(stalls) {
            self.session_message(session_id, ChangeKind::SessionUpdated)?;
        }
        // Nothing that would show that the disk takes writes.
        Ok(Ok(Outcome::Stored { stored: 0, duplicates: 0 }))
    }

    /// Deletes a session's subagents, which are sessions that only its own documents made.
    pub(super) fn delete_subagents(&mut self, parent_id: &str) -> rusqlite::Result<()> {
        for session_id in self.subagents(parent_id, false)? {
            // It is there: the answer says how many events it had, which nobody asked.
            let _ = self.delete_one(&session_id)?;
        }
        Ok(())
    }

    /// Remembers a deleted session of an agent: its documents may still come.
    pub(super) fn forget(&self, session_id: &str) -> rusqlite::Result<()> {
        let sql = "INSERT INTO forgotten (session_id) VALUES (?1) ON CONFLICT DO NOTHING";
        self.connection.prepare_cached(sql)?.execute([session_id])?;
        Ok(())
    }

    /// Whether the document's session was deleted and does not start anew.
    fn is_forgotten(&self, facts: &Facts) -> rusqlite::Result<bool> {
        let is_there = |session_id: &str| {
            self.connection.prepare_cached("SELECT 1 FROM forgotten WHERE session_id = ?1")?.exists([session_id])
        };
        // What a deleted session's subagents report goes the same way, their starts too.
        let parent = facts.parent_session_id.as_deref();
        let is_subagent =
            |parent: &&str| facts.session_id.strip_prefix(parent).is_some_and(|rest| rest.starts_with(':'));
        if parent.filter(is_subagent).map_or(Ok(false), is_there)? {
            return Ok(true);
        }
        if facts.is_start {
            let sql = "DELETE FROM forgotten WHERE session_id = ?1";
            self.connection.prepare_cached(sql)?.execute([&facts.session_id])?;
            return Ok(false);
        }
        is_there(&facts.session_id)
    }

    /// The session that a process ran last.
    fn last_of_process(&self, facts: &Facts) -> rusqlite::Result<Option<String>> {
        let Some(Process { pid, started }) = facts.process else { return Ok(None) };
        let mut statement = self.connection.prepare_cached(
            "SELECT session_id FROM sessions WHERE pid = ?1 AND process_started IS ?2 AND host IS ?3
                AND session_id <> ?4 AND source = ?5 AND instr(session_id, ':') = 0
             ORDER BY session_key DESC LIMIT 1",
        )?;
        let asked = params![pid, started.map(u64::cast_signed), facts.host, facts.session_id, facts.source.as_str()];
        statement.query_row(asked, |row| row.get(0)).optional()
    }

    fn store_reported(&mut self, reported: &ReportedEvent, reporting: &str) -> rusqlite::Result<bool> {
        let event = &reported.event;
        // A document may end another session, a subagent's; that one must have been made by its own.
        if !self.find(&event.session_id)? {
            return Ok(false);
        }
        let Some(row) = self.known.get(&event.session_id).map(|known| &known.row) else { return Ok(false) };
        if event.session_id != reporting && row.session.status == SessionStatus::Finished {
            return Ok(false);
        }
        let (is_late, session_key) = (lifecycle::is_late_end(row, event), row.session_key);
        let Some(event) = &self.unless_copy(reported, session_key)? else { return Ok(false) };
        let is_new = self.store_event(event, is_late)?;
        if is_new && !is_late && event.turn() == Turn::Stop {
            self.end_subagents(event)?;
        }
        Ok(is_new)
    }

    /// Ends the subagents that still run when their parent ends: nobody is left to say so.
    fn end_subagents(&mut self, parent: &NewEvent) -> rusqlite::Result<()> {
        for session_id in self.subagents(&parent.session_id, true)? {
            if !self.find(&session_id)? {
                continue;
            }
            // Whether it runs is certain only now that it has been found.
            let Some(session) = self.known.get(&session_id).map(|known| &known.row.session) else { continue };
            if session.status == SessionStatus::Finished {
                continue;
            }
            let name = &session.session_name;
            let mut body = String::from("{\"event_type\":\"session_stop\",\"session_id\":");
            push_string(&session_id, &mut body);
            body.push_str(",\"session_name\":");
            push_string(name, &mut body);
            body.push_str(",\"timestamp\":");
            push_string(&parent.timestamp, &mut body);
            body.push_str(",\"reason\":");
            push_string(PARENT_ENDED, &mut body);
            body.push('}');
            // infallible: each part was taken from what had been checked before
            let Ok(event) = NewEvent::parse(body.as_bytes()) else { continue };
            self.store_event(&Arc::new(event), false)?;
        }
        Ok(())
    }

    /// The sessions of a session's subagents: their ids begin with its own and a colon.
    fn subagents(&self, parent_id: &str, running_only: bool) -> rusqlite::Result<Vec<String>> {
        // ';' follows ':', so that this is a stretch of the index of ids.
        let (from, to) = (format!("{parent_id}:"), format!("{parent_id};"));
        let mut statement = self.connection.prepare_cached(
            "SELECT session_id FROM sessions WHERE session_id > ?1 AND session_id < ?2 AND parent_session_id = ?3
             AND source <> 'api'",
        )?;
        let ids = statement.query_map([from.as_str(), to.as_str(), parent_id], |row| row.get(0))?;
        let mut ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
        if running_only {
            // What this transaction has changed is not in the table yet.
            let runs = |id: &String| self.known.get(id).map(|known| known.row.session.status);
            ids.retain(|id| runs(id) != Some(SessionStatus::Finished));
        }
        Ok(ids)
    }
}
