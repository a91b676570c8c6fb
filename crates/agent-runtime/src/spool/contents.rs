//! What stands in a spool, for people.

use std::fs;
use std::io;

use super::arriving::{self, Arrival};
use super::files::LOCK_PATIENCE;
use super::totals::Totals;
use super::waiting::{self, Entry, Listing};
use super::{Spool, SpoolError, lost, rejected, unaddressed};
use crate::delivery::Obstacle;

/// What stands in a spool, for people.
#[derive(Debug)]
pub(crate) struct Contents {
    /// The server's address.
    pub(crate) server: String,
    /// Documents that wait, and their bytes.
    pub(crate) waiting: u64,
    pub(crate) bytes: u64,
    /// When the oldest of them came.
    pub(crate) oldest: Option<String>,
    /// Documents that the server refused, and the newest reason.
    pub(crate) rejected: u64,
    pub(crate) newest_reason: Option<String>,
    /// Documents that were lost: that had to go to make room, also among those that were refused, or never had a place.
    pub(crate) dropped: u64,
    /// What stands in the way until a person does something.
    pub(crate) obstacle: Option<String>,
}

/// Why documents were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) words: String,
    /// How many were, for this reason.
    pub(crate) documents: u64,
    /// When the newest of them was put aside, in microseconds since 1970.
    pub(crate) newest_us: i64,
}

impl Spool {
    /// What stands in it; `None` when there is no spool.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn contents(&self) -> Result<Option<Contents>, SpoolError> {
        let Ok(server) = fs::read_to_string(self.folder.join("server")) else { return Ok(None) };
        self.with_lock(LOCK_PATIENCE, || {
            // What cannot be moved is listed where it is.
            let _ = self.adopt();
            let dropped = self.totals()?.dropped;
            Ok(Some(self.listed(&server, dropped)?).filter(|contents| self.is_told(contents)))
        })
    }

    /// What stands in it now, without the lock and without writing: what comes or goes meanwhile may be seen or not.
    /// `None` when there is no spool.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn glance(&self) -> Result<Option<(Contents, Vec<Reason>)>, SpoolError> {
        let server = match fs::read_to_string(self.folder.join("server")) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            read => read.map_err(|cause| self.unusable(cause))?,
        };
        let dropped = Totals::read(&self.folder).map_or(0, |totals| totals.dropped);
        let contents = self.listed(&server, dropped).map_err(|cause| self.unusable(cause))?;
        let reasons = rejected::reasons(&self.folder).map_err(|cause| self.unusable(cause))?;
        Ok(Some((contents, reasons)).filter(|(contents, _)| self.is_told(contents)))
    }

    fn listed(&self, server: &str, dropped: u64) -> io::Result<Contents> {
        let Listing { entries, closed } = waiting::list(&self.waiting())?;
        let arrivals = arriving::list(&self.folder)?;
        let oldest = entries.first().map(|entry| &entry.path).or(arrivals.first().map(|arrival| &arrival.path));
        let oldest = oldest.and_then(|path| waiting::arrival(path));
        let (rejected, newest_reason) = rejected::summary(&self.folder);
        let waiting = u64::try_from(entries.len() + arrivals.len()).unwrap_or(u64::MAX);
        let told = fs::read_to_string(self.folder.join("obstacle")).ok().filter(|_| waiting > 0);
        let told = told.or(self.is_unaddressed().then(|| unaddressed::OBSTACLE.to_owned()).filter(|_| waiting > 0));
        let obstacle = told.or(closed.map(|(path, cause)| Obstacle::Unreadable(path, cause).to_string()));
        Ok(Contents {
            server: server.trim().to_owned(),
            waiting,
            bytes: entries.iter().map(Entry::bytes).chain(arrivals.iter().map(Arrival::bytes)).sum(),
            oldest,
            rejected,
            newest_reason,
            dropped: dropped + lost::count(&self.folder),
            obstacle: obstacle.map(|obstacle| obstacle.trim().to_owned()),
        })
    }
}
