//! The folders in which transcripts are read: a path comes from whoever can reach this server, which must not be made
//! to read other files.

use std::path::{Component, Path, PathBuf};

/// Whether a file, as a document names it, lies in one of the folders.
pub(crate) fn holds(folders: &[PathBuf], named: &str) -> bool {
    let path = Path::new(named);
    let is_plain = path.components().all(|part| !matches!(part, Component::ParentDir));
    if is_plain && folders.iter().any(|folder| path.starts_with(folder)) {
        return true;
    }
    path.canonicalize().is_ok_and(|path| holds_real(folders, &path))
}

/// Whether a file whose links are resolved lies in one of the folders.
pub(crate) fn holds_real(folders: &[PathBuf], path: &Path) -> bool {
    // A folder may be made later, or be a link itself.
    folders.iter().filter_map(|folder| folder.canonicalize().ok()).any(|folder| path.starts_with(folder))
}
