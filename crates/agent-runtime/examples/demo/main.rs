//! Plays recorded agent runs against a fresh server while a WebSocket client follows, then shows that what was
//! stored and what was seen live are equal, value by value.
//!
//! `cargo run --release -p agent-runtime --example demo -- [FILES…]`: each file holds HTTP requests, one JSON
//! object `{"method","path","body"}` a line. Without files it plays a recording of its own.

mod compare;
mod live;
mod recording;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::compare::compare;
use crate::live::Live;
use crate::recording::{Request, read};
use crate::server::Server;

/// The recording that is played when none is named.
const OWN_RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/recordings/fix-a-flaky-test.ndjson");

/// Plays recorded agent runs and compares what was stored with what was seen live.
#[derive(Parser)]
struct Arguments {
    /// Recordings: one JSON object {"method","path","body"} a line.
    files: Vec<PathBuf>,
    /// The server's program; built next to this one when not given.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match play(Arguments::parse()).await {
        Ok(true) => {
            println!("equal");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            println!("different");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was equal.
async fn play(arguments: Arguments) -> anyhow::Result<bool> {
    let files = if arguments.files.is_empty() { vec![PathBuf::from(OWN_RECORDING)] } else { arguments.files };
    // All of them are read before anything starts: a bad line shows at once.
    let mut recordings = Vec::new();
    for file in &files {
        recordings.push(read(file)?);
    }
    let server = Server::start(arguments.server)?;
    println!("server {} on {}", server.program.display(), server.address);
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let live = Live::connect(&server.address).await?;
    for (file, requests) in files.iter().zip(&recordings) {
        println!("{}: {} requests", file.display(), requests.len());
        for request in requests {
            send(&http, &server.address, request).await.map_err(|error| server.explain(&error))?;
        }
    }
    compare(&http, &server.address, live).await.map_err(|error| server.explain(&error))
}

/// Sends one request as it stands, and shows its answer unless that is a plain success of a write.
async fn send(http: &reqwest::Client, address: &str, request: &Request) -> anyhow::Result<()> {
    let line = format!("{} {}", request.method, request.path);
    let mut sending = http.request(request.method.clone(), format!("http://{address}{}", request.path));
    if let Some(body) = &request.body {
        sending = sending.header("content-type", "application/json").body(body.clone());
    }
    let answer = sending.send().await.with_context(|| format!("{}: {line}", request.place))?;
    let status = answer.status();
    let text = answer.text().await.with_context(|| format!("{}: {line}", request.place))?;
    if !status.is_success() {
        println!("  {}: {line}: {status} {text}", request.place);
    } else if request.method == reqwest::Method::GET {
        println!("  {}: {line}: {status}", request.place);
    }
    Ok(())
}
