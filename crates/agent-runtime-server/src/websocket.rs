//! A WebSocket from the server's side (RFC 6455).
//!
//! What clients send is read by tungstenite. What we send goes to the socket straight from the shared
//! frames: tungstenite copies every message into a buffer of each client, moves that buffer along after
//! every partial write, and never gives it back. With a large `init` and many clients that is the memory
//! of the machine.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use agent_runtime_types::problem::Invalid;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::app::App;
use crate::connection::Connection;
use crate::error::ApiError;
use crate::origins::only;

/// Bytes of the read buffer: clients send next to nothing, and ten thousand may be open.
const READ_BUFFER_BYTES: usize = 1024;

/// Frames handed to the system at once, each as a header and a payload.
const FRAMES_PER_WRITE: usize = 64;

/// First byte of a frame that is a whole message: text, close, ping.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

/// A request to speak WebSocket, checked.
pub(crate) struct Upgrade {
    accept: HeaderValue,
    protocols: Vec<String>,
    on: OnUpgrade,
}

impl FromRequestParts<Arc<App>> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let wrong = |field: &str, rule: &str| ApiError::from(Invalid::field(field, rule));
        // A HEAD would be routed like a GET, and must not be answered by a change of protocol.
        if parts.method != Method::GET {
            return Err(wrong("Upgrade", "a WebSocket begins with GET"));
        }
        if !has_token(headers, header::CONNECTION, "upgrade") || !has_token(headers, header::UPGRADE, "websocket") {
            return Err(wrong("Upgrade", "this path speaks WebSocket only"));
        }
        if only(headers, header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(wrong("Sec-WebSocket-Version", "must be 13"));
        }
        let key = only(headers, header::SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
        let key = key.ok_or_else(|| wrong("Sec-WebSocket-Key", "must be 16 bytes in base64"))?;
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
        let accept = accept.map_err(|_| wrong("Sec-WebSocket-Key", "cannot be answered"))?;
        let protocols = tokens(headers, header::SEC_WEBSOCKET_PROTOCOL).map(str::to_owned).collect();
        let on = parts.extensions.remove::<OnUpgrade>();
        let on = on.ok_or_else(|| wrong("Upgrade", "this connection cannot change its protocol"))?;
        Ok(Self { accept, protocols, on })
    }
}

impl Upgrade {
    /// The answer that changes the protocol, and what becomes the socket once it has been sent.
    pub(crate) fn accept(self, protocol: &'static str, max_message_bytes: usize) -> (Response, Opening) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        // A browser that offered subprotocols gives up when none is chosen.
        if self.protocols.iter().any(|offered| offered == protocol) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        (response, Opening { on: self.on, max_message_bytes })
    }
}

/// A socket whose handshake has been answered.
pub(crate) struct Opening {
    on: OnUpgrade,
    max_message_bytes: usize,
}

impl Opening {
    /// Waits until the connection is ours. `None` when the client went away before.
    pub(crate) async fn open(self) -> Option<(Incoming, Outgoing)> {
        let upgraded = self.on.await.ok()?;
        let parts = upgraded.downcast::<TokioIo<Connection>>().ok()?;
        let (read, write) = parts.io.into_inner().into_stream().into_split();
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .max_message_size(Some(self.max_message_bytes))
            .max_frame_size(Some(self.max_message_bytes));
        let ear = Ear { early: parts.read_buf, read, replies: Vec::new() };
        let stream = WebSocketStream::from_raw_socket(ear, Role::Server, Some(config)).await;
        Some((Incoming { stream }, Outgoing { write, unfinished: Vec::new() }))
    }
}

/// What the client says.
pub(crate) struct Incoming {
    stream: WebSocketStream<Ear>,
}

/// Something that the client said.
pub(crate) enum Said {
    /// Anything but a goodbye.
    Something,
    /// It says goodbye, or is gone.
    Goodbye,
    /// More at once than it may.
    TooMuch,
    /// What is no WebSocket.
    Nonsense,
}

impl Incoming {
    /// Waits for the client to say something. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Said {
        match self.stream.next().await {
            Some(Ok(Message::Close(_)) | Err(Error::Io(_))) | None => Said::Goodbye,
            Some(Ok(_)) => Said::Something,
            Some(Err(Error::Capacity(_))) => Said::TooMuch,
            Some(Err(Error::Protocol(_) | Error::Utf8(_))) => Said::Nonsense,
            Some(Err(_)) => Said::Goodbye,
        }
    }

    /// What the protocol owes the client for what it said: answers to its pings and its goodbye.
    pub(crate) async fn replies(&mut self) -> Vec<u8> {
        // Writing to the ear never waits, so neither does this.
        let _ = futures_util::SinkExt::flush(&mut self.stream).await;
        std::mem::take(&mut self.stream.get_mut().replies)
    }
}

/// The reading half of the socket, which collects what the protocol replies.
struct Ear {
    early: Bytes,
    read: OwnedReadHalf,
    replies: Vec<u8>,
}

impl AsyncRead for Ear {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.read).poll_read(cx, buf);
        }
        let taken = self.early.len().min(buf.remaining());
        buf.put_slice(&self.early[..taken]);
        self.early.advance(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ear {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.replies.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What we say.
pub(crate) struct Outgoing {
    write: OwnedWriteHalf,
    /// What is left of a frame in whose middle the client stopped reading.
    unfinished: Vec<u8>,
}

/// Why something could not be said.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// The client took nothing for too long.
    Stalled,
    /// The client is gone.
    Gone,
}

impl Outgoing {
    /// Sends texts, each a message. The client may take its time as long as it takes something within
    /// `patience`.
    pub(crate) async fn texts(&mut self, texts: &[Bytes], patience: Duration) -> Result<(), NotSent> {
        for texts in texts.chunks(FRAMES_PER_WRITE) {
            let headers: Vec<Header> = texts.iter().map(|text| Header::new(TEXT, text.len())).collect();
            let frames = headers.iter().zip(texts).map(|(header, text)| [header.bytes(), text]);
            let mut slices: Vec<IoSlice<'_>> = frames.clone().flatten().map(IoSlice::new).collect();
            let mut written = 0;
            let sent = self.write(&mut slices, &mut written, patience).await;
            if matches!(sent, Err(NotSent::Stalled)) {
                self.unfinished = rest_of_frame(frames, written);
            }
            sent?;
        }
        Ok(())
    }

    /// Sends a ping.
    pub(crate) async fn ping(&mut self, patience: Duration) -> Result<(), NotSent> {
        self.raw(Header::new(PING, 0).bytes(), patience).await
    }

    /// Says goodbye.
    pub(crate) async fn close(&mut self, code: u16, reason: &str, patience: Duration) -> Result<(), NotSent> {
        let header = Header::new(CLOSE, 2 + reason.len());
        // A frame that was begun has to be finished before another can be sent.
        let begun = std::mem::take(&mut self.unfinished);
        let frame = [&begun, header.bytes(), &code.to_be_bytes(), reason.as_bytes()].concat();
        self.raw(&frame, patience).await
    }

    /// Sends bytes that are whole frames.
    pub(crate) async fn raw(&mut self, frames: &[u8], patience: Duration) -> Result<(), NotSent> {
        if frames.is_empty() {
            return Ok(());
        }
        let mut written = 0;
        let sent = self.write(&mut [IoSlice::new(frames)], &mut written, patience).await;
        if matches!(sent, Err(NotSent::Stalled)) {
            self.unfinished = frames[written..].to_vec();
        }
        sent
    }

    async fn write(
        &mut self,
        mut slices: &mut [IoSlice<'_>],
        written: &mut usize,
        patience: Duration,
    ) -> Result<(), NotSent> {
        while !slices.is_empty() {
            match self.write.try_write_vectored(slices) {
                Ok(0) => return Err(NotSent::Gone),
                Ok(bytes) => {
                    *written += bytes;
                    IoSlice::advance_slices(&mut slices, bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match tokio::time::timeout(patience, self.write.writable()).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return Err(NotSent::Gone),
                        Err(_) => return Err(NotSent::Stalled),
                    }
                }
                Err(_) => return Err(NotSent::Gone),
            }
        }
        Ok(())
    }
}

/// What is left of the frame in whose middle `written` bytes end; nothing when they end between two.
fn rest_of_frame<'a>(frames: impl Iterator<Item = [&'a [u8]; 2]>, written: usize) -> Vec<u8> {
    let mut start = 0;
    for frame in frames {
        let end = start + frame[0].len() + frame[1].len();
        if written < end {
            return if written == start { Vec::new() } else { frame.concat().split_off(written - start) };
        }
        start = end;
    }
    Vec::new()
}

/// The header of an unmasked frame that is a whole message (RFC 6455, section 5.2).
struct Header {
    bytes: [u8; 10],
    length: usize,
}

impl Header {
    fn new(first: u8, payload: usize) -> Self {
        let mut bytes = [0; 10];
        bytes[0] = first;
        let length = if let Ok(short @ 0..=125) = u8::try_from(payload) {
            bytes[1] = short;
            2
        } else if let Ok(medium) = u16::try_from(payload) {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        } else {
            bytes[1] = 127;
            bytes[2..].copy_from_slice(&(payload as u64).to_be_bytes());
            10
        };
        Self { bytes, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn has_token(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    tokens(headers, name).any(|token| token.eq_ignore_ascii_case(wanted))
}
