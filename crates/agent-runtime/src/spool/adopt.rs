//! Giving numbers to documents that have come, so that they wait in the order of their session.

use std::collections::HashSet;
use std::fs;
use std::io;

use super::arriving::{self, Arrival};
use super::files;
use super::totals::Totals;
use super::{Spool, waiting};

impl Spool {
    /// Moves all that has come to what waits. The caller holds the lock. A document is at every moment in one of the two
    /// places, for it is moved whole; what cannot be moved holds up its own session only.
    ///
    /// # Errors
    /// When something had to stay, after all else was moved.
    pub(super) fn adopt(&self) -> io::Result<()> {
        let arrivals = arriving::list(&self.folder)?;
        if arrivals.is_empty() || self.is_unaddressed() {
            return Ok(());
        }
        arriving::sweep(&self.folder, &arrivals);
        let mut totals = self.totals()?;
        let (documents, bytes) = measured(&arrivals);
        // Together when they have room together: the totals are then written once.
        let together = if self.has_room(&totals, documents, bytes) { arrivals.len() } else { 1 };
        let mut moving = Moving::default();
        for arrivals in arrivals.chunks(together) {
            let (documents, bytes) = measured(arrivals);
            if !self.has_room(&totals, documents, bytes) {
                self.make_room(&mut totals, bytes)?;
            }
            // Counted first: a kill between the two must not give the same number twice.
            let first = totals.take_numbers(documents);
            totals.documents += documents;
            totals.bytes += bytes;
            totals.write(&self.folder)?;
            for (arrival, number) in arrivals.iter().zip(first..) {
                moving.carry(self, arrival, number, &mut totals);
            }
        }
        if moving.has_left_some {
            totals.write(&self.folder)?;
        }
        moving.failure.map_or(Ok(()), Err)
    }
}

/// What became of those that were to be moved.
#[derive(Default)]
struct Moving {
    /// Sessions of which one had to stay: those after it stay with it.
    stuck: HashSet<String>,
    has_left_some: bool,
    failure: Option<io::Error>,
}

impl Moving {
    fn carry(&mut self, spool: &Spool, arrival: &Arrival, number: u64, totals: &mut Totals) {
        let bytes = arrival.bytes();
        if !self.stuck.contains(&arrival.session) {
            let folder = spool.waiting().join(&arrival.session);
            let moved = files::make_folder(&folder)
                .and_then(|()| fs::rename(&arrival.path, folder.join(waiting::file_name(number))));
            match moved {
                Ok(()) => return,
                // Dropped meanwhile to make room.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.stuck.insert(arrival.session.clone());
                    self.failure = Some(error);
                }
            }
        }
        totals.take_out(bytes);
        self.has_left_some = true;
    }
}

/// How many they are, and how large.
fn measured(arrivals: &[Arrival]) -> (u64, u64) {
    (u64::try_from(arrivals.len()).unwrap_or(u64::MAX), arrivals.iter().map(Arrival::bytes).sum())
}
