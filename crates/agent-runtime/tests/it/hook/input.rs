//! Standard input: one document, and a writer that may never close it.

use std::io::Write;
use std::time::{Duration, Instant};

use super::recorder::Recorder;
use super::stand::{Stand, assert_silent, document};

#[test]
fn it_ends_with_the_document_though_the_input_stays_open() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    let mut child = stand.spawn(&["hook", "claude-code"]);
    let mut input = child.stdin.take().expect("an input");
    let raw = document("s", 1).to_string();
    // In pieces, as a pipe may bring it, and with something behind it.
    for piece in raw.as_bytes().chunks(7) {
        input.write_all(piece).expect("written");
        input.flush().expect("flushed");
    }
    let written = Instant::now();
    let requests = server.wait_for(1);
    assert!(written.elapsed() < Duration::from_millis(450), "it waited for more: {:?}", written.elapsed());
    assert_eq!(requests[0].body, raw.as_bytes());
    assert_silent(&child.wait_with_output().expect("an end"));
    drop(input);
}

#[test]
fn it_ends_when_nothing_more_comes() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    for beginning in ["", "{\"session_id\":\"s\""] {
        let mut child = stand.spawn(&["hook", "claude-code"]);
        let mut input = child.stdin.take().expect("an input");
        input.write_all(beginning.as_bytes()).expect("written");
        let began = Instant::now();
        assert_silent(&child.wait_with_output().expect("an end"));
        let waited = began.elapsed();
        assert!(waited >= Duration::from_millis(400), "it did not wait: {waited:?}");
        assert!(waited < Duration::from_secs(10), "it waited for ever: {waited:?}");
        drop(input);
    }
    assert_eq!(server.requests().len(), 0);
    let log = stand.log();
    assert!(log.contains("nothing on standard input") && log.contains("no JSON document"), "{log}");
}

#[test]
fn what_stands_behind_the_document_is_left_alone() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    let raw = document("s", 1).to_string();
    stand.hook("codex", format!("{raw}\n{raw}").as_bytes());
    stand.hook("codex", format!("\n {raw}").as_bytes());
    let bodies: Vec<Vec<u8>> = server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, [raw.clone().into_bytes(), format!("\n {raw}").into_bytes()]);
}

#[test]
fn a_document_beyond_the_limit_is_not_taken() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    let text = "x".repeat(64 * 1024 * 1024);
    stand.hook("codex", format!("{{\"session_id\":\"s\",\"text\":\"{text}\"}}").as_bytes());
    assert_eq!(server.requests().len(), 0);
    assert!(stand.log().contains("longer than 67108864 bytes"), "{}", stand.log());
    assert_eq!(stand.status()["dropped"], 1, "what is lost is counted");
}
