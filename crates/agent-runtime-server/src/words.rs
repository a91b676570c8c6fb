//! Where a request says that a transcript has something to read; `transcripts` does.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::TranscriptRef;
use tokio::sync::mpsc;

/// Looks that wait. With more, some are left out: the next document asks again.
const WAITING_LOOKS: usize = 1024;

/// The sending end.
pub(crate) struct Words(mpsc::Sender<Look>);

/// A transcript to be looked at.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) agent: Agent,
    pub(crate) transcript: TranscriptRef,
}

impl Words {
    /// The sending end, and the other.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Look>) {
        let (sender, receiver) = mpsc::channel(WAITING_LOOKS);
        (Self(sender), receiver)
    }

    /// Has a transcript looked at, soon.
    pub(crate) fn look(&self, agent: Agent, transcript: TranscriptRef) {
        // When too many wait, the next document of this session asks again.
        let _ = self.0.try_send(Look { agent, transcript });
    }
}
