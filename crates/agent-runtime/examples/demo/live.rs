//! The client that follows: all that the WebSocket showed, by session.

use std::collections::BTreeMap;
use std::time::Duration;

use agent_runtime_types::cursor::Cursor;
use anyhow::{Context, bail};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long a message that must come may take.
const PATIENCE: Duration = Duration::from_secs(20);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A WebSocket client that remembers.
pub(crate) struct Live {
    stream: Stream,
    position: i64,
    pub(crate) sessions: BTreeMap<String, Seen>,
}

/// What was seen of one session.
#[derive(Default)]
pub(crate) struct Seen {
    /// In the order in which they came.
    pub(crate) events: Vec<Value>,
    /// The last session message.
    pub(crate) session: Value,
}

impl Live {
    /// Connects before anything happens.
    pub(crate) async fn connect(address: &str) -> anyhow::Result<Self> {
        let url = format!("ws://{address}/ws");
        let (stream, _) = tokio_tungstenite::connect_async(&url).await.with_context(|| format!("cannot open {url}"))?;
        let mut live = Self { stream, position: 0, sessions: BTreeMap::new() };
        let init = live.next().await?;
        if init["type"] != "init" {
            bail!("the first message is not init, but {init}");
        }
        live.position = position(&init)?;
        Ok(live)
    }

    /// Reads on until the position, which the server has said it is at.
    pub(crate) async fn reach(&mut self, goal: i64) -> anyhow::Result<()> {
        while self.position < goal {
            let message = self.next().await?;
            let at = position(&message)?;
            if at <= self.position {
                bail!("position {at} came after {}: {message}", self.position);
            }
            self.position = at;
            self.take(message);
        }
        Ok(())
    }

    fn take(&mut self, mut message: Value) {
        let id = |value: &Value| value["session_id"].as_str().unwrap_or_default().to_owned();
        match message["type"].as_str() {
            Some("event") => {
                let event = message["data"].take();
                self.sessions.entry(id(&event)).or_default().events.push(event);
            }
            Some("session_deleted") => {
                self.sessions.remove(&id(&message));
            }
            _ => {
                let session = message["session"].take();
                let seen = self.sessions.entry(id(&session)).or_default();
                seen.session = session;
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
            match next.with_context(|| format!("the live stream fell silent after position {}", self.position))? {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text)?),
                Some(Ok(Message::Close(frame))) => bail!("the live stream was closed: {frame:?}"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error).context("the live stream broke"),
                None => bail!("the live stream ended"),
            }
        }
    }
}

/// The position of a message in the change log.
pub(crate) fn position(message: &Value) -> anyhow::Result<i64> {
    let cursor = message["cursor"].as_str().and_then(|cursor| cursor.parse::<Cursor>().ok());
    Ok(cursor.with_context(|| format!("a message without a cursor: {message}"))?.seq)
}
