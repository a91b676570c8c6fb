//! Fan-out to a thousand clients as fast as it goes, against a bare broadcast with messages of the same size.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde_json::json;

use crate::Options;
use crate::baseline::Baseline;
use crate::clients::counting::Round;
use crate::clock::now_ns;
use crate::events::create_sessions;
use crate::http::Connection;
use crate::ingest::{Ingester, LINES, SESSIONS};
use crate::process::Process;
use crate::report::{Figure, count};
use crate::sample::median;
use crate::server::Server;

const CLIENTS: usize = 1000;

const LEAST_RATIO: f64 = 0.4;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let (rounds, messages) = if options.quick { (3, 2 * LINES) } else { (5, 5 * LINES) };
    let folder = options.fresh_folder()?;
    let server = Server::start(options, &folder.path().join("fanout.db"))?;
    create_sessions(server.address, SESSIONS)?;
    let baseline = Baseline::start("baseline-broadcast")?;
    let follow = |address: SocketAddr| -> anyhow::Result<Process> {
        let [clients, messages] = [CLIENTS, messages].map(|number| number.to_string());
        let crowd = Process::start_self(&["counting-clients", &address.to_string(), &clients, &messages])?;
        crowd.line_after("connected")?;
        Ok(crowd)
    };
    let crowd = follow(server.address)?;
    let baseline_crowd = follow(baseline.address)?;

    let mut ingester = Ingester::open(&server)?;
    let mut to_baseline = Connection::open(baseline.address)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut message_bytes = 0;
    for round in 0..=rounds {
        let begin_ns = now_ns();
        for _ in 0..messages / LINES {
            ingester.send()?;
        }
        let (rate, bytes) = deliveries_per_second(&crowd, begin_ns, messages)?;
        message_bytes = bytes;

        let begin_ns = now_ns();
        to_baseline.post(&format!("/burst?messages={messages}&bytes={message_bytes}"), &json!({}))?;
        let (baseline_rate, _) = deliveries_per_second(&baseline_crowd, begin_ns, messages)?;
        eprintln!("  round {round}: {rate:.0}/s, bare {baseline_rate:.0}/s");
        // The first round warms both up.
        if round > 0 {
            ours.push(rate);
            theirs.push(baseline_rate);
        }
    }
    let note =
        format!("{} messages of {message_bytes} bytes a round; storing them is within the time", count(messages));
    let figure = Figure::shown("fanout", format!("deliveries to {} clients", count(CLIENTS)), "/s", median(&ours));
    Ok(vec![figure.against(median(&theirs)).ratio_at_least(LEAST_RATIO).note(note)])
}

/// Waits for the end of the round: from `begin_ns`, before the first message was given to the server, to the last
/// message at the last client. Also the size of a message.
fn deliveries_per_second(crowd: &Process, begin_ns: u64, messages: usize) -> anyhow::Result<(f64, usize)> {
    let line = crowd.line_after("{").context("not every client received every message")?;
    let round: Round = serde_json::from_str(&format!("{{{line}"))?;
    let seconds = round.last_ns.saturating_sub(begin_ns) as f64 / 1e9;
    Ok(((CLIENTS * messages) as f64 / seconds, round.message_bytes))
}
