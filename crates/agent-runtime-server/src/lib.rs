//! The wire of Agent Runtime: from a socket to the store and back.
//!
//! One event goes through these files: `listen` takes the connection, `door` checks who asks, `router`
//! finds the route, `api/events` reads the request, `journal` has it committed and published, `hub` holds
//! it for whoever listens, `follow` turns history and hub into one stream, and `api/live_ws` or
//! `api/live_sse` send it.

pub mod assets;
pub mod clock;
pub mod config;
pub mod limits;

mod agents;
mod api;
mod app;
mod budget;
mod connection;
mod door;
mod error;
mod extract;
mod follow;
mod hub;
mod journal;
mod listen;
mod observe;
mod origins;
mod reports;
mod router;
mod secrets;
mod snapshots;
mod transcripts;
mod ui;
mod websocket;
mod words;

use std::sync::Arc;

use agent_runtime_store::read::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::door::Door;
use crate::words::Words;

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store has been given to another server already.
    #[error("the database is already being served")]
    WriterTaken,
    /// The system gave no thread, or no address for a listener.
    #[error("the system refused what the server needs: {0}")]
    Io(#[from] std::io::Error),
    /// The head of the log could not be read.
    #[error("the database cannot be read: {0}")]
    Unreadable(#[from] agent_runtime_store::error::ReadError),
}

/// Serves the API on `listeners` until `shutdown` is cancelled and everything is closed: accepted requests
/// finish, live streams are told to come back, the database is closed cleanly.
///
/// # Errors
/// When it cannot start. Once it runs, it does not fail.
pub async fn serve(
    config: Config,
    store: Arc<dyn Store>,
    listeners: Vec<TcpListener>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let bound = listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    let closing = config.limits.closing;
    let (words, looks) = Words::new(config.transcripts.clone());
    let (app, journal) = App::start(config, store, words, router::openapi_json, shutdown.clone()).await?;
    let door = Arc::new(Door::new(router::router(Arc::clone(&app)), Arc::clone(&app), &bound));
    app.tasks.spawn(agents::watch(Arc::clone(&app)));
    app.tasks.spawn(transcripts::read(Arc::clone(&app), looks));
    listen::until_shutdown(listeners, &door, &app).await;
    journal.close(closing).await;
    Ok(())
}

/// The OpenAPI document of this server: JSON, indented, with a line break at its end.
pub fn openapi_json() -> String {
    router::openapi_json()
}
