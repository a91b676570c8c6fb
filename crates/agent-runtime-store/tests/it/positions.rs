//! Positions are dense, and a replayed change equals the one that was reported.

use std::sync::Arc;

use agent_runtime_store::Durability;
use agent_runtime_store::command::Command;
use agent_runtime_store::read::{ChangeRange, PageLimits};
use agent_runtime_types::live::ChangeKind::{self, Event, SessionCreated, SessionDeleted, SessionUpdated};
use serde_json::Value;

use crate::harness::{Opened, append, create, event};

#[tokio::test]
async fn every_change_has_the_next_position() {
    let mut opened = Opened::fresh();
    let start = Command::AppendEvent { event: event("b", "session_start", 0, &Value::Null), may_create: true };
    let batch = vec![
        create("a"),
        create("a"),
        append("a", "message", 1),
        append("missing", "message", 1),
        start,
        append("b", "session_stop", 2),
        append("b", "session_start", 3),
        Command::DeleteSession { session_id: "a".into() },
    ];
    let committed = opened.commit(batch);
    assert_eq!(committed.transactions, 1);
    let reported: Vec<(i64, ChangeKind)> = committed.changes.iter().map(|c| (c.seq(), c.kind())).collect();
    let kinds =
        [SessionCreated, Event, SessionCreated, Event, SessionUpdated, Event, SessionUpdated, Event, SessionDeleted];
    let expected: Vec<(i64, ChangeKind)> = (1..).zip(kinds).collect();
    assert_eq!(reported, expected);
    let next = opened.commit(vec![create("c")]);
    assert_eq!(next.changes[0].seq(), 10);
}

#[tokio::test]
async fn a_replayed_change_equals_the_reported_one() {
    let mut opened = Opened::fresh();
    let mut reported = opened
        .commit(vec![create("a"), create("b"), append("a", "message", 1), append("a", "session_stop", 2)])
        .changes;
    reported.extend(opened.commit(vec![append("b", "pre_tool", 1), append("a", "session_start", 5)]).changes);
    let reported: Vec<String> = reported.iter().map(|changed| changed.message("epoch")).collect();
    let replayed: Vec<String> = opened.log_after(0).await.iter().map(|change| change.message("epoch")).collect();
    assert_eq!(replayed, reported);
    let later: Vec<String> = opened.log_after(3).await.iter().map(|change| change.message("epoch")).collect();
    assert_eq!(later, reported[3..]);
}

#[tokio::test]
async fn a_stretch_is_read_in_pages_and_narrowed_to_sessions() {
    let mut opened = Opened::fresh();
    opened.commit(vec![create("a"), create("b")]);
    for second in 0..10 {
        opened.commit(vec![append("a", "message", second), append("b", "message", second)]);
    }
    let only: Arc<[String]> = Arc::from(["b".to_owned(), "unknown".to_owned()]);
    let (mut after, mut seen) = (0, Vec::new());
    while after < 22 {
        let range = ChangeRange { after, up_to: 22, only: Some(Arc::clone(&only)) };
        let page = opened.store.changes(range, PageLimits { rows: 4, bytes: usize::MAX }).await.unwrap();
        seen.extend(page.changes.iter().map(|change| change.seq));
        assert!(page.read_to > after);
        after = page.read_to;
    }
    let expected: Vec<i64> = std::iter::once(2).chain((0..10).map(|n| 4 + 2 * n)).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn positions_go_on_after_a_kill_and_the_epoch_stays() {
    let mut opened = Opened::fresh();
    opened.commit(vec![create("a"), append("a", "message", 1)]);
    let mut opened = opened.reopen_after_a_kill(Durability::Full, "second");
    assert_eq!(opened.store.epoch(), "first");
    assert_eq!(opened.commit(vec![append("a", "message", 2)]).changes[0].seq(), 3);
}

#[tokio::test]
async fn the_lesser_durability_begins_a_new_epoch_after_a_kill_and_only_then() {
    let opened = Opened::fresh().reopen(Durability::Normal, "second");
    assert_eq!(opened.store.epoch(), "first");
    let opened = opened.reopen(Durability::Normal, "third");
    assert_eq!(opened.store.epoch(), "first");
    let opened = opened.reopen_after_a_kill(Durability::Normal, "fourth");
    assert_eq!(opened.store.epoch(), "fourth");
    let opened = opened.reopen_after_a_kill(Durability::Full, "fifth");
    assert_eq!(opened.store.epoch(), "fifth");
    let opened = opened.reopen_after_a_kill(Durability::Full, "sixth");
    assert_eq!(opened.store.epoch(), "fifth");
}
