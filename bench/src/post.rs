//! Durable POST of events on many connections, against a bare handler that parses the same JSON.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rusqlite::OpenFlags;

use crate::Options;
use crate::baseline::Baseline;
use crate::events::{Numbered, create_sessions};
use crate::load::{self, Outcome};
use crate::report::Figure;
use crate::sample::median;
use crate::server::Server;

/// Sessions over which the events are spread.
const SESSIONS: usize = 64;

/// Connections, and the least ratio to the bare handler.
const SETTINGS: [(usize, f64); 2] = [(64, 0.45), (256, 0.55)];

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let (rounds, duration) =
        if options.quick { (5, Duration::from_millis(900)) } else { (16, Duration::from_millis(1250)) };
    let folder = options.fresh_folder()?;
    let database = folder.path().join("post.db");
    let server = Server::start(options, &database)?;
    create_sessions(server.address, SESSIONS)?;
    let baseline = Baseline::start("baseline-handler")?;

    let mut figures = Vec::new();
    let mut acknowledged = 0;
    let mut first_number = 0;
    for (connections, least) in SETTINGS {
        let mut load = |address, duration: Duration| -> anyhow::Result<Outcome> {
            let requests = (0..connections).map(|number| Numbered::post(address, number % SESSIONS));
            let outcome = load::run(address, requests.collect::<Result<_, _>>()?, first_number, duration)?;
            outcome.ensure_clean()?;
            first_number += 1_000_000;
            Ok(outcome)
        };
        let (mut theirs, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let (mut p50s, mut p99s, mut server_micros, mut baseline_micros) = (vec![], vec![], vec![], vec![]);
        load(baseline.address, Duration::from_millis(500))?;
        acknowledged += load(server.address, Duration::from_millis(500))?.acknowledged;
        for round in 0..rounds {
            let before = baseline.processor_seconds()?;
            let bare = load(baseline.address, duration)?;
            baseline_micros.push((baseline.processor_seconds()? - before) * 1e6 / bare.acknowledged as f64);
            let before = server.processor_seconds()?;
            let mut outcome = load(server.address, duration)?;
            server_micros.push((server.processor_seconds()? - before) * 1e6 / outcome.acknowledged as f64);
            acknowledged += outcome.acknowledged;
            let [p50, p99] = outcome.latencies.percentiles_ms([50.0, 99.0]);
            eprintln!("  {connections} connections, round {round}: {:.0}/s, bare {:.0}/s", outcome.rate(), bare.rate());
            ratios.push(outcome.rate() / bare.rate());
            theirs.push(bare.rate());
            ours.push(outcome.rate());
            p50s.push(p50);
            p99s.push(p99);
        }
        let note = format!(
            "p50 {:.2} ms, p99 {:.2} ms; {rounds} rounds in turn, their ratios {:.2} to {:.2}; processor time a request {:.1} µs, bare {:.1} µs",
            median(&p50s),
            median(&p99s),
            ratios.iter().copied().fold(f64::INFINITY, f64::min),
            ratios.iter().copied().fold(0.0, f64::max),
            median(&server_micros),
            median(&baseline_micros),
        );
        let what = format!("durable POST, {connections} connections");
        let figure = Figure::shown("post", what, "/s", median(&ours)).in_turns_with(median(&theirs), median(&ratios));
        figures.push(figure.ratio_at_least(least).note(note));
    }

    server.stop()?;
    let stored = count_events(&database)?;
    ensure!(stored == acknowledged, "{acknowledged} events were acknowledged, {stored} are stored");
    figures.push(Figure::shown("post", "acknowledged events, all found stored", "", stored as f64));
    Ok(figures)
}

/// Counts the rows themselves, not a counter kept beside them.
fn count_events(database: &Path) -> anyhow::Result<u64> {
    let connection = rusqlite::Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let count: i64 = connection.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
    u64::try_from(count).context("a count")
}
