//! How many documents were lost where nobody held the lock: a byte for each in a file, which needs none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Counts so many more.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn add(spool: &Path, documents: usize) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path(spool))?;
    file.write_all(&vec![b'.'; documents])
}

/// How many were counted.
pub(super) fn count(spool: &Path) -> u64 {
    fs::metadata(path(spool)).map_or(0, |file| file.len())
}

fn path(spool: &Path) -> PathBuf {
    spool.join("lost")
}
