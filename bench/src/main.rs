//! Measures Agent Runtime, each figure beside its baseline in the same run.
//!
//! One file per measurement, named as its subcommand. Every server and every crowd of clients is a process of its
//! own, so that what is compared pays the same price for crossing a socket. Traffic stays on 127.0.0.1 and every
//! run is bounded in time.

#![expect(clippy::cast_precision_loss, reason = "figures are shown with three digits")]

mod baseline;
mod clients;
mod clock;
mod delivery;
mod events;
mod fanout;
mod frames;
mod hook;
mod http;
mod idle;
mod ingest;
mod large;
mod load;
mod page;
mod post;
mod post_one;
mod process;
mod read;
mod report;
mod sample;
mod server;
mod stats;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::report::{Figure, Report};

#[derive(Parser)]
#[command(name = "bench", about = "Measures Agent Runtime, each figure beside its baseline in the same run")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

/// What every measurement is told.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// The release build of the server under test.
    #[arg(long, global = true, default_value = "target/release/agent-runtime")]
    server: PathBuf,
    /// Where fresh databases are made; by default the system's temporary folder.
    #[arg(long, global = true)]
    folder: Option<PathBuf>,
    /// Shorter runs: the figures scatter more.
    #[arg(long, global = true)]
    quick: bool,
    /// Also write the figures as JSON to this file (`-` is the standard output).
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

impl Options {
    /// A fresh folder, erased when the measurement ends.
    pub(crate) fn fresh_folder(&self) -> anyhow::Result<tempfile::TempDir> {
        let parent = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        tempfile::Builder::new()
            .prefix("agent-runtime-bench-")
            .tempdir_in(&parent)
            .with_context(|| format!("no folder can be made in {}", parent.display()))
    }
}

#[derive(Subcommand)]
enum Command {
    /// Durable POST of events on 64 and 256 connections, against a bare handler.
    Post,
    /// The same on one connection, against one write and fdatasync.
    PostOne,
    /// POST /ingest with 1,000 lines a request, against a bare rusqlite loop.
    Ingest,
    /// From POST to WebSocket: 100 clients, 1,000 events a second.
    Delivery,
    /// Fan-out to 1,000 WebSocket clients, against a bare broadcast.
    Fanout,
    /// Reading a session of 10,000 events, against stepping its rows.
    Read,
    /// Memory of 10,000 idle WebSockets.
    Idle,
    /// A database of 1,000,000 events against one of 1,000.
    Large,
    /// A hook's whole process, over /bin/true, with the server up, down and hung.
    Hook,
    /// What happened over a month of 1,000,000 events, and the outline of 100,000.
    Stats,
    /// Everything above.
    All,
    /// The page in headless Chromium, beside an empty page; needs Node, its packages and Chromium.
    Page,
    #[command(hide = true)]
    BaselineHandler,
    #[command(hide = true)]
    BaselineBroadcast,
    #[command(hide = true)]
    CountingClients(clients::counting::Arguments),
    #[command(hide = true)]
    LatencyClients(clients::latency::Arguments),
    #[command(hide = true)]
    IdleClients(clients::idle::Arguments),
}

type Measurement = fn(&Options) -> anyhow::Result<Vec<Figure>>;

fn main() -> anyhow::Result<()> {
    let Arguments { command, options } = Arguments::parse();
    let measurements: &[(&str, Measurement)] = match command {
        Command::Post => &[("post", post::measure)],
        Command::PostOne => &[("post-one", post_one::measure)],
        Command::Ingest => &[("ingest", ingest::measure)],
        Command::Delivery => &[("delivery", delivery::measure)],
        Command::Fanout => &[("fanout", fanout::measure)],
        Command::Read => &[("read", read::measure)],
        Command::Idle => &[("idle", idle::measure)],
        Command::Large => &[("large", large::measure)],
        Command::Hook => &[("hook", hook::measure)],
        Command::Stats => &[("stats", stats::measure)],
        Command::Page => &[("page", page::measure)],
        Command::All => &[
            ("post", post::measure),
            ("post-one", post_one::measure),
            ("ingest", ingest::measure),
            ("delivery", delivery::measure),
            ("fanout", fanout::measure),
            ("read", read::measure),
            ("idle", idle::measure),
            ("large", large::measure),
            ("hook", hook::measure),
            ("stats", stats::measure),
        ],
        Command::BaselineHandler => return baseline::serve_handler(),
        Command::BaselineBroadcast => return baseline::serve_broadcast(),
        Command::CountingClients(arguments) => return clients::counting::run(&arguments),
        Command::LatencyClients(arguments) => return clients::latency::run(&arguments),
        Command::IdleClients(arguments) => return clients::idle::run(&arguments),
    };
    measure_all(measurements, &options)
}

fn measure_all(measurements: &[(&'static str, Measurement)], options: &Options) -> anyhow::Result<()> {
    let mut report = Report::begin(options.quick);
    for (name, measure) in measurements {
        eprintln!("measuring {name} …");
        match measure(options) {
            Ok(figures) => report.add(figures),
            Err(error) => report.fail(name, &error),
        }
    }
    report.finish(options.json.as_deref())
}
