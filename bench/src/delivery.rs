//! From POST to WebSocket: how long an event takes to reach a hundred clients at a steady thousand events a second.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Options;
use crate::clients::latency::Seen;
use crate::clock::now_ns;
use crate::events::{Numbered, create_sessions};
use crate::load::exchange;
use crate::process::Process;
use crate::report::{Figure, count};
use crate::server::Server;

const CLIENTS: usize = 100;
const EVENTS_PER_SECOND: u32 = 1000;

/// Connections that post in turn, so that one slow answer does not hold up the next event.
const POSTERS: u32 = 16;

const MOST_P50_MS: f64 = 2.0;
const MOST_P99_MS: f64 = 15.0;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let seconds = if options.quick { 5 } else { 20 };
    let events = u64::from(EVENTS_PER_SECOND) * seconds;
    let folder = options.fresh_folder()?;
    let server = Server::start(options, &folder.path().join("delivery.db"))?;
    create_sessions(server.address, POSTERS as usize)?;
    let address = server.address.to_string();
    let crowd = Process::start_self(&["latency-clients", &address, &CLIENTS.to_string(), &events.to_string()])?;
    crowd.line_after("connected")?;

    let took = post_steadily(server.address, events)?;
    let line = crowd.line_after("{").context("not every client received every event")?;
    let seen: Seen = serde_json::from_str(&format!("{{{line}"))?;
    let wanted = events * CLIENTS as u64;
    let missing = wanted - (seen.received - seen.doubled).min(wanted);
    ensure!(
        missing == 0 && seen.doubled == 0 && seen.out_of_order == 0,
        "of {wanted} deliveries {missing} are missing, {} doubled, {} out of order",
        seen.doubled,
        seen.out_of_order
    );
    let note = format!(
        "{wanted} deliveries, none missing, none doubled, none out of order; longest {:.1} ms; posted at {:.0}/s",
        seen.most_ms,
        events as f64 / took.as_secs_f64()
    );
    let what = |percentile| {
        format!("POST to WebSocket, {CLIENTS} clients, {} events/s, {percentile}", count(EVENTS_PER_SECOND as usize))
    };
    Ok(vec![
        Figure::shown("delivery", what("p50"), "ms", seen.p50_ms).at_most(MOST_P50_MS).note(note),
        Figure::shown("delivery", what("p99"), "ms", seen.p99_ms).at_most(MOST_P99_MS),
    ])
}

/// Posts `events` events at the steady rate, whether or not earlier ones have been answered (up to one on each
/// connection), and returns how long that took.
fn post_steadily(address: SocketAddr, events: u64) -> anyhow::Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut streams = Vec::new();
        for poster in 0..POSTERS {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            streams.push((poster, stream, Numbered::post(address, poster as usize)?));
        }
        let begin = Instant::now();
        let mut posting = JoinSet::new();
        for (poster, mut stream, mut request) in streams {
            posting.spawn(async move {
                let mut buffer = vec![0; 4096];
                for number in (u64::from(poster)..events).step_by(POSTERS as usize) {
                    let due = Duration::from_nanos(number * 1_000_000_000 / u64::from(EVENTS_PER_SECOND));
                    tokio::time::sleep_until(begin + due).await;
                    request.number(number);
                    request.stamp(now_ns());
                    exchange(&mut stream, &request.bytes, &mut buffer).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(ended) = posting.join_next().await {
            ended??;
        }
        Ok(begin.elapsed())
    })
}
