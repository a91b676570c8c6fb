//! The writing connection: a batch becomes one transaction.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::Durability;
use crate::command::Command;
use crate::error::CommandError;
use crate::write::{Committed, Writer};

use super::apply::{Applying, Known};
use super::chores::Chores;
use super::open;
use super::readings::Readings;
use super::schema::{self, Head};

/// Sessions kept in memory between batches; with more, all are dropped and read again when needed.
const KNOWN_SESSIONS: usize = 4096;

/// The only connection that writes.
pub(super) struct SqliteWriter {
    path: PathBuf,
    durability: Durability,
    /// `None` after the disk failed: what the system holds of the file can no longer be trusted until it
    /// has been read and written anew.
    connection: Option<Connection>,
    /// The last position that was committed.
    head: i64,
    /// What is known of sessions; only this writer changes them, so it is always true.
    known: HashMap<String, Known>,
    chores: Chores,
}

/// A batch that was rolled back.
enum Failure {
    /// No space: the connection is sound.
    Full,
    /// The database could not take one of the commands: the others may stand.
    Command(String),
    /// It took none of them: somebody else holds the file, or the disk failed and the connection with it.
    Batch(String),
}

impl SqliteWriter {
    pub(super) fn new(
        path: PathBuf,
        durability: Durability,
        mut connection: Connection,
        head: &Head,
        readings: Readings,
    ) -> rusqlite::Result<Self> {
        let (known, chores) = (HashMap::new(), Chores::new(head, readings));
        chores.watch(&mut connection)?;
        Ok(Self { path, durability, connection: Some(connection), head: head.seq, known, chores })
    }

    /// Runs commands in one transaction; all or, when the database fails, none.
    fn transaction(&mut self, commands: &[Command]) -> Result<Committed, Failure> {
        if commands.iter().any(|command| matches!(command, Command::Probe)) {
            open::find_room(&self.path).map_err(|error| match error.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Failure::Full,
                _ => Failure::Batch(error.to_string()),
            })?;
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        let mut in_commands = false;
        let applied = (|| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            in_commands = true;
            let mut applying = Applying::new(&transaction, self.head, &mut self.known);
            let mut results = Vec::with_capacity(commands.len());
            for command in commands {
                results.push(applying.run(command)?);
            }
            let (head, changes) = applying.finish()?;
            in_commands = false;
            transaction.commit()?;
            Ok((head, results, changes))
        })();
        self.connection = Some(connection);
        match applied {
            Ok((head, results, changes)) => {
                self.head = head;
                if commands.iter().any(|command| matches!(command, Command::DeleteSession { .. })) {
                    self.chores.erase(head);
                }
                self.chores.stored(commands.iter().map(Command::body_bytes).sum());
                Ok(Committed { results, changes, transactions: 1 })
            }
            Err(error) => Err(self.failed(&error, in_commands)),
        }
    }

    /// Forgets what a transaction that was rolled back had changed in memory, and judges its error.
    fn failed(&mut self, error: &rusqlite::Error, in_commands: bool) -> Failure {
        self.known.clear();
        let no_space = error.sqlite_error_code() == Some(ErrorCode::DiskFull)
            || error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        let stuck = self.connection.as_ref().is_some_and(|connection| !connection.is_autocommit());
        if no_space && !stuck {
            return Failure::Full;
        }
        let broken = no_space || stuck || error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
        if broken {
            tracing::error!(%error, "the disk failed: nothing is acknowledged until the database has been reopened");
            self.connection = None;
        }
        let failure = if in_commands && !broken { Failure::Command } else { Failure::Batch };
        failure(error.to_string())
    }

    /// After the disk failed, opens the file anew and moves all that the log holds into the database, so
    /// that no later commit rests on pages which the system only seemed to have written.
    fn reopen(&mut self) -> Result<Connection, Failure> {
        let reopened = || -> Result<(Connection, Head), String> {
            let mut connection = open::writing(&self.path, self.durability).map_err(|error| error.to_string())?;
            self.chores.watch(&mut connection).map_err(|error| error.to_string())?;
            let settled = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0).map(|busy| busy == 0);
            let checkpoint = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], settled);
            if !checkpoint.map_err(|error| error.to_string())? {
                return Err("readers hold the write-ahead log".into());
            }
            let head = schema::head(&connection).map_err(|error| error.to_string())?;
            Ok((connection, head))
        };
        let (connection, head) = reopened().map_err(Failure::Batch)?;
        tracing::warn!(head = head.seq, "the database has been reopened");
        self.head = head.seq;
        self.chores.begin_anew(&head);
        self.known.clear();
        Ok(connection)
    }

    /// The batch failed as a whole: each command gets a transaction of its own, so that one that the
    /// database cannot take fails alone.
    fn one_by_one(&mut self, batch: &[Command]) -> Committed {
        let mut all = Committed::default();
        for command in batch {
            all.transactions += 1;
            match self.transaction(std::slice::from_ref(command)) {
                Ok(committed) => {
                    all.results.extend(committed.results);
                    all.changes.extend(committed.changes);
                }
                Err(failure) => all.results.push(Err(failure.into())),
            }
        }
        all
    }
}

impl Writer for SqliteWriter {
    fn commit(&mut self, batch: Vec<Command>) -> Committed {
        let committed = match self.transaction(&batch) {
            Ok(committed) => committed,
            Err(failure @ Failure::Batch(_)) => {
                let error = CommandError::from(failure);
                Committed { results: batch.iter().map(|_| Err(error.clone())).collect(), ..Committed::default() }
            }
            Err(failure) if batch.len() == 1 => {
                Committed { results: vec![Err(failure.into())], ..Committed::default() }
            }
            Err(_) => self.one_by_one(&batch),
        };
        if self.known.len() > KNOWN_SESSIONS {
            self.known.clear();
        }
        committed
    }

    fn tidy(&mut self) -> bool {
        let Some(connection) = self.connection.as_mut() else { return false };
        match self.chores.slice(connection, self.head) {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "a chore failed; it is tried again after the next commit");
                self.failed(&error, true);
                false
            }
        }
    }

    fn close(self: Box<Self>) {
        if let Some(connection) = &self.connection
            && let Err(error) = schema::end(connection)
        {
            tracing::warn!(%error, "the database was left to be recovered at the next start");
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full => Self::DiskFull,
            Failure::Command(cause) | Failure::Batch(cause) => Self::Failed(cause),
        }
    }
}
