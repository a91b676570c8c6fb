//! One JSON document from standard input, which its writer may leave open.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The longest document that is taken.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How long the first byte is waited for: on a busy machine the agent may not get to it sooner.
const FIRST_BYTE: Duration = Duration::from_secs(2);
/// A writer that is silent for so long after it began has nothing more to say.
const SILENCE: Duration = Duration::from_millis(500);
/// How long all of it may take, for a writer that trickles: the agent stands still meanwhile.
const WHOLE: Duration = Duration::from_secs(10);
const CHUNK_BYTES: usize = 64 * 1024;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("there was nothing on standard input")]
    Empty,
    #[error("what came on standard input is no JSON document")]
    Broken,
    #[error("the document is longer than {MOST_BYTES} bytes")]
    TooLong,
    #[error("standard input cannot be read: {0}")]
    Failed(#[from] io::Error),
}

/// Where a document comes from, and the time that passes meanwhile.
trait Source {
    /// Waits until there is something to read, or the end; false when the writer stays silent for so long.
    fn ready(&mut self, patience: Duration) -> io::Result<bool>;
    /// Takes what there is; nothing at the end.
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize>;
    /// How long the reading has taken so far.
    fn elapsed(&self) -> Duration;
}

/// Reads the document: to its end, to the end of the input, until nothing more comes, or until it has taken too long.
///
/// # Errors
/// When there is none.
pub(super) fn document() -> Result<Vec<u8>, Unread> {
    read(&mut Stdin { stdin: io::stdin(), began: Instant::now() })
}

fn read(source: &mut impl Source) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    let mut end = End::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let patience = if bytes.is_empty() { FIRST_BYTE } else { SILENCE };
        let left = WHOLE.saturating_sub(source.elapsed());
        if left.is_zero() || !source.ready(patience.min(left))? {
            break;
        }
        let count = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let found = end.within(&chunk[..count]);
        bytes.extend_from_slice(&chunk[..found.unwrap_or(count)]);
        if bytes.len() > MOST_BYTES {
            return Err(Unread::TooLong);
        }
        if found.is_some() {
            break;
        }
    }
    if bytes.iter().all(u8::is_ascii_whitespace) { Err(Unread::Empty) } else { Ok(bytes) }
}

/// The process's standard input.
struct Stdin {
    stdin: io::Stdin,
    began: Instant,
}

impl Source for Stdin {
    fn ready(&mut self, patience: Duration) -> io::Result<bool> {
        let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
        loop {
            let mut sources = [PollFd::from_borrowed_fd(self.stdin.as_fd(), PollFlags::IN)];
            match poll(&mut sources, Some(&patience)) {
                Ok(count) => return Ok(count > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        self.stdin.lock().read(chunk)
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Finds where an object or an array ends, however it is cut into pieces.
#[derive(Debug, Default)]
struct End {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl End {
    /// The position behind the document's last byte, if that is among these.
    fn within(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth <= 1 => return Some(index + 1),
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::{End, Source, Unread, read};

    /// A writer that sends one byte after each pause, in a time of the test's own.
    struct Slow<'a> {
        bytes: &'a [u8],
        pauses: Vec<u64>,
        sent: usize,
        now: Duration,
    }

    impl Slow<'_> {
        fn pause(&self) -> Option<Duration> {
            let pause = self.pauses.get(self.sent).or(self.pauses.last())?;
            (self.sent < self.bytes.len()).then(|| Duration::from_millis(*pause))
        }
    }

    impl Source for Slow<'_> {
        fn ready(&mut self, patience: Duration) -> io::Result<bool> {
            let pause = self.pause().filter(|pause| *pause <= patience);
            self.now += pause.unwrap_or(patience);
            Ok(pause.is_some())
        }

        fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
            chunk[0] = self.bytes[self.sent];
            self.sent += 1;
            Ok(1)
        }

        fn elapsed(&self) -> Duration {
            self.now
        }
    }

    fn slow(bytes: &[u8], pauses: &[u64]) -> (Result<Vec<u8>, Unread>, Duration) {
        let mut source = Slow { bytes, pauses: pauses.to_vec(), sent: 0, now: Duration::ZERO };
        let document = read(&mut source);
        (document, source.now)
    }

    #[test]
    fn the_first_byte_may_be_late_and_the_rest_may_not() {
        let (document, _) = slow(b"{\"a\":1}", &[1900, 400, 10]);
        assert_eq!(document.expect("a document"), b"{\"a\":1}");
        let (document, took) = slow(b"{}", &[2100]);
        assert!(matches!(document, Err(Unread::Empty)));
        assert_eq!(took, Duration::from_secs(2));
        let (document, took) = slow(b"{}", &[0, 600]);
        assert_eq!((document.expect("its beginning").as_slice(), took), (&b"{"[..], Duration::from_millis(500)));
    }

    #[test]
    fn a_trickle_ends() {
        let endless = [b'['; 100];
        let (document, took) = slow(&endless, &[400]);
        assert_eq!((document.expect("its beginning").len(), took), (25, Duration::from_secs(10)));
    }

    #[test]
    fn a_document_ends_with_its_last_brace_outside_strings() {
        let text = r#" {"a":"}\"}","b":[{},"]"]} {"#;
        let end = text.len() - 2;
        assert_eq!(End::default().within(text.as_bytes()), Some(end));
        for cut in 1..end {
            let mut pieces = End::default();
            assert_eq!(pieces.within(&text.as_bytes()[..cut]), None, "{cut}");
            assert_eq!(pieces.within(&text.as_bytes()[cut..]), Some(end - cut), "{cut}");
        }
    }
}
