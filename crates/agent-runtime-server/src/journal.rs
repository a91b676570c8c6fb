//! The one way in: queue → batch → commit → publish → answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::CommandError;
use agent_runtime_store::write::{Committed, Writer};
use tokio::sync::{mpsc, oneshot};

use crate::error::ApiError;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::observe::Metrics;

/// The end at which requests hand in their commands.
pub(crate) struct Journal {
    queue: mpsc::Sender<Work>,
    writes_fail: Arc<AtomicBool>,
}

/// The journal's thread, to be closed when no request is left.
pub(crate) struct RunningJournal {
    queue: mpsc::Sender<Work>,
    thread: JoinHandle<()>,
}

enum Work {
    Command { command: Command, answer: oneshot::Sender<Result<Outcome, CommandError>> },
    Close,
}

/// Starts the journal on a thread of its own, since commits block.
pub(crate) fn start(
    writer: Box<dyn Writer>,
    epoch: &str,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    limits: &Limits,
) -> std::io::Result<(Journal, RunningJournal)> {
    let (sender, receiver) = mpsc::channel(limits.queue_commands);
    let writes_fail = Arc::new(AtomicBool::new(false));
    let desk = Desk {
        queue: receiver,
        writer,
        hub,
        metrics,
        epoch: epoch.to_owned(),
        writes_fail: Arc::clone(&writes_fail),
        batch_commands: limits.batch_commands,
        batch_bytes: limits.batch_bytes,
    };
    let thread = std::thread::Builder::new().name("journal".into()).spawn(move || desk.work())?;
    Ok((Journal { queue: sender.clone(), writes_fail }, RunningJournal { queue: sender, thread }))
}

impl Journal {
    /// Has a command carried out. When this returns `Ok`, the change is durable and published.
    ///
    /// # Errors
    /// When the command was refused, the queue is full, or the database takes no writes.
    pub(crate) async fn append(&self, command: Command) -> Result<Outcome, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Work::Command { command, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ApiError::TooBusy,
            mpsc::error::TrySendError::Closed(_) => ApiError::Stopping,
        })?;
        Ok(answered.await.map_err(|_| ApiError::Stopping)??)
    }

    /// Whether a write would be taken. Only when the last one failed is one tried.
    pub(crate) async fn check(&self) -> Result<(), ApiError> {
        if self.writes_fail.load(Ordering::Relaxed) {
            self.append(Command::Probe).await?;
        } else if self.queue.is_closed() {
            return Err(ApiError::Stopping);
        } else if self.queue.capacity() == 0 {
            return Err(ApiError::TooBusy);
        }
        Ok(())
    }

    /// Commands that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

impl RunningJournal {
    /// Lets everything that waits be committed, closes the database and ends the thread.
    pub(crate) async fn close(self) {
        let closing = self.queue.send(Work::Close).await;
        drop(self.queue);
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if closing.is_err() || !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the journal had ended before it was told to");
        }
    }
}

/// The journal's thread.
struct Desk {
    queue: mpsc::Receiver<Work>,
    writer: Box<dyn Writer>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    epoch: String,
    writes_fail: Arc<AtomicBool>,
    batch_commands: usize,
    batch_bytes: usize,
}

#[derive(Default)]
struct Batch {
    commands: Vec<Command>,
    answers: Vec<oneshot::Sender<Result<Outcome, CommandError>>>,
    bytes: usize,
    is_last: bool,
}

impl Desk {
    fn work(mut self) {
        let mut more_to_tidy = true;
        loop {
            let first = if more_to_tidy { self.queue.try_recv().ok() } else { self.queue.blocking_recv() };
            match first {
                Some(first) => {
                    let batch = self.gather(first);
                    let is_last = batch.is_last;
                    self.carry_out(batch);
                    if is_last {
                        break;
                    }
                }
                None if more_to_tidy && !self.queue.is_closed() => {}
                None => break,
            }
            // A slice after each batch: a large deletion neither waits for a quiet hour nor holds anyone up.
            more_to_tidy = self.writer.tidy();
        }
        self.writer.close();
    }

    /// Takes all that waits, up to the limits of one batch. The commit before was the time to gather.
    fn gather(&mut self, first: Work) -> Batch {
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(work) = next {
            match work {
                Work::Command { command, answer } => {
                    batch.bytes += command.body_bytes();
                    batch.commands.push(command);
                    batch.answers.push(answer);
                }
                Work::Close => {
                    batch.is_last = true;
                    // Nobody can hand in any more; what was handed in before is still to be taken.
                    self.queue.close();
                }
            }
            let full = batch.commands.len() >= self.batch_commands || batch.bytes >= self.batch_bytes;
            next = if full && !batch.is_last { None } else { self.queue.try_recv().ok() };
        }
        batch
    }

    fn carry_out(&mut self, batch: Batch) {
        if batch.commands.is_empty() {
            return;
        }
        let (commands, bytes, started) = (batch.commands.len(), batch.bytes, Instant::now());
        let Committed { results, changes, transactions } = self.writer.commit(batch.commands);
        #[expect(clippy::cast_precision_loss, reason = "a batch is far smaller than 2^52")]
        self.metrics.commit.batch_commands.observe(commands as f64);
        self.metrics.commit.seconds.observe(started.elapsed().as_secs_f64());
        self.metrics.commit.body_bytes.inc_by(bytes as u64);
        if transactions > 1 {
            tracing::warn!(commands, transactions, "a batch had to be taken apart");
        }
        self.hub.publish(&self.epoch, changes);
        self.note_failures(&results);
        for (answer, result) in batch.answers.into_iter().zip(results) {
            self.metrics.count_outcome(&result);
            // Who no longer waits does not need the answer; the change stands all the same.
            let _ = answer.send(result);
        }
    }

    fn note_failures(&self, results: &[Result<Outcome, CommandError>]) {
        let failure = results.iter().find_map(|result| match result {
            Err(error @ (CommandError::DiskFull | CommandError::Failed(_))) => Some(error),
            _ => None,
        });
        if let Some(error) = failure {
            tracing::error!(%error, "a commit failed");
        }
        let failed_before = self.writes_fail.swap(failure.is_some(), Ordering::Relaxed);
        if failed_before && failure.is_none() {
            tracing::info!("commits succeed again");
        }
    }
}
