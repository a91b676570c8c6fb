//! Documents that wait: what a file holds, how it is called, and all of them in order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::delivery::Parcel;

/// One document that waits.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    /// The folder of its session.
    pub(super) session: String,
    pub(super) path: PathBuf,
}

/// A document read back.
pub(super) struct Content {
    pub(super) agent: String,
    pub(super) envelope: String,
    pub(super) document: Vec<u8>,
    /// Bytes of the file.
    pub(super) bytes: u64,
}

impl Entry {
    /// Bytes of its file.
    pub(super) fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// Erases it, and the folder of its session when that is empty now. The caller holds the lock.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        self.leave_folder();
        Ok(())
    }

    /// Erases the folder of its session if nothing else is in it. The caller holds the lock.
    pub(super) fn leave_folder(&self) {
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

/// A name for the folder of a session: ids may be longer than a name and hold what no name may (FNV-1a, 64 bits).
pub(super) fn folder_name(session_id: &str) -> String {
    let hash = session_id
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    format!("{hash:016x}")
}

/// A name for a document, in the order of its number.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:016}")
}

/// What a file holds: the agent, the envelope, and then the document as it is.
pub(super) fn content(parcel: &Parcel<'_>) -> Vec<u8> {
    // Both are one line each whatever a caller brings.
    let line = |text: &str| text.replace(['\r', '\n'], " ");
    let mut content = format!("{}\n{}\n", line(parcel.agent), line(parcel.envelope)).into_bytes();
    content.extend_from_slice(parcel.document);
    content
}

/// Reads a file back; `None` when it holds no document.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(path: &Path) -> io::Result<Option<Content>> {
    let content = fs::read(path)?;
    let mut parts = content.splitn(3, |byte| *byte == b'\n');
    let mut text = || parts.next().and_then(|line| std::str::from_utf8(line).ok()).map(str::to_owned);
    let (agent, envelope) = (text(), text());
    let (Some(agent), Some(envelope), Some(document)) = (agent, envelope, parts.next()) else { return Ok(None) };
    let document = document.to_vec();
    Ok(Some(Content { agent, envelope, document, bytes: u64::try_from(content.len()).map_err(io::Error::other)? }))
}

/// When a document came, from its envelope.
pub(super) fn arrival(path: &Path) -> Option<String> {
    let content = read(path).ok()??;
    let envelope: serde_json::Value = serde_json::from_str(&content.envelope).ok()?;
    envelope["at"].as_str().map(str::to_owned)
}

/// What is in the folder of those that wait.
pub(super) struct Listing {
    /// All that wait, in order.
    pub(super) entries: Vec<Entry>,
    /// A session's folder that cannot be looked into, and why.
    pub(super) closed: Option<(PathBuf, io::Error)>,
}

/// Looks at all that wait. The folder of a session that cannot be read hides those of that session only.
///
/// # Errors
/// When the folder of all of them cannot be read; one that is not there holds nothing.
pub(super) fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing { entries: Vec::new(), closed: None };
    for session in children(folder)? {
        let name = session.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let paths = match children(&session) {
            Ok(paths) => paths,
            Err(cause) => {
                listing.closed = Some((session, cause));
                continue;
            }
        };
        for path in paths {
            if let Some(number) = number(&path) {
                listing.entries.push(Entry { number, session: name.clone(), path });
            }
        }
    }
    listing.entries.sort_by_key(|entry| entry.number);
    Ok(listing)
}

/// Erases folders that a kill left empty. The caller holds the lock.
pub(super) fn prune(folder: &Path) {
    for session in children(folder).unwrap_or_default() {
        let _ = fs::remove_dir(session);
    }
}

/// The number that a file is named by.
pub(super) fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.parse().ok()
}

/// What lies in a folder; nothing when it is not there.
pub(super) fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
