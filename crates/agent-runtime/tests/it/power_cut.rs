//! A power cut: of what was written but not flushed, any part may be missing afterwards. The killed server's files
//! are put together from what had been flushed and, page by page, by chance, from what had not.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::preload;
use crate::process::{self, Launch};
use crate::torture::random::Random;
use crate::torture::{Plan, seed, torture};

/// What survives or not as a whole.
const PAGE: usize = 4096;

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_loses_nothing_acknowledged() {
    let probe = process::fresh_folder();
    if preload::compile("power_cut", probe.path()).is_none() {
        return;
    }
    torture(Plan { kills: 10, seed: seed(), launch, after_kill: cut }).await;
}

/// The negative control, and the promise of the lesser setting: what the cut took is lost, and clients are told.
#[tokio::test]
async fn the_lesser_durability_loses_acknowledged_events_and_says_so() {
    let folder = process::fresh_folder();
    if preload::compile("power_cut", folder.path()).is_none() {
        return;
    }
    let lesser = || launch(Arc::clone(&folder)).arguments(["--durability", "normal"]);
    let server = lesser().start().await;
    let body = json!({"session_id": "s", "session_name": "s"});
    let created = server.http.post(server.url("/sessions")).json(&body).send().await.expect("an answer");
    assert_eq!(created.status(), 200);
    for number in 0..50 {
        let body = json!({
            "event_type": "message", "session_id": "s", "session_name": "s", "timestamp": "2026-01-01T00:00:00Z",
            "number": number,
        });
        let posted = server.http.post(server.url("/sessions/s/events")).json(&body).send().await.expect("an answer");
        assert_eq!(posted.status(), 200);
    }
    let cursor = first_message(&format!("ws://{}/ws", server.address)).await["cursor"].clone();
    let cursor = cursor.as_str().expect("a cursor").to_owned();
    server.kill().await;
    restore(folder.path(), |_| false);

    let server = lesser().start().await;
    let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
    let left: Value = answer.json().await.expect("JSON");
    let left = left["events"].as_array().map_or(0, Vec::len);
    assert!(left < 50, "nothing was lost: this harness cuts nothing");
    let told = first_message(&format!("ws://{}/ws?since={cursor}", server.address)).await;
    assert_eq!((&told["type"], &told["reason"]), (&json!("reset"), &json!("epoch")), "{told}");
    server.stop().await;
}

async fn first_message(url: &str) -> Value {
    let (mut stream, _) = tokio_tungstenite::connect_async(url).await.expect("a WebSocket");
    let first = tokio::time::timeout(process::PATIENCE, stream.next()).await.expect("a first message in time");
    let Some(Ok(Message::Text(text))) = first else { panic!("no first message, but {first:?}") };
    serde_json::from_str(&text).expect("JSON")
}

/// A server whose flushed files are kept.
fn launch(folder: Arc<TempDir>) -> Launch {
    let library = folder.path().join("power_cut.so");
    if !library.exists() {
        preload::compile("power_cut", folder.path()).expect("it was compiled before");
    }
    let real = folder.path().canonicalize().expect("the folder is there");
    Launch::on(folder).variable("LD_PRELOAD", library).variable("POWER_CUT_FOLDER", real)
}

/// Cuts the power. In half of the cases nothing that was not flushed survives, else each page by chance.
fn cut(folder: &Path, random: &mut Random) {
    let share = if random.percent(50) { 0 } else { 50 };
    restore(folder, |_| random.percent(share));
}

/// Puts the database's files together again; `survives` says which pages outlive the cut though not flushed.
fn restore(folder: &Path, mut survives: impl FnMut(usize) -> bool) {
    let shared_memory = folder.join("test.db-shm");
    if shared_memory.exists() {
        std::fs::remove_file(shared_memory).expect("memory does not outlive a cut");
    }
    for file in ["test.db", "test.db-wal"].map(|name| folder.join(name)) {
        let flushed = std::fs::read(file.with_added_extension("flushed")).unwrap_or_default();
        let Ok(written) = std::fs::read(&file) else { continue };
        let mut left = Vec::with_capacity(written.len());
        for (page, start) in (0..written.len().max(flushed.len())).step_by(PAGE).enumerate() {
            let part = |bytes: &[u8]| bytes[start.min(bytes.len())..(start + PAGE).min(bytes.len())].to_vec();
            let (old, new) = (part(&flushed), part(&written));
            let kept = if old == new || !survives(page) { old } else { new };
            // A hole in a file reads as zeros.
            left.resize(if kept.is_empty() { left.len() } else { start }, 0);
            left.extend_from_slice(&kept);
        }
        std::fs::write(&file, &left).expect("the file as the cut left it");
        // What outlived this cut lies on the disk, for the next one, too.
        std::fs::write(file.with_added_extension("flushed"), &left).expect("its copy");
    }
}
