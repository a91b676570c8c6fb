//! The writing side of a store.

use agent_runtime_types::live::SessionChanged;

use crate::command::{Command, Outcome};
use crate::error::CommandError;

/// The one writer of a store. Its calls block: they belong on a thread of their own.
pub trait Writer: Send {
    /// Carries out a batch in one transaction. When this returns, what it reports as done is as durable
    /// as the store was told to make it; a command that failed left no trace, and the others stand.
    fn commit(&mut self, batch: Vec<Command>) -> Committed;

    /// Does a slice of the work that can wait: erasing what was deleted. Tells whether more is left.
    fn tidy(&mut self) -> bool;

    /// Ends cleanly.
    fn close(self: Box<Self>);
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Committed {
    /// One result for each command, in their order.
    pub results: Vec<Result<Outcome, CommandError>>,
    /// What changed, in the order of positions, without a gap.
    pub changes: Vec<SessionChanged>,
    /// How many transactions it took: one, unless the batch had to be taken apart.
    pub transactions: u32,
}
