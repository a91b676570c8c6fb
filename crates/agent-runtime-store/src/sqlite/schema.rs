//! What the file must hold before the server starts: our tables, at our version, with a head.

use std::path::Path;

use refinery_core::{Migration, Runner};
use rusqlite::{Connection, OptionalExtension};

use crate::error::StoreError;
use crate::{Durability, OpenOptions};

use super::open::opening_failed;

/// Marks a SQLite file as ours: `ARun` in ASCII.
const APPLICATION_ID: i64 = 0x4152_756e;

/// One that shipped is never edited. The same numbers and names in every database.
const MIGRATIONS: [(&str, &str); 6] = [
    ("V1__initial", include_str!("../../migrations/sqlite/0001_initial.sql")),
    ("V2__agents", include_str!("../../migrations/sqlite/0002_agents.sql")),
    ("V3__transcripts", include_str!("../../migrations/sqlite/0003_transcripts.sql")),
    ("V4__rollups", include_str!("../../migrations/sqlite/0004_rollups.sql")),
    ("V5__exit_codes", include_str!("../../migrations/sqlite/0005_exit_codes.sql")),
    ("V6__first_events", include_str!("../../migrations/sqlite/0006_first_events.sql")),
];

/// The head of the log as it was found.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) epoch: String,
    pub(super) seq: i64,
    /// Events up to here stand in the order of their session.
    pub(super) ordered_to: i64,
    /// Events up to here are counted in the rollups.
    pub(super) rolled_to: i64,
}

/// Refuses a file that holds another program's tables.
pub(super) fn check_owner(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let read = || -> rusqlite::Result<(i64, i64)> {
        let id = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((id, tables))
    };
    match read().map_err(|error| opening_failed(path, &error))? {
        (APPLICATION_ID, _) | (_, 0) => Ok(()),
        _ => Err(StoreError::NotOurs(path.to_owned())),
    }
}

/// Brings the tables to this version; refuses those of a newer one.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| opening_failed(path, &error);
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = newest_migration(connection).map_err(failed)?;
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let damaged = |error: refinery_core::Error| StoreError::Damaged { path: path.to_owned(), cause: error.to_string() };
    let migrations = MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql));
    let migrations: Vec<Migration> = migrations.collect::<Result<_, _>>().map_err(damaged)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    Runner::new(&migrations).set_abort_missing(false).run(connection).map_err(damaged)?;
    Ok(())
}

/// Reads the head and notes that the server runs. Makes the head where there is none, and gives it a new
/// epoch when the last run kept its commits in memory and did not end cleanly.
pub(super) fn begin(connection: &Connection, path: &Path, options: &OpenOptions) -> Result<Head, StoreError> {
    let failed = |error: rusqlite::Error| opening_failed(path, &error);
    let found = connection
        .query_row("SELECT epoch, seq, ordered_to, rolled_to, durability, clean_stop FROM log_head", [], |row| {
            let head = Head { epoch: row.get(0)?, seq: row.get(1)?, ordered_to: row.get(2)?, rolled_to: row.get(3)? };
            Ok((head, row.get::<_, String>(4)?, row.get::<_, bool>(5)?))
        })
        .optional()
        .map_err(failed)?;
    let head = match found {
        None => Head { epoch: options.new_epoch.clone(), seq: 0, ordered_to: 0, rolled_to: 0 },
        Some((head, durability, false)) if durability != Durability::Full.as_str() => {
            tracing::warn!("the last run did not end cleanly and its newest events may be lost: a new epoch begins");
            Head { epoch: options.new_epoch.clone(), ..head }
        }
        Some((head, ..)) => head,
    };
    let last: i64 = connection
        .query_row(
            "SELECT max(ifnull((SELECT max(id) FROM events), 0), ifnull((SELECT max(seq) FROM session_messages), 0))",
            [],
            |row| row.get(0),
        )
        .map_err(failed)?;
    if last > head.seq {
        let cause = format!("an entry has the position {last}, and the head of the log is {}", head.seq);
        return Err(StoreError::Damaged { path: path.to_owned(), cause });
    }
    connection
        .execute(
            "INSERT INTO log_head (only_row, epoch, seq, durability, clean_stop) VALUES (1, ?1, ?2, ?3, 0)
             ON CONFLICT (only_row) DO UPDATE SET epoch = ?1, durability = ?3, clean_stop = 0",
            (&head.epoch, head.seq, options.durability.as_str()),
        )
        .map_err(failed)?;
    Ok(head)
}

/// Reads the head of a database that is in use.
pub(super) fn head(connection: &Connection) -> rusqlite::Result<Head> {
    connection.query_row("SELECT epoch, seq, ordered_to, rolled_to FROM log_head", [], |row| {
        Ok(Head { epoch: row.get(0)?, seq: row.get(1)?, ordered_to: row.get(2)?, rolled_to: row.get(3)? })
    })
}

/// Notes that nothing was left behind.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE log_head SET clean_stop = 1", [])?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn newest_migration(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    let has_history: bool = connection.query_row(sql, [], |row| row.get(0))?;
    if !has_history {
        return Ok(0);
    }
    connection.query_row("SELECT ifnull(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
}
