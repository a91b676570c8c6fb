//! The twin for SQLite: one file, one writing connection, a few reading ones.

mod apply;
mod chores;
mod event_pages;
mod footprint;
mod open;
mod pool;
mod reader;
mod readings;
mod rollups;
mod rows;
mod schema;
mod statistics;
mod transcripts;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::OpenOptions;
use crate::error::StoreError;
use crate::write::Writer;

use self::pool::ReadPool;
use self::readings::Readings;
use self::writer::SqliteWriter;

/// Connections for reading. Reads are short, and one machine's disk serves no more at once.
const READERS: usize = 4;

/// A store in one SQLite file.
pub(crate) struct SqliteStore {
    path: PathBuf,
    epoch: String,
    readers: ReadPool,
    readings: Readings,
    writer: Mutex<Option<SqliteWriter>>,
    /// Held as long as the store lives: the system lets go of it when the process dies.
    _lock: File,
}

impl SqliteStore {
    /// Opens the file, or makes it, and keeps every other server out.
    pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let (path, lock) = open::claim(path)?;
        let mut connection = open::writing(&path, options.durability)?;
        schema::migrate(&mut connection, &path)?;
        let head = schema::begin(&connection, &path, options)?;
        let epoch = head.epoch.clone();
        let readers = ReadPool::new(path.clone(), READERS);
        let readings = Readings::default();
        let writer = SqliteWriter::new(path.clone(), options.durability, connection, &head, readings.clone())
            .map_err(|error| open::opening_failed(&path, &error))?;
        Ok(Self { path, epoch, readers, readings, writer: Mutex::new(Some(writer)), _lock: lock })
    }

    fn take_writer(&self) -> Option<Box<dyn Writer>> {
        let mut place = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        place.take().map(|writer| Box::new(writer) as Box<dyn Writer>)
    }
}
