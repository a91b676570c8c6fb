//! Getting hold of the file: its folder, its lock, its modes and its connections.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::Durability;
use crate::error::StoreError;

/// How long a connection waits for a lock that another program (a shell, a backup) holds on the file: long
/// enough for a short statement, and short enough that a stop need not wait for it.
const BUSY: Duration = Duration::from_millis(500);

/// What stands behind the database's name in that of the file that is locked. On Linux it is the database itself,
/// which no second name can evade; elsewhere such a lock would get into the way of SQLite's own.
const LOCK_SUFFIX: &str = if cfg!(target_os = "linux") { "" } else { ".lock" };

/// Makes the folder and the file where they are missing, readable by their owner alone, and locks the
/// database against every other server. Returns the file's true path.
pub(super) fn claim(path: &Path) -> Result<(PathBuf, File), StoreError> {
    let unusable = |error: std::io::Error| StoreError::Unusable { path: path.to_owned(), cause: error.to_string() };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(unusable)?;
    }
    private_file(path).map_err(unusable)?;
    // Two names of one file must meet at one lock.
    let path = path.canonicalize().map_err(unusable)?;
    let mut lock_path = path.clone().into_os_string();
    lock_path.push(LOCK_SUFFIX);
    let lock = private_file(Path::new(&lock_path)).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok((path, lock)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path)),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Room that a disk must have to count as not full. A one-row commit proves nothing: it may fit into what
/// the write-ahead log already has of the disk, where an event does not.
const ROOM: usize = 256 * 1024;

/// Finds out whether there is room beside the database, by taking it for a moment.
pub(super) fn find_room(path: &Path) -> std::io::Result<()> {
    let mut name = path.to_owned().into_os_string();
    name.push(".room");
    let taken = private_file(Path::new(&name)).and_then(|mut file| {
        std::io::Write::write_all(&mut file, &vec![1; ROOM])?;
        file.sync_data()
    });
    let removed = std::fs::remove_file(&name);
    taken.and(removed)
}

/// Opens the connection that writes.
pub(super) fn writing(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(64);
        // The file's first page is read here: what is no database shows now.
        let _: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(connection)
    };
    let connection: Connection = open().map_err(|error| opening_failed(path, &error))?;
    super::schema::check_owner(&connection, path)?;
    let settle = || {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        // Only macOS tells a flush from a flush to the disk.
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -8 * 1024)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
        // The writer copies the log into the database itself, once the answers are out.
        connection.pragma_update(None, "wal_autocheckpoint", 0)
    };
    settle().map_err(|error| opening_failed(path, &error))?;
    Ok(connection)
}

/// Pages in the write-ahead log (4 MiB) after which they are copied into the database. The log then begins anew
/// in the same place, and a flush of what is written over old pages is quicker than one that makes the file grow.
pub(super) const WAL_PAGES: i32 = 1000;

/// Bytes to which the log is cut when it begins anew. It grows beyond while readers overlap without a pause.
pub(super) const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Opens a connection that reads.
pub(super) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "query_only", true)?;
    rusqlite::vtab::array::load_module(&connection)?;
    Ok(connection)
}

/// Says what is wrong with a file that would not open.
pub(super) fn opening_failed(path: &Path, error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(NotADatabase) => StoreError::NotOurs(path.to_owned()),
        Some(DatabaseCorrupt) => StoreError::Damaged { path: path.to_owned(), cause: error.to_string() },
        _ => StoreError::Unusable { path: path.to_owned(), cause: error.to_string() },
    }
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for writing and makes it where it is missing; SQLite gives its side files the same mode.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
