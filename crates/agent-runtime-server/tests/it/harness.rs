//! A real server on a free port over a fresh data folder, and the few calls that every test makes.

pub(crate) mod follow;
pub(crate) mod raw;
pub(crate) mod scene;
pub(crate) mod shape;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agent_runtime_server::config::Config;
use agent_runtime_store::read::Store;
use agent_runtime_store::{DatabaseUrl, Durability, OpenOptions};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that must happen. It bounds a failure, it never paces a success.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The server under test.
pub(crate) struct TestServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// A plain client, without redirects.
    pub(crate) http: reqwest::Client,
    folder: Arc<tempfile::TempDir>,
    config: Config,
    listen: IpAddr,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text))
    }

    /// The `detail` of an error, whose body must hold nothing else.
    #[track_caller]
    pub(crate) fn detail(&self) -> String {
        let body = self.json();
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "an error holds `detail` alone: {body}");
        body["detail"].as_str().unwrap_or_else(|| panic!("detail is no string: {body}")).to_owned()
    }
}

impl TestServer {
    /// Starts a server with the default settings.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with settings changed by `change`.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(IpAddr::V4(Ipv4Addr::LOCALHOST), change).await
    }

    /// Starts a server on an address of the caller's choice, with a free port.
    pub(crate) async fn start_on(listen: IpAddr, change: impl FnOnce(&mut Config)) -> Self {
        // Transcripts of the tests, and one that is never there.
        let transcripts = vec![std::env::temp_dir(), PathBuf::from("/nowhere")];
        let mut config = Config { transcripts, ..Config::default() };
        change(&mut config);
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        Self::on(folder, config, listen).await
    }

    /// Stops this server cleanly and starts another over the same database, on another port.
    pub(crate) async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// Stops this server cleanly, hands the database file to `between`, and starts another server over it.
    pub(crate) async fn restart_after(self, between: impl FnOnce(&Path)) -> Self {
        let (folder, config, listen) = (Arc::clone(&self.folder), self.config.clone(), self.listen);
        let database = self.database();
        self.stop().await;
        between(&database);
        Self::on(folder, config, listen).await
    }

    /// Stops the server as a signal would, and waits until it has closed everything.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.expect("the server's task ends without a panic");
    }

    /// Begins the shutdown without waiting for its end.
    pub(crate) fn begin_shutdown(&self) {
        self.shutdown.cancel();
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    async fn on(folder: Arc<tempfile::TempDir>, config: Config, listen: IpAddr) -> Self {
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
        let options = OpenOptions { durability: Durability::Full, new_epoch: fresh_epoch() };
        let store: Arc<dyn Store> = agent_runtime_store::open(&url, &options).expect("the database opens");
        let listener = TcpListener::bind((listen, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let task = tokio::spawn({
            let (config, shutdown) = (config.clone(), shutdown.clone());
            async move { agent_runtime_server::serve(config, store, vec![listener], shutdown).await.expect("serves") }
        });
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self { address, http: http.build().expect("a client"), folder, config, listen, shutdown, task }
    }

    /// The address of a path on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a request built by the caller and reads the whole answer.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.expect("a whole body") }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(self.url(path))).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.http.delete(self.url(path))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.http.post(self.url(path)).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.http.patch(self.url(path)).json(body)).await
    }

    /// Posts bytes exactly as given, with the content type given.
    pub(crate) async fn post_bytes(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(self.http.post(self.url(path)).header("content-type", content_type).body(body)).await
    }

    /// Creates a session and returns its answer's `session`.
    pub(crate) async fn create_session(&self, id: &str) -> Value {
        let answer = self.post("/sessions", &json!({"session_id": id, "session_name": format!("name of {id}")})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["session"].clone()
    }

    /// Adds an event to its session by `POST /sessions/{id}/events`.
    pub(crate) async fn add_event(&self, event: &Value) {
        let id = event["session_id"].as_str().expect("a session_id");
        let answer = self.post(&format!("/sessions/{}/events", encode(id)), event).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"ok": true})), "{answer:?}");
    }

    /// The events of a session.
    pub(crate) async fn events(&self, id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/sessions/{}/events", encode(id))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["events"].as_array().expect("events").clone()
    }

    /// Opens a WebSocket at `/ws` plus `query` (with its `?`, or empty).
    pub(crate) async fn ws(&self, query: &str) -> Socket {
        let url = format!("ws://{}/ws{query}", self.address);
        let request = url.into_client_request().expect("a request");
        let (stream, _) = tokio_tungstenite::connect_async(request).await.expect("the upgrade");
        Socket { stream }
    }
}

/// A WebSocket client.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// The next JSON message; pings are answered on the way.
    pub(crate) async fn next(&mut self) -> Value {
        match self.next_or_close().await {
            Ok(message) => message,
            Err(close) => panic!("closed instead of a message: {close:?}"),
        }
    }

    /// The next JSON message, or the close frame that came instead.
    pub(crate) async fn next_or_close(&mut self) -> Result<Value, Option<CloseFrame>> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something from the server");
            match next {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
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

    /// Reads on until the server closes, and returns the close code, if it sent one.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Err(frame) = self.next_or_close().await {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.expect("sent");
    }
}

/// An event body with the required fields.
pub(crate) fn event(session_id: &str, event_type: &str, timestamp: &str) -> Value {
    json!({"event_type": event_type, "session_id": session_id, "session_name": "n", "timestamp": timestamp})
}

/// An assistant's message.
pub(crate) fn answer_event(session_id: &str, text: &str, timestamp: &str) -> Value {
    let mut body = event(session_id, "message", timestamp);
    body["role"] = json!("assistant");
    body["content"] = json!([{"type": "text", "text": text}]);
    body
}

/// Percent-encodes a session id for use as one path segment.
pub(crate) fn encode(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn fresh_epoch() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("test{:08x}{:04x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
