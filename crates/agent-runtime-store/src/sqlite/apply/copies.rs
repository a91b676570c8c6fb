//! A report that says what another said: a copy of it, or the same happening once more.

use std::sync::Arc;

use agent_runtime_types::event::NewEvent;
use agent_runtime_types::report::{Between, ReportedEvent};
use rusqlite::params;

use super::Applying;

/// Events of a session between two moments. What is sorted in already stands in an order of its own.
const BETWEEN: &str = "
    SELECT 1 FROM event_order AS placed JOIN events AS event ON event.id = placed.id
     WHERE placed.session_key = ?1 AND placed.instant_us > ?2 AND placed.instant_us < ?3 AND {kind}
    UNION ALL
    SELECT 1 FROM events AS event
     WHERE event.id > (SELECT ordered_to FROM log_head)
       AND event.session_key = ?1 AND event.instant_us > ?2 AND event.instant_us < ?3 AND {kind}";
const TURN_ENDS: &str = "event.event_type IN ('stop', 'stop_failure', 'interrupt', 'session_stop', 'session_start')";
/// What a turn begins with: a person's words, or the end of a task in the background.
const PROMPTS: &str = "(event.event_type = 'task_notification'
    OR event.event_type = 'message' AND instr(event.body, '\"role\":\"user\"') > 0)";

impl Applying<'_> {
    /// The event as it is to be stored; `None` when it is a copy of what is.
    pub(super) fn unless_copy(
        &self,
        reported: &ReportedEvent,
        session_key: i64,
    ) -> rusqlite::Result<Option<Arc<NewEvent>>> {
        let ReportedEvent { event, also_keys, between } = reported;
        let own = event.event_id.as_deref();
        let mut is_another = false;
        for key in also_keys.iter().map(String::as_str).chain(own) {
            match between {
                None if self.has_key(session_key, key)? => return Ok(None),
                None => {}
                Some(between) => {
                    for stored_us in self.under(session_key, key, &event.event_type)? {
                        if !self.lies_between(*between, session_key, stored_us, event.instant_us)? {
                            return Ok(None);
                        }
                        is_another = true;
                    }
                }
            }
        }
        Ok(Some(match own.filter(|_| is_another) {
            // One that is sent again has the same moment, and so finds this.
            Some(own) => Arc::new(event.under(format!("{own}:{}", event.instant_us))),
            None => Arc::clone(event),
        }))
    }

    /// When what stands under a key happened: the first of its kind, and those behind it.
    fn under(&self, session_key: i64, key: &str, event_type: &str) -> rusqlite::Result<Vec<i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT instant_us FROM events WHERE session_key = ?1 AND event_id = ?2 AND event_type = ?5
             UNION ALL
             SELECT instant_us FROM events
              WHERE session_key = ?1 AND event_id > ?3 AND event_id < ?4 AND event_type = ?5",
        )?;
        // ';' follows ':', so that this is a stretch of the index of keys.
        let asked = params![session_key, key, format!("{key}:"), format!("{key};"), event_type];
        statement.query_map(asked, |row| row.get(0))?.collect()
    }

    fn lies_between(&self, between: Between, session_key: i64, one_us: i64, other_us: i64) -> rusqlite::Result<bool> {
        let kind = match between {
            Between::TurnEnd => TURN_ENDS,
            Between::Prompt => PROMPTS,
        };
        let mut statement = self.connection.prepare_cached(&BETWEEN.replace("{kind}", kind))?;
        statement.exists(params![session_key, one_us.min(other_us), one_us.max(other_us)])
    }
}
