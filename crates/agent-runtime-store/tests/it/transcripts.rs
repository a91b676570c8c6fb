//! How far each transcript was read.

use agent_runtime_store::Durability;
use agent_runtime_store::command::Command;
use agent_runtime_types::report::TranscriptNews::{Grows, Read, Settled};
use agent_runtime_types::report::{Facts, TranscriptPlace};

use crate::harness::Opened;
use crate::reports::{facts, of_transcript};

fn place(offset: u64) -> TranscriptPlace {
    TranscriptPlace { offset, file: Some((u64::MAX, 7)), speaker: 2 }
}

/// What is open, as session and offset.
async fn open(opened: &Opened) -> Vec<(String, u64)> {
    let open = opened.store.open_transcripts().await.unwrap();
    open.into_iter().map(|open| (open.session_id, open.place.offset)).collect()
}

#[tokio::test]
async fn a_file_is_read_on_where_it_was_left_until_nobody_expects_more() {
    let mut opened = Opened::fresh();
    let path = || String::from("/home/a.jsonl");
    opened.one(of_transcript(facts("a"), Grows { path: path() })).unwrap();
    assert_eq!(open(&opened).await, [("a".into(), 0)]);
    opened.one(of_transcript(facts("a"), Read { path: path(), place: place(10) })).unwrap();
    let mut opened = opened.reopen_after_a_kill(Durability::Full, "second");
    let found = opened.store.open_transcripts().await.unwrap().remove(0);
    assert_eq!((found.place, found.path, found.asked_us), (place(10), path(), facts("a").at_us));

    opened.one(of_transcript(facts("a"), Settled { path: path(), place: place(20) })).unwrap();
    assert_eq!(open(&opened).await, []);
    assert_eq!(opened.store.transcript_place("a", "/home/a.jsonl").await.unwrap(), Some(place(20)));
    assert_eq!(opened.store.transcript_place("a", "/home/b.jsonl").await.unwrap(), None);
    opened.one(of_transcript(facts("a"), Grows { path: path() })).unwrap();
    assert_eq!(open(&opened).await, [("a".into(), 20)], "a document opens it again");
    opened.one(of_transcript(facts("a"), Grows { path: "/home/b.jsonl".into() })).unwrap();
    assert_eq!(open(&opened).await, [("a".into(), 0)], "another file is read from its beginning");
    opened.one(of_transcript(facts("a"), Read { path: path(), place: place(30) })).unwrap();
    assert_eq!(open(&opened).await, [("a".into(), 0)], "what was read of the old one says nothing of the new");
}

#[tokio::test]
async fn a_document_that_came_since_keeps_it_open() {
    let mut opened = Opened::fresh();
    let path = || String::from("/home/a.jsonl");
    let later = Facts { at_us: facts("a").at_us + 1, ..facts("a") };
    opened.one(of_transcript(facts("a"), Grows { path: path() })).unwrap();
    opened.one(of_transcript(later, Grows { path: path() })).unwrap();
    opened.one(of_transcript(facts("a"), Settled { path: path(), place: place(5) })).unwrap();
    assert_eq!(open(&opened).await, [("a".into(), 5)]);
}

#[tokio::test]
async fn what_was_deleted_does_not_come_back_when_its_session_is_taken_up_again() {
    let mut opened = Opened::fresh();
    let path = || String::from("/home/a.jsonl");
    opened.one(of_transcript(facts("a"), Grows { path: path() })).unwrap();
    opened.one(of_transcript(facts("a"), Read { path: path(), place: place(10) })).unwrap();
    opened.one(Command::DeleteSession { session_id: "a".into() }).unwrap();
    assert_eq!(open(&opened).await, []);
    let start = Facts { is_start: true, ..facts("a") };
    opened.one(of_transcript(start, Grows { path: path() })).unwrap();
    assert_eq!(open(&opened).await, [("a".into(), 10)]);
}
