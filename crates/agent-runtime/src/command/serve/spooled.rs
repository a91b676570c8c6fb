//! The server's own spool: what hooks could not deliver while the server was away, and what the server itself could
//! not store. Both go through the door, as everything does.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
/// How often the spool is looked into: a hook that was told to come later, or came just before the server did, may have
/// been the last of its session.
const LOOK: Duration = Duration::from_secs(10);

/// The spool of the server that runs here.
pub(super) struct OwnSpool {
    spool: Spool,
    destination: Destination,
    /// Wakes the thread that delivers.
    wake: SyncSender<()>,
    /// What that thread waits at, until it runs.
    woken: Mutex<Option<Receiver<()>>>,
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
        Some(Arc::new(Self::of(spool, Destination { address, token })))
    }

    fn of(spool: Spool, destination: Destination) -> Self {
        let (wake, woken) = mpsc::sync_channel(1);
        Self { spool, destination, wake, woken: Mutex::new(Some(woken)) }
    }

    /// Starts the thread that delivers what waits, now and whenever something does.
    pub(super) fn deliver(&self) {
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(woken) = woken else { return };
        let (spool, destination) = (self.spool.clone(), self.destination.clone());
        let work = move || deliver_for_ever(&spool, &destination, &woken);
        if let Err(error) = std::thread::Builder::new().name("spool".into()).spawn(work) {
            tracing::warn!("what waits in the spool is left to hooks: {error}");
        }
    }
}

impl config::Spool for OwnSpool {
    fn keep(&self, agent: &str, envelope: &str, document: &[u8]) -> io::Result<()> {
        self.spool.keep(agent, envelope, document, &self.destination.address).map_err(io::Error::other)?;
        // Who is woken already need not be woken twice.
        let _ = self.wake.try_send(());
        Ok(())
    }

    fn holds(&self, document: &[u8]) -> bool {
        !self.spool.is_empty() && Routing::of(document).is_some_and(|routing| self.spool.holds(&routing.session_id))
    }
}

fn deliver_for_ever(spool: &Spool, destination: &Destination, woken: &Receiver<()>) {
    let mut failed_for = Duration::ZERO;
    let mut next = Instant::now();
    loop {
        match woken.recv_timeout(next.saturating_duration_since(Instant::now())) {
            // What could not be stored a moment ago can hardly be now.
            Ok(()) => next = next.min(Instant::now() + FIRST_PAUSE),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let waits = !spool.is_empty() && deliver_once(spool, destination);
                failed_for = if waits { (failed_for * 2).clamp(FIRST_PAUSE, LAST_PAUSE) } else { Duration::ZERO };
                next = Instant::now() + if waits { failed_for } else { LOOK };
            }
        }
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::net::TcpListener;

    use agent_runtime_server::config::Spool as _;

    use super::{Destination, OwnSpool};
    use crate::delivery::address::Address;
    use crate::delivery::tests::take;
    use crate::spool::Spool;

    /// Threads of this process that deliver.
    fn delivering() -> usize {
        let tasks = fs::read_dir("/proc/self/task").expect("threads").flatten();
        tasks.filter(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "spool\n")).count()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn however_much_comes_one_thread_delivers_one_document_at_a_time() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let address = Address::parse(&address).expect("an address");
        let state = tempfile::tempdir().expect("a folder");
        let spool = Spool::of(state.path(), &address);
        let own = OwnSpool::of(spool, Destination { address, token: None });
        let document = |number: usize| format!("{{\"session_id\":\"s{}\",\"number\":{number}}}", number % 3);
        let keep = |number: usize| own.keep("codex", "{}", document(number).as_bytes()).expect("kept");
        keep(0);
        own.deliver();
        own.deliver();
        let first = take(&listener, || {
            // While the server is slow to answer, nobody waits for the thread, and no other begins.
            (1..50).for_each(keep);
            assert_eq!(delivering(), 1);
            listener.set_nonblocking(true).expect("set");
            assert_eq!(listener.accept().expect_err("nobody comes").kind(), ErrorKind::WouldBlock);
            listener.set_nonblocking(false).expect("set");
        });
        assert_eq!(first, document(0).into_bytes());
        for number in 1..50 {
            assert_eq!(take(&listener, || {}), document(number).into_bytes());
        }
        assert_eq!(delivering(), 1);
    }
}
