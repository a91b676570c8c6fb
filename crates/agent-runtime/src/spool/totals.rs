//! How much waits, how much was dropped, and the next number.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files;
use super::waiting::Entry;

/// What the file `totals` holds. A kill may leave it too high, never too low.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    next: u64,
    pub(super) documents: u64,
    pub(super) bytes: u64,
    pub(super) dropped: u64,
}

impl Totals {
    /// What stands in the file; `None` when that cannot be read.
    pub(super) fn read(spool: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(spool.join("totals")).ok()?).ok()
    }

    /// What is there, counted anew, when there is no such file.
    pub(super) fn counted(entries: &[Entry], newest_rejected: u64) -> io::Result<Self> {
        let newest = entries.last().map_or(0, |entry| entry.number);
        Ok(Self {
            next: newest.max(newest_rejected) + 1,
            documents: u64::try_from(entries.len()).map_err(io::Error::other)?,
            bytes: entries.iter().map(Entry::bytes).sum(),
            dropped: 0,
        })
    }

    /// The same, when what stands there cannot be right; what was dropped is known from nowhere else.
    pub(super) fn counted_anew(&self, entries: &[Entry], newest_rejected: u64) -> io::Result<Self> {
        Ok(Self { dropped: self.dropped, ..Self::counted(entries, newest_rejected)? })
    }

    /// Takes one document out of what waits.
    pub(super) fn take_out(&mut self, bytes: u64) {
        self.documents = self.documents.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Takes one back that was dropped.
    pub(super) fn take_back(&mut self) {
        self.dropped = self.dropped.saturating_sub(1);
    }

    /// Writes the file.
    pub(super) fn write(&self, spool: &Path) -> io::Result<()> {
        files::put(spool, &spool.join("totals"), &serde_json::to_vec(self)?)
    }

    /// A number that no document had before.
    pub(super) fn take_number(&mut self) -> u64 {
        self.take_numbers(1)
    }

    /// The first of so many numbers that no document had before.
    pub(super) fn take_numbers(&mut self, count: u64) -> u64 {
        self.next += count;
        self.next - count
    }
}
