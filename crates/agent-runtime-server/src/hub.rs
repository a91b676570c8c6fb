//! Who listens, and the newest messages for them: one ring, serialised once. Carries, never stores.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use agent_runtime_types::live::{Change, ChangeKind, SessionChanged};
use agent_runtime_types::outline::EventMessage;
use bytes::Bytes;
use tokio::sync::watch;

use crate::limits::Limits;

/// Bytes of an outline that the ring keeps for others who want it. One that is longer is made anew for each.
const KEPT_OUTLINE_BYTES: usize = 4096;

/// One message, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The position that it brings a reader to.
    pub(crate) seq: i64,
    /// What it tells.
    pub(crate) kind: FrameKind,
    /// The message as JSON.
    pub(crate) text: Bytes,
}

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// All sessions.
    Init,
    /// A cursor could not be honoured.
    Reset,
    /// A change.
    Change(ChangeKind),
    /// An event without its body.
    Outline,
}

impl FrameKind {
    /// The word on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Reset => "reset",
            Self::Change(kind) => kind.as_str(),
            Self::Outline => "outline",
        }
    }
}

impl Frame {
    /// The message that carries a change.
    pub(crate) fn of(change: &Change, epoch: &str) -> Self {
        Self { seq: change.seq, kind: FrameKind::Change(change.kind), text: change.message(epoch).into() }
    }

    /// The same without the event's body, unless the event is of one of these sessions.
    pub(crate) fn outlined(self, bodies: &[String]) -> Self {
        if self.kind != FrameKind::Change(ChangeKind::Event) {
            return self;
        }
        let Some(message) = std::str::from_utf8(&self.text).ok().and_then(EventMessage::read) else { return self };
        if message.session_id().is_some_and(|id| contains(bodies, &id)) {
            return self;
        }
        Self { seq: self.seq, kind: FrameKind::Outline, text: message.outlined().into() }
    }

    fn is_deletion(&self) -> bool {
        self.kind == FrameKind::Change(ChangeKind::SessionDeleted)
    }
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
    slots: VecDeque<Slot>,
    bytes: usize,
}

/// The place of one position in the ring.
struct Slot {
    seq: i64,
    session_id: Arc<str>,
    /// `None` once the session has been deleted: what is erased is never sent.
    frame: Option<Frame>,
    /// An event's outline, once somebody has made it. It is not counted in the ring's bytes: it is short.
    outline: OnceLock<Bytes>,
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

/// The sessions that a reader wants to hear of, sorted; `None` means all.
pub(crate) type Only = Option<Arc<[String]>>;

/// The sessions whose events a reader wants whole, sorted; of all others it is sent outlines. `None` means all.
pub(crate) type Bodies = Option<Arc<[String]>>;

/// What a reader wants to hear.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) only: Only,
    pub(crate) bodies: Bodies,
}

fn contains(sorted: &[String], session_id: &str) -> bool {
    sorted.binary_search_by(|id| (**id).cmp(session_id)).is_ok()
}

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
    pub(crate) fn publish(&self, epoch: &str, changes: &[SessionChanged]) {
        let Some(head) = changes.last().map(SessionChanged::seq) else { return };
        // Messages for nobody are not made: who comes later finds them in the store.
        if self.listeners() == 0 {
            *self.write() = Ring::default();
        } else {
            // The ring has no place for more, so no frames are made for more.
            let skipped = changes.len().saturating_sub(self.max_frames);
            let slots = changes.iter().skip(skipped).map(|changed| {
                let kind = FrameKind::Change(changed.kind());
                let frame = Frame { seq: changed.seq(), kind, text: changed.message(epoch).into() };
                let session_id = Arc::from(changed.session_id());
                Slot { seq: changed.seq(), session_id, frame: Some(frame), outline: OnceLock::new() }
            });
            let slots: Vec<_> = slots.collect();
            self.write().append(slots, self.max_frames, self.max_bytes);
        }
        self.head.send_replace(head);
    }

    /// What follows `after` in the ring: at most so many frames and, beyond the first, so many bytes.
    /// Outlines that nobody has asked for before come as whole events: see [`Self::keep_outline`].
    pub(crate) fn take(&self, after: i64, wish: &Wish, max_frames: usize, max_bytes: usize) -> Taken {
        let head = self.head();
        if after >= head {
            return Taken::Nothing;
        }
        let ring = self.read();
        let start = match ring.slots.front() {
            Some(first) if first.seq <= after + 1 => usize::try_from(after + 1 - first.seq).unwrap_or(usize::MAX),
            _ => return Taken::Behind { head },
        };
        let (mut frames, mut bytes, mut read_to) = (Vec::new(), 0, after);
        for Slot { seq, session_id, frame, outline } in ring.slots.iter().skip(start) {
            let wanted = wish.only.as_ref().is_none_or(|ids| contains(ids, session_id));
            if let Some(frame) = frame.as_ref().filter(|_| wanted) {
                if frames.len() >= max_frames || (bytes > 0 && bytes + frame.text.len() > max_bytes) {
                    break;
                }
                bytes += frame.text.len();
                let outline =
                    outline.get().filter(|_| wish.bodies.as_ref().is_some_and(|ids| !contains(ids, session_id)));
                frames.push(match outline {
                    Some(outline) => Frame { seq: *seq, kind: FrameKind::Outline, text: outline.clone() },
                    None => frame.clone(),
                });
            }
            read_to = *seq;
        }
        // The ring may have been emptied since the head was read.
        if read_to == after { Taken::Behind { head } } else { Taken::Frames { frames, read_to } }
    }

    /// Keeps an outline that a reader has made, for the next who wants it.
    pub(crate) fn keep_outline(&self, outline: &Frame) {
        if outline.kind != FrameKind::Outline || outline.text.len() > KEPT_OUTLINE_BYTES {
            return;
        }
        let ring = self.read();
        let first = ring.slots.front().map_or(i64::MAX, |first| first.seq);
        let place = usize::try_from(outline.seq.saturating_sub(first)).ok();
        if let Some(slot) = place.and_then(|place| ring.slots.get(place)).filter(|slot| slot.frame.is_some()) {
            // Whoever came first made the same.
            let _ = slot.outline.set(outline.text.clone());
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn append(&mut self, slots: Vec<Slot>, max_frames: usize, max_bytes: usize) {
        for slot in slots {
            // Behind a gap the ring begins anew: who has to cross it reads the store.
            if self.slots.back().is_some_and(|last| slot.seq != last.seq + 1) {
                *self = Self::default();
            }
            if slot.frame.as_ref().is_some_and(Frame::is_deletion) {
                self.erase(&slot.session_id);
            }
            self.bytes += slot.bytes();
            self.slots.push_back(slot);
            while self.slots.len() > max_frames || (self.bytes > max_bytes && self.slots.len() > 1) {
                let Some(oldest) = self.slots.pop_front() else { break };
                self.bytes -= oldest.bytes();
            }
        }
    }

    /// Empties the places of a session that is deleted, but for those of earlier deletions.
    fn erase(&mut self, session_id: &str) {
        for slot in self.slots.iter_mut().filter(|slot| *slot.session_id == *session_id) {
            if slot.frame.as_ref().is_some_and(|frame| !frame.is_deletion()) {
                self.bytes -= slot.bytes();
                slot.frame = None;
                slot.outline = OnceLock::new();
            }
        }
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        self.frame.as_ref().map_or(0, |frame| frame.text.len())
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
