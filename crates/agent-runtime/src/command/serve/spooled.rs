//! The server's own spool: what hooks could not deliver while the server was away, and what the server itself could
//! not store. Both go through the door, as everything does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agent_runtime_server::config;
use tokio::net::TcpListener;

use crate::delivery::Destination;
use crate::delivery::address::Address;
use crate::settings::{Settings, places};
use crate::spool::Spool;
use crate::spool::flush::{Patience, Turn};
use crate::spool::routing::Routing;

/// How long one answer of our own is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// When what could not be stored is tried again: at first, and at last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_mins(1);

/// The spool of the server that runs here.
pub(super) struct OwnSpool {
    spool: Spool,
    destination: Destination,
    /// Whether a thread delivers already.
    delivering: Arc<AtomicBool>,
}

impl OwnSpool {
    /// The spool of a server that listens here; `None` for a user without a home.
    pub(super) fn new(listeners: &[TcpListener], settings: &Settings) -> Option<Arc<Self>> {
        let mut place = listeners.first()?.local_addr().ok()?;
        // Who listens on every address is reached on this machine's own.
        if place.ip().is_unspecified() {
            let loopback = if place.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
            place.set_ip(loopback);
        }
        let address = Address::parse(&format!("http://{place}"))?;
        let spool = Spool::of(&places::state()?, &address).redacting(settings.redact.value);
        let token = settings.token.value.as_ref().map(|token| token.reveal().to_owned());
        Some(Arc::new(Self { spool, destination: Destination { address, token }, delivering: Arc::default() }))
    }

    /// Delivers what waits, beside the serving.
    pub(super) fn deliver(&self) {
        if !self.spool.is_empty() {
            self.start(Duration::ZERO);
        }
    }

    /// Starts the thread that delivers until nothing waits, unless it runs.
    fn start(&self, first_pause: Duration) {
        if self.delivering.swap(true, Ordering::SeqCst) {
            return;
        }
        let (spool, destination) = (self.spool.clone(), self.destination.clone());
        let delivering = Arc::clone(&self.delivering);
        let started = std::thread::Builder::new().name("spool".into()).spawn(move || {
            let mut pause = first_pause;
            loop {
                std::thread::sleep(pause);
                // From here on, who keeps another document starts another thread if this one ends.
                delivering.store(false, Ordering::SeqCst);
                if !deliver_once(&spool, &destination) || delivering.swap(true, Ordering::SeqCst) {
                    return;
                }
                pause = (pause * 2).clamp(FIRST_PAUSE, LAST_PAUSE);
            }
        });
        if let Err(error) = started {
            self.delivering.store(false, Ordering::SeqCst);
            tracing::warn!("what waits in the spool is left for later: {error}");
        }
    }
}

impl config::Spool for OwnSpool {
    fn keep(&self, agent: &str, envelope: &str, document: &[u8]) -> io::Result<()> {
        self.spool.keep(agent, envelope, document, &self.destination.address).map_err(io::Error::other)?;
        self.start(FIRST_PAUSE);
        Ok(())
    }

    fn holds(&self, document: &[u8]) -> bool {
        !self.spool.is_empty() && Routing::of(document).is_some_and(|routing| self.spool.holds(&routing.session_id))
    }
}

/// Delivers what waits; whether something waits still.
fn deliver_once(spool: &Spool, destination: &Destination) -> bool {
    match spool.flush(destination, Turn::Wait, Patience::Each(PATIENCE)) {
        Ok(flushed) => {
            let waits = flushed.obstacle.as_ref().map_or(String::new(), |why| format!(", the rest waits: {why}"));
            tracing::info!("from the spool: {} delivered, {} refused{waits}", flushed.delivered, flushed.rejected);
            flushed.obstacle.is_some()
        }
        Err(error) => {
            tracing::warn!("{error}");
            // It may go by: another process held a lock, or the disk was full.
            true
        }
    }
}
