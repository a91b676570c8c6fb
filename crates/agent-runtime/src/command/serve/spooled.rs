//! What hooks could not deliver while the server was away, delivered when it comes back.

use tokio::net::TcpListener;

use crate::delivery::Destination;
use crate::delivery::address::Address;
use crate::settings::{Settings, places};
use crate::spool::Spool;
use crate::spool::flush::{Patience, Turn};

/// How long one answer of our own is waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Delivers it beside the serving, through the door as everybody does.
pub(super) fn deliver(listeners: &[TcpListener], settings: &Settings) {
    let Some(mut place) = listeners.first().and_then(|listener| listener.local_addr().ok()) else { return };
    // Who listens on every address is reached on this machine's own.
    if place.ip().is_unspecified() {
        let loopback = if place.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        place.set_ip(loopback);
    }
    let (Some(address), Some(state)) = (Address::parse(&format!("http://{place}")), places::state()) else { return };
    let spool = Spool::of(&state, &address);
    if spool.is_empty() {
        return;
    }
    let token = settings.token.value.as_ref().map(|token| token.reveal().to_owned());
    let destination = Destination { address, token };
    let started = std::thread::Builder::new().name("spool".into()).spawn(move || {
        match spool.flush(&destination, Turn::Wait, Patience::Each(PATIENCE)) {
            Ok(flushed) => {
                let waits = flushed.obstacle.map_or(String::new(), |obstacle| format!(", the rest waits: {obstacle}"));
                tracing::info!("from the spool: {} delivered, {} refused{waits}", flushed.delivered, flushed.rejected);
            }
            Err(error) => tracing::warn!("{error}"),
        }
    });
    if let Err(error) = started {
        tracing::warn!("what waits in the spool is left for later: {error}");
    }
}
