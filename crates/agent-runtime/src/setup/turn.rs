//! One set-up at a time: each reads the list of what was set up, and writes it anew.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Home;
use crate::failure::Failure;

/// How long another set-up is waited for. It may itself wait, for the answer of a person.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// The turn of this process, until it is dropped. It is a lock of the system on the home folder itself, which dies
/// with its process: a file of its own would stay behind, or be deleted while another process waits for it.
#[derive(Debug)]
pub(crate) struct Turn {
    _folder: File,
}

impl Turn {
    /// Waits for the turn.
    ///
    /// # Errors
    /// When another process does not end, or the home folder cannot be opened.
    pub(crate) fn take(home: &Home) -> Result<Self, Failure> {
        Self::take_within(&home.folder, PATIENCE)
    }

    fn take_within(folder: &Path, patience: Duration) -> Result<Self, Failure> {
        let failed = |error| Failure::work(format!("cannot lock {}: {error}", folder.display()));
        let (file, began) = (File::open(folder).map_err(failed)?, Instant::now());
        loop {
            match file.try_lock() {
                // Where a disk knows no locks, nothing is lost but their protection.
                Err(TryLockError::Error(error)) if error.kind() != std::io::ErrorKind::Unsupported => {
                    return Err(failed(error));
                }
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(Self { _folder: file }),
                Err(TryLockError::WouldBlock) if began.elapsed() >= patience => {
                    return Err(Failure::work(
                        "another set-up of agent-runtime is at work, or waits for an answer: run this again when it \
                         has ended",
                    ));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Turn;

    #[test]
    fn a_turn_is_had_by_one_at_a_time_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Turn::take_within(folder.path(), Duration::ZERO).expect("a turn");
        let failure = Turn::take_within(folder.path(), Duration::ZERO).expect_err("taken");
        assert!(failure.reason().contains("another set-up"), "{failure:?}");
        drop(first);
        Turn::take_within(folder.path(), Duration::ZERO).expect("a turn");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
