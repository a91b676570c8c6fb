//! A server of the test's own: it records what it is sent and answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

use super::tls;
use crate::process::PATIENCE;

/// How the real server says that it has a document.
pub(super) const STORED: &str = "{\"ok\":true}";

/// One request as it came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn envelope(&self) -> Value {
        let text = self.header("x-agent-runtime-envelope").expect("an envelope");
        serde_json::from_str(text).expect("the envelope is JSON")
    }

    pub(super) fn document(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// Sends the same to another server; its status, if it answers.
    pub(super) fn sent_to(&self, address: SocketAddr) -> Option<u16> {
        let mut stream = TcpStream::connect(address).ok()?;
        let headers = self.headers.iter().filter(|(name, _)| name != "connection");
        let headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("POST {} HTTP/1.1\r\nconnection: close\r\n{}\r\n", self.path, headers.concat());
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&self.body).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        line.split(' ').nth(1)?.parse().ok()
    }
}

/// What to do with a request.
pub(super) enum Reply {
    Status(u16, &'static str),
    /// Answers with this stream of events, all at once.
    Stream(String),
    /// Keeps the connection open and says nothing.
    Silence,
    /// Closes the connection without a word.
    Cut,
}

type Rule = dyn Fn(&Request) -> Reply + Send + Sync;

/// A running server. Nobody listens any longer when it is dropped.
pub(super) struct Recorder {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

/// All that came, to one server or to several after each other.
#[derive(Default)]
pub(super) struct Record {
    requests: Mutex<Vec<Request>>,
    came: Condvar,
}

struct Shared {
    record: Arc<Record>,
    rule: Box<Rule>,
    tls: Option<Arc<rustls::ServerConfig>>,
    stopping: AtomicBool,
    /// Connections that are kept open.
    silent: Mutex<Vec<Box<dyn Send>>>,
}

impl Recorder {
    /// Answers 200 to everything.
    pub(super) fn start() -> Self {
        Self::answering(|_| Reply::Status(200, STORED))
    }

    pub(super) fn answering(rule: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::on(SocketAddr::from(([127, 0, 0, 1], 0)), rule)
    }

    /// Listens where another did before.
    pub(super) fn on(address: SocketAddr, rule: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Arc::default(), address, rule)
    }

    /// Answers 200 to everything, and speaks TLS as `localhost`, by the word of `authority.pem`.
    pub(super) fn encrypted() -> Self {
        let tls = Some(Arc::new(tls::as_localhost()));
        Self::listen(Arc::default(), ([127, 0, 0, 1], 0).into(), tls, |_| Reply::Status(200, STORED))
    }

    /// Goes on with the record of another.
    pub(super) fn with(
        record: Arc<Record>,
        address: SocketAddr,
        rule: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(record, address, None, rule)
    }

    fn listen(
        record: Arc<Record>,
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
        rule: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            record,
            rule: Box::new(rule),
            tls,
            stopping: AtomicBool::new(false),
            silent: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has come so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.shared.record.requests()
    }

    /// Waits until so many have come.
    pub(super) fn wait_for(&self, count: usize) -> Vec<Request> {
        let record = &self.shared.record;
        let requests = record.requests.lock().expect("requests");
        let waited = record.came.wait_timeout_while(requests, PATIENCE, |requests| requests.len() < count);
        let (requests, time_out) = waited.expect("requests");
        assert!(!time_out.timed_out(), "{count} requests, but there are {}", requests.len());
        requests.clone()
    }
}

impl Record {
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("requests").clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.silent.lock().expect("connections").clear();
        // Wakes the thread that accepts, which then closes the listener: wait until it has.
        while TcpStream::connect(self.address).is_ok() {
            std::thread::yield_now();
        }
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        match &self.tls {
            None => self.answer(stream),
            Some(config) => {
                let connection = rustls::ServerConnection::new(Arc::clone(config)).expect("a connection");
                self.answer(rustls::StreamOwned::new(connection, stream));
            }
        }
    }

    fn answer<S: Read + Write + Send + 'static>(&self, stream: S) {
        let mut reader = BufReader::new(stream);
        let Some(request) = read(&mut reader) else { return };
        let mut stream = reader.into_inner();
        let reply = (self.rule)(&request);
        self.record.requests.lock().expect("requests").push(request);
        self.record.came.notify_all();
        match reply {
            Reply::Cut => {}
            Reply::Silence => self.silent.lock().expect("connections").push(Box::new(stream)),
            Reply::Stream(events) => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(format!("{head}{events}").as_bytes());
            }
            Reply::Status(status, body) => {
                let length = body.len();
                let _ = write!(stream, "HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n\r\n{body}");
            }
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.strip_suffix(" HTTP/1.1\r\n")?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, headers, body })
}
