//! A client of the live stream that always comes back with its cursor, over WebSocket or Server-Sent Events.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::log::Log;
use super::random::Random;
use crate::process;

/// The server as a client knows it: an address, or nothing while it is down. It becomes `None` before the kill,
/// so that a connection which ends while an address stands here was ended by the server.
pub(crate) type Door = watch::Receiver<Option<SocketAddr>>;

/// How a follower is connected.
#[derive(Clone, Copy)]
pub(crate) enum Wire {
    WebSocket,
    /// Comes back with `Last-Event-ID`.
    EventStream,
    /// Comes back with `?since=`.
    EventStreamSince,
}

/// A follower that works on its own until the door is dropped.
pub(crate) struct Follower {
    log: Arc<Mutex<Log>>,
    position: watch::Receiver<i64>,
    task: JoinHandle<()>,
}

/// Why a connection ended.
enum End {
    Lost(String),
    /// It went by itself, to come back at once.
    Left,
}

impl Follower {
    /// Starts one. With `restless`, it leaves every connection after a random number of messages.
    pub(crate) fn start(name: &str, wire: Wire, door: Door, restless: Option<Random>) -> Self {
        let log = Arc::new(Mutex::new(Log::new(name)));
        let (sender, position) = watch::channel(-1);
        let task = tokio::spawn(Connection { wire, door, log: Arc::clone(&log), position: sender }.run(restless));
        Self { log, position, task }
    }

    /// What it has received so far.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has received the message at `position`. Its name, if it never does.
    pub(crate) async fn reaches(&mut self, position: i64) -> Result<(), String> {
        let waiting = self.position.wait_for(|at| *at >= position);
        let came = tokio::time::timeout(process::PATIENCE, waiting).await.is_ok_and(|waited| waited.is_ok());
        let log = self.log();
        if came { Ok(()) } else { Err(format!("{} never came to {position}, but to {}", log.name, log.position())) }
    }

    /// Waits for its end, after the door is gone, and hands out what it received.
    pub(crate) async fn ended(self) -> Log {
        let Self { log, task, .. } = self;
        let ended = task.await;
        let mut log = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
        if ended.is_err() {
            log.fault("it panicked");
        }
        log
    }
}

struct Connection {
    wire: Wire,
    door: Door,
    log: Arc<Mutex<Log>>,
    position: watch::Sender<i64>,
}

impl Connection {
    async fn run(mut self, mut restless: Option<Random>) {
        while let Ok(Some(address)) = self.door.wait_for(Option::is_some).await.map(|address| *address) {
            let messages = restless.as_mut().map_or(usize::MAX, |random| 1 + random.below(400));
            let end = match self.wire {
                Wire::WebSocket => self.web_socket(address, messages).await,
                Wire::EventStream | Wire::EventStreamSince => self.event_stream(address, messages).await,
            };
            let expected = *self.door.borrow() != Some(address);
            match end {
                End::Lost(why) if !expected => {
                    self.log().fault(&format!("the connection was lost: {why}"));
                    // A server that drops its followers is wrong already: no second try before the next start.
                    let another = self.door.wait_for(|now| *now != Some(address)).await.is_err();
                    if another {
                        return;
                    }
                }
                End::Lost(_) | End::Left => {}
            }
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cursor to come back with.
    fn cursor(&self) -> Option<String> {
        let mut log = self.log();
        let cursor = log.cursor.as_ref().map(ToString::to_string);
        log.resumes += u32::from(cursor.is_some());
        cursor
    }

    fn take(&self, text: &str) {
        let mut log = self.log();
        match serde_json::from_str::<Value>(text) {
            Ok(message) => log.take(&message),
            Err(error) => log.fault(&format!("no JSON ({error}): {text}")),
        }
        self.position.send_replace(log.position());
    }

    async fn web_socket(&self, address: SocketAddr, messages: usize) -> End {
        let query = self.cursor().map_or(String::new(), |cursor| format!("?since={cursor}"));
        let mut stream = match tokio_tungstenite::connect_async(format!("ws://{address}/ws{query}")).await {
            Ok((stream, _)) => stream,
            Err(error) => return End::Lost(error.to_string()),
        };
        let mut left = messages;
        while left > 0 {
            match stream.next().await {
                Some(Ok(Message::Text(text))) => self.take(&text),
                Some(Ok(Message::Close(frame))) => return End::Lost(format!("closed with {frame:?}")),
                Some(Ok(_)) => continue,
                Some(Err(error)) => return End::Lost(error.to_string()),
                None => return End::Lost("its end".into()),
            }
            left -= 1;
        }
        End::Left
    }

    async fn event_stream(&self, address: SocketAddr, messages: usize) -> End {
        let client = reqwest::Client::builder().no_proxy().build();
        let Ok(client) = client else { return End::Lost("no client".into()) };
        let url = format!("http://{address}/stream");
        let request = match (self.cursor(), self.wire) {
            (Some(cursor), Wire::EventStreamSince) => client.get(format!("{url}?since={cursor}")),
            (Some(cursor), _) => client.get(url).header("last-event-id", cursor),
            (None, _) => client.get(url),
        };
        let response = match request.send().await.and_then(reqwest::Response::error_for_status) {
            Ok(response) => response,
            Err(error) => return End::Lost(error.to_string()),
        };
        let mut body = response.bytes_stream();
        let (mut buffer, mut left) = (Vec::new(), messages);
        while let Some(part) = body.next().await {
            match part {
                Ok(part) => buffer.extend_from_slice(&part),
                Err(error) => return End::Lost(error.to_string()),
            }
            let mut start = 0;
            while let Some(length) = buffer[start..].windows(2).position(|pair| pair == b"\n\n") {
                let block = String::from_utf8_lossy(&buffer[start..start + length]).into_owned();
                start += length + 2;
                if self.block(&block) {
                    left -= 1;
                }
                if left == 0 {
                    return End::Left;
                }
            }
            buffer.drain(..start);
        }
        End::Lost("its end".into())
    }

    /// Takes one block of an event stream. Whether it was a message.
    fn block(&self, block: &str) -> bool {
        let field = |name: &str| {
            let lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            lines.map(|value| value.strip_prefix(' ').unwrap_or(value)).next()
        };
        let Some(text) = field("data") else { return false };
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        if field("id") != message["cursor"].as_str() || field("event") != message["type"].as_str() {
            self.log().fault(&format!("id and event are not those of the message: {block}"));
        }
        self.take(text);
        true
    }
}
