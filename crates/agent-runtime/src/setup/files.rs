//! Files that belong to others: read, and replaced whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Links that are followed before they count as a circle.
const MOST_LINKS: usize = 40;
/// Who may read a file that we make for the user alone.
pub(crate) const PRIVATE: u32 = 0o600;
/// Who may read a file that is shared, as in a project.
pub(crate) const SHARED: u32 = 0o644;

/// The file that a path leads to, through links, even to one that is not there yet.
///
/// # Errors
/// When the links go round in a circle.
pub(crate) fn behind_links(path: &Path) -> Result<PathBuf, Failure> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("/")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(Failure::work(format!("{} is a link that leads to itself", path.display())))
}

/// The same file by a path without links in its folders, as far as those are there.
pub(crate) fn without_links(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|folder| Some((folder, fs::canonicalize(folder).ok()?)));
    let Some((folder, real)) = there else { return path.to_owned() };
    match path.strip_prefix(folder) {
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
    }
}

/// The bytes of a file; `None` when there is none.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    // To open a pipe would wait for its other end.
    if fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return Err(Failure::work(format!("cannot read {}: it is no file", path.display())));
    }
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Failure::work(format!("cannot read {}: {error}", path.display()))),
    }
}

/// Replaces a file, keeping who owns it and who may read it.
///
/// # Errors
/// When it is no longer what it was when it was read, or cannot be written. The old file stays then.
pub(crate) fn replace(path: &Path, expected: Option<&[u8]>, bytes: &[u8], new_mode: u32) -> Result<(), Failure> {
    make_folders(path)?;
    unchanged(path, expected)?;
    let old = fs::metadata(path).ok();
    let mode = old.as_ref().map_or(new_mode, |old| old.mode() & 0o7777);
    let temporary = beside(path);
    let written = write_new(&temporary, bytes, mode, old.map(|old| (old.uid(), old.gid())));
    let renamed = written.and_then(|()| fs::rename(&temporary, path)).and_then(|()| sync_folder(path));
    if let Err(error) = renamed {
        let _ = fs::remove_file(&temporary);
        return Err(Failure::work(format!("cannot write {}: {error}", path.display())));
    }
    Ok(())
}

/// Deletes a file that is still what it was.
///
/// # Errors
/// When it is not, or cannot be deleted.
pub(crate) fn delete(path: &Path, expected: Option<&[u8]>) -> Result<(), Failure> {
    unchanged(path, expected)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::work(format!("cannot delete {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Deletes those of the folders that are empty, innermost first.
pub(crate) fn delete_empty(folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        // One that holds something else by now stays, and so do those around it.
        let _ = fs::remove_dir(folder);
    }
}

/// The folders that a file needs and that are not there, outermost first.
pub(crate) fn missing_folders(path: &Path) -> Vec<PathBuf> {
    let folders = path.ancestors().skip(1).take_while(|folder| !folder.exists());
    let mut folders: Vec<PathBuf> = folders.map(Path::to_owned).collect();
    folders.reverse();
    folders
}

/// Makes the folders that a file needs.
///
/// # Errors
/// When one cannot be made.
pub(crate) fn make_folders(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)
        .map_err(|error| Failure::work(format!("cannot make the folder {}: {error}", folder.display())))
}

/// Writes a file of our own that only its owner may read, in a folder that only its owner may open.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let missing = missing_folders(path);
    make_folders(path)?;
    for made in missing {
        let _ = fs::set_permissions(&made, Permissions::from_mode(0o700));
    }
    let temporary = beside(path);
    let written = write_new(&temporary, bytes, PRIVATE, None).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| Failure::work(format!("cannot write {}: {error}", path.display())))
}

/// Takes a file of ours from the eyes of others.
///
/// # Errors
/// When it is not ours to change.
pub(crate) fn make_private(path: &Path) -> Result<(), Failure> {
    fs::set_permissions(path, Permissions::from_mode(PRIVATE))
        .map_err(|error| Failure::work(format!("cannot make {} private: {error}", path.display())))
}

/// Whether others than its owner may read, change or enter it.
pub(crate) fn is_open_to_others(about: &fs::Metadata) -> bool {
    about.permissions().mode() & 0o077 != 0
}

/// A name in the same folder, so that the file can be renamed over the old one.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

/// Makes what a folder holds by now outlast a power cut.
///
/// # Errors
/// When the folder cannot be opened or flushed.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

fn unchanged(path: &Path, expected: Option<&[u8]>) -> Result<(), Failure> {
    if read(path)?.as_deref() == expected {
        return Ok(());
    }
    Err(Failure::work(format!("{} was changed by somebody else just now: run this again", path.display())))
}

fn write_new(path: &Path, bytes: &[u8], mode: u32, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    // One left behind by a process of the same number that was killed.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    file.write_all(bytes)?;
    let ours = file.metadata()?;
    if let Some((user, group)) = owner.filter(|owner| *owner != (ours.uid(), ours.gid())) {
        fchown(&file, Some(user), Some(group))?;
    }
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use super::{behind_links, delete, replace};

    #[test]
    fn a_file_that_changed_in_between_is_not_replaced_or_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        fs::write(&file, "theirs").expect("written");
        for expected in [Some(&b"ours"[..]), None] {
            let failure = replace(&file, expected, b"new", 0o600).expect_err("refused");
            assert!(format!("{failure:?}").contains("changed by somebody else"), "{failure:?}");
            delete(&file, expected).expect_err("refused");
        }
        assert_eq!(fs::read(&file).expect("there"), b"theirs");
        replace(&file, Some(b"theirs"), b"new", 0o600).expect("replaced");
        assert_eq!(fs::read(&file).expect("there"), b"new");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn mode_and_owner_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        fs::write(&file, "old").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).expect("set");
        // Only root may give a file away.
        let given = chown(&file, Some(12345), Some(54321)).is_ok();
        if !given {
            eprintln!("not root: the owner is not tried");
        }
        let before = fs::metadata(&file).expect("there");
        replace(&file, Some(b"old"), b"new", 0o600).expect("replaced");
        let after = fs::metadata(&file).expect("there");
        assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    }

    #[test]
    fn links_are_followed_to_files_that_are_not_there_yet_and_not_in_circles() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        symlink("b", path("a")).expect("linked");
        symlink(path("c"), path("b")).expect("linked");
        assert_eq!(behind_links(&path("a")), Ok(path("c")));
        symlink("a", path("c")).expect("linked");
        behind_links(&path("a")).expect_err("a circle");
    }
}
