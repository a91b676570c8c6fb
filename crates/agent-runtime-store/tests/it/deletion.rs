//! A deletion takes effect at once, and its rows go later.

use agent_runtime_store::Durability;
use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::ReadError;
use agent_runtime_store::read::PageLimits;
use agent_runtime_types::live::ChangeKind;
use agent_runtime_types::page::EventQuery;

use crate::harness::{Opened, append};

fn delete(id: &str) -> Command {
    Command::DeleteSession { session_id: id.into() }
}

fn rows(opened: &Opened, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(opened.file()).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_is_deleted_is_gone_for_readers_before_its_rows_are() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.create("b");
    opened.commit((0..1000).map(|second| append("a", "message", second % 60)).collect());
    opened.commit(vec![append("b", "message", 1)]);
    assert_eq!(opened.one(delete("a")), Ok(Outcome::Deleted { events_count: 1000 }));
    assert!(rows(&opened, "events") > 1, "the rows are still there");
    assert!(matches!(opened.store.begin_events("a", EventQuery::default()).await, Err(ReadError::SessionNotFound)));
    let kept = opened.log_after(0).await;
    let kept: Vec<(i64, ChangeKind)> = kept.iter().map(|change| (change.seq, change.kind)).collect();
    let expected = [(2, ChangeKind::SessionCreated), (1003, ChangeKind::Event), (1004, ChangeKind::SessionDeleted)];
    assert_eq!(kept, expected, "the log shows neither events nor earlier messages of the session");
    opened.tidy();
    assert_eq!((rows(&opened, "events"), rows(&opened, "session_messages"), rows(&opened, "erasures")), (1, 2, 0));
    assert_eq!(opened.log_after(0).await.len(), 3);
}

#[tokio::test]
async fn erasing_goes_on_after_a_kill_and_spares_the_next_session_of_that_name() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.commit((0..1000).map(|second| append("a", "message", second % 60)).collect());
    opened.one(delete("a")).unwrap();
    assert!(opened.writer.tidy(), "one slice is not all");
    opened.create("a");
    opened.commit(vec![append("a", "message", 1)]);
    let mut opened = opened.reopen_after_a_kill(Durability::Full, "second");
    opened.tidy();
    assert_eq!(rows(&opened, "events"), 1);
    assert_eq!(opened.events("a", EventQuery::default()).await.len(), 1);
}

#[tokio::test]
async fn a_reading_goes_on_to_its_end_and_the_rows_go_then() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.commit((0..1000).map(|second| append("a", "message", second % 60)).collect());
    let reading = opened.store.begin_events("a", EventQuery::default()).await.unwrap();
    let page = opened.store.read_events(reading, PageLimits { rows: 2, bytes: usize::MAX }).await.unwrap();
    opened.one(delete("a")).unwrap();
    opened.create("a");
    opened.tidy();
    let rest = opened.store.read_events(page.rest.unwrap(), crate::harness::WHOLE).await.unwrap();
    assert_eq!((page.count + rest.count, rest.rest.is_none()), (1000, true), "what was there when it began");
    assert_eq!(opened.events("a", EventQuery::default()).await.len(), 0, "the new session has none of them");
    opened.commit(vec![append("a", "message", 1)]);
    opened.tidy();
    assert_eq!((rows(&opened, "events"), rows(&opened, "erasures")), (1, 0));
}
