//! The bounds of a spool that are too far away to be reached from outside.

use std::fs::{self, File};
use std::net::TcpListener;
use std::time::Duration;

use super::files::Lock;
use super::flush::{Patience, Turn};
use super::room::MOST_BYTES;
use super::{Kept, Spool, arriving, waiting};
use crate::delivery::Destination;
use crate::delivery::address::Address;
use crate::delivery::tests::take;

#[test]
fn the_oldest_go_when_too_many_wait_and_are_counted() {
    let (_state, spool, address) = bounded(200);
    let numbers = || -> Vec<u64> {
        waiting::list(&spool.waiting()).expect("a list").entries.iter().map(|entry| entry.number).collect()
    };
    let keep = |number: u64| {
        let document = format!("{{\"session_id\":\"s{}\",\"number\":{number}}}", number % 7);
        spool.keep("codex", "{}", document.as_bytes(), &address).expect("kept")
    };
    for number in 0..200 {
        assert_eq!(keep(number), Kept::Safely);
    }
    let first = numbers()[0];
    assert_eq!(numbers().len(), 200, "all that may wait do");
    assert_eq!((keep(200), numbers().len()), (Kept::Crowded, 200), "whom an agent waits for makes no room");
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

#[test]
fn room_is_made_for_many_at_once() {
    let (_state, spool, address) = bounded(200);
    let keep = |number: u64| {
        let document = format!("{{\"session_id\":\"s\",\"number\":{number}}}");
        spool.keep("codex", "{}", document.as_bytes(), &address).expect("kept");
    };
    (0..200).for_each(keep);
    let lock = Lock::try_take(&spool.folder().join("lock")).expect("a lock").expect("it is free");
    (0..50).for_each(keep);
    drop(lock);
    let contents = spool.contents().expect("readable").expect("a spool");
    assert_eq!((contents.waiting, contents.dropped), (198, 52));
}

#[test]
fn a_number_that_is_taken_costs_no_document() {
    let (_state, spool, address) = bounded(200);
    let keep = |session: &str| {
        let document = format!("{{\"session_id\":\"{session}\"}}");
        spool.keep("codex", "{}", document.as_bytes(), &address).expect("kept");
    };
    keep("s");
    let totals = spool.folder().join("totals");
    let old = fs::read(&totals).expect("totals");
    keep("s");
    // Somebody brings an old file back.
    fs::write(&totals, old).expect("written");
    keep("s");
    assert_eq!(spool.contents().expect("readable").expect("a spool").waiting, 3);
    assert_eq!(waiting::list(&spool.waiting()).expect("a list").entries.len(), 3);
    assert_eq!(spool.documents(), 3);
}

#[test]
fn the_newest_is_never_dropped_for_its_size() {
    let (_state, spool, _) = bounded(200);
    let put = |at_us: i64, bytes: u64| {
        let name = arriving::file_name(at_us, &waiting::folder_name("s"), "00000000000000aa");
        let path = arriving::folder(spool.folder()).join(&name);
        arriving::put(spool.folder(), &name, &path, b"").expect("written");
        File::options().write(true).open(&path).and_then(|file| file.set_len(bytes)).expect("so large");
        path
    };
    let (old, new) = (put(1, 1024 * 1024), put(2, MOST_BYTES - 1));
    spool.limit_arrivals(MOST_BYTES - 1).expect("limited");
    assert!(!old.exists() && new.exists());
}

#[test]
fn many_small_ones_without_a_number_are_weighed_now_and_then() {
    let (_state, spool, _) = bounded(200);
    for number in 0..112 {
        let name = arriving::file_name(number, &waiting::folder_name("s"), "00000000000000aa");
        let path = arriving::folder(spool.folder()).join(&name);
        arriving::put(spool.folder(), &name, &path, b"").expect("written");
        File::options().write(true).open(&path).and_then(|file| file.set_len(MOST_BYTES / 100)).expect("so large");
    }
    spool.limit_arrivals(1).expect("limited");
    assert_eq!(arriving::count(spool.folder()), 99);
}

#[test]
fn no_more_are_claimed_than_have_their_place() {
    let (state, spool, address) = bounded(200);
    let spool = Spool { most_arrivals: 20, ..spool };
    let unaddressed = Spool::unaddressed(state.path());
    for number in 0..15 {
        let document = format!("{{\"session_id\":\"s\",\"number\":{number}}}");
        unaddressed.keep_unaddressed("codex", "{}", document.as_bytes()).expect("kept");
    }
    assert!(spool.claim_unaddressed(&address).expect("claimed"));
    assert_eq!((arriving::count(spool.folder()), arriving::count(unaddressed.folder())), (10, 5));
    assert!(!spool.claim_unaddressed(&address).expect("no place"), "until those have their numbers");
}

#[test]
fn what_makes_room_while_it_is_delivered_is_not_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address =
        Address::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("an address");
    let state = tempfile::tempdir().expect("a folder");
    let spool = Spool { most_documents: 200, ..Spool::of(state.path(), &address) };
    let keep = |number: u64| {
        let document = format!("{{\"session_id\":\"s\",\"number\":{number}}}");
        spool.keep("codex", "{}", document.as_bytes(), &address).expect("kept");
    };
    (0..200).for_each(keep);
    let destination = Destination { address: address.clone(), token: None };
    let flushed = std::thread::scope(|scope| {
        let flush = || spool.flush(&destination, Turn::OnlyIfFree, Patience::Each(Duration::from_mins(1)));
        let flush = scope.spawn(flush);
        take(&listener, || {
            keep(200);
            // The three oldest make room, and the first of them is under way.
            assert_eq!(spool.contents().expect("readable").expect("a spool").dropped, 3);
        });
        for _ in 0..198 {
            take(&listener, || {});
        }
        flush.join().expect("an end").expect("delivered")
    });
    assert_eq!(flushed.delivered, 199);
    let contents = spool.contents().expect("readable").expect("a spool");
    assert_eq!((contents.waiting, contents.dropped), (0, 2), "201 came, 199 arrived");
    assert_eq!(spool.documents(), 0);
}

/// A spool with room for so many documents, and its server.
fn bounded(most_documents: u64) -> (tempfile::TempDir, Spool, Address) {
    let state = tempfile::tempdir().expect("a folder");
    let address = Address::parse("http://127.0.0.1:1").expect("an address");
    let spool = Spool { most_documents, ..Spool::of(state.path(), &address) };
    (state, spool, address)
}
