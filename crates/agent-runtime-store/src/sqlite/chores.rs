//! Work that can wait until the answers are out: copying the write-ahead log into the database, sorting new events
//! into their sessions' order, counting them, and erasing what was deleted. It goes in slices, so that no request waits long behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use rusqlite::hooks::Wal;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::open::{WAL_BYTES_KEPT, WAL_PAGES};
use super::readings::Readings;
use super::rollups::Rollups;
use super::schema::Head;

/// Events that stand outside the order before they are sorted in; until then a reader sorts them itself. The
/// fewer, the cheaper to read; the more, the fewer pages each of them costs to sort in.
const UNORDERED: i64 = 2048;

/// Positions sorted in at once; or half of all that wait, when that is more: however much arrives with each
/// batch, no more than twice as much waits.
const ORDERED_PER_SLICE: i64 = 4096;

/// Slices between two looks at the size of the write-ahead log.
const SLICES_PER_LOOK: u32 = 256;

/// Rows erased at once.
const ERASED_PER_SLICE: i64 = 256;

/// What is left to do.
pub(super) struct Chores {
    ordered_to: i64,
    rollups: Rollups,
    erasing: bool,
    /// The head when something was deleted last.
    deleted_to: i64,
    slices: u32,
    readings: Readings,
    /// Pages in the write-ahead log at the last commit.
    log_pages: Arc<AtomicI32>,
}

impl Chores {
    /// What a former run left behind is looked for once.
    pub(super) fn new(head: &Head, readings: Readings) -> Self {
        let Head { seq, ordered_to, rolled_to, .. } = *head;
        Self {
            ordered_to,
            rollups: Rollups::new(rolled_to, seq),
            erasing: true,
            deleted_to: seq,
            slices: 0,
            readings,
            log_pages: Arc::default(),
        }
    }

    /// Has the connection tell how long its write-ahead log is.
    pub(super) fn watch(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let log_pages = Arc::clone(&self.log_pages);
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            log_pages.store(pages, Ordering::Relaxed);
            Ok(())
        }))
    }

    /// Begins as after a start: the database has been opened anew.
    pub(super) fn begin_anew(&mut self, head: &Head) {
        (self.ordered_to, self.erasing, self.deleted_to) = (head.ordered_to, true, head.seq);
        self.rollups = Rollups::new(head.rolled_to, head.seq);
    }

    /// Notes that a session was deleted before this position.
    pub(super) fn erase(&mut self, head: i64) {
        (self.erasing, self.deleted_to) = (true, head);
    }

    /// Notes that so many bytes of bodies were stored.
    pub(super) fn stored(&mut self, bytes: usize) {
        self.rollups.stored(bytes);
    }

    /// Does one slice; tells whether more is left.
    pub(super) fn slice(&mut self, connection: &mut Connection, head: i64) -> rusqlite::Result<bool> {
        if self.log_pages.load(Ordering::Relaxed) >= WAL_PAGES {
            // What a reader still needs stays in the log until after another commit.
            self.log_pages.store(0, Ordering::Relaxed);
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        self.slices = self.slices.wrapping_add(1);
        if self.slices.is_multiple_of(SLICES_PER_LOOK) {
            shorten_log(connection)?;
        }
        if head - self.ordered_to >= UNORDERED {
            self.order(connection, head)?;
        }
        // What is deleted has happened: it is counted before it is erased.
        let needed = if self.erasing { self.deleted_to } else { 0 };
        let uncounted = self.rollups.slice(connection, head, needed)?;
        let erased = self.erasing && self.rollups.rolled_to() >= needed && self.erase_slice(connection)?;
        Ok(erased || uncounted || head - self.ordered_to >= UNORDERED)
    }

    /// Erases a slice; tells whether it did. What is still being read waits until after another commit.
    fn erase_slice(&mut self, connection: &mut Connection) -> rusqlite::Result<bool> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let pending = pending_erasures(&transaction)?;
        let held = self.readings.held();
        self.erasing = !pending.is_empty();
        let Some(session_key) = pending.into_iter().find(|session_key| !held.contains(session_key)) else {
            return Ok(false);
        };
        erase_some(&transaction, session_key, self.ordered_to)?;
        transaction.commit()?;
        Ok(true)
    }

    fn order(&mut self, connection: &mut Connection, head: i64) -> rusqlite::Result<()> {
        let waiting = head - self.ordered_to;
        let up_to = head.min(self.ordered_to + ORDERED_PER_SLICE.max(waiting / 2));
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached(
                "INSERT INTO event_order SELECT session_key, instant_us, id FROM events
                 WHERE id > ?1 AND id <= ?2 ORDER BY session_key, instant_us, id",
            )?
            .execute([self.ordered_to, up_to])?;
        transaction.prepare_cached("UPDATE log_head SET ordered_to = ?1")?.execute([up_to])?;
        transaction.commit()?;
        self.ordered_to = up_to;
        Ok(())
    }
}

/// Begins the write-ahead log anew when overlapping readers have kept it from being so for too long: waits
/// a moment until none of them needs it.
fn shorten_log(connection: &Connection) -> rusqlite::Result<()> {
    let Some(path) = connection.path() else { return Ok(()) };
    let bytes = std::fs::metadata(format!("{path}-wal")).map_or(0, |file| file.len());
    if i64::try_from(bytes).is_ok_and(|bytes| bytes > WAL_BYTES_KEPT) {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

fn pending_erasures(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<i64>> {
    let mut pending = transaction.prepare_cached("SELECT session_key FROM erasures")?;
    pending.query_map([], |row| row.get(0))?.collect()
}

/// Erases some rows of a deleted session, and at last the note that there are any.
fn erase_some(transaction: &Transaction<'_>, session_key: i64, ordered_to: i64) -> rusqlite::Result<()> {
    let mut erased = transaction
        .prepare_cached(
            "DELETE FROM events WHERE id IN (SELECT id FROM event_order WHERE session_key = ?1
             ORDER BY instant_us, id LIMIT ?2)",
        )?
        .execute([session_key, ERASED_PER_SLICE])?;
    transaction
        .prepare_cached(
            "DELETE FROM event_order WHERE session_key = ?1 AND (instant_us, id) IN (SELECT instant_us, id
             FROM event_order WHERE session_key = ?1 ORDER BY instant_us, id LIMIT ?2)",
        )?
        .execute([session_key, ERASED_PER_SLICE])?;
    if erased == 0 {
        let sql = "DELETE FROM events WHERE id > ?2 AND session_key = ?1";
        erased = transaction.prepare_cached(sql)?.execute([session_key, ordered_to])?;
    }
    if erased == 0 {
        let sql = "DELETE FROM session_messages WHERE seq IN
            (SELECT seq FROM session_messages WHERE session_key = ?1 AND session_key > 0 LIMIT ?2)";
        erased = transaction.prepare_cached(sql)?.execute([session_key, ERASED_PER_SLICE])?;
    }
    if erased == 0 {
        transaction.prepare_cached("DELETE FROM erasures WHERE session_key = ?1")?.execute([session_key])?;
    }
    Ok(())
}
