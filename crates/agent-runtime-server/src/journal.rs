//! The one way in: queue → batch → commit → publish → answer.

mod queue;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::CommandError;
use agent_runtime_store::write::{Committed, Writer};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::budget::Share;
use crate::error::ApiError;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::observe::Metrics;

use self::queue::{Queue, Taken, Work};

/// The end at which requests hand in their commands.
pub(crate) struct Journal {
    queue: Arc<Queue>,
    writes_fail: Arc<AtomicBool>,
}

/// The journal's thread, to be closed when no request is left.
pub(crate) struct RunningJournal {
    entrance: Entrance,
    ended: oneshot::Receiver<()>,
}

/// Lets commands in until it is dropped.
struct Entrance(Arc<Queue>);

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Answers whoever still waits when the thread ends, however it does.
struct Exit(Arc<Queue>);

impl Drop for Exit {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Starts the journal on a thread of its own, since commits block.
pub(crate) fn start(
    writer: Box<dyn Writer>,
    epoch: &str,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    limits: &Limits,
    shutdown: CancellationToken,
) -> std::io::Result<(Journal, RunningJournal)> {
    let queue = Arc::new(Queue::new(limits.queue_commands));
    let writes_fail = Arc::new(AtomicBool::new(false));
    let desk = Desk {
        queue: Arc::clone(&queue),
        writer,
        hub,
        metrics,
        epoch: epoch.to_owned(),
        writes_fail: Arc::clone(&writes_fail),
        batch_commands: limits.batch_commands,
        batch_bytes: limits.batch_bytes,
    };
    let (tell, ended) = oneshot::channel();
    let exit = Exit(Arc::clone(&queue));
    std::thread::Builder::new().name("journal".into()).spawn(move || {
        // However the thread ends, a server without a journal must end too: its supervisor starts it anew.
        let (_stop, _exit) = (shutdown.drop_guard(), exit);
        desk.work();
        // Nobody may be waiting to hear it.
        let _ = tell.send(());
    })?;
    Ok((Journal { queue: Arc::clone(&queue), writes_fail }, RunningJournal { entrance: Entrance(queue), ended }))
}

impl Journal {
    /// Has a command carried out. When this returns `Ok`, the change is durable and published.
    ///
    /// # Errors
    /// When the command was refused, the queue is full, or the database takes no writes.
    pub(crate) async fn append(&self, command: Command, share: Option<Share>) -> Result<Outcome, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.queue.hand_in(Work { command, answer, share }).await?;
        Ok(answered.await.map_err(|_| ApiError::Stopping)??)
    }

    /// Whether a write would be taken. Only when the last one failed is one tried.
    pub(crate) async fn check(&self) -> Result<(), ApiError> {
        if self.writes_fail.load(Ordering::Relaxed) {
            self.append(Command::Probe, None).await?;
        }
        self.queue.check()
    }

    /// Commands that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }
}

impl RunningJournal {
    /// Lets everything that waits be committed, closes the database and ends the thread.
    ///
    /// What was answered is on disk before this begins; a database that somebody else holds is not waited
    /// for longer than `patience`.
    pub(crate) async fn close(self, patience: Duration) {
        drop(self.entrance);
        match tokio::time::timeout(patience, self.ended).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("the journal had ended before it was told to"),
            Err(_) => tracing::warn!("the database did not close in time: it is recovered at the next start"),
        }
    }
}

/// The journal's thread.
struct Desk {
    queue: Arc<Queue>,
    writer: Box<dyn Writer>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    epoch: String,
    writes_fail: Arc<AtomicBool>,
    batch_commands: usize,
    batch_bytes: usize,
}

struct Batch {
    commands: Vec<Command>,
    shares: Vec<Share>,
    answers: Vec<oneshot::Sender<Result<Outcome, CommandError>>>,
}

impl Batch {
    fn of(works: VecDeque<Work>) -> Self {
        let mut batch = Self {
            commands: Vec::with_capacity(works.len()),
            shares: Vec::with_capacity(works.len()),
            answers: Vec::with_capacity(works.len()),
        };
        for Work { command, answer, share } in works {
            batch.commands.push(command);
            batch.answers.push(answer);
            batch.shares.extend(share);
        }
        batch
    }
}

impl Desk {
    fn work(mut self) {
        let mut more_to_tidy = true;
        loop {
            // All that waits, up to the limits of one batch. The commit before was the time to gather.
            match self.queue.take(!more_to_tidy, self.batch_commands, self.batch_bytes) {
                Taken::Batch(works) => self.carry_out(Batch::of(works)),
                Taken::Nothing => {}
                Taken::End => break,
            }
            // A slice after each batch: a large deletion neither waits for a quiet hour nor holds anyone up.
            more_to_tidy = self.writer.tidy();
        }
        self.writer.close();
    }

    fn carry_out(&mut self, batch: Batch) {
        let (commands, started) = (batch.commands.len(), Instant::now());
        let Committed { results, changes, transactions } = self.writer.commit(batch.commands);
        #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52")]
        self.metrics.commit.batch_commands.observe(commands as f64);
        self.metrics.commit.seconds.observe(started.elapsed().as_secs_f64());
        let bytes: usize = changes.iter().map(|changed| changed.body().len()).sum();
        self.metrics.commit.body_bytes.inc_by(bytes as u64);
        let has_written = !changes.is_empty() || results.contains(&Ok(Outcome::Ready));
        if transactions > 1 {
            tracing::warn!(commands, transactions, "a batch had to be taken apart");
        }
        self.hub.publish(&self.epoch, &changes);
        drop(batch.shares);
        self.note_failures(&results, has_written);
        for (answer, result) in batch.answers.into_iter().zip(results) {
            self.metrics.count_outcome(&result);
            // Who no longer waits does not need the answer; the change stands all the same.
            let _ = answer.send(result);
        }
    }

    fn note_failures(&self, results: &[Result<Outcome, CommandError>], has_written: bool) {
        let failure = results.iter().find_map(|result| match result {
            Err(error @ (CommandError::DiskFull | CommandError::Failed(_))) => Some(error),
            _ => None,
        });
        if let Some(error) = failure {
            tracing::error!(%error, "a commit failed");
        }
        // A batch of refusals has written nothing and proves nothing.
        if failure.is_some() {
            self.writes_fail.store(true, Ordering::Relaxed);
        } else if has_written && self.writes_fail.swap(false, Ordering::Relaxed) {
            tracing::info!("commits succeed again");
        }
    }
}
