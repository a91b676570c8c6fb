//! The commands that talk to a server: the real program, over a real server.

mod delete;
mod errors;
mod events;
mod export;
mod find;
mod rename;
mod result;
mod secure;
mod send;
mod sessions;
mod show;
mod tail;
mod texts;
mod wait;

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::process::{Ended, Launch, Process, fresh_folder};

const URL: &str = "AGENT_ORCHESTRATOR_SESSION_MANAGER_URL";

/// A server, and commands that are sent to it.
struct Scene {
    server: Process,
}

impl Scene {
    async fn new() -> Self {
        Self { server: Launch::new().start().await }
    }

    /// The program with these words, about to be started.
    fn command(&self, words: &[&str]) -> Launch {
        let url = format!("http://{}", self.server.address);
        Launch::bare(fresh_folder()).arguments(words).variable(URL, url).variable("TZ", "UTC")
    }

    /// Runs a command to its end.
    async fn run(&self, words: &[&str]) -> Ended {
        self.command(words).run().await
    }

    /// What a command prints, which must go well.
    async fn lines(&self, words: &[&str]) -> Vec<String> {
        let ended = self.run(words).await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{words:?}: {ended:#?}");
        ended.stdout
    }

    /// The JSON documents that a command prints, one a line.
    async fn documents(&self, words: &[&str]) -> Vec<Value> {
        let lines = self.lines(words).await;
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    async fn post(&self, path: &str, body: &Value) {
        let request = self.server.http.post(self.server.url(path)).json(body);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{body}");
    }

    /// Creates a session.
    async fn session(&self, id: &str, name: &str, more: Value) {
        let body = json!({"session_id": id, "session_name": name});
        self.post("/sessions", &merged(body, more)).await;
    }

    /// Sends an event; `session_start` creates its session.
    async fn event(&self, id: &str, event_type: &str, more: Value) {
        let event = json!({"event_type": event_type, "session_id": id, "session_name": id,
            "timestamp": "2026-01-02T03:04:05Z"});
        self.post("/events", &merged(event, more)).await;
    }

    /// All that the server holds of a session's events, as it answers.
    async fn stored(&self, id: &str) -> Vec<Value> {
        let answer = self.server.http.get(self.server.url(&format!("/sessions/{id}/events"))).send().await;
        let mut answer: Value = answer.expect("an answer").json().await.expect("JSON");
        let Value::Array(events) = answer["events"].take() else { panic!("no events: {answer}") };
        events
    }

    /// Waits until somebody follows.
    async fn followed(&self) {
        let followed = async {
            loop {
                let metrics = self.server.http.get(self.server.url("/metrics")).send().await.expect("an answer");
                let text = metrics.text().await.expect("text");
                let mut numbers =
                    text.lines().filter(|line| !line.starts_with('#') && line.contains("event_stream_clients"));
                if numbers.any(|line| line.ends_with("event_stream_clients 1")) {
                    return;
                }
            }
        };
        tokio::time::timeout(crate::process::PATIENCE, followed).await.expect("somebody follows");
    }
}

/// Kills the server, and starts it anew on the same port, over this database.
async fn restarted(server: Process, database: Option<PathBuf>) -> Process {
    let (folder, port) = (server.folder(), server.address.port().to_string());
    let database = format!("sqlite:{}", database.unwrap_or(server.database.clone()).display());
    server.kill().await;
    Launch::bare(folder).arguments(["--port", &port, "--database", &database]).start().await
}

/// Answers the next request, as a server of another version might.
async fn answer(listener: &TcpListener, body: &str) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let _ = stream.read(&mut [0; 4096]).await.expect("a request");
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("sent");
    stream.shutdown().await.expect("closed");
}

fn merged(mut one: Value, more: Value) -> Value {
    let members: &mut Map<String, Value> = one.as_object_mut().expect("an object");
    if let Value::Object(more) = more {
        members.extend(more);
    }
    one
}
