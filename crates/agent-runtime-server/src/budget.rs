//! A number of bytes that requests share.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are counted in units of this size, since a semaphore counts to 32 bits only in one go.
const UNIT_BYTES: usize = 1024;

/// How many bytes may be held at once.
pub(crate) struct Budget {
    units: Arc<Semaphore>,
}

/// Bytes taken from a budget; they go back when this is dropped.
pub(crate) struct Share {
    units: Arc<Semaphore>,
    /// Where the rest is taken from when the budget does not reach.
    spare: Option<Arc<Semaphore>>,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { units: Arc::new(Semaphore::new(bytes.div_ceil(UNIT_BYTES).min(Semaphore::MAX_PERMITS))) }
    }

    /// An empty share, to be grown.
    pub(crate) fn share(&self) -> Share {
        Share { units: Arc::clone(&self.units), spare: None, held: None, bytes: 0 }
    }

    /// An empty share that grows from this budget and, when it does not reach, from another.
    pub(crate) fn share_or(&self, spare: &Self) -> Share {
        Share { spare: Some(Arc::clone(&spare.units)), ..self.share() }
    }
}

impl Share {
    /// Makes the share at least `bytes` large, or tells that the budget does not reach.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let wanted = bytes.div_ceil(UNIT_BYTES).saturating_sub(self.bytes.div_ceil(UNIT_BYTES));
        if wanted > 0 {
            let Ok(wanted) = u32::try_from(wanted) else { return false };
            let Ok(more) = Arc::clone(&self.units).try_acquire_many_owned(wanted) else {
                return self.change_to_spare(bytes);
            };
            match &mut self.held {
                Some(held) => held.merge(more),
                None => self.held = Some(more),
            }
        }
        self.bytes = self.bytes.max(bytes);
        true
    }

    /// Takes all of it from the spare budget: permits of two budgets do not merge.
    fn change_to_spare(&mut self, bytes: usize) -> bool {
        let Some(spare) = self.spare.take() else { return false };
        let mut other = Self { units: spare, spare: None, held: None, bytes: 0 };
        let grown = other.grow_to(bytes);
        if grown {
            *self = other;
        }
        grown
    }
}
