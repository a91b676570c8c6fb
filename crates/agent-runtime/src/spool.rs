//! Documents that a server could not take yet: a folder for each server, a file for each document. What is spooled
//! survives the death of every process here; it leaves when the server has it, or has refused it for good.
//!
//! ```text
//! spool/http-127.0.0.1-8765/
//!   waiting/SESSION/NUMBER    what waits, in the order of its session; numbers order all sessions
//!   rejected/NUMBER           what the server refused, beside NUMBER.reason
//!   totals                    the next number, how much waits, how much was dropped
//!   lock                      held while any of these change
//!   flushing                  held by the one process that delivers
//!   attended                  until when nobody else need try
//!   obstacle                  what stands in the way until a person does something
//!   server                    the server's address
//! ```

mod detached;
mod files;
pub(crate) mod flush;
mod rejected;
pub(crate) mod routing;
mod totals;
pub(crate) mod unrecorded;
mod waiting;

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use agent_runtime_agents::redact::redact;

use self::files::Lock;
use self::routing::Routing;
use self::totals::Totals;
use self::unrecorded::Unrecorded;
use self::waiting::Entry;
use crate::delivery::Parcel;
use crate::delivery::address::Address;

/// Bytes of documents that may wait for one server.
pub(crate) const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Documents that may wait for one server: days of work, and a folder that can still be listed in a second.
pub(crate) const MOST_DOCUMENTS: u64 = 100_000;
/// When there is no more room a hundredth of it is made at once, so that not every document searches for the oldest.
const ROOM_MADE: u64 = 100;

/// Why the spool did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("the spool in {} cannot be used: {cause}", .folder.display())]
    Unusable { folder: PathBuf, cause: io::Error },
    #[error("the document is larger than the spool: {0} bytes")]
    TooLarge(u64),
}

/// The spool of one server.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    /// Documents that may wait.
    most_documents: u64,
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
    /// Documents that had to go to make room, also among those that were refused.
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
        Self { folder, most_documents: MOST_DOCUMENTS, redacts: true }
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
        let folder = self.waiting().join(waiting::folder_name(session_id));
        fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        fs::read_dir(self.waiting()).map_or(true, |mut entries| entries.next().is_none())
    }

    /// About how many documents wait; never fewer than there are.
    pub(crate) fn documents(&self) -> u64 {
        Totals::read(&self.folder).map_or(0, |totals| totals.documents)
    }

    /// Keeps a document until the server takes it, behind all that waits. The envelope is one line of JSON and holds
    /// the id by which the server knows a document that it has already.
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
        let session_id = Routing::of(document).map(|routing| routing.session_id).unwrap_or_default();
        let document = self.clean(document);
        self.with_lock(|| {
            let content = waiting::content(&Parcel { agent, envelope, document: &document });
            let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
            let mut totals = self.totals()?;
            if bytes > MOST_BYTES {
                totals.dropped += 1;
                totals.write(&self.folder)?;
                return Ok(Err(SpoolError::TooLarge(bytes)));
            }
            if totals.documents >= self.most_documents || totals.bytes + bytes > MOST_BYTES {
                self.make_room(&mut totals, bytes)?;
            }
            // Counted first: a kill between the two must not give the same number twice.
            let number = totals.take_number();
            totals.documents += 1;
            totals.bytes += bytes;
            totals.write(&self.folder)?;
            self.name_server(server)?;
            let folder = self.waiting().join(waiting::folder_name(&session_id));
            files::make_folder(&folder)?;
            files::put(&self.folder, &folder.join(waiting::file_name(number)), &content)?;
            Ok(Ok(()))
        })?
    }

    /// Puts a document that the server refused aside, with the reason.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn reject(&self, parcel: &Parcel<'_>, reason: &str, server: &Address) -> Result<(), SpoolError> {
        let document = self.clean(parcel.document);
        self.with_lock(|| {
            let mut totals = self.totals()?;
            let number = totals.take_number();
            totals.write(&self.folder)?;
            self.name_server(server)?;
            let content = waiting::content(&Parcel { document: &document, ..*parcel });
            let file = rejected::reserve(&self.folder, number, reason)?;
            files::put(&self.folder, &file, &content)?;
            self.limit_rejected()
        })
    }

    /// What stands in it; `None` when there is no spool.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn contents(&self) -> Result<Option<Contents>, SpoolError> {
        let Ok(server) = fs::read_to_string(self.folder.join("server")) else { return Ok(None) };
        self.with_lock(|| {
            let dropped = self.totals()?.dropped;
            self.listed(&server, dropped).map(Some)
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
        Ok(Some((contents, reasons)))
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
        let entries = waiting::list(&self.waiting())?;
        let oldest = entries.first().and_then(|entry| waiting::arrival(&entry.path));
        let (rejected, newest_reason) = rejected::summary(&self.folder);
        let obstacle = fs::read_to_string(self.folder.join("obstacle")).ok().filter(|_| !entries.is_empty());
        Ok(Contents {
            server: server.trim().to_owned(),
            waiting: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            bytes: entries.iter().map(Entry::bytes).sum(),
            oldest,
            rejected,
            newest_reason,
            dropped,
            obstacle: obstacle.map(|obstacle| obstacle.trim().to_owned()),
        })
    }

    fn unusable(&self, cause: io::Error) -> SpoolError {
        SpoolError::Unusable { folder: self.folder.clone(), cause }
    }

    /// Erases the oldest of those that were refused, if they are too many, and counts them. The caller holds the lock.
    fn limit_rejected(&self) -> io::Result<()> {
        let erased = rejected::limit(&self.folder)?;
        if erased == 0 {
            return Ok(());
        }
        let mut totals = self.totals()?;
        totals.dropped += erased;
        totals.write(&self.folder)
    }

    /// Drops the oldest documents until this many bytes and one document more have their place.
    fn make_room(&self, totals: &mut Totals, bytes: u64) -> io::Result<()> {
        let entries = waiting::list(&self.waiting())?;
        let sizes: Vec<u64> = entries.iter().map(Entry::bytes).collect();
        // Kills may have left the totals too high: what is there counts.
        totals.documents = u64::try_from(sizes.len()).unwrap_or(u64::MAX);
        totals.bytes = sizes.iter().sum();
        let fits = |totals: &Totals, share: u64| {
            totals.documents + 1 + self.most_documents / share <= self.most_documents
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

    fn totals(&self) -> io::Result<Totals> {
        match Totals::read(&self.folder) {
            Some(totals) => Ok(totals),
            None => Totals::counted(&waiting::list(&self.waiting())?, rejected::newest(&self.folder)),
        }
    }

    fn name_server(&self, server: &Address) -> io::Result<()> {
        let path = self.folder.join("server");
        if path.exists() { Ok(()) } else { files::put(&self.folder, &path, format!("{server}\n").as_bytes()) }
    }

    fn waiting(&self) -> PathBuf {
        self.folder.join("waiting")
    }

    /// A document as it may stand on the disk: without secrets of known shapes, unless the user wants them kept.
    fn clean<'d>(&self, document: &'d [u8]) -> Cow<'d, [u8]> {
        // What is no text holds none that would be known.
        let text = if self.redacts { std::str::from_utf8(document).ok() } else { None };
        match text.map(|text| redact(text).0) {
            Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Some(Cow::Borrowed(_)) | None => Cow::Borrowed(document),
        }
    }

    /// Does something while no other process changes the spool.
    fn with_lock<T>(&self, work: impl FnOnce() -> io::Result<T>) -> Result<T, SpoolError> {
        let locked = files::make_folder(&self.folder).and_then(|()| Lock::wait(&self.folder.join("lock")));
        locked.and_then(|_lock| work()).map_err(|cause| self.unusable(cause))
    }
}

#[cfg(test)]
mod tests;
