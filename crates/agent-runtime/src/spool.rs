//! Documents that a server could not take yet: a folder for each server, a file for each document. What is spooled
//! survives the death of every process here; it leaves when the server has it, or has refused it for good.
//!
//! ```text
//! spool/http-127.0.0.1-8765/    or spool/unaddressed/, where no document has a number
//!   arriving/TIME-SESSION-R   what has come and waits for its number; written without the lock, R is random
//!   waiting/SESSION/NUMBER    what waits, in the order of its session; numbers order all sessions
//!   rejected/NUMBER           what the server refused, beside NUMBER.reason
//!   totals                    the next number, how much waits under one, how much of that was dropped
//!   lost                      a byte for each document that was lost before it had a number
//!   lock                      held while waiting, rejected or totals change
//!   flushing                  held by the one process that delivers
//!   attended                  until when nobody else need try
//!   obstacle                  what stands in the way until a person does something
//!   server                    the server's address
//! ```

mod adopt;
mod arriving;
mod clean;
mod detached;
mod files;
pub(crate) mod flush;
mod lost;
mod rejected;
pub(crate) mod room;
pub(crate) mod routing;
mod totals;
mod unaddressed;
pub(crate) mod unrecorded;
mod waiting;

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use std::time::Duration;

use agent_runtime_agents::envelope::Envelope;
use agent_runtime_types::timestamp;

use self::arriving::Arrival;
use self::files::{LOCK_PATIENCE, Lock};
use self::room::{MOST_ARRIVALS, MOST_BYTES, MOST_DOCUMENTS};
use self::routing::Routing;
use self::totals::Totals;
use self::unrecorded::Unrecorded;
use self::waiting::{Entry, Listing};
use crate::delivery::address::Address;
use crate::delivery::{Obstacle, Parcel};
use crate::random;

/// Why the spool did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("the spool in {} cannot be used: {cause}", .folder.display())]
    Unusable { folder: PathBuf, cause: io::Error },
    #[error("the document is larger than the spool: {0} bytes")]
    TooLarge(u64),
    #[error("the system gives no random numbers")]
    Random,
}

impl SpoolError {
    /// Whether another process kept the lock for too long: it may be busy, on a busy machine.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Unusable { cause, .. } if cause.kind() == io::ErrorKind::TimedOut)
    }
}

/// The spool of one server.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    /// Documents that may wait.
    most_documents: u64,
    /// Documents that may wait for their number.
    most_arrivals: u64,
    /// Whether secrets are taken out of what is kept.
    redacts: bool,
}

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
    /// The spool of the server at this address. Nothing is made until something is kept.
    pub(crate) fn of(state: &Path, address: &Address) -> Self {
        Self::inside(state.join("spool").join(address.folder_name()))
    }

    fn inside(folder: PathBuf) -> Self {
        Self { folder, most_documents: MOST_DOCUMENTS, most_arrivals: MOST_ARRIVALS, redacts: true }
    }

    /// The same spool, which takes secrets out of what it keeps, as it does by itself, or leaves them in.
    pub(crate) fn redacting(self, redacts: bool) -> Self {
        Self { redacts, ..self }
    }

    /// Every spool that there is, by name.
    pub(crate) fn all(state: &Path) -> Vec<Self> {
        let folders = fs::read_dir(state.join("spool")).into_iter().flatten().flatten();
        let mut spools: Vec<Self> = folders.map(|entry| Self::inside(entry.path())).collect();
        spools.sort_by(|one, other| one.folder.cmp(&other.folder));
        spools
    }

    /// Whether documents of this session wait.
    pub(crate) fn holds(&self, session_id: &str) -> bool {
        let name = waiting::folder_name(session_id);
        // In this order, for a document goes from the one to the other.
        arriving::holds(&self.folder, &name)
            || fs::read_dir(self.waiting().join(name)).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        arriving::list(&self.folder).map_or(true, |arrivals| arrivals.is_empty())
            && fs::read_dir(self.waiting()).map_or(true, |mut entries| entries.next().is_none())
    }

    /// About how many documents wait; never fewer than there are.
    pub(crate) fn documents(&self) -> u64 {
        let arrivals = arriving::list(&self.folder).map_or(0, |arrivals| arrivals.len());
        Totals::read(&self.folder).map_or(0, |totals| totals.documents) + u64::try_from(arrivals).unwrap_or(u64::MAX)
    }

    /// Keeps a document until the server takes it, behind all that waits of its session. The envelope is one line of
    /// JSON and holds the id by which the server knows a document that it has already. Nobody is waited for.
    ///
    /// # Errors
    /// When it cannot be written; then nothing is kept.
    pub(crate) fn keep(
        &self,
        agent: &str,
        envelope: &str,
        document: &[u8],
        server: &Address,
    ) -> Result<(), SpoolError> {
        self.arrive(&Parcel { agent, envelope, document }, server)?;
        match self.unless_busy(|| self.adopt()) {
            Ok(None) => self.limit_arrivals().map_err(|cause| self.unusable(cause)),
            // It is safe where it is: whoever delivers gives it its number, or says why that cannot be.
            _ => Ok(()),
        }
    }

    /// Puts a document that the server refused aside, with the reason. While others change the spool it waits instead,
    /// to be refused again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn reject(&self, parcel: &Parcel<'_>, reason: &str, server: &Address) -> Result<(), SpoolError> {
        let name = arrival_name(parcel.envelope, "")?;
        let put_aside = self.unless_busy(|| {
            let document = self.clean(parcel.document);
            let mut totals = self.totals()?;
            let number = totals.take_number();
            totals.write(&self.folder)?;
            self.name_server(server, &name)?;
            let content = waiting::content(&Parcel { document: &document, ..*parcel });
            let file = rejected::reserve(&self.folder, number, reason)?;
            files::put(&self.folder, &file, &content)?;
            self.limit_rejected()
        });
        match put_aside.map_err(|cause| self.unusable(cause))? {
            Some(()) => Ok(()),
            None => self.arrive(parcel, server),
        }
    }

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

    /// The sessions whose transcripts are not to be read. They are the same for all servers.
    fn unrecorded(&self) -> Option<Unrecorded> {
        self.folder.parent().and_then(Path::parent).map(Unrecorded::inside)
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
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

    /// Writes a document down, for whoever gives it its number.
    fn arrive(&self, parcel: &Parcel<'_>, server: &dyn Display) -> Result<(), SpoolError> {
        let session_id = Routing::of(parcel.document).map(|routing| routing.session_id).unwrap_or_default();
        let document = self.clean(parcel.document);
        let content = waiting::content(&Parcel { document: &document, ..*parcel });
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let name = arrival_name(parcel.envelope, &session_id)?;
        let file = arriving::folder(&self.folder).join(&name);
        let written = self.name_server(server, &name).and_then(|()| {
            if bytes > MOST_BYTES {
                lost::add(&self.folder, 1)
            } else {
                arriving::put(&self.folder, &name, &file, &content)
            }
        });
        written.map_err(|cause| {
            // Where one byte finds room still.
            let _ = lost::add(&self.folder, 1);
            self.unusable(cause)
        })?;
        if bytes > MOST_BYTES { Err(SpoolError::TooLarge(bytes)) } else { Ok(()) }
    }

    /// Counts a document of this envelope that is lost before it could be kept.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn count_lost(&self, envelope: &str, server: &dyn Display) -> Result<(), SpoolError> {
        let name = arrival_name(envelope, "")?;
        let counted = self.name_server(server, &name).and_then(|()| lost::add(&self.folder, 1));
        counted.map_err(|cause| self.unusable(cause))
    }

    fn unusable(&self, cause: io::Error) -> SpoolError {
        SpoolError::Unusable { folder: self.folder.clone(), cause }
    }

    fn totals(&self) -> io::Result<Totals> {
        match Totals::read(&self.folder) {
            Some(totals) => Ok(totals),
            None => Totals::counted(&waiting::list(&self.waiting())?.entries, rejected::newest(&self.folder)),
        }
    }

    /// Writes down whose spool it is; `name` is that of what comes with it.
    fn name_server(&self, server: &dyn Display, name: &str) -> io::Result<()> {
        let path = self.folder.join("server");
        if path.exists() {
            return Ok(());
        }
        arriving::put(&self.folder, name, &path, format!("{server}\n").as_bytes())
    }

    fn waiting(&self) -> PathBuf {
        self.folder.join("waiting")
    }

    /// Does something while no other process changes the spool.
    fn with_lock<T>(&self, patience: Duration, work: impl FnOnce() -> io::Result<T>) -> Result<T, SpoolError> {
        let locked = files::make_folder(&self.folder).and_then(|()| Lock::wait(&self.folder.join("lock"), patience));
        locked.and_then(|_lock| work()).map_err(|cause| self.unusable(cause))
    }

    /// The same, unless another process does: nobody is waited for.
    fn unless_busy<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
        files::make_folder(&self.folder)?;
        let lock = Lock::try_take(&self.folder.join("lock"))?;
        lock.map(|_lock| work()).transpose()
    }
}

/// A name that no other file has, for a document of this session that came when its envelope says.
fn arrival_name(envelope: &str, session_id: &str) -> Result<String, SpoolError> {
    let at = Envelope::parse(envelope.as_bytes()).map(|envelope| timestamp::parse("at", &envelope.at));
    let at_us = at.ok().and_then(Result::ok).unwrap_or_default();
    let random = random::arrival().map_err(|_| SpoolError::Random)?;
    Ok(arriving::file_name(at_us, &waiting::folder_name(session_id), &random))
}

#[cfg(test)]
mod tests;
