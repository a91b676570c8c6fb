//! Secrets stay out of what waits on the disk, and one key in the configuration file keeps them in, for hooks and the
//! server alike.

use std::sync::Arc;

use serde_json::{Value, json};

use super::recorder::{Recorder, Reply};
use super::stand::{Stand, children};
use crate::process::Launch;

fn secret() -> String {
    ["ghp_", &"a1B2".repeat(9)].concat()
}

fn document() -> Value {
    json!({"session_id": "s", "prompt": format!("push with {}", secret()), "hook_event_name": "UserPromptSubmit"})
}

/// The only document in this folder of the spool, or in one below it.
#[track_caller]
fn only_text(stand: &Stand, folder: &str) -> String {
    let entries = children(&stand.spool().join(folder));
    let files = entries.iter().flat_map(|entry| if entry.is_dir() { children(entry) } else { vec![entry.clone()] });
    let mut texts: Vec<String> = files.map(|file| std::fs::read_to_string(file).expect("text")).collect();
    texts.retain(|text| text.contains("push with"));
    assert_eq!(texts.len(), 1, "{texts:?}");
    texts.remove(0)
}

#[track_caller]
fn assert_keeps(text: &str, keeps: bool, why: &str) {
    assert_eq!((text.contains(&secret()), text.contains("[redacted:")), (keeps, !keeps), "{why}: {text}");
}

#[test]
fn what_waits_holds_none_unless_the_user_says_so_plainly() {
    let plainly = ["redact = false", "redact = \"off\"", "redact = 0"];
    let not_so = ["", "redact = true", "redact = \"\"", "redact = \"maybe\"", "redact = [false]", "redact = false\n="];
    for (text, keeps) in plainly.map(|text| (text, true)).into_iter().chain(not_so.map(|text| (text, false))) {
        let (stand, _) = Stand::without_server();
        let stand = stand.configuration(text);
        stand.hook("codex", document().to_string().as_bytes());
        assert_keeps(&only_text(&stand, "waiting"), keeps, text);
    }
    for (variable, keeps) in [("false", true), ("true", false), ("", false), ("maybe", false)] {
        let (stand, _) = Stand::without_server();
        let stand = stand.variable("AGENT_RUNTIME_REDACT", variable);
        stand.hook("codex", document().to_string().as_bytes());
        assert_keeps(&only_text(&stand, "waiting"), keeps, variable);
    }
    let (stand, _) = Stand::without_server();
    let stand = stand.configuration("redact = false").variable("AGENT_RUNTIME_REDACT", "true");
    stand.hook("codex", document().to_string().as_bytes());
    assert_keeps(&only_text(&stand, "waiting"), false, "the variable wins");
}

#[test]
fn what_is_not_all_text_holds_none_either() {
    let (stand, _) = Stand::without_server();
    let (before, after) = (b"{\"session_id\":\"s\",\"output\":\"\xff\",", br#""hook_event_name":"Stop"}"#);
    let prompt = format!("\"prompt\":\"push with {}\",", secret());
    stand.hook("codex", &[&before[..], prompt.as_bytes(), &after[..]].concat());
    assert_keeps(&only_text(&stand, "waiting"), false, "a byte that is no text");
}

#[test]
fn what_was_refused_holds_none_either() {
    let server = Recorder::answering(|_| Reply::Status(422, "{\"detail\":\"no\"}"));
    for (text, keeps) in [("", false), ("redact = false", true)] {
        let stand = Stand::new(&server.url()).configuration(text);
        stand.hook("codex", document().to_string().as_bytes());
        assert_keeps(&only_text(&stand, "rejected"), keeps, text);
    }
}

/// The hook's spool, the server's own spool and what is stored: all follow the one file that hooks and server read.
#[tokio::test(flavor = "multi_thread")]
async fn one_key_in_the_file_holds_for_hooks_and_server() {
    for (text, keeps) in [("", false), ("redact = false", true)] {
        let (stand, address) = Stand::without_server();
        let stand = stand.configuration(text);
        stand.hook("claude-code", document().to_string().as_bytes());
        assert_keeps(&only_text(&stand, "waiting"), keeps, "the hook's spool");
        let database = format!("sqlite:{}", stand.folder.path().join("test.db").display());
        let launch = Launch::bare(Arc::clone(&stand.folder)).arguments(["--port", &address.port().to_string()]);
        let server = launch.arguments(["--database", &database]).start().await;
        super::server::until(async || stand.status()["waiting"] == 0).await;
        let stored = async || {
            let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
            answer.text().await.expect("text")
        };
        assert_keeps(&stored().await, keeps, "stored");
        // What the server itself must keep while somebody else holds its database.
        let holder = rusqlite::Connection::open(&server.database).expect("the database");
        holder.execute_batch("BEGIN IMMEDIATE").expect("held");
        let mut again = document();
        again["prompt"] = json!(format!("again, push with {}", secret()));
        let answer = server.http.post(server.url("/hooks/claude-code")).json(&again).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_keeps(&only_text(&stand, "waiting"), keeps, "the server's spool");
        holder.execute_batch("ROLLBACK").expect("let go");
        server.stop().await;
    }
}

/// The first attempt is stored but not answered; what comes later from the spool is known again, though it was cut and
/// holds no secrets.
#[tokio::test(flavor = "multi_thread")]
async fn a_spooled_copy_that_was_cut_is_the_same() {
    let long = [&"z ".repeat(700_000), secret().as_str(), &" z".repeat(700_000)].concat();
    for (text, has_secret) in [("", true), ("redact = false", true), ("redact = false", false)] {
        let (stand, _) = Stand::without_server();
        let stand = stand.configuration(text);
        let database = format!("sqlite:{}", stand.folder.path().join("test.db").display());
        let launch = Launch::bare(Arc::clone(&stand.folder)).arguments(["--port", "0", "--database", &database]);
        let server = launch.start().await;
        let address = server.address;
        let recorder = Recorder::answering(move |request| {
            let status = request.sent_to(address).expect("an answer");
            assert_eq!(status, 200);
            Reply::Cut
        });
        let stand = stand.variable("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", recorder.url());
        let prompt = if has_secret { long.clone() } else { long.replace(&secret(), "none") };
        let document = json!({"session_id": "s", "prompt": prompt, "hook_event_name": "UserPromptSubmit"});
        stand.hook("claude-code", document.to_string().as_bytes());
        assert_eq!(stand.status()["waiting"], 1);
        let is_cut = stand.status()["bytes"].as_u64().is_some_and(|bytes| bytes < 1_000_000);
        assert_eq!(is_cut, text.is_empty() || !has_secret, "{text} {has_secret}");
        stand.flush();
        assert_eq!(recorder.requests().len(), 2);
        let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
        let events: Value = answer.json().await.expect("JSON");
        let messages = events["events"].as_array().into_iter().flatten().filter(|it| it["event_type"] == "message");
        assert_eq!(messages.count(), 1, "{text} {has_secret}");
        server.stop().await;
    }
}
