//! Followers of the change log: event streams, and what one reads in a live message.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;
use tokio::time::timeout;

use crate::harness::{PATIENCE, Socket, TestServer};

/// A reader of `GET /stream`.
pub(crate) struct EventStream {
    response: reqwest::Response,
    unread: Vec<u8>,
    /// What stood before a message: comments, and fields without data.
    aside: VecDeque<Block>,
}

/// The fields of one block of an event stream, in their order, as name and value; a comment's name is empty.
pub(crate) type Block = Vec<(String, String)>;

impl TestServer {
    /// Opens `/stream` plus `query` (with its `?`, or empty).
    pub(crate) async fn stream(&self, query: &str) -> EventStream {
        self.stream_after(query, None).await
    }

    /// The same with a `Last-Event-ID`.
    pub(crate) async fn stream_after(&self, query: &str, last_event_id: Option<&str>) -> EventStream {
        let mut request = self.http.get(self.url(&format!("/stream{query}")));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id.as_bytes());
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200, "/stream{query}");
        EventStream { response, unread: Vec::new(), aside: VecDeque::new() }
    }
}

impl EventStream {
    /// The headers of the answer.
    pub(crate) fn headers(&self) -> &reqwest::header::HeaderMap {
        self.response.headers()
    }

    /// The next block; `None` when the stream ends as an answer must. A cut connection is a failure.
    pub(crate) async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                let block = String::from_utf8(block).expect("UTF-8");
                assert!(!block.contains('\r'), "lines end with LF, and a CR would end one too: {block:?}");
                return Some(block.lines().filter(|line| !line.is_empty()).map(field).collect());
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something from the server");
            self.unread.extend_from_slice(&chunk.expect("no cut")?);
        }
    }

    /// The next message; its block must hold exactly `id` with its cursor, `event` with its type and one line
    /// of `data`. Comments and `retry` are put aside.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let block = self.block().await.expect("a message instead of the end");
            let (data, rest): (Vec<_>, Vec<_>) = block.iter().partition(|(name, _)| name == "data");
            let [(_, text)] = data.as_slice() else {
                assert!(data.is_empty(), "data stands on one line: {block:?}");
                self.aside.push_back(block);
                continue;
            };
            let message: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let rest: Vec<_> = rest.into_iter().filter(|(name, _)| !name.is_empty() && name != "retry").collect();
            let expected = [("event", &message["type"]), ("id", &message["cursor"])];
            let mut found: Vec<_> = rest.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            found.sort_unstable();
            assert_eq!(found, expected.map(|(name, value)| (name, value.as_str().expect("a string"))), "{block:?}");
            self.aside.push_back(block);
            return message;
        }
    }

    /// The next `count` messages.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut messages = Vec::with_capacity(count);
        while messages.len() < count {
            messages.push(self.next().await);
        }
        messages
    }

    /// All blocks that [`Self::next`] has passed so far.
    pub(crate) fn passed(&self) -> impl Iterator<Item = &Block> {
        self.aside.iter()
    }
}

/// Reads one line of a block.
fn field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
}

/// A follower over either transport, for what must hold on both.
pub(crate) enum Follower {
    WebSocket(Box<Socket>),
    EventStream(Box<EventStream>),
}

/// The two ways to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    WebSocket,
    EventStream,
}

impl Transport {
    pub(crate) const BOTH: [Self; 2] = [Self::WebSocket, Self::EventStream];

    /// Follows with `query` (with its `?`, or empty).
    pub(crate) async fn follow(self, server: &TestServer, query: &str) -> Follower {
        match self {
            Self::WebSocket => Follower::WebSocket(Box::new(server.ws(query).await)),
            Self::EventStream => Follower::EventStream(Box::new(server.stream(query).await)),
        }
    }
}

impl Follower {
    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        match self {
            Self::WebSocket(socket) => socket.next().await,
            Self::EventStream(stream) => stream.next().await,
        }
    }

    /// The next `count` messages.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Value> {
        match self {
            Self::WebSocket(socket) => socket.take(count).await,
            Self::EventStream(stream) => stream.take(count).await,
        }
    }
}

/// The epoch and position in a message's cursor.
#[track_caller]
pub(crate) fn cursor(message: &Value) -> (String, i64) {
    let text = message["cursor"].as_str().unwrap_or_else(|| panic!("no cursor: {message}"));
    let (epoch, seq) = text.split_once(':').unwrap_or_else(|| panic!("no cursor: {text}"));
    (epoch.to_owned(), seq.parse().unwrap_or_else(|_| panic!("no position: {text}")))
}

/// The position in a message's cursor.
#[track_caller]
pub(crate) fn seq(message: &Value) -> i64 {
    cursor(message).1
}

/// The positions of some messages.
#[track_caller]
pub(crate) fn seqs(messages: &[Value]) -> Vec<i64> {
    messages.iter().map(seq).collect()
}

/// The types of some messages.
pub(crate) fn types(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["type"].as_str().expect("a type")).collect()
}

/// The keys of an object.
pub(crate) fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}
