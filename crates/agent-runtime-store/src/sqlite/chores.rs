//! Work that can wait until the answers are out: sorting new events into their sessions' order, and erasing
//! what was deleted. Both go in slices, so that no request waits long behind them.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Events that may stand outside the order: a reader sorts them itself. The fewer, the cheaper to read; the
/// more, the fewer pages each of them costs to sort in.
const UNORDERED: i64 = 2048;

/// Positions sorted in at once.
const ORDERED_PER_SLICE: i64 = 4096;

/// Rows erased at once.
const ERASED_PER_SLICE: i64 = 256;

/// What is left to do.
pub(super) struct Chores {
    ordered_to: i64,
    erasing: bool,
}

impl Chores {
    /// What a former run left behind is looked for once.
    pub(super) fn new(ordered_to: i64) -> Self {
        Self { ordered_to, erasing: true }
    }

    /// Notes that a session was deleted.
    pub(super) fn erase(&mut self) {
        self.erasing = true;
    }

    /// Does one slice; tells whether more is left.
    pub(super) fn slice(&mut self, connection: &mut Connection, head: i64) -> rusqlite::Result<bool> {
        if head - self.ordered_to >= UNORDERED {
            self.order(connection, head)?;
        } else if self.erasing {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            self.erasing = erase_slice(&transaction, self.ordered_to)?;
            transaction.commit()?;
        }
        Ok(self.erasing || head - self.ordered_to >= UNORDERED)
    }

    fn order(&mut self, connection: &mut Connection, head: i64) -> rusqlite::Result<()> {
        let up_to = head.min(self.ordered_to + ORDERED_PER_SLICE);
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

/// Erases some rows of a deleted session; tells whether there may be more of any.
fn erase_slice(transaction: &Transaction<'_>, ordered_to: i64) -> rusqlite::Result<bool> {
    let mut pending = transaction.prepare_cached("SELECT session_key FROM erasures LIMIT 1")?;
    let session_key: Option<i64> = pending.query_map([], |row| row.get(0))?.next().transpose()?;
    let Some(session_key) = session_key else { return Ok(false) };
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
    Ok(true)
}
