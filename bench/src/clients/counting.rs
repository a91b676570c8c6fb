//! Clients that count messages: the cheapest that can be, so that fan-out is bounded by the server.

use std::net::SocketAddr;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::{Received, run_crowd};
use crate::clock::now_ns;
use crate::frames::Want;

/// Where to connect and what to wait for.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    address: SocketAddr,
    clients: usize,
    /// Messages that each client gets in one round; when all have, the crowd says so and the next round may begin.
    messages: usize,
}

/// What the crowd says at the end of a round.
#[derive(Serialize, Deserialize)]
pub(crate) struct Round {
    /// When the first message of the round reached a client, by the clock that all processes share.
    pub(crate) first_ns: u64,
    /// When the last message of the round reached the last client.
    pub(crate) last_ns: u64,
    /// Bytes of the first message.
    pub(crate) message_bytes: usize,
}

/// Runs until the parent is gone.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let &Arguments { address, clients, messages } = arguments;
    let mut seen = vec![0; clients];
    let mut complete = 0;
    let mut round = Round { first_ns: 0, last_ns: 0, message_bytes: 0 };
    run_crowd(address, clients, move |client, received| {
        let Received::Message(message) = received else { return Ok(Want::More) };
        if round.first_ns == 0 {
            round.first_ns = now_ns();
            round.message_bytes = message.len();
        }
        seen[client] += 1;
        ensure!(seen[client] <= messages, "a client got more messages than were sent");
        if seen[client] == messages {
            complete += 1;
        }
        if complete == clients {
            round.last_ns = now_ns();
            println!("{}", serde_json::to_string(&round)?);
            seen.fill(0);
            (complete, round.first_ns) = (0, 0);
        }
        Ok(Want::More)
    })
}
