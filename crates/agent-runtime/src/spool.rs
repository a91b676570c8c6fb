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
mod contents;
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

use self::adopt::MOST_IN_PASSING;
pub(crate) use self::contents::{Contents, Reason};
use self::files::Lock;
use self::room::{MOST_ARRIVALS, MOST_BYTES, MOST_DOCUMENTS};
use self::routing::Routing;
use self::totals::Totals;
use self::unrecorded::Unrecorded;
use crate::delivery::Parcel;
use crate::delivery::address::Address;
use crate::random;

/// With more documents than these, looking through a spool is left to a process that has the time.
const MOST_LOOKED_THROUGH: u64 = 500;

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

/// How a document is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Among the others.
    Safely,
    /// With so many others, or in so full a spool, that a process which has the time must see to them: the room here is
    /// smaller.
    Crowded,
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
        !self.is_crowded(0) && fs::read_dir(self.waiting()).map_or(true, |mut entries| entries.next().is_none())
    }

    /// Whether more than so many wait for their number.
    fn is_crowded(&self, most: usize) -> bool {
        arriving::are_more_than(&self.folder, most)
    }

    /// Whether looking through it takes longer than an agent should wait.
    pub(crate) fn takes_long(&self) -> bool {
        self.is_crowded(MOST_IN_PASSING) || self.documents() > MOST_LOOKED_THROUGH
    }

    /// About how many documents wait.
    fn documents(&self) -> u64 {
        let arrivals = arriving::count(&self.folder);
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
    ) -> Result<Kept, SpoolError> {
        let bytes = self.arrive(&Parcel { agent, envelope, document }, server)?;
        // It is safe where it is: whoever delivers gives it its number, or says why that cannot be.
        let adopted = self.unless_busy(|| self.adopt_in_passing());
        if !matches!(adopted, Ok(Some(true))) {
            let _ = self.limit_arrivals(bytes);
        }
        Ok(if matches!(adopted, Ok(Some(false))) { Kept::Crowded } else { Kept::Safely })
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
        if put_aside.map_err(|cause| self.unusable(cause))?.is_none() {
            let bytes = self.arrive(parcel, server)?;
            let _ = self.limit_arrivals(bytes);
        }
        Ok(())
    }

    /// The sessions whose transcripts are not to be read. They are the same for all servers.
    fn unrecorded(&self) -> Option<Unrecorded> {
        self.folder.parent().and_then(Path::parent).map(Unrecorded::inside)
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a document down, for whoever gives it its number; how many bytes that takes.
    fn arrive(&self, parcel: &Parcel<'_>, server: &dyn Display) -> Result<u64, SpoolError> {
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
        if bytes > MOST_BYTES { Err(SpoolError::TooLarge(bytes)) } else { Ok(bytes) }
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
