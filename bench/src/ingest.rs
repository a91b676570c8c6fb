//! `POST /ingest`, a thousand lines a request, against a bare loop that inserts the same rows.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use crate::Options;
use crate::events::{Numbered, create_sessions};
use crate::http;
use crate::report::{Figure, count};
use crate::sample::median;
use crate::server::Server;

/// Lines of one request, and rows of one transaction.
pub(crate) const LINES: usize = 1000;

/// Sessions over which the lines of one request are spread.
pub(crate) const SESSIONS: usize = 16;

const LEAST_RATIO: f64 = 0.5;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let (rounds, batches) = if options.quick { (3, 15) } else { (7, 30) };
    let folder = options.fresh_folder()?;

    // Both begin with the same file: the server's own tables and indexes, and the sessions.
    let database = folder.path().join("ingest.db");
    let server = Server::start(options, &database)?;
    create_sessions(server.address, SESSIONS)?;
    server.stop()?;
    let bare_database = folder.path().join("bare.db");
    fs::copy(&database, &bare_database)?;

    // The rows that the bare loop inserts are those that the server made of the same lines.
    let rows_database = folder.path().join("rows.db");
    fs::copy(&database, &rows_database)?;
    let maker = Server::start(options, &rows_database)?;
    let mut making = Ingester::open(&maker)?;
    (0..rounds * batches).try_for_each(|_| making.send())?;
    maker.stop()?;
    let rows = Rows::read(&rows_database)?;
    ensure!(rows.rows.len() == rounds * batches * LINES, "{} rows were stored", rows.rows.len());

    let bare = Connection::open(&bare_database)?;
    bare.pragma_update(None, "journal_mode", "WAL")?;
    bare.pragma_update(None, "synchronous", "FULL")?;
    let server = Server::start(options, &database)?;
    let mut ingester = Ingester::open(&server)?;
    let rate = |duration: Duration| (batches * LINES) as f64 / duration.as_secs_f64();
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for (round, rows_of_round) in rows.rows.chunks(batches * LINES).enumerate() {
        let begin = Instant::now();
        rows_of_round.chunks(LINES).try_for_each(|batch| rows.insert(&bare, batch))?;
        let bare_rate = rate(begin.elapsed());
        let begin = Instant::now();
        (0..batches).try_for_each(|_| ingester.send())?;
        let our_rate = rate(begin.elapsed());
        eprintln!("  round {round}: {our_rate:.0} lines/s, bare {bare_rate:.0} rows/s");
        theirs.push(bare_rate);
        ours.push(our_rate);
        ratios.push(our_rate / bare_rate);
    }
    server.stop()?;
    ensure!(Rows::read(&database)?.rows.len() == rows.rows.len(), "the server stored fewer rows than it acknowledged");
    let note =
        format!("one connection, one request after the other; median ratio of the rounds {:.2}", median(&ratios));
    let figure =
        Figure::shown("ingest", format!("POST /ingest, {} lines a request", count(LINES)), "lines/s", median(&ours));
    Ok(vec![figure.against(median(&theirs)).ratio_at_least(LEAST_RATIO).note(note)])
}

/// Sends requests of a thousand lines, all different, on one connection.
pub(crate) struct Ingester {
    connection: http::Connection,
    request: Numbered,
    number: u64,
}

impl Ingester {
    pub(crate) fn open(server: &Server) -> anyhow::Result<Self> {
        Self::open_for(server, 0, SESSIONS)
    }

    /// For the sessions from `first` on, `sessions` of them.
    pub(crate) fn open_for(server: &Server, first: usize, sessions: usize) -> anyhow::Result<Self> {
        let connection = http::Connection::open(server.address)?;
        let request = Numbered::ingest(server.address, LINES, first, sessions)?;
        Ok(Self { connection, request, number: 0 })
    }

    /// Sends the next thousand lines, all of which must be stored.
    pub(crate) fn send(&mut self) -> anyhow::Result<()> {
        self.request.number(self.number);
        self.number += LINES as u64;
        let answer = self.connection.send(&self.request.bytes)?;
        ensure!(answer["ok"] == true && answer["stored"] == LINES, "answered {answer}");
        Ok(())
    }
}

/// The rows of the table of events, whatever its columns are, and of the order of events that goes with them.
struct Rows {
    rows: Vec<Vec<Value>>,
    insert: String,
}

impl Rows {
    fn read(database: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut select = connection.prepare("SELECT * FROM events ORDER BY id")?;
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let places = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT INTO events ({}) VALUES ({places})", columns.join(", "));
        let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|column| row.get(column)).collect();
        let rows = select.query_map([], row)?.collect::<Result<_, _>>()?;
        Ok(Self { rows, insert })
    }

    /// Inserts a batch in one transaction.
    fn insert(&self, connection: &Connection, batch: &[Vec<Value>]) -> anyhow::Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut insert = connection.prepare_cached(&self.insert)?;
        for row in batch {
            insert.execute(params_from_iter(row))?;
        }
        let last = "SELECT session_key, instant_us, id FROM events ORDER BY id DESC LIMIT ?1";
        let order = format!("INSERT INTO event_order SELECT * FROM ({last}) ORDER BY session_key, instant_us, id");
        connection.prepare_cached(&order)?.execute([i64::try_from(batch.len())?])?;
        connection.execute_batch("COMMIT")?;
        Ok(())
    }
}
