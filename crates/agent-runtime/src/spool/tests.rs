//! The bounds of a spool that are too far away to be reached from outside.

use super::{Spool, waiting};
use crate::delivery::address::Address;

#[test]
fn the_oldest_go_when_too_many_wait_and_are_counted() {
    let state = tempfile::tempdir().expect("a folder");
    let address = Address::parse("http://127.0.0.1:1").expect("an address");
    let spool = Spool { most_documents: 200, ..Spool::of(state.path(), &address) };
    let numbers =
        || -> Vec<u64> { waiting::list(&spool.waiting()).expect("a list").iter().map(|entry| entry.number).collect() };
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
