//! Documents of hooks that were told no address that can be used: they wait in a spool of their own, without numbers,
//! until a hook or a flush knows where to send them.

use std::fs;
use std::io;
use std::path::Path;

use super::adopt::MOST_IN_PASSING;
use super::{Contents, Spool, SpoolError, arrival_name, arriving, files};
use crate::delivery::Parcel;
use crate::delivery::address::Address;

/// The name of the folder, which no address has.
const NAME: &str = "unaddressed";
/// What stands for the server's address.
const SERVER: &str = "unknown";
/// What stands in the way.
pub(super) const OBSTACLE: &str = "the settings name no address of a server that can be used";

impl Spool {
    /// The spool of those whose server nobody knows.
    pub(crate) fn unaddressed(state: &Path) -> Self {
        Self::inside(state.join("spool").join(NAME))
    }

    /// Whether this is that spool.
    pub(crate) fn is_unaddressed(&self) -> bool {
        self.folder.file_name().is_some_and(|name| name == NAME)
    }

    /// Keeps a document until somebody knows where to send it.
    ///
    /// # Errors
    /// When it cannot be written; then nothing is kept.
    pub(crate) fn keep_unaddressed(&self, agent: &str, envelope: &str, document: &[u8]) -> Result<(), SpoolError> {
        let bytes = self.arrive(&Parcel { agent, envelope, document }, &SERVER)?;
        // It is safe, even where the oldest cannot go.
        let _ = self.limit_arrivals(bytes);
        Ok(())
    }

    /// Whether documents of this session wait there.
    pub(crate) fn is_behind_unaddressed(&self, session_id: &str) -> bool {
        self.unaddressed_beside().is_some_and(|unaddressed| unaddressed.holds(session_id))
    }

    /// Keeps a document there, behind those of its session, until somebody has the time to claim them all.
    ///
    /// # Errors
    /// When it cannot be written; then nothing is kept.
    pub(crate) fn keep_behind_unaddressed(&self, parcel: &Parcel<'_>) -> Result<(), SpoolError> {
        let Parcel { agent, envelope, document } = *parcel;
        self.unaddressed_beside().map_or(Ok(()), |spool| spool.keep_unaddressed(agent, envelope, document))
    }

    fn unaddressed_beside(&self) -> Option<Self> {
        self.folder.parent().map(|spools| Self::inside(spools.join(NAME)).redacting(self.redacts))
    }

    /// Counts a document of this envelope that is lost before it could be kept there.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn count_lost_unaddressed(&self, envelope: &str) -> Result<(), SpoolError> {
        self.count_lost(envelope, &SERVER)
    }

    /// Takes over those that wait there, in their order, for this spool's server: as many as have their place among those
    /// without a number. Tells whether there were any.
    ///
    /// # Errors
    /// When some had to stay.
    pub(crate) fn claim_unaddressed(&self, server: &Address) -> Result<bool, SpoolError> {
        let Some(Self { folder: from, .. }) = self.unaddressed_beside() else { return Ok(false) };
        let arrivals = arriving::list(&from).map_err(|cause| self.unusable(cause))?;
        let place = usize::try_from(self.most_arrivals / 2).unwrap_or(usize::MAX);
        let place = place.saturating_sub(arriving::count(&self.folder));
        if arrivals.is_empty() || place == 0 {
            return Ok(false);
        }
        arriving::sweep(&from, &arrivals);
        let name = arrival_name("", "")?;
        let claimed = self.name_server(server, &name).and_then(|()| {
            files::make_folder(&arriving::folder(&self.folder))?;
            arrivals.iter().take(place).try_for_each(|arrival| self.claim(&arrival.path))
        });
        claimed.map(|()| true).map_err(|cause| self.unusable(cause))
    }

    /// Does the same for somebody who has no time, unless they are many; whether none is left there.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn claim_in_passing(&self, server: &Address) -> Result<bool, SpoolError> {
        if !self.has_unaddressed_beside() {
            return Ok(true);
        }
        let is_crowded = self.unaddressed_beside().is_some_and(|spool| spool.is_crowded(MOST_IN_PASSING));
        if !is_crowded {
            self.claim_unaddressed(server)?;
        }
        Ok(!self.has_unaddressed_beside())
    }

    /// Whether some wait there.
    pub(crate) fn has_unaddressed_beside(&self) -> bool {
        self.unaddressed_beside().is_some_and(|spool| spool.is_crowded(0))
    }

    fn claim(&self, path: &Path) -> io::Result<()> {
        let Some(name) = path.file_name() else { return Ok(()) };
        match fs::rename(path, arriving::folder(&self.folder).join(name)) {
            // Another was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            claimed => claimed,
        }
    }

    /// Whether people are to be told of it: not when it is the place of those without an address, and they have gone.
    pub(super) fn is_told(&self, contents: &Contents) -> bool {
        !self.is_unaddressed() || contents.waiting > 0 || contents.dropped > 0
    }
}
