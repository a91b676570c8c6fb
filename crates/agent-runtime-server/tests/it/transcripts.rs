//! The words that no hook carries, read from the transcripts of agents on this machine.

use std::io::Write;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::harness::shape::succeeded;
use crate::hooks::{document, envelope, heard, session};

/// A transcript of the session `s`.
struct Transcript {
    folder: tempfile::TempDir,
}

impl Transcript {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("s.jsonl")
    }

    fn say(&self, uuid: &str, second: u32, block: &Value) {
        let line = json!({"type": "assistant", "uuid": uuid, "sessionId": "s", "gitBranch": "topic",
            "timestamp": format!("2025-12-03T10:00:{second:02}.500Z"),
            "message": {"id": format!("msg {uuid}"), "role": "assistant", "model": "claude-test", "content": [block]}});
        self.append(&line);
    }

    fn append(&self, line: &Value) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.path()).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

async fn words(server: &TestServer, count: usize) -> Vec<Value> {
    let mut live = server.ws("").await;
    loop {
        let events = server.events("s").await;
        let words: Vec<Value> = events.into_iter().filter(|event| event["role"] == "assistant").collect();
        if words.len() >= count {
            return words;
        }
        live.next().await;
    }
}

#[tokio::test]
async fn the_words_between_tools_are_read_from_the_transcript_once() {
    let server = TestServer::start().await;
    let transcript = Transcript::new();
    transcript.say("u1", 2, &json!({"type": "thinking", "thinking": "First the test."}));
    transcript.say("u2", 3, &json!({"type": "text", "text": "I read the test first."}));
    let at = json!({"transcript_path": transcript.path()});
    heard(
        &server,
        1,
        &document("SessionStart", &{
            let mut at = at.clone();
            at["source"] = json!("startup");
            at
        }),
    )
    .await;
    let first = words(&server, 2).await;
    assert_eq!(first[1]["content"], json!([{"type": "text", "text": "I read the test first."}]));
    assert_eq!(first[1]["timestamp"], "2025-12-03T10:00:03.500Z");
    // Written after the document, as agents do.
    heard(&server, 5, &document("Stop", &at)).await;
    transcript.say("u3", 4, &json!({"type": "text", "text": "Done."}));
    assert_eq!(words(&server, 3).await[2]["content"][0]["text"], "Done.");
    assert_eq!(session(&server, "s").await["branch"], "topic");
    let server = server.restart().await;
    heard(
        &server,
        60,
        &document("Notification", &{
            let mut at = at.clone();
            at["message"] = json!("x");
            at
        }),
    )
    .await;
    transcript.say("u4", 55, &json!({"type": "text", "text": "More."}));
    heard(&server, 61, &document("Stop", &at)).await;
    let all = words(&server, 4).await;
    assert_eq!(all.len(), 4, "what was read before the restart is known again: {all:?}");
    heard(&server, 62, &document("SessionEnd", &json!({"reason": "other", "transcript_path": transcript.path()})))
        .await;
    assert_eq!(succeeded(&server.get("/sessions/s/result").await), json!({"result": "More."}));
}

#[tokio::test]
async fn a_transcript_whose_words_are_not_to_be_read_is_not_read() {
    let server = TestServer::start().await;
    let transcript = Transcript::new();
    transcript.say("u1", 2, &json!({"type": "text", "text": "Said in a folder that is ignored."}));
    let stop = json!({"transcript_path": transcript.path(), "last_assistant_message": "Done."});
    let mut silent = envelope(3);
    silent["words"] = json!(false);
    let request = server.http.post(server.url("/hooks/claude-code")).json(&document("Stop", &stop));
    succeeded(&server.send(request.header("x-agent-runtime-envelope", silent.to_string())).await);
    // Transcripts are looked at one after the other: when another one was read, this one would have been.
    let path = transcript.folder.path().join("t.jsonl");
    let said = json!({"type": "assistant", "uuid": "v1", "sessionId": "t", "timestamp": "2025-12-03T10:00:02.500Z",
        "message": {"id": "m", "role": "assistant", "content": [{"type": "text", "text": "Heard."}]}});
    std::fs::write(&path, format!("{said}\n")).unwrap();
    let mut live = server.ws("").await;
    let mut other = document("SessionStart", &json!({"source": "startup", "transcript_path": path}));
    other["session_id"] = json!("t");
    heard(&server, 4, &other).await;
    while !server.events("t").await.iter().any(|event| event["role"] == "assistant") {
        live.next().await;
    }
    let events = server.events("s").await;
    let words: Vec<&Value> = events.iter().filter(|event| event["role"] == "assistant").collect();
    assert_eq!(words.len(), 1, "{events:?}");
    assert_eq!(words[0]["content"][0]["text"], "Done.", "the last words of the turn come from the document");
    assert!(!json!(events).to_string().contains("ignored"), "{events:?}");
}

#[tokio::test]
async fn another_sessions_file_is_not_read_and_the_session_says_so() {
    let server = TestServer::start().await;
    let transcript = Transcript::new();
    let other = transcript.folder.path().join("passwords.jsonl");
    std::fs::write(&other, "{}\n").unwrap();
    let mut live = server.ws("").await;
    heard(&server, 1, &document("Stop", &json!({"transcript_path": other}))).await;
    loop {
        let message = live.next().await;
        if message["data"]["event_type"] == "transcript_unavailable" {
            assert_eq!(message["data"]["reason"], "the transcript is no file of this session");
            break;
        }
    }
}

#[tokio::test]
async fn a_stop_of_the_server_does_not_cut_off_the_last_words() {
    let server = TestServer::start().await;
    let transcript = Transcript::new();
    transcript.say("u1", 2, &json!({"type": "text", "text": "First."}));
    heard(&server, 3, &document("Stop", &json!({"transcript_path": transcript.path()}))).await;
    words(&server, 1).await;
    transcript.say("u2", 4, &json!({"type": "text", "text": "Last."}));
    let server = server.restart().await;
    let said = words(&server, 2).await;
    assert_eq!(said[1]["content"][0]["text"], "Last.");
}

/// Appends a line to the transcript of a session in this folder.
fn say_in(folder: &tempfile::TempDir, session: &str, uuid: &str) {
    let line = json!({"type": "assistant", "uuid": uuid, "sessionId": session, "timestamp": "2025-12-03T10:00:02.500Z",
        "message": {"id": uuid, "role": "assistant", "content": [{"type": "text", "text": uuid}]}});
    let path = folder.path().join(format!("{session}.jsonl"));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// What was said in a session, once these words are among it.
async fn said_in(server: &TestServer, session: &str, words: &str) -> Vec<String> {
    let mut live = server.ws("").await;
    loop {
        let events = server.events(session).await;
        let said = events.iter().filter_map(|event| Some(event["content"][0]["text"].as_str()?.to_owned()));
        let said: Vec<String> = said.collect();
        if said.iter().any(|known| known == words) {
            return said;
        }
        live.next().await;
    }
}

#[tokio::test]
async fn with_too_many_transcripts_the_least_looked_at_waits_for_its_next_document() {
    let server = TestServer::start_with(|config| {
        config.limits.transcripts_followed = NonZeroUsize::new(2).expect("two");
        // As long as the test may take.
        config.limits.transcript_followed = Duration::from_hours(1);
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let hears = async |session: &str, second: u32| {
        let path = folder.path().join(format!("{session}.jsonl"));
        let mut start = document("UserPromptSubmit", &json!({"prompt": "Go", "transcript_path": path}));
        start["session_id"] = json!(session);
        heard(&server, second, &start).await;
    };
    for (session, second) in [("a", 1), ("b", 2), ("c", 3)] {
        say_in(&folder, session, &format!("{session}1"));
        hears(session, second).await;
        said_in(&server, session, &format!("{session}1")).await;
    }
    // Two are followed, and looked at again and again. Between two looks at one of them there would be one at each.
    say_in(&folder, "a", "a2");
    for words in ["2", "3", "4"] {
        for session in ["b", "c"] {
            say_in(&folder, session, &format!("{session}{words}"));
            said_in(&server, session, &format!("{session}{words}")).await;
        }
    }
    assert_eq!(said_in(&server, "a", "a1").await, ["Go", "a1"], "it had to make room");
    hears("a", 4).await;
    let said = said_in(&server, "a", "a2").await;
    assert_eq!(said.iter().filter(|words| *words != "Go").collect::<Vec<_>>(), ["a1", "a2"], "each once");
}

/// A server that follows transcripts for no time after a document, only while their session is at work.
async fn impatient() -> TestServer {
    TestServer::start_with(|config| {
        config.limits.transcript_followed = Duration::ZERO;
        config.limits.transcript_missing = Duration::ZERO;
    })
    .await
}

async fn event(server: &TestServer, event_type: &str) -> Value {
    let mut live = server.ws("").await;
    loop {
        let events = server.events("s").await;
        if let Some(found) = events.into_iter().find(|event| event["event_type"] == event_type) {
            return found;
        }
        live.next().await;
    }
}

#[tokio::test]
async fn a_person_who_breaks_in_long_after_the_last_document_is_seen() {
    let server = impatient().await;
    let transcript = Transcript::new();
    transcript.say("u1", 2, &json!({"type": "text", "text": "I begin."}));
    let prompt = json!({"prompt": "Go", "transcript_path": transcript.path()});
    heard(&server, 1, &document("UserPromptSubmit", &prompt)).await;
    words(&server, 1).await;
    let line = json!({"type": "user", "uuid": "u2", "sessionId": "s", "timestamp": "2025-12-03T10:20:00.500Z",
        "message": {"role": "user", "content": [{"type": "text", "text": "[Request interrupted by user]"}]}});
    transcript.append(&line);
    assert_eq!(event(&server, "interrupt").await["timestamp"], "2025-12-03T10:20:00.500Z");
    assert_eq!(session(&server, "s").await["activity"]["state"], "idle");
}

#[tokio::test]
async fn a_transcript_that_never_comes_is_told() {
    let server = impatient().await;
    heard(&server, 1, &document("Stop", &json!({"last_assistant_message": "From the hook."}))).await;
    let words = words(&server, 1).await;
    assert!(words[0]["content"].to_string().contains("From the hook."), "nobody else will say it: {words:?}");
    assert_eq!(event(&server, "transcript_unavailable").await["reason"], "the transcript is not there");
}

#[tokio::test]
async fn a_file_elsewhere_is_left_alone_and_the_turns_last_words_come_from_its_end() {
    let server = TestServer::start_with(|config| config.transcripts = vec!["/nowhere".into()]).await;
    let transcript = Transcript::new();
    transcript.say("u1", 2, &json!({"type": "text", "text": "From the file."}));
    let stop = json!({"last_assistant_message": "From the hook.", "transcript_path": transcript.path()});
    heard(&server, 1, &document("Stop", &stop)).await;
    let reason = event(&server, "transcript_unavailable").await["reason"].clone();
    assert!(reason.as_str().is_some_and(|reason| reason.contains("`transcripts`")), "{reason}");
    let words = words(&server, 1).await;
    assert_eq!(words.len(), 1);
    assert!(words[0]["content"].to_string().contains("From the hook."), "{words:?}");
}

#[tokio::test]
async fn a_file_that_will_not_be_read_leaves_the_last_words_to_the_end_of_the_turn() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for name in ["other.jsonl", "s.txt"] {
        std::fs::write(path(name), "{}\n").expect("written");
    }
    std::fs::create_dir(path("folder-s.jsonl")).expect("made");
    let made = std::process::Command::new("mkfifo").arg(path("pipe-s.jsonl")).status();
    assert!(made.expect("mkfifo runs").success());
    // Nobody but root may read it.
    std::fs::write(path("closed-s.jsonl"), "{}\n").expect("written");
    std::fs::set_permissions(path("closed-s.jsonl"), PermissionsExt::from_mode(0o000)).expect("set");
    let mut names = vec!["other.jsonl", "s.txt", "folder-s.jsonl", "pipe-s.jsonl"];
    if std::fs::File::open(path("closed-s.jsonl")).is_err() {
        names.push("closed-s.jsonl");
    } else {
        println!("skipped: a file that may not be read, for root may read all");
    }
    for (count, name) in names.into_iter().enumerate() {
        let said = format!("The last words beside {name}.");
        let stop = json!({"last_assistant_message": said, "transcript_path": path(name)});
        heard(&server, 1, &document("Stop", &stop)).await;
        let words = words(&server, count + 1).await;
        assert_eq!(words[count]["content"][0]["text"], said);
    }
}

#[tokio::test]
async fn a_document_that_comes_through_a_proxy_has_no_file_read() {
    let server = TestServer::start().await;
    let transcript = Transcript::new();
    transcript.say("u1", 2, &json!({"type": "text", "text": "From the file."}));
    let stop =
        document("Stop", &json!({"last_assistant_message": "From the hook.", "transcript_path": transcript.path()}));
    for header in ["x-forwarded-for", "forwarded"] {
        let request = server.http.post(server.url("/hooks/claude-code")).json(&stop).header(header, "for=203.0.113.9");
        succeeded(&server.send(request.header("x-agent-runtime-envelope", envelope(1).to_string())).await);
    }
    let words = words(&server, 1).await;
    assert!(words[0]["content"].to_string().contains("From the hook."), "{words:?}");
    // One that comes straight has it read, so that the file would have been read by now.
    let mut other = stop.clone();
    other["hook_event_name"] = json!("Notification");
    heard(&server, 2, &other).await;
    let words = self::words(&server, 2).await;
    assert!(words[1]["content"].to_string().contains("From the file."), "{words:?}");
}

#[tokio::test]
async fn a_long_transcript_does_not_hold_up_the_others() {
    let server = TestServer::start().await;
    let mut live = server.ws("").await;
    let transcript = Transcript::new();
    // A dozen slices of a file.
    for number in 0..120 {
        transcript.say(&format!("u{number}"), 2, &json!({"type": "text", "text": "word ".repeat(20_000)}));
    }
    let short = transcript.folder.path().join("t.jsonl");
    let words = json!({"type": "assistant", "uuid": "short", "timestamp": "2025-12-03T10:00:02Z",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Short."}]}});
    std::fs::write(&short, format!("{words}\n")).unwrap();
    heard(&server, 1, &document("Stop", &json!({"transcript_path": transcript.path()}))).await;
    let stop = json!({"session_id": "t", "transcript_path": short, "hook_event_name": "Stop"});
    heard(&server, 2, &stop).await;
    let (mut of_long, mut of_short) = (0, None);
    while of_long < 120 {
        let message = live.next().await;
        if message["data"]["role"] == "assistant" {
            of_long += usize::from(message["data"]["session_id"] == "s");
            if message["data"]["session_id"] == "t" {
                of_short = Some(of_long);
            }
        }
    }
    assert!(of_short.is_some_and(|before| before < 120), "{of_short:?}");
}
