//! The program in the user's own folder, where hooks and services find it whatever happens to a build.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::files;
use super::receipt::Receipt;
use crate::failure::Failure;

/// Bytes that are compared at a time.
const PIECE: usize = 64 * 1024;

/// A copy of the running program that has to be made.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
}

/// The copy that is needed; `None` when the same program is there.
///
/// # Errors
/// When the running program cannot be found.
pub(crate) fn plan(to: &Path) -> Result<Option<Copy>, Failure> {
    let from = std::env::current_exe().and_then(fs::canonicalize);
    let from = from.map_err(|error| Failure::work(format!("cannot find the running program: {error}")))?;
    if from == to {
        return Ok(None);
    }
    let is_file = fs::symlink_metadata(to).is_ok_and(|found| found.is_file());
    if is_file && same_bytes(&from, to).unwrap_or(false) {
        return Ok(None);
    }
    Ok(Some(Copy { from, to: to.to_owned() }))
}

impl Copy {
    /// Makes it, and renames it over the old one, which may be running.
    ///
    /// # Errors
    /// When it cannot be written. The old one stays then.
    pub(crate) fn make(&self, receipt: &mut Receipt) -> Result<(), Failure> {
        let folders = files::missing_folders(&self.to);
        files::make_folders(&self.to)?;
        let temporary = files::beside(&self.to);
        let copied = fs::copy(&self.from, &temporary)
            .and_then(|_| fs::set_permissions(&temporary, Permissions::from_mode(0o755)))
            .and_then(|()| File::open(&temporary)?.sync_all())
            .and_then(|()| fs::rename(&temporary, &self.to))
            .and_then(|()| files::sync_folder(&self.to));
        if let Err(error) = copied {
            let _ = fs::remove_file(&temporary);
            return Err(Failure::work(format!("cannot write {}: {error}", self.to.display())));
        }
        receipt.note_program(&self.to, folders)
    }
}

fn same_bytes(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut first, mut second) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let length = one.read(&mut first)?;
        if length == 0 {
            return Ok(true);
        }
        other.read_exact(&mut second[..length])?;
        if first[..length] != second[..length] {
            return Ok(false);
        }
    }
}
