//! A socket that knows when it last could not write.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// How long a closing connection that was sent more than it read waits for its client to close too. A socket
/// that is dropped with unread bytes in it resets the connection, and the client may then lose the answer.
const LINGER: Duration = Duration::from_secs(1);

/// What is known of a connection's progress; shared with the stream that writes to it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Since when a write has been waiting; `None` while none is.
    stuck_since: Mutex<Option<Instant>>,
    has_read: AtomicBool,
    is_stream: AtomicBool,
}

impl Progress {
    /// How long a write has been waiting for the client to read.
    pub(crate) fn stuck_for(&self) -> Duration {
        let since = *self.stuck_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Marks the connection as a live stream, whose client is given less time.
    pub(crate) fn set_stream(&self) {
        self.is_stream.store(true, Ordering::Relaxed);
    }

    /// Whether it is a live stream.
    pub(crate) fn is_stream(&self) -> bool {
        self.is_stream.load(Ordering::Relaxed)
    }

    /// Whether the client has sent anything.
    pub(crate) fn has_read(&self) -> bool {
        self.has_read.load(Ordering::Relaxed)
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Pending => {
                let mut since = self.stuck_since.lock().unwrap_or_else(PoisonError::into_inner);
                since.get_or_insert_with(Instant::now);
            }
            Poll::Ready(_) => {
                *self.stuck_since.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        }
    }
}

/// A TCP stream that reports its progress and closes without losing what it wrote last.
pub(crate) struct Connection {
    stream: TcpStream,
    progress: Arc<Progress>,
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, progress: Arc<Progress>) -> Self {
        Self { stream, progress, lingering: None }
    }

    /// The socket itself, for who speaks another protocol on it from now on.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.progress.has_read.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.progress.wrote(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.progress.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        let (mut rest, mut has_rest) = ([0; 4096], false);
        loop {
            let mut buf = ReadBuf::new(&mut rest);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => has_rest = true,
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => break,
            }
        }
        if self.lingering.is_none() && !has_rest {
            return Poll::Ready(Ok(()));
        }
        let over = self.lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        over.as_mut().poll(cx).map(Ok)
    }
}

/// A place among the open connections, given back when the connection and its streams are gone.
pub(crate) struct Place {
    open: Arc<AtomicUsize>,
    pub(crate) number: usize,
}

impl Place {
    pub(crate) fn take(open: &Arc<AtomicUsize>) -> Self {
        let number = open.fetch_add(1, Ordering::Relaxed) + 1;
        Self { open: Arc::clone(open), number }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a live stream keeps of the connection under it.
#[derive(Clone)]
pub(crate) struct Underneath {
    /// Whether the other end is on this machine.
    pub(crate) is_here: bool,
    pub(crate) progress: Arc<Progress>,
    /// Keeps the connection counted after an upgrade took it out of our hands.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) place: Arc<Place>,
}
