//! Log lines on their way to stderr. Whoever logs never waits for whoever reads: a terminal that is held or a
//! pipe that nobody empties must not stop the server. Lines that find no room are dropped and counted.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of lines that may wait: some seconds of a busy debug log.
const MOST_WAITING_BYTES: usize = 4 * 1024 * 1024;
/// How long the end of the process waits for the last lines to be read.
const FLUSH_PATIENCE: Duration = Duration::from_millis(300);

/// Where log lines are written to.
#[derive(Clone)]
pub(crate) struct Lines {
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
    writing: bool,
}

impl Lines {
    /// Starts the thread that writes to `sink`.
    pub(crate) fn start(sink: impl Write + Send + 'static) -> Self {
        let queue = Arc::new(Queue::default());
        let its = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("log".to_owned());
        // Without the thread there is no log, but the server can do its work.
        let _ = thread.spawn(move || its.write_on(sink));
        Self { queue }
    }

    /// Waits until everything is written, but not for a reader that reads nothing.
    pub(crate) fn drain(&self) {
        let pending = |waiting: &mut Waiting| waiting.writing || !waiting.lines.is_empty();
        let _ = self.queue.written.wait_timeout_while(self.queue.lock(), FLUSH_PATIENCE, pending);
    }
}

impl Write for Lines {
    /// Takes one line; never waits, never fails.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.queue.lock();
        if waiting.bytes + line.len() > MOST_WAITING_BYTES {
            waiting.dropped += 1;
        } else {
            waiting.bytes += line.len();
            waiting.lines.push_back(line.to_vec());
            self.queue.arrived.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_on(&self, mut sink: impl Write) {
        loop {
            let (lines, dropped) = self.take();
            // A sink that is gone is no reason to stop: lines are then taken and forgotten.
            let _ = sink.write_all(&lines).and_then(|()| sink.flush());
            if dropped > 0 {
                tracing::warn!(dropped, "log lines were dropped, since nobody read stderr");
            }
            self.lock().writing = false;
            self.written.notify_all();
        }
    }

    /// Waits for lines, and takes all that there are.
    fn take(&self) -> (Vec<u8>, u64) {
        let idle = |waiting: &mut Waiting| waiting.lines.is_empty();
        let waited = self.arrived.wait_while(self.lock(), idle);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.writing = true;
        waiting.bytes = 0;
        let lines = waiting.lines.drain(..).flatten().collect();
        (lines, std::mem::take(&mut waiting.dropped))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc;

    use super::{Lines, MOST_WAITING_BYTES};

    /// Hands on what it is given, and can be held.
    struct Sink(mpsc::SyncSender<Vec<u8>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_in_order_and_a_drain_waits_for_them() {
        let (sender, receiver) = mpsc::sync_channel(1000);
        let mut lines = Lines::start(Sink(sender));
        for number in 0..100 {
            writeln!(lines, "{number}").expect("never fails");
        }
        lines.drain();
        let written: Vec<u8> = receiver.try_iter().flatten().collect();
        let written = String::from_utf8(written).expect("text");
        let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        assert_eq!(written.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_reader_that_reads_nothing_holds_nobody_up() {
        // A channel without room: the thread stays in its first write until the test reads.
        let (sender, receiver) = mpsc::sync_channel(0);
        let mut lines = Lines::start(Sink(sender));
        let line = vec![b'x'; MOST_WAITING_BYTES / 4];
        for _ in 0..20 {
            assert_eq!(lines.write(&line).ok(), Some(line.len()), "no write waits or fails");
        }
        assert!(lines.queue.lock().dropped > 0, "what finds no room is counted");
        assert!(lines.queue.lock().bytes <= MOST_WAITING_BYTES, "what waits is bounded");
        lines.drain();
        drop(receiver);
    }

    #[test]
    fn a_reader_that_has_gone_holds_nobody_up() {
        let (sender, receiver) = mpsc::sync_channel(0);
        drop(receiver);
        let mut lines = Lines::start(Sink(sender));
        writeln!(lines, "to nobody").expect("never fails");
        lines.drain();
        assert!(lines.queue.lock().lines.is_empty(), "lines to nobody do not pile up");
    }
}
