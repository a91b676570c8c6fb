//! Documents that a server refused for good: kept for a person to look at, with the reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{files, waiting};

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

/// Erases the oldest that are too many. The caller holds the lock.
pub(super) fn limit(spool: &Path) -> io::Result<()> {
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
    }
    Ok(())
}

/// How many there are, and why the newest was refused.
pub(super) fn summary(spool: &Path) -> (u64, Option<String>) {
    let documents = list(spool);
    let reason = documents.last().and_then(|newest| fs::read_to_string(newest.with_extension("reason")).ok());
    (u64::try_from(documents.len()).unwrap_or(u64::MAX), reason.map(|reason| reason.trim().to_owned()))
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
