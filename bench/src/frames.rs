//! The client's side of WebSockets, by hand: a crowd of clients on the same two cores must cost as little as can be.
//!
//! A server's frames are not masked, so a frame is its heading and then its bytes; one that came whole is handed on
//! where it lies, only a cut one is copied.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::{Context as _, ensure};
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A text frame.
pub(crate) const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// A frame above this is a fault of the server; `init` is the largest that comes.
const LONGEST_FRAME: usize = 256 << 20;

/// Cuts a stream of bytes into frames.
#[derive(Default)]
pub(crate) struct Frames {
    cut: Vec<u8>,
    ping: Option<Vec<u8>>,
}

impl Frames {
    /// Takes the next bytes, and hands on the payload of every text message that they complete.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while !self.cut.is_empty() && !bytes.is_empty() {
            let wanted = match whole_length(&self.cut)? {
                Some(length) => length - self.cut.len(),
                None => 1,
            };
            let (part, rest) = bytes.split_at(wanted.min(bytes.len()));
            self.cut.extend_from_slice(part);
            bytes = rest;
            if whole_length(&self.cut)? == Some(self.cut.len()) {
                let frame = std::mem::take(&mut self.cut);
                self.take_frame(&frame, &mut take)?;
                // The room is used again by the next frame that is cut, unless it was a giant.
                if frame.capacity() <= 64 * 1024 {
                    self.cut = frame;
                    self.cut.clear();
                }
            }
        }
        while let Some(length) = whole_length(bytes)?.filter(|&length| length <= bytes.len()) {
            let (frame, rest) = bytes.split_at(length);
            self.take_frame(frame, &mut take)?;
            bytes = rest;
        }
        self.cut.extend_from_slice(bytes);
        Ok(())
    }

    /// The answer to a ping that came since the last call.
    pub(crate) fn pong(&mut self) -> Option<Vec<u8>> {
        let payload = self.ping.take()?;
        // A client's frames are masked; a mask of zeros leaves the bytes as they are.
        let length = u8::try_from(payload.len()).ok().filter(|&length| length < 126)?;
        let mut frame = vec![0x8A, 0x80 | length, 0, 0, 0, 0];
        frame.extend_from_slice(&payload);
        Some(frame)
    }

    fn take_frame(&mut self, frame: &[u8], take: &mut impl FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let payload = &frame[heading_length(frame[1])..];
        ensure!(frame[0] & 0x80 != 0, "a message in several frames, which these clients do not put together");
        match frame[0] & 0x0F {
            TEXT => take(payload),
            PING => {
                self.ping = Some(payload.to_vec());
                Ok(())
            }
            CLOSE => {
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                anyhow::bail!("closed by the server with {code}")
            }
            other => anyhow::bail!("a frame of kind {other}"),
        }
    }
}

fn heading_length(second: u8) -> usize {
    match second & 0x7F {
        126 => 4,
        127 => 10,
        _ => 2,
    }
}

/// The length of the frame that begins here, once its heading is there.
fn whole_length(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    ensure!(second & 0x80 == 0, "a server's frame must not be masked");
    let heading = heading_length(second);
    let Some(extended) = bytes.get(2..heading) else { return Ok(None) };
    let payload = match extended {
        [] => usize::from(second),
        _ => extended.iter().fold(0, |length: usize, &byte| length << 8 | usize::from(byte)),
    };
    ensure!(payload <= LONGEST_FRAME, "a frame of {payload} bytes");
    Ok(Some(heading + payload))
}

/// One client's connection after the upgrade.
pub(crate) struct Socket {
    stream: TcpStream,
    /// What came with the server's heading.
    received: Vec<u8>,
}

impl Socket {
    /// Connects and upgrades.
    pub(crate) async fn connect(address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut received = Vec::new();
        let end = loop {
            if let Some(end) = memmem::find(&received, b"\r\n\r\n") {
                break end + 4;
            }
            let read = stream.read_buf(&mut received).await?;
            ensure!(read > 0 && received.len() < 1 << 20, "no upgrade: '{}'", String::from_utf8_lossy(&received));
        };
        ensure!(received.starts_with(b"HTTP/1.1 101"), "no upgrade: '{}'", String::from_utf8_lossy(&received));
        Ok(Self { stream, received: received.split_off(end) })
    }

    /// Reads until `take` has had enough messages, answering pings on the way. `scratch` is lent for one read at a
    /// time: all clients of a thread share it.
    pub(crate) async fn follow(
        self,
        scratch: Rc<RefCell<Vec<u8>>>,
        mut take: impl FnMut(&[u8]) -> anyhow::Result<Want>,
    ) -> anyhow::Result<()> {
        let Self { mut stream, received } = self;
        let mut frames = Frames::default();
        let mut want = Want::More;
        let mut take = |message: &[u8], want: &mut Want| {
            if take(message)? == Want::Enough {
                *want = Want::Enough;
            }
            anyhow::Ok(())
        };
        frames.feed(&received, |message| take(message, &mut want))?;
        drop(received);
        while want == Want::More {
            stream.readable().await?;
            let read = {
                let mut bytes = scratch.borrow_mut();
                match stream.try_read(&mut bytes) {
                    Ok(read) => {
                        frames.feed(&bytes[..read], |message| take(message, &mut want))?;
                        read
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            ensure!(read > 0, "the connection ended without a close frame");
            if let Some(pong) = frames.pong() {
                stream.write_all(&pong).await?;
            }
        }
        Ok(())
    }
}

/// Whether a client wants more messages.
#[derive(PartialEq, Eq)]
pub(crate) enum Want {
    More,
    Enough,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x80 | kind];
        match payload.len() {
            length @ 0..126 => frame.push(u8::try_from(length).unwrap()),
            length @ 126..65_536 => {
                frame.push(126);
                frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn frames_are_found_however_the_stream_is_cut() {
        let payloads = [vec![b'a'; 3], vec![b'b'; 300], Vec::new(), vec![b'c'; 70_000], vec![b'd'; 125]];
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| frame(TEXT, payload)).collect();
        for piece in [1, 2, 3, 7, 128, 1000, 65_536, stream.len()] {
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for part in stream.chunks(piece) {
                frames
                    .feed(part, |payload| {
                        seen.push(payload.to_vec());
                        Ok(())
                    })
                    .unwrap();
            }
            assert!(seen == payloads, "in pieces of {piece}");
        }
    }

    #[test]
    fn pings_are_answered_and_closes_are_errors() {
        let mut frames = Frames::default();
        frames.feed(&frame(PING, b"hi"), |_| Ok(())).unwrap();
        assert_eq!(frames.pong().unwrap(), [0x8A, 0x82, 0, 0, 0, 0, b'h', b'i']);
        assert!(frames.pong().is_none());
        let closed = frames.feed(&frame(CLOSE, &4008_u16.to_be_bytes()), |_| Ok(())).unwrap_err();
        assert_eq!(closed.to_string(), "closed by the server with 4008");
    }
}
