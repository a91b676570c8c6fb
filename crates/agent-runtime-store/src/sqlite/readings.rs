//! Readings under way: a session that is deleted under one keeps its rows until the reading ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many readings each session has.
#[derive(Clone, Default)]
pub(super) struct Readings {
    counts: Arc<Mutex<HashMap<i64, usize>>>,
}

/// Keeps a session's rows from being erased until it is dropped.
pub(super) struct Hold {
    readings: Readings,
    session_key: i64,
}

impl Readings {
    /// Begins a reading.
    pub(super) fn hold(&self, session_key: i64) -> Hold {
        *self.lock().entry(session_key).or_default() += 1;
        Hold { readings: self.clone(), session_key }
    }

    /// The sessions that are being read.
    pub(super) fn held(&self) -> Vec<i64> {
        self.lock().keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut counts = self.readings.lock();
        if let Some(count) = counts.get_mut(&self.session_key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.session_key);
            }
        }
    }
}
