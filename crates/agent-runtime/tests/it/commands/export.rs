//! `export`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Scene;
use crate::process::{Launch, PATIENCE, fresh_folder};

async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.session("one", "A name", json!({"project_dir": "/work/a"})).await;
    for value in [json!(0), json!(false), json!(""), json!([]), json!({}), json!(1.5), json!("\u{0}\u{1b}\n")] {
        scene.event("one", "post_tool", json!({"tool_output": value, "own key": value})).await;
    }
    scene
}

fn documents(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

async fn expected(scene: &Scene) -> Vec<Value> {
    let mut expected = scene.documents(&["show", "one", "--json"]).await;
    expected.extend(scene.stored("one").await);
    expected
}

#[tokio::test]
async fn what_was_sent_comes_out_session_first() {
    let scene = scene().await;
    // What a parser of doubles would change is compared as text.
    scene.event("one", "message", json!({"big": "here"})).await;
    let body = "{\"event_type\":\"message\",\"session_id\":\"one\",\"session_name\":\"n\",\
                \"timestamp\":\"2026-01-02T03:04:05Z\",\"big\":12345678901234567890123456789.50}";
    let request = scene.server.http.post(scene.server.url("/events")).header("content-type", "application/json");
    assert_eq!(request.body(body).send().await.expect("an answer").status(), 200);
    let lines = scene.lines(&["export", "one"]).await;
    assert_eq!(documents(&lines.join("\n")), expected(&scene).await);
    assert!(lines[9].contains("12345678901234567890123456789.50"), "{}", lines[9]);
    let events = lines[1..].join("\n");
    let other = Scene::new().await;
    other.session("one", "A name", json!({})).await;
    let request = other.server.http.post(other.server.url("/ingest")).header("content-type", "application/x-ndjson");
    assert_eq!(request.body(events).send().await.expect("an answer").status(), 200, "it can be taken in again");
    assert_eq!(other.stored("one").await.len(), 9);
}

#[tokio::test]
async fn a_file_is_for_its_users_eyes_and_whole_or_not_there() {
    let scene = scene().await;
    let folder = fresh_folder();
    let file = folder.path().join("one.ndjson");
    let name = file.to_str().expect("text");
    assert_eq!(scene.lines(&["export", "one", "--output", name]).await.len(), 0);
    assert_eq!(documents(&fs::read_to_string(&file).expect("read")), expected(&scene).await);
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    // A later one takes its place; a link to it stays one.
    scene.event("one", "message", json!({})).await;
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    scene.lines(&["export", "one", "-o", link.to_str().expect("text")]).await;
    assert_eq!(documents(&fs::read_to_string(&file).expect("read")), expected(&scene).await);
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    let ended = scene.run(&["export", "one", "--output", "/nowhere/one"]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().starts_with("cannot write /nowhere/one: "), "{ended:#?}");
    let left: Vec<_> = fs::read_dir(folder.path()).expect("read").collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn what_is_no_file_is_written_to_and_not_replaced() {
    let scene = scene().await;
    let folder = fresh_folder();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // Opened both ways, it waits for nobody, and holds what was written.
    let mut both = fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("opened");
    scene.lines(&["export", "one", "--output", pipe.to_str().expect("text")]).await;
    assert!(!fs::metadata(&pipe).expect("there").is_file());
    let mut bytes = [0; 16384];
    let length = std::io::Read::read(&mut both, &mut bytes).expect("read");
    assert_eq!(documents(&String::from_utf8_lossy(&bytes[..length])), expected(&scene).await);
}

#[tokio::test]
async fn an_export_that_is_cut_or_ended_leaves_what_was_there() {
    // A server of our own, which stops in the middle of its answer.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let session =
        "{\"session\":{\"session_id\":\"one\",\"session_name\":\"one\",\"status\":\"running\",\"created_at\":\"\"}}";
    let answer = async |head: &str, body: &str| {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.read(&mut [0; 4096]).await.expect("a request");
        stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").as_bytes()).await.expect("sent");
        stream
    };
    for cut in [true, false] {
        let folder = fresh_folder();
        let file = folder.path().join("one.ndjson");
        fs::write(&file, "before").expect("written");
        let words = ["export", "one", "--url", &url, "--output", file.to_str().expect("text")];
        let export = Launch::bare(fresh_folder()).arguments(words).spawn();
        let whole = answer(&format!("connection: close\r\ncontent-length: {}", session.len()), session).await;
        let half = answer("content-length: 1000", "{\"events\":[{\"id\":1},").await;
        let both = async {
            while fs::read_dir(folder.path()).expect("read").count() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, both).await.expect("it writes beside what is there");
        if cut {
            drop((whole, half));
            let ended = export.ended().await;
            assert_eq!(ended.code, Some(1), "{ended:#?}");
            assert!(ended.failure().contains("broke ("), "{ended:#?}");
        } else {
            export.signal("INT");
            let ended = export.ended().await;
            assert_eq!((ended.code, ended.stderr.len()), (Some(130), 0), "{ended:#?}");
        }
        assert_eq!(fs::read_to_string(&file).expect("read"), "before");
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 1, "nothing half-made stays");
    }
}

#[tokio::test]
async fn a_hundred_thousand_events_are_exported_in_little_memory() {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    let text = "x".repeat(800);
    for batch in 0..4 {
        let mut lines = String::new();
        for number in 0..25_000 {
            let event = json!({"event_type": "message", "session_id": "one", "session_name": "one", "text": text,
                "timestamp": "2026-01-02T03:04:05Z", "event_id": format!("{batch}-{number}")});
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
        let request =
            scene.server.http.post(scene.server.url("/ingest")).header("content-type", "application/x-ndjson");
        assert_eq!(request.body(lines).send().await.expect("an answer").status(), 200);
    }
    // A third of what the events take.
    let little = scene.command(&["export", "one", "--output", "one.ndjson"]).after_shell("ulimit -d 32768");
    let folder = little.folder();
    let ended = little.run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
    let text = fs::read_to_string(folder.path().join("one.ndjson")).expect("read");
    assert!(text.len() > 3 * 32 * 1024 * 1024, "{}", text.len());
    assert_eq!(text.lines().count(), 1 + 100_001);
    assert!(text.lines().last().is_some_and(|line| line.contains("\"3-24999\"")));
}
