//! What signals do: the first asks for a clean end, the second ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// The exit code of a shell for a process that a signal ended is this plus the signal's number.
const BY_SIGNAL: i32 = 128;

/// Cancels `shutdown` at the first SIGTERM or SIGINT, and ends the process at the second.
///
/// # Errors
/// When the signals cannot be listened to.
pub(super) fn on_signals(shutdown: &CancellationToken) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::work(format!("cannot listen to signals: {error}")));
    let mut signals =
        Signals { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? };
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::info!(signal = first.name, "stopping: accepted requests finish, a second signal ends at once");
        shutdown.cancel();
        let second = signals.next().await;
        // Nothing that was answered is lost by this: it is on disk.
        std::process::exit(BY_SIGNAL + second.number);
    });
    Ok(())
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

struct Caught {
    name: &'static str,
    number: i32,
}

impl Signals {
    async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => Caught { name: "SIGTERM", number: SignalKind::terminate().as_raw_value() },
            _ = self.interrupt.recv() => Caught { name: "SIGINT", number: SignalKind::interrupt().as_raw_value() },
        }
    }
}
