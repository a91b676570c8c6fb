//! A few connections that read, each used by one caller at a time on a thread that may block.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::error::ReadError;

use super::open;

/// The reading connections; they are opened when they are first needed.
pub(super) struct ReadPool {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl ReadPool {
    /// A pool of at most `size` connections to the file.
    pub(super) fn new(path: PathBuf, size: usize) -> Self {
        let shared = Shared { path, places: Arc::new(Semaphore::new(size)), idle: Mutex::new(Vec::new()) };
        Self { shared: Arc::new(shared) }
    }

    /// Runs `read` with a connection of its own, once one is free.
    pub(super) async fn run<T, F>(&self, read: F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, ReadError> + Send + 'static,
    {
        let gone = |error: &dyn std::fmt::Display| ReadError::Failed(error.to_string());
        let place = Arc::clone(&self.shared.places).acquire_owned().await.map_err(|error| gone(&error))?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let _place = place;
            let idle = shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => open::reading(&shared.path)?,
            };
            let answer = read(&mut connection);
            // A connection that failed may be in any state: the next caller opens a fresh one.
            if !matches!(answer, Err(ReadError::Failed(_))) {
                shared.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            answer
        });
        task.await.map_err(|error| gone(&error))?
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
