//! Files and folders that are the user's alone, written so that a kill leaves the old or the new.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a lock is waited for, unless the caller has less time: each process holds it for a moment only, but on a busy
/// machine a moment may be long.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_micros(300);

/// A lock of the system on a file, which dies with its process.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock, though not for ever: a stopped process may hold it.
    ///
    /// # Errors
    /// When it cannot be had in time.
    pub(super) fn wait(path: &Path, patience: Duration) -> io::Result<Self> {
        let began = Instant::now();
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if began.elapsed() > patience {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds its lock"));
            }
            std::thread::sleep(LOCK_PAUSE);
        }
    }

    /// Waits for the lock as long as it takes.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn wait_for_ever(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        file.lock()?;
        Ok(Self { _file: file })
    }

    /// The lock, unless another process has it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Makes a folder and those above it; those that are new are the user's alone.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that is there whole or not at all. The caller holds the lock of `spool`.
pub(super) fn put(spool: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    put_by_way_of(&spool.join("unfinished"), path, content)
}

/// Writes a file that is there whole or not at all, and before that `unfinished`, which nobody else may write.
pub(super) fn put_by_way_of(unfinished: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(unfinished);
    let written = written.and_then(|mut file| file.write_all(content)).and_then(|()| fs::rename(unfinished, path));
    if written.is_err() {
        // On a full disk, what was begun must not take the last room.
        let _ = fs::remove_file(unfinished);
    }
    written
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}
