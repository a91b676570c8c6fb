//! What is not answered 200 waits, and new documents of a session wait behind its old ones.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use super::recorder::{Recorder, Reply, STORED};
use super::stand::{Stand, bulky, children, document, order};

#[test]
fn what_finds_no_server_waits_and_goes_with_the_next_hook() {
    let (stand, address) = Stand::without_server();
    for number in 0..3 {
        stand.report("s", number);
    }
    assert_eq!(stand.status()["waiting"], 3);
    assert_eq!(stand.status()["server"], format!("http://{address}"));
    let kept = contents(&stand);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    stand.report("s", 3);
    let requests = server.requests();
    assert_eq!(order(&requests), (0..4).map(|number| ("s".to_owned(), number)).collect::<Vec<_>>());
    for (request, number) in requests.iter().zip(0..) {
        assert_eq!(request.body, document("s", number).to_string().into_bytes(), "the raw document");
    }
    for (request, (envelope, _)) in requests.iter().zip(kept) {
        assert_eq!(request.header("x-agent-runtime-envelope"), Some(envelope.as_str()), "as it was fixed at first");
    }
    assert_eq!(stand.status()["waiting"], 0);
    assert_eq!(stand.log(), "");
}

#[test]
fn any_answer_but_200_and_a_refusal_means_later() {
    let status = Arc::new(AtomicU16::new(0));
    let said = Arc::clone(&status);
    let server = Recorder::answering(move |_| match said.load(Ordering::SeqCst) {
        0 => Reply::Cut,
        status => Reply::Status(status, STORED),
    });
    for bad in [0, 201, 204, 302, 401, 403, 408, 429, 500, 502, 503, 507] {
        let stand = Stand::new(&server.url());
        status.store(bad, Ordering::SeqCst);
        stand.report("s", 1);
        let first = server.requests().last().expect("it was tried").envelope();
        assert_eq!(stand.status()["waiting"], 1, "{bad}: {}", stand.log());
        status.store(200, Ordering::SeqCst);
        stand.flush();
        let last = server.requests().last().expect("it was tried again").clone();
        assert_eq!((last.envelope(), last.document()), (first, document("s", 1)), "{bad}");
        assert_eq!(stand.status()["waiting"], 0, "{bad}");
        assert_eq!(stand.status()["rejected"], 0, "{bad}");
    }
}

#[test]
fn a_session_waits_behind_its_own_documents_and_no_others() {
    let stubborn = Arc::new(AtomicU16::new(500));
    let said = Arc::clone(&stubborn);
    // The server fails on one document of the session `a`, and takes all others.
    let server = Recorder::answering(move |request| {
        let document = request.document();
        let bad = document["session_id"] == "a" && document["number"] == 0;
        match said.load(Ordering::SeqCst) {
            status if bad && status != 200 => Reply::Status(status, "{\"detail\":\"internal error\"}"),
            _ => Reply::Status(200, STORED),
        }
    });
    let stand = Stand::new(&server.url());
    stand.report("a", 0);
    stand.report("a", 1);
    stand.report("b", 0);
    let (delivered, said) = stand.flush();
    assert!(!delivered && said.contains("500"), "{said}");
    let seen = order(&server.requests());
    assert!(seen.contains(&("b".into(), 0)) && !seen.contains(&("a".into(), 1)), "{seen:?}");
    assert_eq!(stand.status()["waiting"], 2);
    stubborn.store(200, Ordering::SeqCst);
    assert!(stand.flush().0);
    let seen = order(&server.requests());
    assert_eq!(seen[seen.len() - 2..], [("a".to_owned(), 0), ("a".to_owned(), 1)]);
}

#[test]
fn a_gateway_without_its_server_is_asked_once_and_not_for_each_session() {
    let (stand, address) = Stand::without_server();
    for number in 0..5 {
        stand.report(&format!("s{number}"), number);
    }
    let gateway = Recorder::on(address, |_| Reply::Status(502, "<html>Bad Gateway</html>"));
    let (content, said) = stand.flush();
    assert!(!content && said.contains("takes nothing at the moment: 502"), "{said}");
    assert_eq!(gateway.requests().len(), 1);
}

#[test]
fn each_server_has_a_spool_of_its_own() {
    let (stand, one) = Stand::without_server();
    stand.report("s", 1);
    let stand = stand.variable("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", format!("http://{one}/other"));
    stand.report("s", 2);
    assert_eq!(children(&stand.state().join("spool")).len(), 2);
    let server = Recorder::on(one, |_| Reply::Status(200, STORED));
    assert!(stand.flush().0);
    assert_eq!(order(&server.requests()), [("s".to_owned(), 2)], "what was meant for the other stays");
}

#[test]
fn the_oldest_go_when_there_is_no_more_room_and_are_counted() {
    let (stand, _) = Stand::without_server();
    for number in 0..4 {
        stand.hook("codex", bulky(&format!("s{number}"), number, 24).as_bytes());
    }
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["dropped"]), (&2.into(), &2.into()), "{status}");
    assert!(status["bytes"].as_u64().is_some_and(|bytes| bytes <= 64 * 1024 * 1024), "{status}");
    let numbers: Vec<bool> = contents(&stand).iter().map(|(_, document)| document.contains("\"s3\"")).collect();
    assert_eq!(numbers, [false, true], "the newest is still there");
    let output = stand.command(super::stand::PROGRAM, &["spool", "status"]).output().expect("an end");
    let shown = String::from_utf8(output.stdout).expect("text");
    assert!(shown.contains("dropped   2, because there was no more room"), "{shown}");
}

#[test]
fn a_very_long_string_is_cut_and_takes_nobodys_place() {
    let (stand, address) = Stand::without_server();
    for number in 0..3 {
        stand.report(&format!("s{number}"), number);
    }
    // Two of them would not find room as they are.
    let text = "y".repeat(60 * 1024 * 1024);
    for number in 3..5 {
        stand.hook("codex", format!("{{\"session_id\":\"t\",\"number\":{number},\"text\":\"{text}\"}}").as_bytes());
    }
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["dropped"]), (&5.into(), &0.into()), "{status}");
    assert!(status["bytes"].as_u64().is_some_and(|bytes| bytes < 1024 * 1024), "{status}");
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    assert!(stand.flush().0);
    let cut = server.requests().last().expect("the last").document();
    let text = cut["text"].as_str().expect("text");
    assert!(
        text.contains("[shortened: 62914560 bytes, SHA-256 ") && text.ends_with("yyy"),
        "{}",
        &text[32_000..33_000]
    );
}

#[test]
fn a_spool_without_its_totals_counts_anew() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 0);
    stand.report("s", 1);
    fs::write(stand.spool().join("totals"), "").expect("written");
    stand.report("s", 2);
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    assert!(stand.flush().0);
    let numbers: Vec<u64> = order(&server.requests()).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, [0, 1, 2]);
}

/// Envelope and document of all that waits, in order.
fn contents(stand: &Stand) -> Vec<(String, String)> {
    let sessions = children(&stand.spool().join("waiting"));
    let mut files: Vec<_> = sessions.iter().flat_map(|session| children(session)).collect();
    files.sort_by_key(|path| path.file_name().map(std::ffi::OsStr::to_owned));
    let read = |path| fs::read_to_string(path).expect("a document");
    let parts = |content: String| {
        let mut parts = content.splitn(3, '\n').skip(1).map(str::to_owned);
        (parts.next().expect("an envelope"), parts.next().expect("a document"))
    };
    files.iter().map(|path| parts(read(path))).collect()
}
