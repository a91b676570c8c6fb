//! Why a database cannot be opened, read or written.

use std::path::PathBuf;

/// Why a database cannot be opened. Each is one line for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The setting names no database.
    #[error("{0}")]
    BadUrl(String),
    /// Not in this version.
    #[error("this version keeps its data in SQLite only: write sqlite:PATH instead of postgres://…")]
    NoPostgres,
    /// Another server has the file open.
    #[error("{} is in use by another agent-runtime server: stop that one, or name another file with --database", .0.display())]
    InUse(PathBuf),
    /// The folder or the file cannot be made, read or written.
    #[error("cannot open {}: {cause}; check that the file and its folder may be read and written, or name another file with --database", .path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A file of another kind.
    #[error("{} is not a database of agent-runtime: name another file with --database, or move this one away", .0.display())]
    NotOurs(PathBuf),
    /// A database of a later version.
    #[error("{} was written by a newer agent-runtime (its schema is {found}, this one knows {known}): start that version", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema's version in the file.
        found: i64,
        /// The newest one that this program knows.
        known: i64,
    },
    /// A database whose pages do not fit together.
    #[error("{} is damaged ({cause}): restore a backup, or move it away to begin anew", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        cause: String,
    },
}

/// Why one command was not carried out. Nothing was stored, changed or sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// `POST /sessions` for an id that is there.
    #[error("Session already exists")]
    SessionExists,
    /// A session that is not there.
    #[error("Session not found")]
    SessionNotFound,
    /// The same, for one line of a larger request.
    #[error("line {0}: Session not found")]
    LineSessionNotFound(usize),
    /// No space is left.
    #[error("the disk is full")]
    DiskFull,
    /// The database failed. The text is for the log.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// Why a read gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A session that is not there, or no longer.
    #[error("Session not found")]
    SessionNotFound,
    /// `after` or `before` named an event that the session does not have; the text is the parameter.
    #[error("{0}: is no event of this session")]
    NoSuchEvent(&'static str),
    /// The database failed. The text is for the log.
    #[error("the database failed: {0}")]
    Failed(String),
}
