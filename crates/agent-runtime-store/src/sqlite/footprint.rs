//! What the database holds and how it grows, and which agents were heard of: each from a few rows, however many there
//! are.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::read::{Footprint, LastHeard};

use super::rows;

const SECOND_US: i64 = 1_000_000;
const DAY_SECONDS: u64 = 24 * 60 * 60;
/// Over how many days growth is measured.
const MEASURED_DAYS: u64 = 7;
/// The newest sessions among which agents are looked for.
const SESSIONS_LOOKED_AT: i64 = 1000;

/// Measures it. Growth is the share of the log that was written within the last days, times what the database holds:
/// the log grows with time, so where a day began in it is found by halving.
pub(super) fn measure(connection: &Connection, path: &Path, now_us: i64) -> rusqlite::Result<Footprint> {
    let number = |pragma| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map(|number| number.max(0).unsigned_abs())
    };
    let used_pages = number("page_count")?.saturating_sub(number("freelist_count")?);
    let used_bytes = used_pages.saturating_mul(number("page_size")?);
    let disk_free_bytes = path.parent().and_then(|folder| rustix::fs::statvfs(folder).ok());
    let disk_free_bytes = disk_free_bytes.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let mut footprint = Footprint { used_bytes, disk_free_bytes, ..Footprint::default() };
    let head: i64 = connection.query_row("SELECT seq FROM log_head", [], |row| row.get(0))?;
    let Some((first_id, first_us)) = at_or_behind(connection, 0)? else { return Ok(footprint) };
    let week_us = i64::try_from(MEASURED_DAYS * DAY_SECONDS).unwrap_or(i64::MAX).saturating_mul(SECOND_US);
    let (mut low, mut since_us) = (first_id, first_us);
    if now_us.saturating_sub(first_us) > week_us {
        since_us = now_us - week_us;
        let mut high = head + 1;
        while low < high {
            let middle = low + (high - low) / 2;
            match at_or_behind(connection, middle)? {
                Some((id, instant_us)) if instant_us < since_us => low = id + 1,
                _ => high = middle,
            }
        }
    }
    // Less than a day counts as one: what an hour adds says nothing of a night.
    let seconds = now_us.saturating_sub(since_us).max(0).unsigned_abs() / SECOND_US.unsigned_abs();
    let (recent, all) = ((head + 1 - low).max(0).unsigned_abs(), (head + 1 - first_id).max(1).unsigned_abs());
    let grown = u128::from(used_bytes) * u128::from(recent) / u128::from(all);
    let per_day = grown * u128::from(DAY_SECONDS) / u128::from(seconds.max(DAY_SECONDS));
    footprint.growth_bytes_per_day = u64::try_from(per_day).unwrap_or(u64::MAX);
    footprint.growth_seconds = seconds;
    Ok(footprint)
}

/// The first event at or behind a position, and its instant.
fn at_or_behind(connection: &Connection, id: i64) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT id, instant_us FROM events WHERE id >= ?1 ORDER BY id LIMIT 1";
    connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// When each agent was last heard of on each machine, among the newest sessions.
pub(super) fn last_heard(connection: &Connection) -> rusqlite::Result<Vec<LastHeard>> {
    // With `max`, SQLite takes the other columns from the row that has it.
    let mut statement = connection.prepare_cached(
        "SELECT source, host, session_id, max(last_event_us)
         FROM (SELECT * FROM sessions ORDER BY created_us DESC, session_key DESC LIMIT ?1)
         WHERE source <> 'api' AND last_event_us IS NOT NULL AND (parent_session_id IS NULL
            OR substr(session_id, 1, length(parent_session_id) + 1) <> parent_session_id || ':')
         GROUP BY source, host ORDER BY 4 DESC",
    )?;
    let heard = statement.query_map([SESSIONS_LOOKED_AT], |row| {
        Ok(LastHeard {
            source: rows::source(row.get(0)?)?,
            host: row.get(1)?,
            session_id: row.get(2)?,
            last_event_us: row.get(3)?,
        })
    })?;
    heard.collect()
}
