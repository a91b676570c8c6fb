//! Runs a command's work until it is done or a signal asks it to end: what it holds is then dropped, so that nothing
//! half-made stays behind. A second signal ends the process at once.

use std::future::Future;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::Failure;

/// Runs it.
///
/// # Errors
/// When the work fails, or is interrupted.
pub(crate) fn run(work: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    // One thread besides ours: the work may wait for a reader of stdout, and signals are heard all the same.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::work(format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(async {
        let mut interrupted = signals()?;
        tokio::select! {
            biased;
            Ok(number) = &mut interrupted => Err(Failure::Interrupted(number)),
            outcome = work => outcome,
        }
    });
    // A question that nobody answered still waits for its line.
    runtime.shutdown_background();
    outcome
}

fn signals() -> Result<oneshot::Receiver<u8>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::work(format!("cannot listen to signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        let first = next(&mut interrupt, &mut terminate).await;
        // A command that has just ended no longer wants to know.
        let _ = sender.send(first);
        let second = next(&mut interrupt, &mut terminate).await;
        std::process::exit(128 + i32::from(second));
    });
    Ok(receiver)
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> u8 {
    let kind = tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
    };
    u8::try_from(kind.as_raw_value()).unwrap_or_default()
}
