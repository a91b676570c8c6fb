//! A full disk: writes are refused with 507 and the reason, reads and the live stream go on, and all heals by itself
//! when there is room again. Nothing acknowledged is lost, nothing refused is stored.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::process::{self, Launch, PATIENCE, Process};

const MIB: usize = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_heals() {
    let folder = process::fresh_folder();
    let Some(disk) = Disk::mount(&folder.path().join("disk"), 16 * MIB) else { return };
    // What is taken away later to make room.
    disk.fill("room", Some(4 * MIB));
    let database = format!("sqlite:{}", disk.folder.join("test.db").display());
    let launch = || Launch::bare(Arc::clone(&folder)).arguments(["--port", "0", "--database", &database]);
    let server = launch().start().await;
    assert_eq!(send(&server, "POST", "/sessions", &json!({"session_id": "s", "session_name": "s"})).await.0, 200);
    let (mut follower, _) = tokio_tungstenite::connect_async(format!("ws://{}/ws", server.address)).await.expect("ws");

    let mut acknowledged = Vec::new();
    disk.fill("rest", Some(4 * MIB));
    fill_up(&server, &disk, &mut acknowledged).await;

    // Every kind of write is refused, with a reason that a person can act on; nothing else is.
    for (method, path, body) in [
        ("POST", "/sessions", json!({"session_id": "t", "session_name": "t".repeat(1000)})),
        ("POST", "/sessions/s/events", event(1_000_000, 20_000)),
        ("POST", "/events", event(1_000_001, 20_000)),
        ("PATCH", "/sessions/s/metadata", json!({"session_name": "n".repeat(1000)})),
    ] {
        let (status, detail) = send(&server, method, path, &body).await;
        assert_eq!(status, 507, "{method} {path}: {detail}");
        assert!(detail.to_lowercase().contains("disk"), "{detail:?} names the disk");
        assert!(!detail.contains('/'), "{detail:?} holds no path");
    }
    assert_eq!(status_of(&server, "/readyz").await, 503);
    // A batch of refusals writes nothing, and so proves nothing.
    let mut unknown = event(1_000_002, 10);
    unknown["session_id"] = json!("none");
    let (status, _) = send(&server, "POST", "/sessions/none/events", &unknown).await;
    assert_eq!((status, status_of(&server, "/readyz").await), (404, 503));
    assert_eq!(status_of(&server, "/healthz").await, 200);
    assert_eq!(numbers(&server).await, acknowledged, "reads go on");
    assert_eq!(status_of(&server, "/sessions/t").await, 404);
    let (mut another, _) = tokio_tungstenite::connect_async(format!("ws://{}/ws", server.address)).await.expect("ws");
    assert_eq!(next(&mut another).await["type"], "init", "new clients are let in");

    // There is room again: the server notices by itself.
    std::fs::remove_file(disk.folder.join("room")).expect("room");
    let ready = async {
        while status_of(&server, "/readyz").await != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("it is ready again by itself");
    for number in 2_000_000..2_000_020 {
        let (status, detail) = send(&server, "POST", "/sessions/s/events", &event(number, 1000)).await;
        assert_eq!(status, 200, "{detail}");
        acknowledged.push(number);
    }
    assert_eq!(numbers(&server).await, acknowledged);

    // Who was there all the time has seen all of it and nothing else, without a gap in the positions.
    let init = next(&mut follower).await;
    assert_eq!(init["type"], "init");
    let mut position = position_of(&init);
    for number in &acknowledged {
        let message = next(&mut follower).await;
        position += 1;
        assert_eq!((message["data"]["number"].as_u64(), position_of(&message)), (Some(*number), position));
    }

    server.kill().await;
    let server = launch().start().await;
    assert_eq!(numbers(&server).await, acknowledged, "after kill -9");
    server.stop().await;
}

/// Writes until there is no room at all and a small event is refused three times in a row.
async fn fill_up(server: &Process, disk: &Disk, acknowledged: &mut Vec<u64>) {
    let (mut refusals, mut size) = (0, 100_000);
    for number in 0..10_000 {
        let (status, detail) = send(server, "POST", "/sessions/s/events", &event(number, size)).await;
        match status {
            200 => {
                acknowledged.push(number);
                refusals = 0;
            }
            507 => {
                refusals += 1;
                // What is left of the disk is taken, too, and from now on events are small.
                disk.fill(&format!("end-{number}"), None);
                size = 100;
            }
            other => panic!("event {number}: {other} {detail}"),
        }
        if refusals == 3 {
            return;
        }
    }
    panic!("the disk never filled up");
}

/// A small disk of its own, unmounted at the end.
pub(crate) struct Disk {
    pub(crate) folder: PathBuf,
}

impl Disk {
    /// `None`, and a line that says so, where it cannot be mounted.
    pub(crate) fn mount(folder: &Path, bytes: usize) -> Option<Self> {
        std::fs::create_dir(folder).expect("a folder");
        let size = format!("size={bytes},mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self { folder: folder.to_owned() }),
            other => {
                println!("skipped: a small disk cannot be mounted here (that takes root): {other:?}");
                None
            }
        }
    }

    /// Fills a file with so many bytes, or with all that there is room for.
    pub(crate) fn fill(&self, name: &str, bytes: Option<usize>) {
        let mut file = File::create(self.folder.join(name)).expect("a file");
        let block = vec![b'x'; 4096];
        for _ in 0..bytes.unwrap_or(usize::MAX) / block.len() {
            if let Err(error) = file.write_all(&block) {
                assert!(bytes.is_none(), "room for {bytes:?}: {error}");
                return;
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a failed test's server may still be there.
        let unmounted = Command::new("umount").arg("-l").arg(&self.folder).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking(), "unmounted");
    }
}

fn event(number: u64, size: usize) -> Value {
    let text = "x".repeat(size);
    json!({
        "event_type": "message", "session_id": "s", "session_name": "s", "timestamp": "2026-01-01T00:00:00Z",
        "role": "user", "content": [{"type": "text", "text": text}], "number": number,
    })
}

/// Sends a request; its status, and the `detail` of a refusal.
async fn send(server: &Process, method: &str, path: &str, body: &Value) -> (u16, String) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let answer = server.http.request(method, server.url(path)).json(body).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("JSON");
    (status, body["detail"].as_str().unwrap_or_default().to_owned())
}

async fn status_of(server: &Process, path: &str) -> u16 {
    server.http.get(server.url(path)).send().await.expect("an answer").status().as_u16()
}

async fn numbers(server: &Process) -> Vec<u64> {
    let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
    let body: Value = answer.json().await.expect("a whole answer");
    let events = body["events"].as_array().unwrap_or_else(|| panic!("events: {body}"));
    events.iter().map(|event| event["number"].as_u64().expect("a number")).collect()
}

fn position_of(message: &Value) -> u64 {
    let position = message["cursor"].as_str().and_then(|cursor| cursor.rsplit_once(':')?.1.parse().ok());
    position.unwrap_or_else(|| panic!("a cursor: {message}"))
}

async fn next<S>(follower: &mut S) -> Value
where
    S: StreamExt<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        let next = tokio::time::timeout(PATIENCE, follower.next()).await.expect("a message in time");
        match next {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("JSON"),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("a message, but {other:?}"),
        }
    }
}
