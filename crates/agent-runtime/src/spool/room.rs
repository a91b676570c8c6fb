//! The bounds of a spool: what goes when there is no more room, and that it is counted.

use std::fs;
use std::io;

use super::adopt::MOST_IN_PASSING;
use super::arriving::{self, Arrival};
use super::totals::Totals;
use super::waiting::{self, Entry};
use super::{Spool, lost, rejected};

/// Bytes of documents that may wait for one server.
pub(crate) const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Documents that may wait for one server: days of work, and a folder that can still be listed in a second.
pub(super) const MOST_DOCUMENTS: u64 = 100_000;
/// Documents that may wait for their number: more only come together when a process that holds the lock was stopped.
pub(super) const MOST_ARRIVALS: u64 = 10_000;
/// When there is no more room a hundredth of it is made at once, so that not every document searches for the oldest.
const ROOM_MADE: u64 = 100;
/// Bytes of a document of which several may come before all are weighed, and how many.
const SMALL: u64 = 64 * 1024;
const WEIGHED_EVERY: usize = 16;

impl Spool {
    /// Whether so much more may wait.
    pub(super) fn has_room(&self, totals: &Totals, documents: u64, bytes: u64) -> bool {
        totals.documents + documents <= self.most_documents && totals.bytes + bytes <= MOST_BYTES
    }

    /// Drops the oldest documents until so many more, and so many bytes, have their place. The caller holds the lock.
    pub(super) fn make_room(&self, totals: &mut Totals, documents: u64, bytes: u64) -> io::Result<()> {
        let entries = waiting::list(&self.waiting())?.entries;
        let sizes: Vec<u64> = entries.iter().map(Entry::bytes).collect();
        // Kills may have left the totals too high: what is there counts.
        totals.documents = u64::try_from(sizes.len()).unwrap_or(u64::MAX);
        totals.bytes = sizes.iter().sum();
        let fits = |totals: &Totals, share: u64| {
            totals.documents + documents + self.most_documents / share <= self.most_documents
                && totals.bytes + bytes + MOST_BYTES / share <= MOST_BYTES
        };
        if fits(totals, u64::MAX) {
            return Ok(());
        }
        let mut failure = None;
        for (entry, size) in entries.iter().zip(sizes) {
            if fits(totals, ROOM_MADE) {
                break;
            }
            match entry.remove() {
                Ok(()) => {
                    totals.documents -= 1;
                    totals.bytes -= size;
                    totals.dropped += 1;
                }
                // Others make room as well.
                Err(error) => failure = Some(error),
            }
        }
        if fits(totals, u64::MAX) { Ok(()) } else { failure.map_or(Ok(()), Err) }
    }

    /// Drops the oldest of those without a number when they are too many, since nobody gives them one, once another of
    /// so many bytes has come. Needs no lock: who erases one counts it. Thousands are counted each time, since an agent
    /// waits, but weighed only now and then when those that come are small.
    pub(super) fn limit_arrivals(&self, bytes: u64) -> io::Result<()> {
        let documents = arriving::count(&self.folder);
        let is_weighed = documents <= MOST_IN_PASSING || bytes > SMALL || documents.is_multiple_of(WEIGHED_EVERY);
        if !is_weighed && u64::try_from(documents).is_ok_and(|documents| documents <= self.most_arrivals) {
            return Ok(());
        }
        let arrivals = arriving::list(&self.folder)?;
        let mut documents = u64::try_from(arrivals.len()).unwrap_or(u64::MAX);
        let mut bytes: u64 = arrivals.iter().map(Arrival::bytes).sum();
        if documents <= self.most_arrivals && bytes <= MOST_BYTES {
            return Ok(());
        }
        let mut dropped = 0;
        // The newest stays, whatever its size: its hook was told that it is kept.
        for arrival in arrivals.iter().take(arrivals.len().saturating_sub(1)) {
            if documents + self.most_arrivals / ROOM_MADE <= self.most_arrivals
                && bytes + MOST_BYTES / ROOM_MADE <= MOST_BYTES
            {
                break;
            }
            let size = arrival.bytes();
            documents -= 1;
            bytes = bytes.saturating_sub(size);
            if fs::remove_file(&arrival.path).is_ok() {
                dropped += 1;
            }
        }
        lost::add(&self.folder, dropped)
    }

    /// Erases the oldest of those that were refused, if they are too many, and counts them. The caller holds the lock.
    pub(super) fn limit_rejected(&self) -> io::Result<()> {
        let erased = rejected::limit(&self.folder)?;
        if erased == 0 {
            return Ok(());
        }
        let mut totals = self.totals()?;
        totals.dropped += erased;
        totals.write(&self.folder)
    }
}
