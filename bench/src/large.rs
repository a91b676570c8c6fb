//! A database of a million events against one of a thousand: the same requests, start, and idle memory.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::Options;
use crate::events::{create_sessions, session_id};
use crate::http::Connection;
use crate::ingest::Ingester;
use crate::post_one::Poster;
use crate::report::{Figure, count};
use crate::sample::{Latencies, median};
use crate::server::Server;

/// Events of each session; one stands in the small database, and it is the one read in both.
const EVENTS_PER_SESSION: usize = 1000;

const MOST_RATIO: f64 = 1.3;
const MOST_START_MS: f64 = 150.0;
const MOST_IDLE_MIB: f64 = 40.0;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let (large_sessions, rounds, starts) = if options.quick { (100, 10, 3) } else { (1000, 30, 7) };
    let folder = options.fresh_folder()?;
    let filled = |name: &str, sessions: usize| -> anyhow::Result<PathBuf> {
        let database = folder.path().join(name);
        fill(options, &database, sessions)?;
        Ok(database)
    };
    let small_database = filled("small.db", 1)?;
    let large_database = filled("large.db", large_sessions)?;
    let events = count(large_sessions * EVENTS_PER_SESSION);

    // Start first: it wants the databases as a clean stop left them.
    let mut figures = Vec::new();
    for (name, path) in [("/healthz", "/healthz"), ("/sessions?limit=1", "/sessions?limit=1")] {
        let times = |database: &Path| -> anyhow::Result<f64> {
            let times = (0..starts).map(|_| start_to_answer_ms(options, database, path));
            Ok(median(&times.collect::<Result<Vec<_>, _>>()?))
        };
        let small = times(&small_database)?;
        let what = format!("start to first answer of {name}, {events} events");
        figures.push(Figure::shown("large", what, "ms", times(&large_database)?).against(small).at_most(MOST_START_MS));
    }

    let small = Server::start(options, &small_database)?;
    let large = Server::start(options, &large_database)?;
    for server in [&small, &large] {
        Connection::open(server.address)?.get("/sessions?limit=1")?;
    }
    // What a start leaves behind is freed or kept within moments.
    thread::sleep(Duration::from_secs(2));
    let mib = |server: &Server| anyhow::Ok(server.memory()?.resident_kib as f64 / 1024.0);
    figures.push(
        Figure::shown("large", format!("idle resident memory, {events} events"), "MiB", mib(&large)?)
            .against(mib(&small)?)
            .at_most(MOST_IDLE_MIB),
    );

    let mut on_small = Client::open(&small)?;
    let mut on_large = Client::open(&large)?;
    for _ in 0..rounds {
        on_small.round()?;
        on_large.round()?;
    }
    let [posts, small_posts] = [&mut on_large, &mut on_small].map(|client| client.posts.percentiles_ms([50.0])[0]);
    let [pages, small_pages] = [&mut on_large, &mut on_small].map(|client| client.pages.percentiles_ms([50.0])[0]);
    let against = format!("{events} events against {}", count(EVENTS_PER_SESSION));
    let row =
        |what: String, ours, small| Figure::shown("large", what, "ms", ours).against(small).ratio_at_most(MOST_RATIO);
    figures.push(row(format!("POST p50, {against}"), posts, small_posts));
    figures.push(row(format!("page of 100 p50, {against}"), pages, small_pages));
    figures.push(
        Figure::shown("large", "idle resident memory after these requests", "MiB", mib(&large)?).against(mib(&small)?),
    );
    Ok(figures)
}

/// Makes a database of so many sessions of a thousand events each, and stops the server cleanly.
fn fill(options: &Options, database: &Path, sessions: usize) -> anyhow::Result<()> {
    let server = Server::start(options, database)?;
    create_sessions(server.address, sessions)?;
    // Ten sessions grow side by side, as with agents that run at once.
    let together = sessions.min(10);
    for first in (0..sessions).step_by(together) {
        let mut ingester = Ingester::open_for(&server, first, together)?;
        (0..together).try_for_each(|_| ingester.send())?;
    }
    server.stop()
}

/// From the start of the process to the last byte of its first answer.
fn start_to_answer_ms(options: &Options, database: &Path, path: &str) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let server = Server::start(options, database)?;
    let mut connection = Connection::open(server.address)?;
    let request = connection.get_bytes(path);
    let answer = connection.send_discarding(&request)?;
    let elapsed = begin.elapsed();
    ensure!(answer.status == 200, "{path} answered {}", answer.status);
    server.stop()?;
    Ok(elapsed.as_secs_f64() * 1000.0)
}

/// Posts to a server and reads from it, one request at a time.
struct Client {
    poster: Poster,
    connection: Connection,
    page: Vec<u8>,
    posts: Latencies,
    pages: Latencies,
}

impl Client {
    fn open(server: &Server) -> anyhow::Result<Self> {
        let mut connection = Connection::open(server.address)?;
        let path = format!("/sessions/{}/events?limit=100", session_id(0));
        let events = connection.get(&path)?["events"].as_array().map(Vec::len).context("a page of events")?;
        ensure!(events == 100, "a page of {events} events");
        let page = connection.get_bytes(&path);
        let poster = Poster::open(server.address)?;
        Ok(Self { poster, connection, page, posts: Latencies::default(), pages: Latencies::default() })
    }

    fn round(&mut self) -> anyhow::Result<()> {
        self.poster.post(50, &mut self.posts)?;
        for _ in 0..50 {
            let begin = Instant::now();
            let answer = self.connection.send_discarding(&self.page)?;
            self.pages.add(begin.elapsed());
            ensure!(answer.status == 200, "a page was answered {}", answer.status);
        }
        Ok(())
    }
}
