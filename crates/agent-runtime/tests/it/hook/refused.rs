//! Documents that the server refuses are put aside with the reason, and hold nothing up.

use std::fs;

use super::recorder::{Recorder, Reply, Request, STORED};
use super::stand::{PROGRAM, Stand, children, document, order};

const PROBLEM: &str = "{\"detail\":\"session_id: is missing\"}";

fn refusing_odd_numbers(request: &Request) -> Reply {
    let odd = request.document()["number"].as_u64().is_some_and(|number| number % 2 == 1);
    if odd { Reply::Status(422, PROBLEM) } else { Reply::Status(200, STORED) }
}

#[test]
fn a_refused_document_is_put_aside_with_the_reason() {
    let server = Recorder::answering(refusing_odd_numbers);
    let stand = Stand::new(&server.url());
    stand.report("s", 1);
    stand.report("s", 2);
    assert_eq!(order(&server.requests()), [("s".to_owned(), 1), ("s".to_owned(), 2)], "the rest goes on");
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["rejected"]), (&0.into(), &1.into()));
    assert_eq!(status["newest_reason"], "422 session_id: is missing");
    assert!(stand.log().contains("refused: 422 session_id: is missing"), "{}", stand.log());
    let kept = children(&stand.spool().join("rejected"));
    assert_eq!(kept.len(), 2, "{kept:?}");
    let content = fs::read_to_string(&kept[0]).expect("a document");
    assert!(content.ends_with(&document("s", 1).to_string()), "{content}");
    assert_eq!(fs::read_to_string(&kept[1]).expect("a reason"), "422 session_id: is missing\n");
}

#[test]
fn a_refusal_among_spooled_documents_holds_nothing_up() {
    let (stand, address) = Stand::without_server();
    for number in 0..6 {
        stand.report("s", number);
    }
    let server = Recorder::on(address, refusing_odd_numbers);
    let (content, said) = stand.flush();
    assert!(content && said.contains("3 delivered, 3 refused"), "{said}");
    let numbers: Vec<u64> = order(&server.requests()).into_iter().map(|(_, number)| number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["bytes"], &status["rejected"]), (&0.into(), &0.into(), &3.into()));
}

#[test]
fn refused_documents_do_not_pile_up() {
    let server = Recorder::answering(refusing_odd_numbers);
    let stand = Stand::new(&server.url());
    stand.report("s", 1);
    let folder = stand.spool().join("rejected");
    for number in 0..1200 {
        fs::write(folder.join(format!("{:016}", 10 + number)), "x").expect("written");
        fs::write(folder.join(format!("{:016}.reason", 10 + number)), "x").expect("written");
    }
    fs::remove_file(stand.spool().join("totals")).expect("erased");
    stand.report("s", 3);
    assert_eq!(children(&folder).len(), 2 * 1000);
    assert_eq!(stand.status()["dropped"], 202, "what is erased is counted");
    assert_eq!(stand.status()["newest_reason"], "422 session_id: is missing", "the newest are kept");
}

#[test]
fn what_a_stranger_put_into_the_spool_holds_nothing_up() {
    let (stand, address) = Stand::without_server();
    stand.report("s", 5);
    let folder = children(&stand.spool().join("waiting"))[0].clone();
    fs::write(folder.join(format!("{:016}", 0)), "nothing").expect("written");
    fs::write(folder.join("notes.txt"), "nothing").expect("written");
    let server = Recorder::on(address, |_| Reply::Status(200, STORED));
    let (content, said) = stand.flush();
    assert!(content && said.contains("1 delivered, 1 refused"), "{said}");
    assert_eq!(server.requests().len(), 1);
}

/// Another program has the port: it has a page for everything, or for nothing.
#[test]
fn another_program_at_the_address_takes_nothing_and_refuses_nothing() {
    for reply in [(200, "<html>hello</html>"), (404, "<h1>not here</h1>"), (404, "{\"detail\":\"Not Found\"}")] {
        let (stand, address) = Stand::without_server();
        stand.report("s", 1);
        let stranger = Recorder::on(address, move |_| Reply::Status(reply.0, reply.1));
        stand.report("t", 2);
        let (content, said) = stand.flush();
        assert!(!content && said.contains("something else than an Agent Runtime server answers"), "{said}");
        let status = stand.status();
        assert_eq!((&status["waiting"], &status["rejected"]), (&2.into(), &0.into()), "{reply:?} {status}");
        let told = format!("something else than an Agent Runtime server answers at this address: {}", reply.0);
        assert_eq!(status["obstacle"], told);
        assert!(stand.log().contains(&told) && !stand.log().contains("nothing recorded"), "{}", stand.log());
        let doctor = stand.command(PROGRAM, &["doctor"]).output().expect("an end");
        assert!(String::from_utf8_lossy(&doctor.stdout).contains(&told), "{doctor:?}");
        drop(stranger);
        let server = Recorder::on(address, |_| Reply::Status(200, STORED));
        assert!(stand.flush().0);
        assert_eq!(order(&server.requests()), [("s".to_owned(), 1), ("t".to_owned(), 2)]);
        assert_eq!(stand.status()["obstacle"], serde_json::Value::Null);
    }
}

#[test]
fn a_wrong_token_refuses_nothing_and_is_told() {
    let server = Recorder::answering(|_| Reply::Status(401, PROBLEM));
    let stand = Stand::new(&server.url());
    stand.report("s", 1);
    let status = stand.status();
    assert_eq!((&status["waiting"], &status["rejected"]), (&1.into(), &0.into()), "{status}");
    assert!(status["obstacle"].as_str().is_some_and(|told| told.contains("another token")), "{status}");
    assert!(stand.log().contains("another token"), "{}", stand.log());
}
