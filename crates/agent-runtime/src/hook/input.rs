//! One JSON document from standard input, which its writer may leave open.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The longest document that is taken.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// A writer that is silent for so long has nothing more to say.
const SILENCE: Duration = Duration::from_millis(500);
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

/// Reads the document: to its end, to the end of the input, or until nothing more comes.
///
/// # Errors
/// When there is none.
pub(super) fn document() -> Result<Vec<u8>, Unread> {
    let stdin = io::stdin();
    let mut bytes = Vec::new();
    let mut end = End::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    while ready(&stdin)? {
        let count = match stdin.lock().read(&mut chunk) {
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

/// Waits until there is something to read, or the end; false when the writer stays silent.
fn ready(stdin: &io::Stdin) -> io::Result<bool> {
    let silence = Timespec::try_from(SILENCE).map_err(io::Error::other)?;
    loop {
        let mut sources = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        match poll(&mut sources, Some(&silence)) {
            Ok(count) => return Ok(count > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
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
    use super::End;

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
