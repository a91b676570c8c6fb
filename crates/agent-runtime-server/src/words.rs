//! Where a request says that a transcript has something to read; `transcripts` does.

pub(crate) mod roots;

use std::path::PathBuf;

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::TranscriptRef;
use tokio::sync::{Notify, mpsc};

/// Looks that wait. With more, the store is asked which transcripts are to be read on.
const WAITING_LOOKS: usize = 1024;

/// The sending end.
pub(crate) struct Words {
    looks: mpsc::Sender<Look>,
    /// Told when a look did not fit.
    missed: Notify,
    folders: Vec<PathBuf>,
}

/// A transcript to be looked at.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) agent: Agent,
    pub(crate) transcript: TranscriptRef,
}

impl Words {
    /// The sending end, and the other, which reads files in these folders.
    pub(crate) fn new(folders: Vec<PathBuf>) -> (Self, mpsc::Receiver<Look>) {
        let (looks, receiver) = mpsc::channel(WAITING_LOOKS);
        (Self { looks, missed: Notify::new(), folders }, receiver)
    }

    /// Whether a transcript, as a document names it, is there and would be read.
    pub(crate) fn may_be_read(&self, transcript: &TranscriptRef) -> bool {
        roots::find(&self.folders, transcript).is_ok_and(|path| std::fs::File::open(path).is_ok())
    }

    /// Has a transcript looked at, soon.
    pub(crate) fn look(&self, agent: Agent, transcript: TranscriptRef) {
        if self.looks.try_send(Look { agent, transcript }).is_err() {
            self.missed.notify_one();
        }
    }

    /// Waits until a look did not fit.
    pub(crate) async fn missed(&self) {
        self.missed.notified().await;
    }
}
