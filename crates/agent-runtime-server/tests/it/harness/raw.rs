//! Requests and frames written byte by byte, for what no well-behaved client sends.

use std::net::SocketAddr;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::harness::{Answer, PATIENCE, TestServer};

/// The headers by which a client asks for a WebSocket.
pub(crate) const UPGRADE: [(&str, &str); 4] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// The text of a request with exactly these headers, besides the body's length and, unless `connection` is
/// given, `connection: close`.
pub(crate) fn request_text(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut lines = vec![format!("{method} {target} HTTP/1.1")];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.push(format!("content-length: {}", body.len()));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        lines.push("connection: close".into());
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

impl TestServer {
    /// Sends a request with the server's own `Host` and these headers, on a connection of its own.
    pub(crate) async fn raw(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.address.to_string();
        let headers: Vec<_> = [("host", host.as_str())].into_iter().chain(headers.iter().copied()).collect();
        self.raw_without_host(method, target, &headers, body).await
    }

    /// The same, with no other headers than these.
    pub(crate) async fn raw_without_host(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut wire = Wire::open(self.address).await;
        wire.write(request_text(method, target, headers, body)).await;
        let answer = if method == "HEAD" { wire.head().await.map(without_body) } else { wire.answer().await };
        answer.unwrap_or_else(|| panic!("no answer to {method} {target} with {headers:?}"))
    }
}

/// A TCP connection without any manners of its own.
pub(crate) struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("a connection"))
    }

    /// Connects with a receive buffer so small that a server soon notices when nobody reads.
    pub(crate) async fn narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        Self::over(socket.connect(address).await.expect("a connection"))
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("no delay");
        Self { stream, unread: Vec::new() }
    }

    /// Connects narrowly, asks for `/ws` plus `query`, and reads nothing behind the answer's head.
    pub(crate) async fn web_socket(address: SocketAddr, query: &str) -> Self {
        let mut wire = Self::narrow(address).await;
        let host = address.to_string();
        let headers: Vec<_> = [("host", host.as_str())].into_iter().chain(UPGRADE).collect();
        wire.write(request_text("GET", &format!("/ws{query}"), &headers, "")).await;
        let (status, _) = wire.head().await.expect("an answer to the upgrade");
        assert_eq!(status, 101, "the upgrade");
        wire
    }

    /// Connects narrowly, asks for `/stream` plus `query`, and reads nothing behind the answer's head.
    pub(crate) async fn event_stream(address: SocketAddr, query: &str) -> Self {
        let mut wire = Self::narrow(address).await;
        wire.write(request_text("GET", &format!("/stream{query}"), &[("host", &address.to_string())], "")).await;
        let (status, _) = wire.head().await.expect("an answer");
        assert_eq!(status, 200, "the stream");
        wire
    }

    /// Writes all of it.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        assert!(self.try_write(bytes).await, "the server closed before everything was written");
    }

    /// Writes all of it; `false` when the server has closed.
    pub(crate) async fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.expect("the server reads").is_ok()
    }

    /// Says that nothing more will be written.
    pub(crate) async fn end(&mut self) {
        // The server may have closed already, which is an end as well.
        drop(self.stream.shutdown().await);
    }

    /// Reads some more; `false` at the end, however it comes.
    async fn read_more(&mut self) -> bool {
        let mut chunk = vec![0; 16 * 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut chunk)).await.expect("something from the server");
        let count = read.unwrap_or(0);
        self.unread.extend_from_slice(&chunk[..count]);
        count > 0
    }

    /// Exactly `count` bytes, unless the end comes before.
    pub(crate) async fn read(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.unread.len() < count {
            if !self.read_more().await {
                return None;
            }
        }
        Some(self.unread.drain(..count).collect())
    }

    /// One line, without its end.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.read(end + 2).await?;
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if !self.read_more().await {
                return None;
            }
        }
    }

    /// Everything until the server closes or resets the connection.
    pub(crate) async fn until_end(&mut self) -> Vec<u8> {
        while self.read_more().await {}
        std::mem::take(&mut self.unread)
    }

    /// Status and headers of an answer; `None` when the connection ends before.
    pub(crate) async fn head(&mut self) -> Option<(u16, HeaderMap)> {
        let status_line = self.line().await?;
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {status_line}"));
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Some((status, headers));
            }
            let (name, value) = line.split_once(':').expect("a header line");
            let name: HeaderName = name.parse().expect("a header's name");
            headers.append(name, HeaderValue::from_str(value.trim()).expect("a header's value"));
        }
    }

    /// A whole answer; `None` when the connection ends before. Of an upgrade or an event stream, which have no
    /// end, the head alone.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let (status, headers) = self.head().await?;
        let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let endless = value("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        let body = if endless || matches!(status, 101 | 204 | 304) {
            Vec::new()
        } else if let Some(length) = value("content-length") {
            self.read(length.parse().expect("a length")).await?
        } else if value("transfer-encoding").is_some() {
            self.chunks().await?
        } else {
            self.until_end().await
        };
        Some(Answer { status, headers, text: String::from_utf8(body).expect("UTF-8") })
    }

    /// A chunked body; `None` when it is cut off.
    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line().await?, 16).expect("a chunk's size");
            let chunk = self.read(size + 2).await?;
            if size == 0 {
                return Some(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    /// The next WebSocket frame from the server, as its opcode and payload; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.read(2).await?;
        assert_eq!(head[1] & 0x80, 0, "a server's frames are not masked");
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.read(2).await?.try_into().expect("two bytes"))),
            127 => u64::from_be_bytes(self.read(8).await?.try_into().expect("eight bytes")),
            short => u64::from(short),
        };
        let payload = self.read(usize::try_from(length).expect("a length")).await?;
        Some((head[0] & 0x0f, payload))
    }

    /// Reads frames until the server closes: the texts that came before, and the close code, if it sent one.
    pub(crate) async fn frames_until_close(&mut self) -> (Vec<String>, Option<u16>) {
        let mut texts = Vec::new();
        while let Some((opcode, payload)) = self.frame().await {
            match opcode {
                1 => texts.push(String::from_utf8(payload).expect("UTF-8")),
                8 => return (texts, payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
                _ => {}
            }
        }
        (texts, None)
    }
}

/// A client's frame with the first byte given (final bit, reserved bits, opcode), masked as clients must.
pub(crate) fn client_frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
    let mut frame = vec![first_byte];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..126) => frame.push(0x80 | short.to_be_bytes()[1]),
        Ok(medium) => {
            frame.push(0x80 | 0x7e);
            frame.extend(medium.to_be_bytes());
        }
        Err(_) => {
            frame.push(0x80 | 0x7f);
            frame.extend(u64::try_from(payload.len()).expect("a length").to_be_bytes());
        }
    }
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn without_body((status, headers): (u16, HeaderMap)) -> Answer {
    Answer { status, headers, text: String::new() }
}
