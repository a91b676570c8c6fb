//! Followers who do not read, do not answer, or send nonsense cost nobody but themselves.

mod frames;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::follow::{Transport, seq, seqs};
use crate::harness::raw::{Wire, client_frame};
use crate::harness::{PATIENCE, TestServer, event};

const NDJSON: &str = "application/x-ndjson";

/// `count` lines for `/ingest`, each an event of about `size` bytes in the session `s`.
fn lines(count: usize, size: usize) -> String {
    let mut body = event("s", "post_tool", "2025-12-03T10:00:00Z");
    body["tool_output"] = json!("x".repeat(size));
    format!("{body}\n").repeat(count)
}

/// A server with a session `s`, at position 1.
async fn server_with(change: impl FnOnce(&mut agent_runtime_server::config::Config)) -> TestServer {
    let server = TestServer::start_with(change).await;
    server.create_session("s").await;
    server
}

/// Sends `megabytes` of events in 64 KiB pieces: far more than the buffers between a server and one who does
/// not read can hold. Returns the position of the last.
async fn flood(server: &TestServer, megabytes: usize) -> i64 {
    for _ in 0..megabytes {
        let answer = server.post_bytes("/ingest", NDJSON, lines(16, 64 * 1024)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    server.head().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthy_clients_stay_under_50_ms_beside_a_hundred_who_never_read() {
    const HEALTHY: usize = 10;
    const EVENTS: usize = 400;
    let server = server_with(|config| config.limits.stalled_write = Duration::from_mins(1)).await;
    let mut stuck = Vec::new();
    for n in 0..100 {
        stuck.push(if n % 2 == 0 {
            Wire::web_socket(server.address, "").await
        } else {
            Wire::event_stream(server.address, "").await
        });
    }
    flood(&server, 8).await;

    let begun = Instant::now();
    let mut healthy = Vec::new();
    for n in 0..HEALTHY {
        let mut follower = Transport::BOTH[n % 2].follow(&server, "").await;
        follower.next().await;
        healthy.push(tokio::spawn(async move {
            let mut delays = Vec::with_capacity(EVENTS);
            for _ in 0..EVENTS {
                let message = follower.next().await;
                let arrived = begun.elapsed().as_micros();
                let sent = u128::from(message["data"]["sent_us"].as_u64().expect("a time"));
                delays.push(Duration::from_micros(u64::try_from(arrived - sent).expect("a delay")));
            }
            delays
        }));
    }
    // The pace is the load that is measured, 200 events a second, not a way to wait for anything.
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..EVENTS {
        pace.tick().await;
        let mut body = event("s", "message", "2025-12-03T10:00:00Z");
        body["sent_us"] = json!(u64::try_from(begun.elapsed().as_micros()).expect("a time"));
        server.add_event(&body).await;
    }
    let mut delays = Vec::new();
    for follower in healthy {
        delays.extend(follower.await.expect("a follower ends well"));
    }
    delays.sort_unstable();
    let (median, p99) = (delays[delays.len() / 2], delays[delays.len() * 99 / 100]);
    assert_eq!(delays.len(), HEALTHY * EVENTS);
    assert!(p99 < Duration::from_millis(50), "p50 {median:?}, p99 {p99:?}, worst {:?}", delays[delays.len() - 1]);
    drop(stuck);
}

#[tokio::test]
async fn who_stalls_is_closed_with_4008_and_comes_back_without_loss() {
    const STALL: Duration = Duration::from_secs(1);
    let server = server_with(|config| config.limits.stalled_write = STALL).await;
    let epoch = server.epoch().await;
    let head = flood(&server, 8).await;
    let mut slow = Wire::web_socket(server.address, &format!("?since={epoch}:1")).await;
    // To stall is to let time go by without reading: this is the behaviour under test.
    tokio::time::sleep(STALL + STALL / 2).await;
    let (texts, code) = slow.frames_until_close().await;
    assert_eq!(code, Some(4008));
    let read: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).expect("whole messages")).collect();
    let last = seq(&read[read.len() - 1]);
    assert_eq!(seqs(&read), (2..=last).collect::<Vec<_>>(), "dense until it was closed");
    assert!(last < head, "it was closed before it had read everything: {last} of {head}");

    let cursor = read[read.len() - 1]["cursor"].as_str().expect("a cursor").to_owned();
    for transport in Transport::BOTH {
        let mut follower = transport.follow(&server, &format!("?since={cursor}")).await;
        let rest = follower.take(usize::try_from(head - last).expect("a count")).await;
        assert_eq!(seqs(&rest), (last + 1..=head).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn who_never_reads_again_is_given_up() {
    for transport in Transport::BOTH {
        let server = server_with(|config| {
            config.limits.stalled_write = Duration::from_millis(200);
            config.limits.connections = 2;
        })
        .await;
        let stuck = match transport {
            Transport::WebSocket => Wire::web_socket(server.address, "").await,
            Transport::EventStream => Wire::event_stream(server.address, "").await,
        };
        // The client's one kept connection is the second; `head` would need a third.
        for _ in 0..8 {
            let answer = server.post_bytes("/ingest", NDJSON, lines(16, 64 * 1024)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        // A third connection is served only once the stuck one no longer counts.
        let retrying = async {
            while !is_served(&server).await {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, retrying).await.unwrap_or_else(|_| panic!("{transport:?}: never given up"));
        drop(stuck);
    }
}

/// Whether a new connection is answered with 200, within a moment.
async fn is_served(server: &TestServer) -> bool {
    let mut wire = Wire::open(server.address).await;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
    let answer = async { if wire.try_write(request).await { wire.answer().await } else { None } };
    matches!(timeout(Duration::from_millis(300), answer).await, Ok(Some(answer)) if answer.status == 200)
}

#[tokio::test]
async fn who_reads_slowly_but_steadily_stays() {
    const STALL: Duration = Duration::from_millis(500);
    let server = server_with(|config| {
        config.limits.stalled_write = STALL;
        config.limits.ping_interval = STALL / 2;
        config.limits.page_bytes = 64 * 1024;
    })
    .await;
    let since = format!("?since={}:1", server.epoch().await);
    let head = flood(&server, 6).await;
    let mut socket = Wire::web_socket(server.address, &since).await;
    let mut stream = Wire::event_stream(server.address, &since).await;
    let (mut pings, mut last) = (0, 1);
    // 64 KiB each time: far too slow to keep up, but never long without progress.
    let mut pace = tokio::time::interval(STALL / 10);
    while last < head {
        pace.tick().await;
        assert!(stream.read(64 * 1024).await.is_some(), "the stream was given up at {last} of {head}");
        loop {
            let (opcode, payload) = socket.frame().await.expect("another frame");
            if opcode == 1 {
                // Pings stand between messages, never within one.
                let message: Value = serde_json::from_slice(&payload).expect("a whole message");
                last += 1;
                assert_eq!(seq(&message), last);
                break;
            }
            assert_eq!(opcode, 9, "the socket was closed at {last} of {head}: {payload:?}");
            pings += 1;
            socket.write(client_frame(0x8a, &payload)).await;
        }
    }
    assert!(pings > 0, "it was asked whether it lives");
}

#[tokio::test]
async fn a_pause_shorter_than_the_limit_costs_nothing() {
    let server = server_with(|config| config.limits.stalled_write = Duration::from_mins(1)).await;
    let mut socket = Wire::web_socket(server.address, "").await;
    let head = flood(&server, 8).await;
    let mut last = 0;
    while last < head {
        let (opcode, payload) = socket.frame().await.expect("a frame");
        if opcode == 1 {
            let message: Value = serde_json::from_slice(&payload).expect("JSON");
            assert!(message["type"] == "init" || seq(&message) == last + 1, "a gap after {last}");
            last = seq(&message);
        }
    }
}

#[test]
fn memory_stays_bounded_beside_a_hundred_who_never_read() {
    // In a process of its own, so that no other test's memory is counted.
    let probe = "slow_readers::probe_of_memory";
    let program = std::env::current_exe().expect("this program");
    let arguments = [probe, "--exact", "--ignored", "--nocapture"];
    let output = std::process::Command::new(program).args(arguments).output().expect("the probe runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by memory_stays_bounded_beside_a_hundred_who_never_read"]
async fn probe_of_memory() {
    let Some(_) = resident_bytes() else { return };
    let server = server_with(|config| {
        config.limits.stalled_write = Duration::from_mins(1);
        config.limits.ring_bytes = 1024 * 1024;
    })
    .await;
    let mut stuck = Vec::new();
    for n in 0..100 {
        let (address, query) = (server.address, "");
        let socket = n % 2 == 0;
        stuck.push(if socket {
            Wire::web_socket(address, query).await
        } else {
            Wire::event_stream(address, query).await
        });
    }
    // What the database and the allocator need at all is there after the first stretch.
    flood(&server, 16).await;
    let before = resident_bytes().expect("this process's memory");
    flood(&server, 48).await;
    let after = resident_bytes().expect("this process's memory");
    let grown = after.saturating_sub(before) / (1024 * 1024);
    assert!(grown < 24, "48 MiB were posted, and memory grew by {grown} MiB");
    drop(stuck);
}

/// The memory of this process, where the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[tokio::test]
async fn shutdown_waits_for_nobody_who_does_not_read() {
    let server = server_with(|config| config.limits.shutdown = Duration::from_millis(500)).await;
    let mut stuck = Vec::new();
    for _ in 0..10 {
        stuck.push(Wire::web_socket(server.address, "").await);
        stuck.push(Wire::event_stream(server.address, "").await);
    }
    let mut healthy = server.ws("").await;
    healthy.next().await;
    let head = flood(&server, 4).await;
    healthy.take(usize::try_from(head - 1).expect("a count")).await;
    server.begin_shutdown();
    assert_eq!(healthy.close_code().await, Some(1012));
    timeout(Duration::from_secs(5), server.stop()).await.expect("the server ends in time");
    drop(stuck);
}
