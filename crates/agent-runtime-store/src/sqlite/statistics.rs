//! What happened over time, from what was counted, and from the newest events, which are counted here.

use std::collections::HashMap;

use agent_runtime_types::statistics::{
    DAY, HOUR, MINUTE, ProjectStatistics, Statistics, StatisticsBucket, StatisticsQuery, ToolStatistics,
};
use agent_runtime_types::timestamp;
use rusqlite::{Connection, params};

use crate::tally::{Latencies, OpenCalls, Tallies, Tally};

use super::rollups::{self, EVERYTHING, PROJECT, TOOL};

/// Positions that a reader counts itself; more are told as uncounted.
const COUNTED_AT_ONCE: i64 = 16_384;

/// Over more than this, projects and tools are read by the day.
const BY_DAY: i64 = 14 * DAY;

/// Projects and tools of an answer.
const LISTED: usize = 100;

const US_PER_SECOND: i64 = 1_000_000;

/// Reads it, as of one moment.
pub(super) fn read(connection: &mut Connection, query: &StatisticsQuery) -> rusqlite::Result<Statistics> {
    let transaction = connection.transaction()?;
    let (rolled_to, head): (i64, i64) =
        transaction.query_row("SELECT rolled_to, seq FROM log_head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let waiting = head - rolled_to;
    let (newest, uncounted) = if waiting > COUNTED_AT_ONCE {
        (Tallies::default(), waiting)
    } else {
        (rollups::tallies(&transaction, rolled_to, head, &mut OpenCalls::default())?, 0)
    };
    Ok(Statistics {
        from: timestamp::format(query.from * US_PER_SECOND),
        to: timestamp::format(query.to * US_PER_SECOND),
        bucket_seconds: query.bucket,
        uncounted,
        buckets: buckets(&transaction, query, &newest)?,
        projects: projects(&transaction, query, &newest)?,
        tools: tools(&transaction, query, &newest)?,
    })
}

/// What happened in one bucket.
#[derive(Clone, Default)]
struct Bucket {
    started: i64,
    ended: i64,
    tally: Tally,
}

fn buckets(
    connection: &Connection,
    query: &StatisticsQuery,
    newest: &Tallies,
) -> rusqlite::Result<Vec<StatisticsBucket>> {
    let span = query.span();
    let place = |second: i64| usize::try_from((second - query.from).div_euclid(query.bucket)).ok();
    let count = place(query.to).unwrap_or_default();
    let mut found = vec![Bucket::default(); count];
    let mut statement = connection.prepare_cached(
        "SELECT at, started, ended, events, tool_calls, failures, latencies FROM rollups
         WHERE kind = ?1 AND span = ?2 AND at >= ?3 AND at < ?4",
    )?;
    let mut rows = statement.query([EVERYTHING, span, query.from / span, query.to / span])?;
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(0)?;
        let Some(bucket) = place(at * span).and_then(|place| found.get_mut(place)) else { continue };
        bucket.started += row.get::<_, i64>(1)?;
        bucket.ended += row.get::<_, i64>(2)?;
        bucket.tally.merge(&Tally {
            events: row.get(3)?,
            tool_calls: row.get(4)?,
            failures: row.get(5)?,
            latencies: Latencies::from_bytes(row.get_ref(6)?.as_blob()?),
        });
    }
    for (minute, tally) in &newest.minutes {
        if let Some(bucket) = place(minute * MINUTE).and_then(|place| found.get_mut(place)) {
            bucket.tally.merge(tally);
        }
    }
    let mut running = running_before(connection, query.from)?;
    let shown = (query.from..).step_by(usize::try_from(query.bucket).unwrap_or(1)).zip(found).map(|(from, bucket)| {
        running += bucket.started - bucket.ended;
        StatisticsBucket {
            at: timestamp::format(from * US_PER_SECOND),
            running: running.max(0),
            sessions_started: bucket.started,
            events: bucket.tally.events,
            tool_calls: bucket.tally.tool_calls,
            failures: bucket.tally.failures,
            tool_p50_ms: bucket.tally.latencies.percentile(50),
            tool_p95_ms: bucket.tally.latencies.percentile(95),
        }
    });
    Ok(shown.collect())
}

/// Sessions that ran at this second: all days before its day, then the hours of the day, then the minutes of the hour.
fn running_before(connection: &Connection, second: i64) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(
        "SELECT ifnull(sum(started) - sum(ended), 0) FROM rollups
         WHERE kind = ?1 AND span = ?2 AND at >= ?3 AND at < ?4",
    )?;
    let (day, hour, minute) = (second.div_euclid(DAY), second.div_euclid(HOUR), second.div_euclid(MINUTE));
    let stretches = [(DAY, i64::MIN, day), (HOUR, day * (DAY / HOUR), hour), (MINUTE, hour * (HOUR / MINUTE), minute)];
    let sums = stretches
        .map(|(span, from, to)| statement.query_row(params![EVERYTHING, span, from, to], |row| row.get::<_, i64>(0)));
    sums.into_iter().sum()
}

/// The span by which projects and tools are read, and the first and last of them.
fn by_name(query: &StatisticsQuery) -> (i64, i64, i64) {
    let span = if query.to - query.from > BY_DAY { DAY } else { HOUR };
    (span, query.from.div_euclid(span), (query.to - 1).div_euclid(span))
}

/// What is counted of each name, of the newest events too.
fn named(
    connection: &Connection,
    kind: i64,
    query: &StatisticsQuery,
    newest: &HashMap<String, HashMap<i64, Tally>>,
) -> rusqlite::Result<HashMap<String, Bucket>> {
    let (span, first, last) = by_name(query);
    let mut statement = connection.prepare_cached(
        "SELECT name, started, events, tool_calls, failures, latencies FROM rollups
         WHERE kind = ?1 AND span = ?2 AND at >= ?3 AND at <= ?4",
    )?;
    let mut found: HashMap<String, Bucket> = HashMap::new();
    let mut rows = statement.query([kind, span, first, last])?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        if !found.contains_key(name) {
            found.insert(name.to_owned(), Bucket::default());
        }
        let Some(bucket) = found.get_mut(name) else { continue };
        bucket.started += row.get::<_, i64>(1)?;
        bucket.tally.merge(&Tally {
            events: row.get(2)?,
            tool_calls: row.get(3)?,
            failures: row.get(4)?,
            latencies: Latencies::from_bytes(row.get_ref(5)?.as_blob()?),
        });
    }
    for (name, hours) in newest {
        for (hour, tally) in hours {
            if (first..=last).contains(&(hour * HOUR).div_euclid(span)) {
                found.entry(name.clone()).or_default().tally.merge(tally);
            }
        }
    }
    Ok(found)
}

fn projects(
    connection: &Connection,
    query: &StatisticsQuery,
    newest: &Tallies,
) -> rusqlite::Result<Vec<ProjectStatistics>> {
    let found = named(connection, PROJECT, query, &newest.projects)?;
    let shown = found.into_iter().map(|(project_dir, bucket)| ProjectStatistics {
        project_dir,
        sessions: bucket.started,
        events: bucket.tally.events,
        tool_calls: bucket.tally.tool_calls,
        failures: bucket.tally.failures,
    });
    let mut projects: Vec<_> = shown.collect();
    projects.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.project_dir.cmp(&b.project_dir)));
    projects.truncate(LISTED);
    Ok(projects)
}

fn tools(connection: &Connection, query: &StatisticsQuery, newest: &Tallies) -> rusqlite::Result<Vec<ToolStatistics>> {
    let found = named(connection, TOOL, query, &newest.tools)?;
    let shown = found.into_iter().map(|(tool_name, Bucket { tally, .. })| ToolStatistics {
        tool_name,
        calls: tally.tool_calls,
        failures: tally.failures,
        p50_ms: tally.latencies.percentile(50),
        p95_ms: tally.latencies.percentile(95),
    });
    let mut tools: Vec<_> = shown.collect();
    tools.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.tool_name.cmp(&b.tool_name)));
    tools.truncate(LISTED);
    Ok(tools)
}
