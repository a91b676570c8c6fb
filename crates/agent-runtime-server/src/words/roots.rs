//! The folders in which transcripts are read: a path comes from whoever can reach this server, which must not be made
//! to read other files.

use std::io::{Error, ErrorKind};
use std::path::{Component, Path, PathBuf};

use agent_runtime_agents::report::TranscriptRef;

/// Why nothing can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Missing {
    /// Agents write it when they get to it.
    #[error("the transcript is not there")]
    NotYet,
    #[error("the transcript may not be read by this server")]
    Forbidden,
    /// The path comes from whoever can reach this server, which must not be made to read other files.
    #[error("the transcript is no file of this session")]
    Foreign,
    #[error(
        "the transcript lies outside the folders that this server reads: `transcripts` in its configuration adds one"
    )]
    Outside,
}

/// What it means that a file cannot be looked at.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(crate) fn unreadable(error: Error) -> Missing {
    match error.kind() {
        ErrorKind::NotFound => Missing::NotYet,
        _ => Missing::Forbidden,
    }
}

/// The file of a transcript, behind all links, if it is one that may be read.
pub(crate) fn find(folders: &[PathBuf], transcript: &TranscriptRef) -> Result<PathBuf, Missing> {
    let path = Path::new(&transcript.path);
    if !is_of_session(path, &transcript.session_id) {
        return Err(Missing::Foreign);
    }
    if !holds(folders, &transcript.path) {
        return Err(Missing::Outside);
    }
    // A link may have any name: what it leads to must be of this session too.
    let path = path.canonicalize().map_err(unreadable)?;
    if !is_of_session(&path, &transcript.session_id) {
        return Err(Missing::Foreign);
    }
    if !holds_real(folders, &path) {
        return Err(Missing::Outside);
    }
    // Looked at before it is opened: to open a pipe would wait for its other end.
    if !std::fs::metadata(&path).map_err(unreadable)?.is_file() {
        return Err(Missing::Foreign);
    }
    Ok(path)
}

/// Whether a path can be that of the session's transcript: agents name the file after the session, some with a word
/// or a date before it.
fn is_of_session(path: &Path, session_id: &str) -> bool {
    let own = session_id.rsplit(':').next().unwrap_or(session_id);
    let is_jsonl = path.extension().is_some_and(|extension| extension == "jsonl");
    let is_named = |stem: &str| stem.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('-'));
    path.is_absolute() && is_jsonl && path.file_stem().and_then(|stem| stem.to_str()).is_some_and(is_named)
}

/// Whether a file, as a document names it, lies in one of the folders.
fn holds(folders: &[PathBuf], named: &str) -> bool {
    let path = Path::new(named);
    let is_plain = path.components().all(|part| !matches!(part, Component::ParentDir));
    if is_plain && folders.iter().any(|folder| path.starts_with(folder)) {
        return true;
    }
    path.canonicalize().is_ok_and(|path| holds_real(folders, &path))
}

/// Whether a file whose links are resolved lies in one of the folders.
fn holds_real(folders: &[PathBuf], path: &Path) -> bool {
    // A folder may be made later, or be a link itself.
    folders.iter().filter_map(|folder| folder.canonicalize().ok()).any(|folder| path.starts_with(folder))
}
