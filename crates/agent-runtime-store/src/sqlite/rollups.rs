//! What happened, counted: starts and ends of sessions in their commit, events behind the answers, as the order of
//! events is. A reader counts the newest events itself, so that it never sees less than what is stored.

use std::collections::HashMap;

use agent_runtime_types::statistics::{DAY, HOUR, MINUTE};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::tally::{Latencies, OpenCalls, Stored, Tallies, Tally};

/// Of everything, without a name.
pub(super) const EVERYTHING: i64 = 0;
/// Of one project, by its folder.
pub(super) const PROJECT: i64 = 1;
/// Of one tool.
pub(super) const TOOL: i64 = 2;

/// Positions that wait before they are counted; until then a reader counts them itself.
const UNROLLED: i64 = 1024;

/// The same for bytes of their bodies, all of which are looked into.
const UNROLLED_BYTES: usize = 8 * 1024 * 1024;

/// Positions counted at once; or twice what has come since the last slice, when that is more: however much arrives,
/// counting keeps up with it, and what an older database holds does not hold up the commits.
const ROLLED_PER_SLICE: i64 = 1024;

/// Names that an hour or a day is counted by, of projects and of tools each. What has other names counts only in what
/// is counted of everything: a client that makes up names must not fill the disk.
const NAMES: i64 = 256;

/// Bytes of a name that is counted by.
const NAME_BYTES: usize = 1024;

const US_PER_SECOND: i64 = 1_000_000;

/// How far events are counted.
pub(super) struct Rollups {
    rolled_to: i64,
    /// The head at the last slice.
    seen_head: i64,
    /// Bytes of bodies that were stored since.
    waiting_bytes: usize,
    open: OpenCalls,
}

impl Rollups {
    pub(super) fn new(rolled_to: i64, head: i64) -> Self {
        Self { rolled_to, seen_head: head, waiting_bytes: 0, open: OpenCalls::default() }
    }

    /// Notes that so many bytes of bodies were stored.
    pub(super) fn stored(&mut self, bytes: usize) {
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes);
    }

    /// Up to which position events are counted.
    pub(super) fn rolled_to(&self) -> i64 {
        self.rolled_to
    }

    /// Counts a slice when enough waits, or when the positions up to `needed` are not counted; tells whether more is
    /// to be counted.
    pub(super) fn slice(&mut self, connection: &mut Connection, head: i64, needed: i64) -> rusqlite::Result<bool> {
        let arrived = head - self.seen_head;
        self.seen_head = head;
        if !self.is_due(head, needed) {
            return Ok(false);
        }
        let up_to = head.min(self.rolled_to + ROLLED_PER_SLICE.max(2 * arrived));
        let rolled = self.roll(connection, up_to);
        if rolled.is_err() {
            // Whether these calls are still open nobody knows.
            self.open = OpenCalls::default();
        }
        rolled?;
        self.rolled_to = up_to;
        if up_to == head {
            self.waiting_bytes = 0;
        }
        Ok(self.is_due(head, needed))
    }

    fn is_due(&self, head: i64, needed: i64) -> bool {
        let waiting = head - self.rolled_to;
        self.rolled_to < needed || waiting >= UNROLLED || (waiting > 0 && self.waiting_bytes >= UNROLLED_BYTES)
    }

    fn roll(&mut self, connection: &mut Connection, up_to: i64) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tallies = tallies(&transaction, self.rolled_to, up_to, &mut self.open)?;
        for (span, of_span) in [
            (MINUTE, tallies.minutes.iter().map(|(at, tally)| (*at, tally.clone())).collect()),
            (HOUR, longer(&tallies.minutes, HOUR / MINUTE)),
            (DAY, longer(&tallies.minutes, DAY / MINUTE)),
        ] {
            for (at, tally) in &of_span {
                add(&transaction, (EVERYTHING, span, *at, ""), tally)?;
            }
        }
        for (kind, names) in [(PROJECT, &tallies.projects), (TOOL, &tallies.tools)] {
            for (name, hours) in names.iter().filter(|(name, _)| name.len() <= NAME_BYTES) {
                for (at, tally) in hours {
                    add(&transaction, (kind, HOUR, *at, name), tally)?;
                }
                for (at, tally) in &longer(hours, DAY / HOUR) {
                    add(&transaction, (kind, DAY, *at, name), tally)?;
                }
            }
        }
        transaction.prepare_cached("UPDATE log_head SET rolled_to = ?1")?.execute([up_to])?;
        transaction.commit()
    }
}

/// What the events at the positions behind `after` count for.
pub(super) fn tallies(
    connection: &Connection,
    after: i64,
    up_to: i64,
    open: &mut OpenCalls,
) -> rusqlite::Result<Tallies> {
    let mut statement = connection.prepare_cached(
        "SELECT events.session_key, instant_us, event_type, tool_name, body,
            ifnull(sessions.project_dir, erasures.project_dir)
         FROM events LEFT JOIN sessions ON sessions.session_key = events.session_key
            LEFT JOIN erasures ON erasures.session_key = events.session_key
         WHERE id > ?1 AND id <= ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([after, up_to])?;
    let mut tallies = Tallies::default();
    while let Some(row) = rows.next()? {
        let event = Stored {
            session_key: row.get(0)?,
            instant_us: row.get(1)?,
            event_type: row.get_ref(2)?.as_str()?,
            tool_name: row.get_ref(3)?.as_str_or_null()?,
            body: row.get_ref(4)?.as_str()?,
            project_dir: row.get_ref(5)?.as_str_or_null()?,
        };
        tallies.count(&event, open);
    }
    Ok(tallies)
}

/// The same for spans that are so many times longer.
fn longer(tallies: &HashMap<i64, Tally>, times: i64) -> HashMap<i64, Tally> {
    let mut longer: HashMap<i64, Tally> = HashMap::new();
    for (at, tally) in tallies {
        longer.entry(at.div_euclid(times)).or_default().merge(tally);
    }
    longer
}

/// Adds to what is counted at a place: a kind, a span, its number, a name.
fn add(connection: &Connection, place: (i64, i64, i64, &str), tally: &Tally) -> rusqlite::Result<()> {
    let (kind, span, at, name) = place;
    let mut find = connection
        .prepare_cached("SELECT latencies FROM rollups WHERE kind = ?1 AND span = ?2 AND at = ?3 AND name = ?4")?;
    let found = find.query_row(place, |row| Ok(Latencies::from_bytes(row.get_ref(0)?.as_blob()?))).optional()?;
    if found.is_none() && kind != EVERYTHING && names_at(connection, kind, span, at)? >= NAMES {
        return Ok(());
    }
    let mut latencies = found.unwrap_or_default();
    latencies.merge(&tally.latencies);
    let mut insert = connection.prepare_cached(
        "INSERT INTO rollups (kind, span, at, name, events, tool_calls, failures, latencies)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET events = events + excluded.events, tool_calls = tool_calls + excluded.tool_calls,
            failures = failures + excluded.failures, latencies = excluded.latencies",
    )?;
    let Tally { events, tool_calls, failures, .. } = tally;
    insert.execute(params![kind, span, at, name, events, tool_calls, failures, latencies.to_bytes()])?;
    Ok(())
}

fn names_at(connection: &Connection, kind: i64, span: i64, at: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM rollups WHERE kind = ?1 AND span = ?2 AND at = ?3";
    connection.prepare_cached(sql)?.query_row([kind, span, at], |row| row.get(0))
}

/// What a start or an end adds to the counts of both.
const START: (i64, i64) = (1, 0);
const END: (i64, i64) = (0, 1);
/// That a session did not start here after all.
const NO_START: (i64, i64) = (-1, 0);

/// Counts, in the transaction under way, that a session starts.
pub(super) fn count_start(connection: &Connection, at_us: i64, project_dir: Option<&str>) -> rusqlite::Result<()> {
    for span in [MINUTE, HOUR, DAY] {
        count_turn(connection, (EVERYTHING, span, number(at_us, span), ""), START)?;
    }
    let Some(project_dir) = project_dir.filter(|name| name.len() <= NAME_BYTES) else { return Ok(()) };
    for span in [HOUR, DAY] {
        count_turn(connection, (PROJECT, span, number(at_us, span), project_dir), START)?;
    }
    Ok(())
}

/// Counts, in the transaction under way, that a session ends.
pub(super) fn count_end(connection: &Connection, at_us: i64) -> rusqlite::Result<()> {
    for span in [MINUTE, HOUR, DAY] {
        count_turn(connection, (EVERYTHING, span, number(at_us, span), ""), END)?;
    }
    Ok(())
}

/// Counts a start elsewhere: an event tells that the session began earlier. Its project keeps the session where it was
/// made, for it may have had another one then.
pub(super) fn move_start(connection: &Connection, from_us: i64, to_us: i64) -> rusqlite::Result<()> {
    for span in [MINUTE, HOUR, DAY] {
        let (from, to) = (number(from_us, span), number(to_us, span));
        if from != to {
            count_turn(connection, (EVERYTHING, span, from, ""), NO_START)?;
            count_turn(connection, (EVERYTHING, span, to, ""), START)?;
        }
    }
    Ok(())
}

fn count_turn(
    connection: &Connection,
    place: (i64, i64, i64, &str),
    (started, ended): (i64, i64),
) -> rusqlite::Result<()> {
    let (kind, span, at, name) = place;
    let mut insert = connection.prepare_cached(
        "INSERT INTO rollups (kind, span, at, name, started, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET started = started + excluded.started, ended = ended + excluded.ended",
    )?;
    insert.execute(params![kind, span, at, name, started, ended])?;
    Ok(())
}

fn number(at_us: i64, span: i64) -> i64 {
    at_us.div_euclid(span * US_PER_SECOND)
}
