//! Hooks and the real server: killed and started, away when a hook comes, and with a full disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};

use super::stand::{Stand, document};
use super::storm::{AGENTS, DOWN, HOOKS, Storm, UP, calm};
use crate::disk_full::Disk;
use crate::process::{self, Launch, PATIENCE, Process};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_hooks_while_the_server_is_killed_and_started() {
    let (patient, address) = Stand::without_server();
    // Hooks wait no longer than they do for agents.
    let stand = patient.variable("AGENT_RUNTIME_HOOK_PATIENCE_MS", "");
    let storm = Storm::begin(&stand);
    let mut kills = 0;
    let mut server = start(&stand, address).await;
    while storm.pass(UP) {
        server.kill().await;
        kills += 1;
        let goes_on = storm.pass(DOWN);
        server = start(&stand, address).await;
        if !goes_on {
            break;
        }
    }
    storm.end();
    calm(&stand);
    assert!(kills >= 8, "{kills} kills show nothing");
    let expected: Vec<String> = (0..HOOKS).map(|number| format!("echo {number}")).collect();
    for agent in 0..AGENTS {
        let session = format!("agent-{agent}");
        assert_eq!(commands(&server, &session).await, expected, "{session}; {}", stand.log());
    }
    let status = stand.status();
    assert_eq!((&status["rejected"], &status["dropped"]), (&0.into(), &0.into()), "{status}");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_starts_takes_what_waits_for_it() {
    let (stand, address) = Stand::without_server();
    for number in 0..5 {
        stand.report("s", number);
    }
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    stand.hook("codex", json!({"session_id": "t", "prompt": secret, "hook_event_name": "Stop"}).to_string().as_bytes());
    let kept = kept_files(&stand);
    assert!(kept.len() == 6 && kept.iter().all(|text| !text.contains(&secret)), "no secret waits on the disk");
    let token = "only-for-tests";
    let launch = on(&stand, address).variable("AGENT_RUNTIME_TOKEN", token);
    let server = launch.start().await;
    until(async || stand.status()["waiting"] == 0).await;
    let answer = server.http.get(server.url("/sessions/s/events")).bearer_auth(token).send().await.expect("an answer");
    let events: Value = answer.json().await.expect("JSON");
    let calls = events["events"].as_array().into_iter().flatten().filter(|event| event["event_type"] == "pre_tool");
    assert_eq!(calls.count(), 5, "{events}");
    server.stop().await;
}

#[tokio::test]
async fn a_server_finds_what_waits_for_it_though_no_hook_follows() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 0);
    let (waiting, aside) = (stand.spool().join("waiting"), stand.folder.path().join("aside"));
    std::fs::rename(&waiting, &aside).expect("aside");
    let server = start(&stand, address).await;
    assert_eq!(commands(&server, "s").await.len(), 0);
    // A hook that was told to come later, or found nobody a moment before the server came, puts it there.
    std::fs::rename(&aside, &waiting).expect("there");
    until(async || commands(&server, "s").await == ["echo 0"]).await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_deliver_what_waits_for_it_tries_again() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 0);
    // What has come finds its place taken.
    let waiting = stand.spool().join("waiting");
    std::fs::remove_dir_all(&waiting).expect("erased");
    std::fs::write(&waiting, "no folder").expect("written");
    stand.report("s", 1);
    let mut server = start(&stand, address).await;
    server.running.logged("the spool in").await;
    std::fs::remove_file(&waiting).expect("erased");
    until(async || commands(&server, "s").await == ["echo 1"]).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_sends_itself_outlasts_a_full_disk() {
    let folder = process::fresh_folder();
    let Some(disk) = Disk::mount(&folder.path().join("disk"), 16 * 1024 * 1024) else { return };
    disk.fill("room", Some(4 * 1024 * 1024));
    let database = format!("sqlite:{}", disk.folder.join("test.db").display());
    let server = Launch::bare(Arc::clone(&folder)).arguments(["--port", "0", "--database", &database]).start().await;
    disk.fill("rest", None);
    // Each is larger than what is left inside the database's own files.
    for number in 0..20 {
        let mut document = document("s", number);
        document["tool_input"]["text"] = json!("x".repeat(500_000));
        let answer =
            server.http.post(server.url("/hooks/claude-code")).json(&document).send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), answer.text().await.expect("a body")), (200, "{}".to_owned()));
    }
    assert!(commands(&server, "s").await.len() < 20, "the disk was not full");
    std::fs::remove_file(disk.folder.join("rest")).expect("room");
    std::fs::remove_file(disk.folder.join("room")).expect("room");
    let mut expected: Vec<String> = (0..20).map(|number| format!("echo {number}")).collect();
    expected.sort();
    until(async || {
        let mut stored = commands(&server, "s").await;
        stored.sort();
        stored == expected
    })
    .await;
    server.stop().await;
}

/// A server on this address that stores in this home.
fn on(stand: &Stand, address: SocketAddr) -> Launch {
    let database = format!("sqlite:{}", stand.folder.path().join("test.db").display());
    let port = address.port().to_string();
    Launch::bare(Arc::clone(&stand.folder)).arguments(["--port", &port, "--database", &database])
}

/// The same, when it listens.
pub(super) async fn start(stand: &Stand, address: SocketAddr) -> Process {
    on(stand, address).start().await
}

/// The commands that the tools of a session were called with, in the order in which they are stored.
pub(super) async fn commands(server: &Process, session: &str) -> Vec<String> {
    let answer = server.http.get(server.url(&format!("/sessions/{session}/events"))).send().await.expect("an answer");
    if answer.status() == 404 {
        return Vec::new();
    }
    let answer: Value = answer.json().await.expect("JSON");
    let events = answer["events"].as_array().expect("events");
    // By id: the order in which they were stored, whatever their timestamps say.
    let by_id: BTreeMap<i64, String> = events
        .iter()
        .filter_map(|event| Some((event["id"].as_i64()?, event["tool_input"]["command"].as_str()?.to_owned())))
        .collect();
    by_id.into_values().collect()
}

/// What lies in the spool, as text.
fn kept_files(stand: &Stand) -> Vec<String> {
    let sessions = super::stand::children(&stand.spool().join("waiting"));
    let files = sessions.iter().flat_map(|session| super::stand::children(session));
    files.map(|file| std::fs::read_to_string(file).expect("a document")).collect()
}

/// Asks until it is so.
pub(super) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it comes to be so");
}
