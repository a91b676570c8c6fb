//! A blocking HTTP/1.1 client on one keep-alive connection: for set-up, and where one request at a time is timed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use memchr::memmem;
use serde_json::Value;

/// One connection; requests follow each other on it.
pub(crate) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

/// An answer whose body was read to its last byte and thrown away.
pub(crate) struct Discarded {
    pub(crate) status: u16,
    /// Bytes of the body, chunk headings not counted.
    pub(crate) body_bytes: usize,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        Ok(Self { stream, address, buffer: vec![0; 256 * 1024] })
    }

    /// Sends JSON and returns the answer, which must be 200.
    pub(crate) fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = request_bytes(self.address, "POST", path, "application/json", body.to_string().as_bytes());
        self.send(&request).with_context(|| format!("POST {path}"))
    }

    /// Reads JSON; the answer must be 200.
    pub(crate) fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        let request = self.get_bytes(path);
        self.send(&request).with_context(|| format!("GET {path}"))
    }

    /// The bytes of a GET on this connection.
    pub(crate) fn get_bytes(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address).into_bytes()
    }

    /// Sends the bytes of a whole request, reads the whole answer and throws the body away.
    pub(crate) fn send_discarding(&mut self, request: &[u8]) -> anyhow::Result<Discarded> {
        self.stream.write_all(request)?;
        self.read(|_| {})
    }

    /// Sends the bytes of a whole request and requires 200 with exactly this body.
    pub(crate) fn send_expecting(&mut self, request: &[u8], body: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request)?;
        let mut whole = true;
        let mut seen = 0;
        let answer = self.read(|part| {
            whole &= body.get(seen..seen + part.len()) == Some(part);
            seen += part.len();
        })?;
        ensure!(answer.status == 200 && whole && seen == body.len(), "answered {} and not as expected", answer.status);
        Ok(())
    }

    /// Sends the bytes of a whole request and returns the JSON of the answer, which must be 200.
    pub(crate) fn send(&mut self, request: &[u8]) -> anyhow::Result<Value> {
        self.stream.write_all(request)?;
        let mut body = Vec::new();
        let answer = self.read(|part| body.extend_from_slice(part))?;
        ensure!(answer.status == 200, "answered {}: {}", answer.status, String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }

    /// Reads one answer and hands the parts of its body on as they come.
    fn read(&mut self, mut take: impl FnMut(&[u8])) -> anyhow::Result<Discarded> {
        let Self { stream, buffer, .. } = self;
        let mut filled = 0;
        let head_end = loop {
            if let Some(end) = memmem::find(&buffer[..filled], b"\r\n\r\n") {
                break end + 4;
            }
            filled += some(stream.read(&mut buffer[filled..])?)?;
        };
        let head = String::from_utf8_lossy(&buffer[..head_end]).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|code| code.parse().ok()).context("no status line")?;
        let mut decoder = match (field(&head, "content-length"), field(&head, "transfer-encoding")) {
            (Some(length), _) => Decoder::Length(length.parse()?),
            (None, Some("chunked")) => Decoder::Chunks(Chunk::Heading(0)),
            _ => bail!("an answer without a length"),
        };
        let mut body_bytes = 0;
        let mut count = |part: &[u8]| {
            body_bytes += part.len();
            take(part);
        };
        let mut done = decoder.feed(&buffer[head_end..filled], &mut count)?;
        while !done {
            let read = some(stream.read(buffer)?)?;
            done = decoder.feed(&buffer[..read], &mut count)?;
        }
        Ok(Discarded { status, body_bytes })
    }
}

/// The bytes of a request with a body.
pub(crate) fn request_bytes(address: SocketAddr, method: &str, path: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// How the end of a body is known.
enum Decoder {
    Length(usize),
    Chunks(Chunk),
}

enum Chunk {
    /// Reading the length of the next chunk; so far this.
    Heading(usize),
    /// This many bytes of the chunk are to come, then its line end.
    Body(usize),
    /// Passing over the line end after a chunk.
    LineEnd,
    /// After the heading of the last chunk: this many of the four bytes of two line ends have come.
    Last(u8),
}

impl Decoder {
    /// Takes the next bytes; whether the body is complete.
    fn feed(&mut self, mut bytes: &[u8], take: &mut impl FnMut(&[u8])) -> anyhow::Result<bool> {
        match self {
            Self::Length(left) => {
                ensure!(bytes.len() <= *left, "more bytes than announced");
                take(bytes);
                *left -= bytes.len();
                Ok(*left == 0)
            }
            Self::Chunks(chunk) => loop {
                let Some((&first, rest)) = bytes.split_first() else { return Ok(false) };
                match chunk {
                    Chunk::Body(left) => {
                        let (part, after) = bytes.split_at((*left).min(bytes.len()));
                        take(part);
                        *left -= part.len();
                        bytes = after;
                        if *left == 0 {
                            *chunk = Chunk::LineEnd;
                        }
                        continue;
                    }
                    Chunk::Heading(length) => match first {
                        b'\r' => {}
                        b'\n' => *chunk = if *length == 0 { Chunk::Last(2) } else { Chunk::Body(*length) },
                        _ => {
                            let digit = char::from(first).to_digit(16).context("no chunk length")?;
                            *length = *length * 16 + digit as usize;
                        }
                    },
                    Chunk::LineEnd if first == b'\n' => *chunk = Chunk::Heading(0),
                    Chunk::LineEnd => ensure!(first == b'\r', "no line end after a chunk"),
                    Chunk::Last(seen) => {
                        *seen += 1;
                        if *seen == 4 {
                            return Ok(true);
                        }
                    }
                }
                bytes = rest;
            },
        }
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn some(read: usize) -> anyhow::Result<usize> {
    ensure!(read > 0, "the connection was closed before the answer was whole");
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together_however_they_are_cut() {
        let wire = b"5\r\nhello\r\n10\r\n, wide old world\r\n0\r\n\r\n";
        for cut in 0..wire.len() {
            let mut decoder = Decoder::Chunks(Chunk::Heading(0));
            let mut body = Vec::new();
            let early = decoder.feed(&wire[..cut], &mut |part| body.extend_from_slice(part)).unwrap();
            assert!(!early);
            assert!(decoder.feed(&wire[cut..], &mut |part| body.extend_from_slice(part)).unwrap());
            assert_eq!(body, b"hello, wide old world");
        }
    }
}
