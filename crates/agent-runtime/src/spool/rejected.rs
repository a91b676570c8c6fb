//! Documents that a server refused for good: kept for a person to look at, with the reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Reason, files, waiting};

/// Refused documents that are kept; the oldest go.
const MOST_DOCUMENTS: usize = 1000;
/// Bytes of them.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Writes the reason, and says where the document belongs. The caller holds the lock.
pub(super) fn reserve(spool: &Path, number: u64, reason: &str) -> io::Result<PathBuf> {
    let folder = folder(spool);
    files::make_folder(&folder)?;
    let file = folder.join(waiting::file_name(number));
    files::put(spool, &file.with_extension("reason"), format!("{reason}\n").as_bytes())?;
    Ok(file)
}

/// Erases the oldest that are too many; how many these were. The caller holds the lock.
pub(super) fn limit(spool: &Path) -> io::Result<u64> {
    let mut erased = 0;
    let documents = list(spool);
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |file| file.len());
    let mut bytes: u64 = documents.iter().map(size).sum();
    for (index, document) in documents.iter().enumerate() {
        if documents.len() - index <= MOST_DOCUMENTS && bytes <= MOST_BYTES {
            break;
        }
        bytes -= size(document);
        fs::remove_file(document)?;
        let _ = fs::remove_file(document.with_extension("reason"));
        erased += 1;
    }
    Ok(erased)
}

/// How many there are, and why the newest was refused.
pub(super) fn summary(spool: &Path) -> (u64, Option<String>) {
    let documents = list(spool);
    let reason = documents.last().and_then(|newest| fs::read_to_string(newest.with_extension("reason")).ok());
    (u64::try_from(documents.len()).unwrap_or(u64::MAX), reason.map(|reason| reason.trim().to_owned()))
}

/// Why they were refused, the commonest reason first.
///
/// # Errors
/// When the folder may not be looked into.
pub(super) fn reasons(spool: &Path) -> io::Result<Vec<Reason>> {
    match fs::read_dir(folder(spool)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut reasons: Vec<Reason> = Vec::new();
    for document in list(spool) {
        let words = fs::read_to_string(document.with_extension("reason")).unwrap_or_default().trim().to_owned();
        let newest_us = modified_us(&document);
        match reasons.iter_mut().find(|reason| reason.words == words) {
            Some(reason) => {
                reason.documents += 1;
                reason.newest_us = reason.newest_us.max(newest_us);
            }
            None => reasons.push(Reason { words, documents: 1, newest_us }),
        }
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse((reason.documents, reason.newest_us)));
    Ok(reasons)
}

fn modified_us(path: &Path) -> i64 {
    let modified = fs::metadata(path).and_then(|file| file.modified()).unwrap_or(std::time::UNIX_EPOCH);
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The greatest number among them.
pub(super) fn newest(spool: &Path) -> u64 {
    list(spool).last().and_then(|path| waiting::number(path)).unwrap_or(0)
}

/// The documents, oldest first.
fn list(spool: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(spool)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut documents: Vec<PathBuf> = entries.filter(|path| waiting::number(path).is_some()).collect();
    documents.sort();
    documents
}

fn folder(spool: &Path) -> PathBuf {
    spool.join("rejected")
}
