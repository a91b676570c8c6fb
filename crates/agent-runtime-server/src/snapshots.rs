//! The first message of live readers, made once for all who come at the same time.

use std::sync::Arc;

use agent_runtime_store::error::ReadError;
use agent_runtime_store::read::Store;
use agent_runtime_types::live::init_message;
use tokio::sync::{Mutex, Semaphore};

use crate::hub::{Frame, FrameKind, Only};

/// Makes `init` messages.
pub(crate) struct Snapshots {
    /// The newest one of all sessions. Readers who come together wait here for one of them to make it.
    newest: Mutex<Option<Frame>>,
    /// Session lists under way, each whole in memory.
    places: Arc<Semaphore>,
}

impl Snapshots {
    pub(crate) fn new(at_once: usize) -> Self {
        Self { newest: Mutex::default(), places: Arc::new(Semaphore::new(at_once)) }
    }

    /// An `init` as of `head` or later.
    pub(crate) async fn init(&self, store: &dyn Store, head: i64, only: &Only) -> Result<Frame, ReadError> {
        let Some(ids) = only else {
            let mut newest = self.newest.lock().await;
            if let Some(message) = newest.as_ref().filter(|message| message.seq >= head) {
                return Ok(message.clone());
            }
            let message = self.read(store, None).await?;
            *newest = Some(message.clone());
            return Ok(message);
        };
        self.read(store, Some(ids.to_vec())).await
    }

    async fn read(&self, store: &dyn Store, ids: Option<Vec<String>>) -> Result<Frame, ReadError> {
        let _place = self.places.acquire().await.map_err(|error| ReadError::Failed(error.to_string()))?;
        let snapshot = store.snapshot(ids).await?;
        let text = init_message(&snapshot.sessions, store.epoch(), snapshot.seq);
        Ok(Frame { seq: snapshot.seq, kind: FrameKind::Init, text: text.into() })
    }
}
