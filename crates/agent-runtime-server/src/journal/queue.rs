//! The commands that wait to be committed, handed in by requests and taken by the journal's thread in batches.
//!
//! Who hands in the first command while the thread sleeps wakes it, but only after all that its own thread of the
//! runtime has ready had its turn. What came in together is then committed together; woken at once, the journal would
//! flush the first command alone while all the others wait. No time is waited for: where nothing else is ready, the
//! journal is woken right away.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::CommandError;
use tokio::sync::oneshot;

use crate::budget::Share;
use crate::error::ApiError;

/// A command, and who waits for what becomes of it.
pub(super) struct Work {
    pub(super) command: Command,
    pub(super) answer: oneshot::Sender<Result<Outcome, CommandError>>,
    /// The memory that the command takes, until it is committed: its client may be gone by then.
    pub(super) share: Option<Share>,
}

/// A bounded queue between the runtime and one thread.
pub(super) struct Queue {
    state: Mutex<State>,
    woken: Condvar,
    most_commands: usize,
}

struct State {
    waiting: VecDeque<Work>,
    thread: Thread,
    /// No more is taken in; what waits is still carried out.
    closed: bool,
}

/// What the journal's thread is doing, as far as the queue cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thread {
    Busy,
    Asleep,
    /// Somebody is about to wake it.
    Called,
}

/// What there is to do.
pub(super) enum Taken {
    Batch(VecDeque<Work>),
    /// Nothing waits at the moment.
    Nothing,
    /// Nothing waits, and nothing will.
    End,
}

impl Queue {
    pub(super) fn new(most_commands: usize) -> Self {
        let state = State { waiting: VecDeque::new(), thread: Thread::Busy, closed: false };
        Self { state: Mutex::new(state), woken: Condvar::new(), most_commands }
    }

    /// Hands a command in.
    pub(super) async fn hand_in(&self, work: Work) -> Result<(), ApiError> {
        let must_wake = {
            let mut state = self.lock();
            if state.closed {
                return Err(ApiError::Stopping);
            }
            if state.waiting.len() >= self.most_commands {
                return Err(ApiError::TooBusy);
            }
            state.waiting.push_back(work);
            let asleep = state.thread == Thread::Asleep;
            if asleep {
                state.thread = Thread::Called;
            }
            asleep
        };
        if must_wake {
            // However this ends: a client that hangs up now must not leave the journal asleep.
            let _wake = Wake(self);
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Commands that wait.
    pub(super) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Whether a command would be taken in.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let state = self.lock();
        if state.closed {
            Err(ApiError::Stopping)
        } else if state.waiting.len() >= self.most_commands {
            Err(ApiError::TooBusy)
        } else {
            Ok(())
        }
    }

    /// Takes what waits, up to so many commands and, beyond the first, so many bytes of bodies.
    pub(super) fn take(&self, may_sleep: bool, most_commands: usize, most_bytes: usize) -> Taken {
        let mut state = self.lock();
        while may_sleep && state.waiting.is_empty() && !state.closed {
            state.thread = Thread::Asleep;
            state = self.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.thread = Thread::Busy;
        if state.waiting.is_empty() {
            return if state.closed { Taken::End } else { Taken::Nothing };
        }
        let mut bytes = 0;
        let fits = |work: &&Work| {
            bytes += work.command.body_bytes();
            bytes <= most_bytes
        };
        let count = state.waiting.iter().take(most_commands).take_while(fits).count().max(1);
        if count == state.waiting.len() {
            return Taken::Batch(std::mem::take(&mut state.waiting));
        }
        Taken::Batch(state.waiting.drain(..count).collect())
    }

    /// Takes no more in. What waits is still to be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.woken.notify_one();
    }

    /// Takes no more in and drops what waits: there is nobody to carry it out.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        drop(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the journal's thread when dropped.
struct Wake<'a>(&'a Queue);

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.0.woken.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;

    use futures_util::FutureExt;
    use futures_util::future::poll_immediate;

    use super::*;

    fn work() -> Work {
        Work { command: Command::Probe, answer: oneshot::channel().0, share: None }
    }

    /// A queue whose thread sleeps, and the thread, which ends with what it takes first.
    fn asleep(most_commands: usize) -> (Arc<Queue>, std::thread::JoinHandle<usize>) {
        let queue = Arc::new(Queue::new(most_commands));
        let taker = Arc::clone(&queue);
        let thread = std::thread::spawn(move || match taker.take(true, 100, usize::MAX) {
            Taken::Batch(works) => works.len(),
            Taken::Nothing | Taken::End => 0,
        });
        while queue.lock().thread != Thread::Asleep {
            std::thread::yield_now();
        }
        (queue, thread)
    }

    #[tokio::test]
    async fn what_is_ready_comes_along_before_the_thread_is_woken() {
        let (queue, thread) = asleep(100);
        let mut first = pin!(queue.hand_in(work()));
        assert!(poll_immediate(&mut first).await.is_none(), "the first lets the others go before it");
        for _ in 0..9 {
            assert!(queue.hand_in(work()).now_or_never().is_some(), "one wakes the thread, and no other");
        }
        first.await.unwrap();
        assert_eq!(thread.join().unwrap(), 10);
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_does_not_leave_the_thread_asleep() {
        let (queue, thread) = asleep(100);
        {
            let mut first = pin!(queue.hand_in(work()));
            assert!(poll_immediate(&mut first).await.is_none());
        }
        assert_eq!(thread.join().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_thread_that_ends_leaves_nobody_waiting() {
        let queue = Queue::new(1);
        let (answer, answered) = oneshot::channel();
        queue.hand_in(Work { answer, ..work() }).await.unwrap();
        assert_eq!(queue.hand_in(work()).await, Err(ApiError::TooBusy));
        queue.abandon();
        assert!(answered.await.is_err());
        assert_eq!(queue.hand_in(work()).await, Err(ApiError::Stopping));
    }

    #[tokio::test]
    async fn a_closed_queue_is_emptied_before_it_ends() {
        let queue = Queue::new(3);
        for _ in 0..3 {
            queue.hand_in(work()).await.unwrap();
        }
        queue.close();
        let lens = [2, 1, 0].map(|_| match queue.take(true, 2, usize::MAX) {
            Taken::Batch(works) => Some(works.len()),
            Taken::Nothing | Taken::End => None,
        });
        assert_eq!(lens, [Some(2), Some(1), None]);
    }
}
