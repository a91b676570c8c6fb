//! Reading a whole session over HTTP, against stepping the same rows where they lie.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rusqlite::{Connection, OpenFlags};

use crate::Options;
use crate::events::{create_sessions, session_id};
use crate::http;
use crate::ingest::Ingester;
use crate::report::{Figure, count};
use crate::sample::Latencies;
use crate::server::Server;

const EVENTS: usize = 10_000;
const MOST_RATIO: f64 = 2.0;

/// Other sessions whose events are stored among those read, as with agents that run side by side.
const NEIGHBOURS: usize = 3;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let rounds = if options.quick { 20 } else { 100 };
    let folder = options.fresh_folder()?;
    let database = folder.path().join("read.db");
    let server = Server::start(options, &database)?;
    create_sessions(server.address, 1 + NEIGHBOURS)?;
    let mut ingester = Ingester::open_for(&server, 0, 1 + NEIGHBOURS)?;
    (0..(1 + NEIGHBOURS) * EVENTS / 1000).try_for_each(|_| ingester.send())?;

    let mut connection = http::Connection::open(server.address)?;
    let path = format!("/sessions/{}/events", session_id(0));
    let events = connection.get(&path)?;
    ensure!(events["events"].as_array().map(Vec::len) == Some(EVENTS), "the answer does not hold every event");
    let request = connection.get_bytes(&path);
    let rows = Stepping::open(&database)?;

    let (mut ours, mut theirs) = (Latencies::default(), Latencies::default());
    let mut body_bytes = 0;
    for _ in 0..rounds {
        theirs.add(rows.step()?);
        let begin = Instant::now();
        let answer = connection.send_discarding(&request)?;
        ours.add(begin.elapsed());
        ensure!(answer.status == 200, "answered {}", answer.status);
        body_bytes = answer.body_bytes;
    }
    let [ours, ours_p99] = ours.percentiles_ms([50.0, 99.0]);
    let [theirs] = theirs.percentiles_ms([50.0]);
    let note = format!("{} bytes to the last; p99 {ours_p99:.2} ms", count(body_bytes));
    let figure = Figure::shown("read", format!("GET of a session of {} events, p50", count(EVENTS)), "ms", ours);
    Ok(vec![figure.against(theirs).ratio_at_most(MOST_RATIO).note(note)])
}

/// The events that stand in their session's order, and behind them the newest, which do not yet.
const SORTED: &str = "SELECT id, body FROM event_order JOIN events USING (id)
    WHERE event_order.session_key = (SELECT session_key FROM sessions WHERE session_id = ?1)
    ORDER BY event_order.instant_us, id";
const NEWEST: &str = "SELECT id, body FROM events WHERE id > (SELECT ordered_to FROM log_head)
    AND session_key = (SELECT session_key FROM sessions WHERE session_id = ?1) ORDER BY instant_us, id";

/// A reading connection of our own beside the server's.
struct Stepping {
    connection: Connection,
}

impl Stepping {
    fn open(database: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self { connection })
    }

    /// Steps the session's rows in the order of the answer, reads id and body of each, and says how long it took.
    fn step(&self) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        let (mut count, mut ids, mut bytes) = (0, 0, 0);
        for sql in [SORTED, NEWEST] {
            let mut select = self.connection.prepare_cached(sql)?;
            let mut rows = select.query([session_id(0)])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                ids |= id;
                bytes += row.get_ref(1)?.as_bytes()?.len();
                count += 1;
            }
        }
        let elapsed = begin.elapsed();
        // What was read is used, so that reading it cannot be left out.
        ensure!(count == EVENTS && ids > 0 && bytes > EVENTS, "{count} rows of {bytes} bytes");
        Ok(elapsed)
    }
}
