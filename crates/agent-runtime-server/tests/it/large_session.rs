//! A session of 100,000 events is streamed: whole, in order, in little memory; and never short but well-formed.

use std::fmt::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::raw::{Wire, request_text};
use crate::harness::scene::ndjson;
use crate::harness::shape::succeeded;
use crate::harness::{TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";
const MIB: usize = 1024 * 1024;

/// What the memory of the process may grow by while it serves the session.
const GROWTH: usize = 30 * MIB;

/// A server with a session `a` of so many events of 700 bytes, each with its number as `tool_output`.
async fn filled(events: usize) -> TestServer {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let padding = "x".repeat(400);
    for from in (0..events).step_by(1000) {
        let mut lines = String::new();
        for number in from..events.min(from + 1000) {
            let members = format!(r#""session_id":"a","session_name":"n","timestamp":"{AT}","unknown":"{padding}""#);
            writeln!(lines, r#"{{"event_type":"post_tool",{members},"tool_output":{number}}}"#).unwrap();
        }
        assert_eq!(server.ingest(lines).await.status, 200);
    }
    server
}

/// Reads a list of events as it comes, and checks that their numbers go on from 0.
#[derive(Default)]
struct Reader {
    unread: String,
    events: usize,
    bytes: usize,
}

impl Reader {
    const BETWEEN: &str = r#"},{"id":"#;

    fn read(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len();
        self.unread.push_str(std::str::from_utf8(chunk).expect("these events are ASCII"));
        let mut from = 0;
        while let Some(length) = self.unread[from..].find(Self::BETWEEN) {
            let number = self.events;
            self.events += 1;
            check(&self.unread[from..from + length], number);
            from += length + Self::BETWEEN.len();
        }
        self.unread.drain(..from);
    }

    /// The whole answer has been read.
    fn end(mut self) -> (usize, usize) {
        let last = self.unread.strip_suffix("}]}").expect("the end of the list");
        check(last, self.events);
        self.events += 1;
        (self.events, self.bytes)
    }
}

fn check(event: &str, number: usize) {
    assert!(event.contains(&format!(r#""tool_output":{number},"#)), "event {number} is {event}");
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
}

/// Other tests may run beside this one and take memory: hence a process of its own.
#[test]
fn a_huge_session_is_read_whole_in_little_memory() {
    let program = std::env::current_exe().expect("this program");
    let name = "large_session::in_a_process_of_its_own";
    let output = Command::new(program).args(["--exact", name, "--ignored", "--nocapture"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by a_huge_session_is_read_whole_in_little_memory"]
async fn in_a_process_of_its_own() {
    const EVENTS: usize = 100_000;
    let server = filled(EVENTS).await;
    let before = resident_bytes();
    let mut response = server.http.get(server.url("/sessions/a/events")).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    let mut reader = Reader::default();
    let mut largest = 0;
    // A reader that pauses: what the server reads ahead of it would show while it answers others.
    reader.read(&response.chunk().await.expect("no cut").expect("a chunk"));
    for _ in 0..300 {
        assert_eq!(server.get("/healthz").await.status, 200);
        largest = largest.max(resident_bytes());
    }
    let mut next_look = 0;
    while let Some(chunk) = response.chunk().await.expect("no cut") {
        reader.read(&chunk);
        if reader.bytes > next_look {
            largest = largest.max(resident_bytes());
            next_look += MIB;
        }
    }
    let (events, bytes) = reader.end();
    assert_eq!(events, EVENTS);
    assert!(bytes > 60 * MIB, "{bytes}");
    let grown = largest.saturating_sub(before);
    assert!(grown < GROWTH, "{bytes} bytes were served with {grown} bytes more memory than {before}");
    println!("{bytes} bytes were served with {grown} bytes more memory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_takes_nothing_from_a_read_under_way() {
    const EVENTS: usize = 30_000;
    let server = filled(EVENTS).await;
    let mut response = server.http.get(server.url("/sessions/a/events")).send().await.expect("an answer");
    let mut reader = Reader::default();
    reader.read(&response.chunk().await.expect("no cut").expect("a chunk"));
    let deleted = succeeded(&server.delete("/sessions/a").await);
    assert_eq!(deleted["deleted"], json!({"session": true, "events_count": EVENTS}));
    assert_eq!(server.status("a").await, "not_existent");
    while let Some(chunk) = response.chunk().await.expect("no cut") {
        reader.read(&chunk);
    }
    assert_eq!(reader.end().0, EVENTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_fails_under_its_reader_cuts_the_connection() {
    let server = filled(30_000).await;
    let mut wire = Wire::narrow(server.address).await;
    let host = server.address.to_string();
    wire.write(request_text("GET", "/sessions/a/events", &[("host", &host)], "")).await;
    let (status, headers) = wire.head().await.expect("an answer");
    assert_eq!((status, headers.get("content-length")), (200, None), "its length is not known: it may end early");
    wire.read(1000).await.expect("the beginning");
    let other = rusqlite::Connection::open(server.database()).expect("the database");
    other.busy_timeout(crate::harness::PATIENCE).expect("patience");
    other.execute_batch("DROP TABLE event_order").expect("a database without the order of its events");
    let rest = wire.until_end().await;
    assert!(!rest.ends_with(b"0\r\n\r\n"), "a cut answer must not look whole");
    assert!(!rest.windows(2).any(|end| end == b"]}"), "nor must its JSON");
}

/// While the rows of a huge session are still being erased, its id is free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_session_is_gone_at_once() {
    const EVENTS: usize = 20_000;
    let server = filled(EVENTS).await;
    assert_eq!(succeeded(&server.delete("/sessions/a").await)["deleted"]["events_count"], EVENTS);
    server.create_session("a").await;
    assert_eq!(server.get("/sessions/a/events").await.text, r#"{"events":[]}"#);
    server.add_event(&event("a", "message", AT)).await;
    assert_eq!(server.events("a").await.len(), 1);
    let server = server.restart().await;
    assert_eq!(server.events("a").await.len(), 1);
    assert_eq!(succeeded(&server.delete("/sessions/a").await)["deleted"]["events_count"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_answers_what_was_there_when_it_began() {
    const EVENTS: usize = 20_000;
    let server = filled(EVENTS).await;
    let mut wire = Wire::narrow(server.address).await;
    let host = server.address.to_string();
    wire.write(request_text("GET", "/sessions/a/events", &[("host", &host)], "")).await;
    let first = wire.read(1000).await.expect("the beginning");
    // Written while the answer is on its way, at its end and at its beginning.
    for at in ["2030-01-01T00:00:00Z", "2000-01-01T00:00:00Z", AT] {
        let mut later = event("a", "message", at);
        later["tool_output"] = json!("written later");
        server.add_event(&later).await;
    }
    let rest = String::from_utf8([first, wire.until_end().await].concat()).expect("ASCII");
    assert!(rest.ends_with("0\r\n\r\n"), "whole");
    assert!(!rest.contains("written later"));
    assert_eq!(server.session("a").await["event_count"], EVENTS + 3);
    let all = server.get("/sessions/a/events").await.text;
    assert_eq!(all.matches("written later").count(), 3);
}

/// Whatever the store does with new events beside its readers, each answer is whole and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_beside_writers_are_whole_and_in_order() {
    const REQUESTS: usize = 60;
    const LINES: usize = 150;
    let server = TestServer::start().await;
    server.create_session("a").await;
    let acknowledged = AtomicUsize::new(0);
    let writing = async {
        for request in 0..REQUESTS {
            let lines = (0..LINES).map(|line| {
                let second = (request * LINES + line) * 7919 % 60;
                event("a", "message", &format!("2025-12-03T10:11:{second:02}Z"))
            });
            assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
            acknowledged.fetch_add(LINES, Ordering::SeqCst);
        }
    };
    let reading = async {
        while acknowledged.load(Ordering::SeqCst) < REQUESTS * LINES {
            let before = acknowledged.load(Ordering::SeqCst);
            let events = server.events("a").await;
            let at_most = acknowledged.load(Ordering::SeqCst) + LINES;
            assert!((before..=at_most).contains(&events.len()), "{} of {before} to {at_most}", events.len());
            let place = |event: &Value| (event["timestamp"].as_str().map(str::to_owned), event["id"].as_i64());
            assert!(events.is_sorted_by(|one, next| place(one) < place(next)), "in order, and each once");
            assert_eq!(events.len() % LINES, 0, "a request to /ingest is seen whole or not at all");
        }
    };
    tokio::join!(writing, reading);
    assert_eq!(server.events("a").await.len(), REQUESTS * LINES);
}
