//! A way to the server on which requests are turned away, answers are lost and streams are cut.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::process::Process;

/// The way, and what has come along it.
pub(super) struct Unreliable {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<HashMap<String, Vec<Instant>>>>,
}

/// A request, read as far as its body goes.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Unreliable {
    /// To each path the first request is turned away, and the answer to the second is lost; all others arrive. Of the
    /// first stream, half of the first event arrives.
    pub(super) async fn to(server: &Process) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::<Mutex<HashMap<String, Vec<Instant>>>>::default();
        let (http, upstream, noted) = (server.http.clone(), server.address, Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, http.clone(), upstream, Arc::clone(&noted)));
            }
        });
        Self { address, seen }
    }

    /// When each of the requests to this path came.
    pub(super) fn attempts(&self, path: &str) -> Vec<Instant> {
        self.seen.lock().expect("not poisoned").get(path).cloned().unwrap_or_default()
    }
}

async fn pass(
    mut client: TcpStream,
    http: reqwest::Client,
    upstream: SocketAddr,
    seen: Arc<Mutex<HashMap<String, Vec<Instant>>>>,
) -> Option<()> {
    let request = read(&mut client).await?;
    let target = request.head.split(' ').nth(1)?.to_owned();
    let path = target.split('?').next()?.to_owned();
    let attempt = {
        let mut seen = seen.lock().expect("not poisoned");
        let times = seen.entry(path.clone()).or_default();
        times.push(Instant::now());
        times.len()
    };
    if path == "/stream" {
        return stream(client, &request, upstream, attempt == 1).await;
    }
    if attempt == 1 {
        let busy = "HTTP/1.1 503 Busy\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        return client.write_all(busy.as_bytes()).await.ok();
    }
    let mut forward = http.post(format!("http://{upstream}{target}")).body(request.body);
    for (name, value) in request.head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-") || ["content-type", "authorization"].contains(&name.as_str()) {
            forward = forward.header(name, value);
        }
    }
    let answer = forward.send().await.ok()?;
    let (status, text) = (answer.status().as_u16(), answer.text().await.ok()?);
    if attempt == 2 {
        return None;
    }
    let head = format!("HTTP/1.1 {status} As-Is\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", text.len());
    client.write_all(format!("{head}{text}").as_bytes()).await.ok()
}

async fn read(client: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().filter_map(|line| line.split_once(": "));
        let mut length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.next().map_or(Some(0), |(_, length)| length.parse().ok())?;
        if bytes.len() >= end + 4 + length {
            return Some(Request { head, body: bytes.split_off(end + 4) });
        }
    }
}

async fn stream(mut client: TcpStream, request: &Request, upstream: SocketAddr, cuts: bool) -> Option<()> {
    let mut server = TcpStream::connect(upstream).await.ok()?;
    server.write_all(format!("{}\r\n\r\n", request.head).as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if server.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let event = bytes.windows(12).position(|part| part == b"event: event");
        if let Some(event) = event.filter(|_| cuts) {
            return client.write_all(&bytes[..(event + 60).min(bytes.len())]).await.ok();
        }
        client.write_all(&bytes).await.ok()?;
    }
}
