//! Clients that check every message and time it: from the moment written into the event to its receipt.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::{Received, run_crowd};
use crate::clock::now_ns;
use crate::events::{NUMBER_KEY, SENT_KEY, number_after};
use crate::frames::Want;
use crate::sample::Latencies;

/// Where to connect and what to wait for.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    address: SocketAddr,
    clients: usize,
    /// Events posted, numbered from 0; each client gets each of them.
    events: usize,
}

/// What the crowd saw.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Events received, all clients together.
    pub(crate) received: u64,
    /// Events whose number a client had received before, or that nobody sent.
    pub(crate) doubled: u64,
    /// Messages whose cursor was not the one after the last, or whose id was not their cursor's position.
    pub(crate) out_of_order: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) most_ms: f64,
}

struct Crowd {
    clients: Vec<Client>,
    seen: Seen,
    latencies: Latencies,
    events: usize,
}

struct Client {
    /// The position of the last message; that of `init` to begin with.
    position: u64,
    received: usize,
    had: Vec<bool>,
}

/// Ends when every client has as many events as were posted.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let &Arguments { address, clients, events } = arguments;
    let crowd = Rc::new(RefCell::new(Crowd::new(clients, events)));
    let taking = Rc::clone(&crowd);
    run_crowd(address, clients, move |client, received| taking.borrow_mut().take(client, received))?;
    let mut crowd = crowd.borrow_mut();
    let [p50_ms, p99_ms, most_ms] = crowd.latencies.percentiles_ms([50.0, 99.0, 100.0]);
    let seen = Seen { p50_ms, p99_ms, most_ms, ..std::mem::take(&mut crowd.seen) };
    println!("{}", serde_json::to_string(&seen)?);
    Ok(())
}

impl Crowd {
    fn new(clients: usize, events: usize) -> Self {
        let client = || Client { position: 0, received: 0, had: vec![false; events] };
        let clients = (0..clients).map(|_| client()).collect();
        Self { clients, seen: Seen::default(), latencies: Latencies::default(), events }
    }

    fn take(&mut self, client: usize, received: Received<'_>) -> anyhow::Result<Want> {
        let now_ns = now_ns();
        let Self { clients, seen, latencies, events } = self;
        let client = &mut clients[client];
        let message = match received {
            Received::Init(message) => {
                client.position = position(message)?;
                return Ok(Want::More);
            }
            Received::Message(message) => message,
        };
        let position = position(message)?;
        let id = number_after(message, br#""id":"#)?;
        if position != client.position + 1 || id != position {
            seen.out_of_order += 1;
        }
        client.position = position;
        let number = usize::try_from(number_after(message, NUMBER_KEY)?)?;
        match client.had.get_mut(number) {
            Some(had) if !*had => *had = true,
            _ => seen.doubled += 1,
        }
        let sent_ns = number_after(message, SENT_KEY)?;
        latencies.add(Duration::from_nanos(now_ns.saturating_sub(sent_ns)));
        seen.received += 1;
        client.received += 1;
        Ok(if client.received == *events { Want::Enough } else { Want::More })
    }
}

/// The position in a message's cursor, `"cursor":"EPOCH:POSITION"`. It stands last in a message, so it is looked for
/// from the end: an agent's own text may hold such a key too.
fn position(message: &[u8]) -> anyhow::Result<u64> {
    let key = br#""cursor":""#;
    let start = memmem::rfind(message, key).context("a message without a cursor")? + key.len();
    number_after(&message[start..], b":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: u64, number: u64) -> Vec<u8> {
        format!(
            r#"{{"type":"event","data":{{"id":{position},"tool_input":{{"command":"number={number} sent_at_ns=5"}}}},"cursor":"e:{position}"}}"#
        )
        .into_bytes()
    }

    /// What one client sees after `init` at position 4 and these events (position, number).
    fn seen(events: &[(u64, u64)]) -> Seen {
        let mut crowd = Crowd::new(1, 3);
        crowd.take(0, Received::Init(br#"{"type":"init","sessions":[],"cursor":"e:4"}"#)).unwrap();
        for &(position, number) in events {
            crowd.take(0, Received::Message(&event(position, number))).unwrap();
        }
        crowd.seen
    }

    #[test]
    fn a_whole_stream_in_order_is_clean() {
        let seen = seen(&[(5, 1), (6, 0), (7, 2)]);
        assert_eq!((seen.received, seen.doubled, seen.out_of_order), (3, 0, 0));
    }

    #[test]
    fn gaps_doubles_and_swaps_are_noticed() {
        assert_eq!(seen(&[(5, 0), (7, 1)]).out_of_order, 1, "a position is missing");
        assert_eq!(seen(&[(6, 0), (5, 1)]).out_of_order, 2, "two are swapped");
        assert_eq!(seen(&[(5, 0), (6, 0)]).doubled, 1, "an event came twice");
        assert_eq!(seen(&[(5, 9)]).doubled, 1, "nobody sent it");
    }
}
