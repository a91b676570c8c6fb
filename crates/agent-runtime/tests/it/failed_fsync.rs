//! A disk that no longer takes what it is given: while `fsync` fails nothing is acknowledged, and what was
//! acknowledged before and after is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::preload;
use crate::process::{self, Launch, PATIENCE, Process};

#[tokio::test]
async fn nothing_is_acknowledged_while_fsync_fails() {
    let folder = process::fresh_folder();
    let Some(library) = preload::compile("failing_fsync", folder.path()) else { return };
    let flag = folder.path().join("fsync-fails");
    let launch = || {
        let launch = Launch::on(Arc::clone(&folder)).variable("LD_PRELOAD", library.clone());
        launch.variable("FAILING_FSYNC_FLAG", flag.as_os_str())
    };
    let mut server = launch().start().await;
    assert_eq!(create(&server, "s").await, Some(200));
    let mut sent: BTreeMap<u64, Option<u16>> = BTreeMap::new();
    for number in 0..20 {
        sent.insert(number, post(&server, number).await);
    }
    assert!(sent.values().all(|status| *status == Some(200)), "{sent:?}");

    std::fs::write(&flag, "").expect("the flag is set");
    let mut refused = BTreeMap::new();
    for number in 20..40 {
        let status = post(&server, number).await;
        let fits = matches!(status, None | Some(500 | 503 | 507));
        assert!(fits, "event {number} was answered {status:?} though nothing could be flushed");
        refused.insert(number, status);
    }
    if server.running.alive() {
        let events = stored(&server).await;
        assert!(events.len() >= 20, "reads go on: {events:?}");
    }

    std::fs::remove_file(&flag).expect("the flag is taken away");
    server = heal(server, launch).await;
    // Whoever was refused sends again; the keys see to it that nothing is doubled.
    for number in refused.keys().copied().chain(40..60) {
        assert_eq!(post(&server, number).await, Some(200), "event {number}, after the disk works again");
    }
    expect_each_once(&stored(&server).await, 60);

    server.kill().await;
    let server = Launch::on(folder).start().await;
    expect_each_once(&stored(&server).await, 60);
    server.stop().await;
}

/// Waits until writes are taken again: by the server itself, or, if it has stopped with a line that says why, by
/// the next one.
async fn heal(mut server: Process, launch: impl Fn() -> Launch) -> Process {
    let waiting = async {
        while server.running.alive() {
            match server.http.get(server.url("/readyz")).send().await {
                Ok(answer) if answer.status() == 200 => return true,
                _ => tokio::task::yield_now().await,
            }
        }
        false
    };
    if tokio::time::timeout(PATIENCE, waiting).await.expect("it is ready again, or it ends") {
        // What the system seemed to have written may be gone: the old connection is not to be trusted.
        server.running.logged("the database has been reopened").await;
        return server;
    }
    let ended = server.running.ended().await;
    assert_ne!(ended.code, Some(0), "{ended:#?}");
    assert!(!ended.stderr.is_empty() && !ended.stderr.iter().any(|line| line.contains("panicked")), "{ended:#?}");
    launch().start().await
}

async fn create(server: &Process, id: &str) -> Option<u16> {
    let body = json!({"session_id": id, "session_name": id});
    let sent = server.http.post(server.url("/sessions")).json(&body).send().await;
    sent.ok().map(|answer| answer.status().as_u16())
}

/// Posts an event with a key; `None` when there was no answer. A refusal says why.
async fn post(server: &Process, number: u64) -> Option<u16> {
    let body = json!({
        "event_type": "message", "session_id": "s", "session_name": "s", "timestamp": "2026-01-01T00:00:00Z",
        "event_id": format!("key-{number}"), "number": number,
    });
    let answer = server.http.post(server.url("/events")).json(&body).send().await.ok()?;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap_or_default();
    assert!(status == 200 || body["detail"].is_string(), "{status} {body}");
    Some(status)
}

async fn stored(server: &Process) -> Vec<u64> {
    let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.expect("JSON");
    let events = body["events"].as_array().expect("events");
    events.iter().map(|event| event["number"].as_u64().expect("a number")).collect()
}

#[track_caller]
fn expect_each_once(events: &[u64], count: u64) {
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..count).collect::<Vec<u64>>());
}
