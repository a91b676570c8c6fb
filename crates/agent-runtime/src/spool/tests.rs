//! The bounds of a spool that are too far away to be reached from outside.

use super::files::Lock;
use super::{Spool, waiting};
use crate::delivery::address::Address;

#[test]
fn the_oldest_go_when_too_many_wait_and_are_counted() {
    let state = tempfile::tempdir().expect("a folder");
    let address = Address::parse("http://127.0.0.1:1").expect("an address");
    let spool = Spool { most_documents: 200, ..Spool::of(state.path(), &address) };
    let numbers = || -> Vec<u64> {
        waiting::list(&spool.waiting()).expect("a list").entries.iter().map(|entry| entry.number).collect()
    };
    let keep = |number: u64| {
        let document = format!("{{\"session_id\":\"s{}\",\"number\":{number}}}", number % 7);
        spool.keep("codex", "{}", document.as_bytes(), &address).expect("kept");
    };
    (0..200).for_each(keep);
    let first = numbers()[0];
    assert_eq!(numbers().len(), 200, "all that may wait do");
    keep(200);
    let contents = spool.contents().expect("readable").expect("a spool");
    assert_eq!((contents.waiting, contents.dropped), (198, 3), "room is made for a hundredth more");
    assert_eq!(numbers(), (first + 3..=first + 200).collect::<Vec<_>>(), "the oldest went, the newest is there");
    assert_eq!(spool.documents(), 198);
}

#[test]
fn too_many_without_a_number_are_not_kept_and_are_counted() {
    let state = tempfile::tempdir().expect("a folder");
    let address = Address::parse("http://127.0.0.1:1").expect("an address");
    let spool = Spool { most_arrivals: 200, ..Spool::of(state.path(), &address) };
    let keep = |number: u64| {
        let envelope = format!("{{\"id\":\"{number}\",\"at\":\"2026-01-01T00:00:00.{number:06}+00:00\"}}");
        let document = format!("{{\"session_id\":\"s{}\",\"number\":{number}}}", number % 7);
        spool.keep("codex", &envelope, document.as_bytes(), &address).expect("kept");
    };
    keep(0);
    let lock = Lock::try_take(&spool.folder().join("lock")).expect("a lock").expect("it is free");
    (1..=201).for_each(keep);
    assert_eq!(spool.documents(), 1 + 198, "room is made for a hundredth more");
    drop(lock);
    let contents = spool.contents().expect("readable").expect("a spool");
    assert_eq!((contents.waiting, contents.dropped), (1 + 198, 3));
    let entries = waiting::list(&spool.waiting()).expect("a list").entries;
    let documents = entries.iter().map(|entry| waiting::read(&entry.path).expect("readable").expect("a document"));
    let numbers: Vec<String> = documents.map(|content| content.envelope.chars().skip(7).take(3).collect()).collect();
    assert_eq!((numbers[1].as_str(), numbers[198].as_str()), ("4\",", "201"), "the oldest went, the rest is in order");
}
