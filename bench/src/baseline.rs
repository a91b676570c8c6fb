//! Servers to hold ours against: what the same libraries do when nothing is stored, checked or kept.

use std::net::SocketAddr;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use futures_util::SinkExt as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::process::{Process, end_with_parent};

/// A baseline server in a process of its own.
pub(crate) struct Baseline {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    process: Process,
}

impl Baseline {
    /// Starts the one with this hidden subcommand.
    pub(crate) fn start(subcommand: &str) -> anyhow::Result<Self> {
        let process = Process::start_self(&[subcommand])?;
        let address = process.line_after("listening on http://")?.trim().parse()?;
        Ok(Self { address, process })
    }

    /// Processor time it has used so far, in seconds.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        self.process.processor_seconds()
    }
}

/// The bare handler: parses the same JSON into a typed event, as a handler would that means to use it, and answers.
pub(crate) fn serve_handler() -> anyhow::Result<()> {
    let router = Router::new().route("/sessions/{session_id}/events", post(take_event));
    serve(router)
}

#[derive(Deserialize)]
#[expect(dead_code, clippy::struct_field_names, reason = "parsed and dropped; the names are the wire's")]
struct Event {
    event_type: String,
    session_id: String,
    session_name: String,
    timestamp: String,
    tool_name: Option<String>,
    tool_input: Option<Map<String, Value>>,
    role: Option<String>,
    content: Option<Vec<Block>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and dropped: that is the work measured")]
struct Block {
    r#type: String,
    text: Option<String>,
}

#[derive(Serialize)]
struct Accepted {
    ok: bool,
}

async fn take_event(Json(_event): Json<Event>) -> Json<Accepted> {
    Json(Accepted { ok: true })
}

/// The bare broadcast: `POST /burst?messages=N&bytes=M` sends that many messages to every WebSocket at `/ws` by a
/// tokio broadcast channel long enough that no receiver ever lags.
pub(crate) fn serve_broadcast() -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let (sender, _) = broadcast::channel(1 << 16);
    let router = Router::new().route("/ws", get(upgrade)).route("/burst", post(burst)).with_state(sender);
    serve(router)
}

type Sender = broadcast::Sender<Utf8Bytes>;

#[derive(Deserialize)]
struct Burst {
    messages: usize,
    bytes: usize,
}

async fn burst(State(sender): State<Sender>, Query(burst): Query<Burst>) -> Json<Accepted> {
    for number in 0..burst.messages {
        let mut text = format!(r#"{{"type":"event","number":{number},"filling":""#);
        text.push_str(&"x".repeat(burst.bytes.saturating_sub(text.len() + 2)));
        text.push_str("\"}");
        let _ = sender.send(text.into());
        if number % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    Json(Accepted { ok: true })
}

async fn upgrade(State(sender): State<Sender>, upgrade: WebSocketUpgrade) -> Response {
    // Small buffers for reading and a batch's worth for writing: the library's 128 KiB a connection are no faster.
    let upgrade = upgrade.read_buffer_size(1024).write_buffer_size(64 * 1024);
    upgrade.on_upgrade(move |socket| follow(socket, sender.subscribe()))
}

/// Sends on whatever waits, and flushes when nothing waits any more.
async fn follow(mut socket: WebSocket, mut receiver: broadcast::Receiver<Utf8Bytes>) {
    if socket.send(Message::Text(json!({"type": "init"}).to_string().into())).await.is_err() {
        return;
    }
    while let Ok(text) = receiver.recv().await {
        let mut next = Some(text);
        while let Some(text) = next {
            if socket.feed(Message::Text(text)).await.is_err() {
                return;
            }
            next = receiver.try_recv().ok();
        }
        if socket.flush().await.is_err() {
            return;
        }
    }
}

fn serve(router: Router) -> anyhow::Result<()> {
    end_with_parent();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}
