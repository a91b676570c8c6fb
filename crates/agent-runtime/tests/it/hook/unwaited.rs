//! Servers that are not waited for: one that hangs, and one that is not on this machine.

use std::io::Read;
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::recorder::{Recorder, Reply, STORED};
use super::stand::{Stand, order};
use super::tls;
use crate::process::PATIENCE;

/// Far more than a hook may take, far less than the patience of what it starts.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_server_that_hangs_is_waited_for_once() {
    let server = Recorder::answering(|_| Reply::Silence);
    let stand = Stand::hasty(&server.url());
    let began = Instant::now();
    for number in 0..8 {
        stand.report("s", number);
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    // The first hook asked, and the process that it left behind asks: nobody else.
    let envelopes: Vec<_> = server.wait_for(2).iter().map(super::recorder::Request::envelope).collect();
    assert_eq!(envelopes.len(), 2);
    assert_eq!(envelopes[0], envelopes[1]);
    assert_eq!(stand.status()["waiting"], 8);
    assert_eq!(stand.log(), "");
}

#[test]
fn a_server_that_was_late_gets_everything_without_another_hook() {
    let gate = Arc::new(Gate::default());
    let closed = Arc::clone(&gate);
    let server = Recorder::answering(move |_| {
        closed.wait();
        Reply::Status(200, STORED)
    });
    let stand = Stand::hasty(&server.url());
    for number in 0..5 {
        stand.report("s", number);
    }
    gate.open();
    // The first was sent twice, under one id: its answer came too late.
    let numbers: Vec<u64> = order(&server.wait_for(6)).into_iter().map(|(_, number)| number).collect();
    let mut once = numbers.clone();
    once.dedup();
    assert_eq!(once, [0, 1, 2, 3, 4], "{numbers:?}");
}

#[test]
fn a_server_elsewhere_is_never_waited_for() {
    let gate = Arc::new(Gate::default());
    let closed = Arc::clone(&gate);
    let server = Recorder::answering(move |_| {
        closed.wait();
        Reply::Status(200, STORED)
    });
    // The system takes this for itself; the program must not, for it is no loopback address.
    let url = format!("http://0.0.0.0:{}", server.address.port());
    let stand = Stand::new(&url);
    for number in 0..5 {
        // It has ended, and so has every pipe that its caller reads.
        stand.report("s", number);
    }
    assert_eq!(stand.status()["waiting"], 5, "{}", stand.log());
    server.wait_for(0);
    gate.open();
    let requests = server.wait_for(5);
    let numbers: Vec<u64> = order(&requests).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4], "one process delivers all of it, each once");
}

#[test]
fn a_process_that_delivers_finds_settings_where_the_hook_found_them() {
    let server = Recorder::start();
    // It is no loopback address, so that no hook delivers by itself.
    let settings = format!("server = \"http://0.0.0.0:{}\"\n", server.address.port());
    let stand = Stand::new("").variable("AGENT_RUNTIME_CONFIG", "here.toml");
    std::fs::write(stand.folder.path().join("here.toml"), settings).expect("written");
    stand.report("s", 1);
    assert_eq!(order(&server.wait_for(1)), [("s".to_owned(), 1)]);
}

#[test]
fn what_comes_while_another_session_fails_is_delivered_by_the_same_process() {
    let place = Arc::<Mutex<Option<Stand>>>::default();
    let known = Arc::clone(&place);
    let server = Recorder::answering(move |request| {
        if request.document()["session_id"] == "b" {
            return Reply::Status(200, STORED);
        }
        // Another hook comes before the answer, and sees that somebody delivers.
        if let Some(stand) = known.lock().expect("a stand").take() {
            stand.report("b", 0);
        }
        Reply::Status(500, "{\"detail\":\"internal error\"}")
    });
    let stand = Stand::new(&format!("http://0.0.0.0:{}", server.address.port()));
    *place.lock().expect("a stand") = Some(stand.clone());
    stand.report("a", 0);
    assert_eq!(order(&server.wait_for(2))[1], ("b".to_owned(), 0));
}

#[test]
fn what_comes_while_another_process_keeps_the_lock_is_delivered_without_another_hook() {
    let server = Recorder::start();
    let stand = Stand::new(&format!("http://0.0.0.0:{}", server.address.port()));
    stand.report("s", 0);
    server.wait_for(1);
    let began = Instant::now();
    while stand.spool().join("attended").exists() {
        assert!(began.elapsed() < PATIENCE, "the first process does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    let lock = std::fs::File::options().write(true).open(stand.spool().join("lock")).expect("a lock");
    lock.lock().expect("it is free");
    stand.report("s", 1);
    drop(lock);
    assert_eq!(order(&server.wait_for(2))[1], ("s".to_owned(), 1));
}

#[test]
fn a_server_that_speaks_tls_is_never_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let stand = Stand::new(&format!("https://{}", listener.local_addr().expect("an address")));
    // Nobody accepts while the hook runs.
    stand.report("s", 1);
    assert_eq!(stand.status()["waiting"], 1);
    let (mut stream, _) = listener.accept().expect("what the hook left behind comes");
    let mut first = [0];
    stream.read_exact(&mut first).expect("a byte");
    assert_eq!(first, [22], "it begins with a handshake, and tells nothing to who cannot prove who it is");
}

#[test]
fn a_server_that_speaks_tls_is_reached_when_somebody_vouches_for_it() {
    let server = Recorder::encrypted();
    let url = |host: &str| format!("https://{host}:{}", server.address.port());
    let vouched = tls::authority().display().to_string();
    for (host, authority) in [("localhost", None), ("127.0.0.1", Some(&vouched))] {
        let stand = Stand::new(&url(host)).variable("SSL_CERT_FILE", authority.map_or("", String::as_str));
        stand.report("s", 1);
        // Whoever delivers, the hook's process or this one, finds no trust, or another name.
        let (_, said) = stand.flush();
        assert!(said.contains("cannot be reached") || said.contains("already"), "{said}");
        assert_eq!(stand.status()["waiting"], 1);
    }
    assert_eq!(server.requests().len(), 0);
    let stand = Stand::new(&url("localhost")).variable("SSL_CERT_FILE", vouched).variable("AGENT_RUNTIME_TOKEN", "t");
    stand.report("s", 1);
    let requests = server.wait_for(1);
    assert_eq!(order(&requests), [("s".to_owned(), 1)]);
    assert_eq!(requests[0].header("authorization"), Some("Bearer t"));
}

/// Closed until it is opened.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn wait(&self) {
        let open = self.open.lock().expect("a gate");
        let _ = self.opened.wait_timeout_while(open, PATIENCE, |open| !*open).expect("a gate");
    }

    fn open(&self) {
        *self.open.lock().expect("a gate") = true;
        self.opened.notify_all();
    }
}
