//! SIGTERM and Ctrl-C: what was accepted finishes, everything else closes, and the program ends in time.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::process::{Launch, PATIENCE, Process, fresh_folder};

/// How long a stop may take, whatever is open.
const STOP: Duration = Duration::from_secs(5);

/// A connection on which the test writes HTTP itself.
struct Raw {
    stream: TcpStream,
}

impl Raw {
    async fn connect(server: &Process) -> Self {
        Self { stream: TcpStream::connect(server.address).await.expect("a connection") }
    }

    async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("written");
    }

    /// Reads until `end` has come.
    async fn read_until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(end) {
            let mut chunk = [0; 4096];
            let next = tokio::time::timeout(PATIENCE, self.stream.read(&mut chunk)).await;
            let count = next.expect("something from the server").expect("readable");
            assert_ne!(count, 0, "the end before {end:?}: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&chunk[..count]);
        }
        String::from_utf8(read).expect("text")
    }

    /// Reads until the server closes.
    async fn read_to_end(&mut self) -> String {
        let mut read = Vec::new();
        let whole = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut read)).await;
        whole.expect("an end").expect("a clean end");
        String::from_utf8(read).expect("text")
    }

    /// Begins a POST that the server has accepted and of whose body it has only the first half.
    async fn half_post(server: &Process, path: &str, body: &str) -> Self {
        let mut raw = Self::connect(server).await;
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        );
        raw.write(&head).await;
        // The server asks for the body only when the request has been accepted and is being read.
        raw.read_until("100 Continue\r\n\r\n").await;
        raw.write(&body[..length / 2]).await;
        raw
    }
}

type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn web_socket(server: &Process) -> WebSocket {
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{}/ws", server.address)).await.expect("the upgrade");
    let first = next(&mut socket).await;
    let Some(Message::Text(text)) = first else { panic!("init, not {first:?}") };
    let init: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(init["type"], "init");
    socket
}

async fn next(socket: &mut WebSocket) -> Option<Message> {
    let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("something from the server");
    next.and_then(Result::ok)
}

async fn close_code(socket: &mut WebSocket) -> Option<u16> {
    loop {
        match next(socket).await {
            Some(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
            Some(_) => {}
            None => return None,
        }
    }
}

/// Waits until the server takes no new connection.
async fn refuses_connections(server: &Process) {
    let began = Instant::now();
    loop {
        match TcpStream::connect(server.address).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            _ => assert!(began.elapsed() < PATIENCE, "connections are still accepted"),
        }
    }
}

fn session(id: &str) -> Value {
    json!({"session_id": id, "session_name": id})
}

/// Sends the signal, waits for the end, and checks that it was clean and in time.
async fn ends_in_time(server: Process, signal: &str) {
    let began = Instant::now();
    server.signal(signal);
    let ended = server.running.ended().await;
    let took = began.elapsed();
    assert_eq!(ended.code, Some(0), "{signal}: {ended:#?}");
    assert!(took < STOP, "{signal} took {took:?}: {ended:#?}");
}

#[tokio::test]
async fn an_idle_server_ends_at_both_signals() {
    for signal in ["TERM", "INT"] {
        ends_in_time(Launch::new().start().await, signal).await;
    }
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_end_up() {
    for signal in ["TERM", "INT"] {
        let server = Launch::new().start().await;
        let mut idle = Raw::connect(&server).await;
        idle.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        idle.read_until("\r\n\r\n").await;
        let mut silent = Raw::connect(&server).await;
        let mut half_head = Raw::connect(&server).await;
        half_head.write("GET /sessions HTTP/1.1\r\nhost: loc").await;
        // A request on a later connection is answered, so the server has accepted those before.
        let answer = server.http.get(server.url("/healthz")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        ends_in_time(server, signal).await;
        idle.read_to_end().await;
        assert_eq!(silent.read_to_end().await, "");
        half_head.read_to_end().await;
    }
}

#[tokio::test]
async fn web_sockets_close_with_1012() {
    for signal in ["TERM", "INT"] {
        let server = Launch::new().start().await;
        let mut socket = web_socket(&server).await;
        let closed = tokio::spawn(async move { close_code(&mut socket).await });
        ends_in_time(server, signal).await;
        assert_eq!(closed.await.expect("no panic"), Some(1012), "{signal}");
    }
}

#[tokio::test]
async fn a_web_socket_that_never_answers_the_close_does_not_hold_the_end_up() {
    let server = Launch::new().start().await;
    let mut socket = web_socket(&server).await;
    // Nobody reads the socket until the server has ended.
    ends_in_time(server, "TERM").await;
    assert_eq!(close_code(&mut socket).await, Some(1012));
}

#[tokio::test]
async fn event_streams_end() {
    let server = Launch::new().start().await;
    let mut stream = Raw::connect(&server).await;
    stream.write("GET /stream HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n").await;
    stream.read_until("event: init").await;
    ends_in_time(server, "TERM").await;
    let rest = stream.read_to_end().await;
    assert!(rest.ends_with("0\r\n\r\n"), "the answer ends as a whole one: {rest:?}");
}

#[tokio::test]
async fn an_accepted_request_finishes() {
    for signal in ["TERM", "INT"] {
        let server = Launch::new().start().await;
        let body = session("in-flight").to_string();
        let mut post = Raw::half_post(&server, "/sessions", &body).await;
        let mut server = server;
        server.signal(signal);
        server.running.logged("stopping").await;
        refuses_connections(&server).await;
        post.write(&body[body.len() / 2..]).await;
        let answer = post.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\"in-flight\""), "{answer}");
        let folder = server.folder();
        let ended = server.running.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let again = Launch::on(folder).start().await;
        let stored = again.http.get(again.url("/sessions/in-flight")).send().await.expect("an answer");
        assert_eq!(stored.status(), 200, "what was answered is stored");
        again.stop().await;
    }
}

#[tokio::test]
async fn a_body_that_never_comes_does_not_hold_the_end_up() {
    let server = Launch::new().start().await;
    let mut post = Raw::half_post(&server, "/sessions", &session("half").to_string()).await;
    let folder = server.folder();
    ends_in_time(server, "TERM").await;
    let answer = post.read_to_end().await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "half a request is never done: {answer}");
    let again = Launch::on(folder).start().await;
    let stored = again.http.get(again.url("/sessions/half")).send().await.expect("an answer");
    assert_eq!(stored.status(), 404);
    again.stop().await;
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    for (first, second, code) in [("TERM", "TERM", 143), ("INT", "INT", 130), ("TERM", "INT", 130)] {
        let mut server = Launch::new().start().await;
        // A body that never comes keeps the clean end waiting.
        let _post = Raw::half_post(&server, "/sessions", &session("never").to_string()).await;
        server.signal(first);
        server.running.logged("stopping").await;
        refuses_connections(&server).await;
        assert!(server.running.alive(), "one signal waits for the request");
        let began = Instant::now();
        server.signal(second);
        let ended = server.running.ended().await;
        // A clean end would have been code 0, some seconds later.
        assert_eq!(ended.code, Some(code), "{first}, {second}: {ended:#?}");
        assert!(began.elapsed() < Duration::from_secs(2), "{first}, {second} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn everything_at_once_ends_in_time() {
    let server = Launch::new().start().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(web_socket(&server).await);
    }
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = Raw::connect(&server).await;
        stream.write("GET /stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        stream.read_until("event: init").await;
        streams.push(stream);
    }
    let _held = Raw::half_post(&server, "/sessions", &session("held").to_string()).await;
    ends_in_time(server, "TERM").await;
    for socket in &mut sockets {
        assert_eq!(close_code(socket).await, Some(1012));
    }
}

#[tokio::test]
async fn a_clean_end_leaves_everything_in_the_one_file() {
    let server = Launch::new().start().await;
    let answer = server.http.post(server.url("/sessions")).json(&session("kept")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let database = server.database.clone();
    let folder = server.folder();
    server.stop().await;
    let elsewhere = fresh_folder();
    std::fs::copy(&database, elsewhere.path().join("test.db")).expect("copied");
    drop(folder);
    let again = Launch::on(elsewhere).start().await;
    let stored = again.http.get(again.url("/sessions/kept")).send().await.expect("an answer");
    assert_eq!(stored.status(), 200);
    again.stop().await;
}

#[tokio::test]
async fn cursors_outlive_every_end_but_an_unclean_one_of_lesser_durability() {
    async fn epoch(server: &Process) -> String {
        let (mut socket, _) =
            tokio_tungstenite::connect_async(format!("ws://{}/ws", server.address)).await.expect("open");
        let Some(Message::Text(text)) = next(&mut socket).await else { panic!("init") };
        let init: Value = serde_json::from_str(&text).expect("JSON");
        let cursor = init["cursor"].as_str().expect("a cursor");
        cursor.split_once(':').expect("epoch:seq").0.to_owned()
    }
    for (durability, renewed_by_kill) in [("full", false), ("normal", true)] {
        let launch = |folder| Launch::on(folder).arguments(["--durability", durability]);
        let server = launch(fresh_folder()).start().await;
        let (folder, first) = (server.folder(), epoch(&server).await);
        let form = first.len() == 16 && first.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(form, "16 hexadecimal characters: {first}");
        server.stop().await;
        let server = launch(folder.clone()).start().await;
        assert_eq!(epoch(&server).await, first, "{durability}: a clean end keeps the epoch");
        server.kill().await;
        let server = launch(folder).start().await;
        assert_eq!(epoch(&server).await != first, renewed_by_kill, "{durability}: after kill -9");
        server.stop().await;
    }
}
