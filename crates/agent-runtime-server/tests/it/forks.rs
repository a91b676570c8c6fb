//! A forked Codex session, whose file begins with a copy of its parent's.

use std::io::Write;

use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::harness::shape::succeeded;

const PARENT: &str = "019c8a41-0000-7fff-9fff-ffffffffffff";
const PARENT_TURN: &str = "019c8a41-1000-7eee-aeee-eeeeeeeeeeee";
const FORK: &str = "019c8a42-0000-7bbb-8bbb-bbbbbbbbbbbb";
const FORK_TURN: &str = "019c8a42-0001-7000-8000-000000000000";

fn of(line_type: &str, payload: &Value) -> String {
    format!("{}\n", json!({"timestamp": "2026-02-23T12:19:42.561Z", "type": line_type, "payload": payload}))
}

fn says(text: &str) -> String {
    let content = json!([{"type": "output_text", "text": text}]);
    of("response_item", &json!({"type": "message", "role": "assistant", "content": content}))
}

fn append(file: &std::path::Path, lines: &[String]) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(lines.concat().as_bytes()).unwrap();
}

#[tokio::test]
async fn it_says_its_own_words_only_however_its_file_grows() {
    let server = TestServer::start().await;
    let mut live = server.ws("").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(format!("rollout-2026-02-23T12-19-38-{FORK}.jsonl"));
    let meta = |id: &str, from: Value, branch: &str| {
        of("session_meta", &json!({"id": id, "forked_from_id": from, "git": {"branch": branch}}))
    };
    append(
        &file,
        &[
            meta(FORK, json!(PARENT), "new"),
            meta(PARENT, json!("somebody-else"), "old"),
            of("turn_context", &json!({"turn_id": PARENT_TURN, "model": "old-model"})),
            says("My parent's words."),
        ],
    );
    let document = |event: &str| {
        json!({"session_id": FORK, "transcript_path": file, "cwd": "/work/tea", "hook_event_name": event,
            "source": "startup"})
    };
    let path = format!("/sessions/{FORK}");
    succeeded(&server.post("/hooks/codex", &document("SessionStart")).await);
    // The copy has been read once the branch is known, which its first line tells.
    while succeeded(&server.get(&path).await)["session"]["branch"] != "new" {
        live.next().await;
    }
    append(&file, &[says("More of my parent's words.")]);
    append(&file, &[of("turn_context", &json!({"turn_id": FORK_TURN, "model": "new-model"})), says("My own words.")]);
    succeeded(&server.post("/hooks/codex", &document("Stop")).await);
    let words = loop {
        let events = server.events(FORK).await;
        let words: Vec<Value> = events.into_iter().filter(|event| event["role"] == "assistant").collect();
        if !words.is_empty() {
            break words;
        }
        live.next().await;
    };
    assert_eq!(words.len(), 1, "{words:?}");
    assert_eq!(words[0]["content"], json!([{"type": "text", "text": "My own words."}]));
    let session = succeeded(&server.get(&path).await)["session"].clone();
    let known = json!([session["branch"], session["model"], session["parent_session_id"]]);
    assert_eq!(known, json!(["new", "new-model", PARENT]));
}
