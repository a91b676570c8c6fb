//! Delivering what waits: in order, by one process at a time, until the server takes no more.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use agent_runtime_agents::envelope::Envelope;

use super::files::{self, LOCK_PATIENCE, Lock};
use super::totals::Totals;
use super::waiting::{self, Content, Entry, Listing};
use super::{Spool, SpoolError, arriving, rejected};
use crate::delivery::{self, Destination, Obstacle, Outcome, Parcel};

/// How long a lock is waited for while somebody waits: more than a moment even when the time is over, for what was
/// delivered and cannot be taken out would be sent again.
const HASTY_LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// What to do while another process delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Leave it to that one.
    OnlyIfFree,
    /// Wait until it has ended.
    Wait,
}

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// All of it ends at one time: somebody waits.
    Until(Instant),
    /// Each document has this long.
    Each(Duration),
}

impl Patience {
    /// How long the spool's lock is waited for.
    fn for_the_lock(self) -> Duration {
        match self {
            Self::Until(_) => HASTY_LOCK_PATIENCE,
            Self::Each(_) => LOCK_PATIENCE,
        }
    }

    /// The same, for what another process can do as well.
    fn for_what_can_be_left(self) -> Duration {
        match self {
            Self::Until(_) => Duration::ZERO,
            Self::Each(_) => LOCK_PATIENCE,
        }
    }
}

/// What a flush has done.
#[derive(Debug, Default)]
pub(crate) struct Flushed {
    pub(crate) delivered: u64,
    pub(crate) rejected: u64,
    /// Why something still waits.
    pub(crate) obstacle: Option<Obstacle>,
    /// Another process is at it.
    pub(crate) busy: bool,
}

impl Spool {
    /// Delivers what waits.
    ///
    /// # Errors
    /// When the spool cannot be read or changed.
    pub(crate) fn flush(
        &self,
        destination: &Destination,
        turn: Turn,
        patience: Patience,
    ) -> Result<Flushed, SpoolError> {
        let flushed = self.deliver_all(destination, turn, patience)?;
        if let Some(obstacle) = &flushed.obstacle {
            self.note(obstacle, patience)?;
        }
        Ok(flushed)
    }

    /// Remembers what stands in the way, for people, if it stays until a person does something.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn note(&self, obstacle: &Obstacle, patience: Patience) -> Result<(), SpoolError> {
        self.with_lock(patience.for_what_can_be_left(), || {
            let file = self.folder.join("obstacle");
            if obstacle.needs_a_person() {
                return files::put(&self.folder, &file, format!("{obstacle}\n").as_bytes());
            }
            let _ = fs::remove_file(file);
            Ok(())
        })
    }

    fn deliver_all(&self, destination: &Destination, turn: Turn, patience: Patience) -> Result<Flushed, SpoolError> {
        let mut flushed = Flushed::default();
        if !self.folder.is_dir() {
            return Ok(flushed);
        }
        let Some(mut flushing) = self.take_turn(turn)? else { return Ok(Flushed { busy: true, ..flushed }) };
        let mut failed = HashSet::new();
        // Where somebody waits, nothing is lost yet by leaving it to a process that has the time.
        let mut for_the_lock = patience.for_what_can_be_left();
        loop {
            let (listing, kept) = self.with_lock(for_the_lock, || self.next_round(flushing))?;
            for_the_lock = patience.for_the_lock();
            let Some(kept) = kept else {
                let Some(retaken) = self.turn_again(&failed)? else { return Ok(flushed) };
                flushing = retaken;
                continue;
            };
            flushing = kept;
            let before = flushed.delivered + flushed.rejected;
            if let Some((path, cause)) = listing.closed {
                flushed.obstacle = Some(Obstacle::Unreadable(path, cause));
            }
            for entry in listing.entries {
                // A document on which the server fails, or that cannot be read, holds up its own session only.
                if failed.contains(&entry.session) {
                    continue;
                }
                match self.deliver(&entry, destination, patience, &mut flushed)? {
                    None => {}
                    Some(obstacle @ (Obstacle::Failed(_) | Obstacle::Unreadable(..))) => {
                        flushed.obstacle = Some(obstacle);
                        failed.insert(entry.session);
                    }
                    Some(obstacle) => return Ok(Flushed { obstacle: Some(obstacle), ..flushed }),
                }
            }
            if flushed.delivered + flushed.rejected == before {
                drop(flushing);
                self.with_lock(for_the_lock, || self.adopt_for_others(&mut failed))?;
                let Some(retaken) = self.turn_again(&failed)? else { return Ok(flushed) };
                flushing = retaken;
            }
        }
    }

    /// Whether somebody delivers, or tried in vain a moment ago. Who asks after a document has come is told the truth:
    /// whoever ends a delivery looks once more, unless the server took no more.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub(crate) fn is_attended(&self, now_us: i64) -> Result<bool, SpoolError> {
        let is_free = || Lock::try_take(&self.flushing()).map(|lock| lock.is_some());
        Ok(self.was_attended(now_us) || !is_free().map_err(|cause| self.unusable(cause))?)
    }

    /// What waits; and, unless that is nothing, the turn, which else has ended.
    fn next_round(&self, flushing: Lock) -> io::Result<(Listing, Option<Lock>)> {
        let adopted = self.adopt();
        let listing = waiting::list(&self.waiting())?;
        if !listing.entries.is_empty() || listing.closed.is_some() {
            return Ok((listing, Some(flushing)));
        }
        adopted?.whole()?;
        if let Some(mut totals) = Totals::read(&self.folder).filter(|totals| totals.documents > 0) {
            // Kills may have left them too high.
            (totals.documents, totals.bytes) = (0, 0);
            totals.write(&self.folder)?;
        }
        waiting::prune(&self.waiting());
        let _ = fs::remove_file(self.folder.join("obstacle"));
        self.end_attendance();
        drop(flushing);
        Ok((listing, None))
    }

    /// Gives numbers to what has come meanwhile; sessions of which something cannot be moved count as failed. The caller
    /// holds the lock.
    fn adopt_for_others(&self, failed: &mut HashSet<String>) -> io::Result<()> {
        match self.adopt() {
            Ok(adopted) => failed.extend(adopted.stuck),
            Err(_) => failed.extend(arriving::list(&self.folder)?.into_iter().map(|arrival| arrival.session)),
        }
        Ok(())
    }

    /// The turn, when it has ended, if a document waits of a session that has not failed: who added one before the end
    /// saw that somebody delivers, and left it to this process.
    fn turn_again(&self, failed: &HashSet<String>) -> Result<Option<Lock>, SpoolError> {
        let waits = || -> io::Result<bool> {
            // In this order, for a document goes from the one to the other.
            let arrivals = arriving::list(&self.folder)?.into_iter().map(|arrival| arrival.session);
            let entries = waiting::list(&self.waiting())?.entries.into_iter().map(|entry| entry.session);
            Ok(arrivals.chain(entries).any(|session| !failed.contains(&session)))
        };
        if waits().map_err(|cause| self.unusable(cause))? { self.take_turn(Turn::OnlyIfFree) } else { Ok(None) }
    }

    /// Delivers one document, and takes it out of the spool unless something stands in the way.
    fn deliver(
        &self,
        entry: &Entry,
        destination: &Destination,
        patience: Patience,
        flushed: &mut Flushed,
    ) -> Result<Option<Obstacle>, SpoolError> {
        let content = match waiting::read(&entry.path) {
            Ok(content) => content,
            // Dropped meanwhile to make room; a link that leads nowhere is still there.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&entry.path).is_err() => {
                return Ok(None);
            }
            Err(cause) => return Ok(Some(Obstacle::Unreadable(entry.path.clone(), cause))),
        };
        let Some(content) = content else {
            self.refuse(entry, 0, "this is no document of the spool", patience)?;
            flushed.rejected += 1;
            return Ok(None);
        };
        let Content { agent, mut envelope, document, bytes } = content;
        // Its session may have come to an ignored folder since.
        if self.unrecorded().is_some_and(|unrecorded| unrecorded.holds_name(&entry.session)) {
            envelope = without_words(envelope);
        }
        let deadline = match patience {
            Patience::Until(deadline) => deadline,
            Patience::Each(duration) => Instant::now() + duration,
        };
        let parcel = Parcel { agent: &agent, envelope: &envelope, document: &document };
        match delivery::deliver(destination, &parcel, deadline) {
            Outcome::Stored => {
                self.with_lock(patience.for_the_lock(), || match entry.remove() {
                    // It had to make room meanwhile, and counts as dropped: but the server has it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => self.change_totals(Totals::take_back),
                    removed => removed.and_then(|()| self.change_totals(|totals| totals.take_out(bytes))),
                })?;
                flushed.delivered += 1;
                Ok(None)
            }
            Outcome::Refused(reason) => {
                self.refuse(entry, bytes, &reason, patience)?;
                flushed.rejected += 1;
                Ok(None)
            }
            Outcome::NotNow(obstacle) => Ok(Some(obstacle)),
        }
    }

    /// Moves a document to those that were refused.
    fn refuse(&self, entry: &Entry, bytes: u64, reason: &str, patience: Patience) -> Result<(), SpoolError> {
        self.with_lock(patience.for_the_lock(), || {
            let file = rejected::reserve(&self.folder, entry.number, reason)?;
            match fs::rename(&entry.path, file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                moved => moved?,
            }
            entry.leave_folder();
            self.change_totals(|totals| totals.take_out(bytes))?;
            self.limit_rejected()
        })
    }

    fn change_totals(&self, change: impl FnOnce(&mut Totals)) -> io::Result<()> {
        let Some(mut totals) = Totals::read(&self.folder) else { return Ok(()) };
        change(&mut totals);
        totals.write(&self.folder)
    }

    fn take_turn(&self, turn: Turn) -> Result<Option<Lock>, SpoolError> {
        let taken = match turn {
            Turn::OnlyIfFree => Lock::try_take(&self.flushing()),
            Turn::Wait => Lock::wait_for_ever(&self.flushing()).map(Some),
        };
        taken.map_err(|cause| SpoolError::Unusable { folder: self.folder.clone(), cause })
    }

    pub(super) fn flushing(&self) -> std::path::PathBuf {
        self.folder.join("flushing")
    }
}

fn without_words(envelope: String) -> String {
    match Envelope::parse(envelope.as_bytes()) {
        Ok(known) => Envelope { words: false, ..known }.to_json(),
        Err(_) => envelope,
    }
}
