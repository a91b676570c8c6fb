//! Giving numbers to documents that have come, so that they wait in the order of their session.

use std::collections::HashSet;
use std::fs;
use std::io;

use super::arriving::{self, Arrival};
use super::files;
use super::room::MOST_BYTES;
use super::{Spool, rejected, waiting};

/// Documents that somebody moves for whom an agent waits: more are left to a process that has the time.
pub(super) const MOST_IN_PASSING: usize = 100;
/// Documents that get their numbers together, and bytes of them: room is made for all of them at once.
const MOST_TOGETHER: usize = 1000;
const MOST_BYTES_TOGETHER: u64 = MOST_BYTES / 16;

/// What became of documents that were to be moved.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    /// Sessions of which one had to stay: those after it stay with it.
    pub(super) stuck: HashSet<String>,
    /// Why.
    pub(super) failure: Option<io::Error>,
    has_left_some: bool,
    /// Whether a number was another document's, so that the next number is not known.
    is_confused: bool,
}

impl Spool {
    /// Moves all that has come to what waits. The caller holds the lock. A document is at every moment in one of the two
    /// places, for it is moved whole; what cannot be moved holds up its own session only.
    ///
    /// # Errors
    /// When none of the rest could be moved.
    pub(super) fn adopt(&self) -> io::Result<Adopted> {
        let mut adopted = Adopted::default();
        let arrivals = arriving::list(&self.folder)?;
        if arrivals.is_empty() || self.is_unaddressed() {
            return Ok(adopted);
        }
        arriving::sweep(&self.folder, &arrivals);
        let mut totals = self.totals()?;
        let mut rest = arrivals.as_slice();
        while !rest.is_empty() {
            let (arrivals, others) = rest.split_at(together(rest));
            let sizes: Vec<u64> = arrivals.iter().map(Arrival::bytes).collect();
            let (documents, bytes) = (u64::try_from(arrivals.len()).unwrap_or(u64::MAX), sizes.iter().sum());
            if !self.has_room(&totals, documents, bytes) {
                let made = self.make_room(&mut totals, documents, bytes);
                if made.is_err() {
                    totals.write(&self.folder)?;
                }
                made?;
            }
            // Counted first: a kill between the two must not give the same number twice.
            let first = totals.take_numbers(documents);
            totals.documents += documents;
            totals.bytes += bytes;
            totals.write(&self.folder)?;
            for ((arrival, bytes), number) in arrivals.iter().zip(sizes).zip(first..) {
                if !adopted.carry(self, arrival, number) {
                    totals.take_out(bytes);
                    adopted.has_left_some = true;
                }
            }
            rest = others;
        }
        if adopted.is_confused {
            let entries = waiting::list(&self.waiting())?.entries;
            totals = totals.counted_anew(&entries, rejected::newest(&self.folder))?;
        }
        if adopted.has_left_some {
            totals.write(&self.folder)?;
        }
        Ok(adopted)
    }

    /// Does the same for somebody who has no time, unless they are many, or others must go to make room; whether it
    /// did. The caller holds the lock.
    ///
    /// # Errors
    /// As there.
    pub(super) fn adopt_in_passing(&self) -> io::Result<bool> {
        if arriving::are_more_than(&self.folder, MOST_IN_PASSING) {
            return Ok(false);
        }
        let arrivals = arriving::list(&self.folder)?;
        let documents = u64::try_from(arrivals.len()).unwrap_or(u64::MAX);
        let bytes = arrivals.iter().map(Arrival::bytes).sum();
        let has_room = self.has_room(&self.totals()?, documents, bytes);
        if has_room {
            self.adopt()?;
        }
        Ok(has_room)
    }
}

impl Adopted {
    /// Takes it for a failure if something had to stay.
    ///
    /// # Errors
    /// Then.
    pub(super) fn whole(self) -> io::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    /// Moves one to its place; whether it is there now.
    fn carry(&mut self, spool: &Spool, arrival: &Arrival, number: u64) -> bool {
        if !self.stuck.contains(&arrival.session) {
            let folder = spool.waiting().join(&arrival.session);
            let place = folder.join(waiting::file_name(number));
            let moved = files::make_folder(&folder).and_then(|()| {
                // Totals that somebody brought back from elsewhere must cost no document.
                if place.exists() {
                    Err(io::ErrorKind::AlreadyExists.into())
                } else {
                    fs::rename(&arrival.path, &place)
                }
            });
            match moved {
                Ok(()) => return true,
                // Dropped meanwhile to make room.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.is_confused |= place.is_file();
                    self.stuck.insert(arrival.session.clone());
                    self.failure = Some(error);
                }
            }
        }
        false
    }
}

/// How many of the first of them get their numbers together.
fn together(arrivals: &[Arrival]) -> usize {
    let mut bytes = 0;
    let fits = |arrival: &&Arrival| {
        bytes += arrival.bytes();
        bytes <= MOST_BYTES_TOGETHER
    };
    arrivals.iter().take(MOST_TOGETHER).take_while(fits).count().max(1)
}
