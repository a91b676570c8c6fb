//! The memory of Agent Runtime: the only crate that knows SQL.
//!
//! A [`Store`] has one [`write::Writer`], which turns batches of [`command::Command`]s into changes with
//! dense positions, and any number of readers. Each database has a folder of its own that is the twin of
//! the others; what a command means ([`lifecycle`]) is written once for all.

pub mod command;
pub mod error;
pub mod lifecycle;
pub mod read;
pub mod write;

mod sqlite;
mod tally;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::StoreError;
use crate::read::Store;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`: a file on this machine.
    Sqlite(PathBuf),
    /// `postgres://…`: a server.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            if path.is_empty() || path == ":memory:" {
                return Err(StoreError::BadUrl(
                    "sqlite: needs the path of a file, as in sqlite:/var/lib/agents.db".into(),
                ));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = if text.is_empty() || text.contains("://") { "PATH" } else { text };
        Err(StoreError::BadUrl(format!("'{text}' is no database: write sqlite:{path}")))
    }
}

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When it is on disk: an acknowledged write survives a power cut.
    #[default]
    Full,
    /// When the operating system has it: it survives a crash of the server, perhaps not one of the machine.
    Normal,
}

impl Durability {
    /// The word in settings and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// When a commit counts as done.
    pub durability: Durability,
    /// A random id, lower-case letters and digits, for a database that needs a new epoch.
    pub new_epoch: String,
}

/// Opens a database, creating it where there is none, and brings it to this version.
///
/// # Errors
/// When it cannot be used; the error says in one line why and what to do.
pub fn open(url: &DatabaseUrl, options: &OpenOptions) -> Result<Arc<dyn Store>, StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => Ok(Arc::new(sqlite::SqliteStore::open(path, options)?)),
        DatabaseUrl::Postgres(_) => Err(StoreError::NoPostgres),
    }
}
