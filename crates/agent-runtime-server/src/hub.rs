//! Who listens, and the newest messages for them: one ring, serialised once. Carries, never stores.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use agent_runtime_store::write::SessionChanged;
use agent_runtime_types::live::ChangeKind;
use axum::extract::ws::Utf8Bytes;
use tokio::sync::watch;

use crate::limits::Limits;

/// One message of the change log, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Its position.
    pub(crate) seq: i64,
    /// What it tells.
    pub(crate) kind: ChangeKind,
    /// The message as JSON.
    pub(crate) text: Utf8Bytes,
}

/// The meeting point of the journal and the live readers.
pub(crate) struct Hub {
    ring: RwLock<Ring>,
    head: watch::Sender<i64>,
    listeners: Arc<AtomicUsize>,
    max_frames: usize,
    max_bytes: usize,
}

/// The newest frames, without a gap between them.
#[derive(Default)]
struct Ring {
    frames: VecDeque<(Arc<str>, Frame)>,
    bytes: usize,
}

/// What the ring has for a reader at its position.
#[derive(Debug)]
pub(crate) enum Taken {
    /// These; everything up to `read_to` is done with. There may be none, when a filter let none pass.
    Frames { frames: Vec<Frame>, read_to: i64 },
    /// The reader has everything that was published.
    Nothing,
    /// The ring begins later than the reader's next position: the store has to be read, up to `head`.
    Behind { head: i64 },
}

/// A reader's seat: it is told when something is published.
pub(crate) struct Seat {
    head: watch::Receiver<i64>,
    listeners: Arc<AtomicUsize>,
}

/// The sessions that a reader wants to hear of; `None` means all.
pub(crate) type Only = Option<Arc<[String]>>;

impl Hub {
    pub(crate) fn new(head: i64, limits: &Limits) -> Self {
        Self {
            ring: RwLock::default(),
            head: watch::Sender::new(head),
            listeners: Arc::default(),
            max_frames: limits.ring_frames,
            max_bytes: limits.ring_bytes,
        }
    }

    /// The last position that was published.
    pub(crate) fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// How many listen.
    pub(crate) fn listeners(&self) -> usize {
        self.listeners.load(Ordering::SeqCst)
    }

    /// Takes a seat. What is published from now on is in the ring, or reported as [`Taken::Behind`].
    pub(crate) fn listen(&self) -> Seat {
        self.listeners.fetch_add(1, Ordering::SeqCst);
        Seat { head: self.head.subscribe(), listeners: Arc::clone(&self.listeners) }
    }

    /// Shows committed changes to whoever listens. They follow the last ones without a gap.
    pub(crate) fn publish(&self, epoch: &str, changes: Vec<SessionChanged>) {
        let Some(head) = changes.last().map(|last| last.change.seq) else { return };
        // Messages for nobody are not made: who comes later finds them in the store.
        if self.listeners() == 0 {
            *self.write() = Ring::default();
        } else {
            let frames = changes.into_iter().map(|SessionChanged { session_id, change }| {
                let frame = Frame { seq: change.seq, kind: change.kind, text: change.message(epoch).into() };
                (Arc::from(session_id), frame)
            });
            let frames: Vec<_> = frames.collect();
            self.write().append(frames, self.max_frames, self.max_bytes);
        }
        self.head.send_replace(head);
    }

    /// What follows `after` in the ring: at most so many frames and, beyond the first, so many bytes.
    pub(crate) fn take(&self, after: i64, only: &Only, max_frames: usize, max_bytes: usize) -> Taken {
        let head = self.head();
        if after >= head {
            return Taken::Nothing;
        }
        let ring = self.read();
        let start = match ring.frames.front() {
            Some((_, first)) if first.seq <= after + 1 => usize::try_from(after + 1 - first.seq).unwrap_or(usize::MAX),
            _ => return Taken::Behind { head },
        };
        let (mut frames, mut bytes, mut read_to) = (Vec::new(), 0, after);
        for (session_id, frame) in ring.frames.iter().skip(start) {
            if only.as_ref().is_none_or(|ids| ids.iter().any(|id| **id == **session_id)) {
                if frames.len() >= max_frames || (bytes > 0 && bytes + frame.text.len() > max_bytes) {
                    break;
                }
                bytes += frame.text.len();
                frames.push(frame.clone());
            }
            read_to = frame.seq;
        }
        // The ring may have been emptied since the head was read.
        if read_to == after { Taken::Behind { head } } else { Taken::Frames { frames, read_to } }
    }

    fn read(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn append(&mut self, frames: Vec<(Arc<str>, Frame)>, max_frames: usize, max_bytes: usize) {
        let follows = match (self.frames.back(), frames.first()) {
            (Some((_, last)), Some((_, first))) => first.seq == last.seq + 1,
            _ => true,
        };
        if !follows {
            *self = Self::default();
        }
        for (session_id, frame) in frames {
            self.bytes += frame.text.len();
            self.frames.push_back((session_id, frame));
            while self.frames.len() > max_frames || (self.bytes > max_bytes && self.frames.len() > 1) {
                let Some((_, oldest)) = self.frames.pop_front() else { break };
                self.bytes -= oldest.text.len();
            }
        }
    }
}

impl Seat {
    /// Waits until something is published that this seat has not been told of. `false`: the hub is gone.
    pub(crate) async fn wait(&mut self) -> bool {
        self.head.changed().await.is_ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}
