//! A flush in a process of its own, for which nobody waits.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::files::{self, Lock};
use super::{Spool, SpoolError};

/// How long after a flush was started nobody starts another, unless that one has delivered everything: a server that
/// hangs is asked again by one hook in this time, and all others lose none.
const ATTENDANCE_US: i64 = 5_000_000;
/// How long a hook waits for another to start one.
const STARTING_PATIENCE: Duration = Duration::from_millis(10);

impl Spool {
    /// Starts a process that delivers what waits, unless one is at it, or was started a moment ago.
    ///
    /// # Errors
    /// When it cannot be started, or the spool cannot be changed.
    pub(crate) fn start_flush(&self, now_us: i64) -> Result<(), SpoolError> {
        let is_delivered = || Lock::try_take(&self.flushing()).map(|turn| turn.is_none());
        self.start_unless(now_us, is_delivered).map_err(|cause| self.unusable(cause))
    }

    /// Starts one that first claims what was told no address, which not everybody who delivers does.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn start_claim(&self, now_us: i64) -> Result<(), SpoolError> {
        self.start_unless(now_us, || Ok(false)).map_err(|cause| self.unusable(cause))
    }

    fn start_unless(&self, now_us: i64, is_needless: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
        if self.was_attended(now_us) {
            return Ok(());
        }
        files::make_folder(&self.folder)?;
        // Not the spool's lock: who holds that one may have looked for documents already.
        let _starting = match Lock::wait(&self.folder.join("starting"), STARTING_PATIENCE) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(()),
            starting => starting?,
        };
        if self.was_attended(now_us) || is_needless()? {
            return Ok(());
        }
        let until = now_us + ATTENDANCE_US;
        let unfinished = self.folder.join("unfinished-attended");
        files::put_by_way_of(&unfinished, &self.attended(), until.to_string().as_bytes())?;
        spawn()
    }

    /// Whether a flush was started so lately that another would not fare better.
    pub(super) fn was_attended(&self, now_us: i64) -> bool {
        let until = fs::read_to_string(self.attended()).ok().and_then(|text| text.parse::<i64>().ok());
        // A time far ahead was written by a clock that has been set back since.
        until.is_some_and(|until| now_us < until && until - now_us <= ATTENDANCE_US)
    }

    /// Lets the next document be tried at once. The caller holds the lock.
    pub(super) fn end_attendance(&self) {
        let _ = fs::remove_file(self.attended());
    }

    fn attended(&self) -> std::path::PathBuf {
        self.folder.join("attended")
    }
}

fn spawn() -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    // No pipe of the agent's is held open, and a Ctrl-C meant for the agent does not reach it. It stays in the folder, for
    // settings may name files from there.
    command.args(["spool", "flush"]).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    Ok(())
}
