//! A command that the database cannot take fails alone.

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::CommandError;
use agent_runtime_types::live::SessionChanged;
use serde_json::json;

use crate::harness::{Opened, append, create, event};

#[tokio::test]
async fn the_others_of_its_batch_stand() {
    let mut opened = Opened::fresh();
    opened.create("a");
    // A rule that only this test makes stands for whatever a database may refuse.
    let connection = rusqlite::Connection::open(opened.file()).unwrap();
    connection
        .execute_batch(
            "CREATE TRIGGER poison BEFORE INSERT ON events WHEN new.event_type = 'poison'
             BEGIN SELECT raise(ABORT, 'poisoned'); END",
        )
        .unwrap();
    let poison = Command::AppendEvent { event: event("a", "poison", 2, &json!({})), may_create: false };
    let committed = opened.commit(vec![append("a", "message", 1), poison, create("b"), append("b", "message", 3)]);
    let stored = Ok(Outcome::Stored { stored: 1, duplicates: 0 });
    assert_eq!((&committed.results[0], &committed.results[3]), (&stored, &stored));
    assert!(matches!(&committed.results[1], Err(CommandError::Failed(cause)) if cause.contains("poisoned")));
    assert!(matches!(&committed.results[2], Ok(Outcome::Session(_))));
    assert!(committed.transactions > 1);
    let seqs: Vec<i64> = committed.changes.iter().map(SessionChanged::seq).collect();
    assert_eq!(seqs, [2, 3, 4], "what failed took no position");
    let session = opened.store.session("a").await.unwrap().unwrap();
    assert_eq!(session.event_count, 1, "what failed was not counted");
}

#[tokio::test]
async fn a_head_that_somebody_else_moved_is_not_written_over() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let connection = rusqlite::Connection::open(opened.file()).unwrap();
    connection.execute("UPDATE log_head SET seq = 7", []).unwrap();
    let refused = opened.one(append("a", "message", 1));
    assert!(matches!(refused, Err(CommandError::Failed(_))), "{refused:?}");
    assert_eq!(opened.log_after(1).await, []);
}

#[tokio::test]
async fn a_database_that_somebody_holds_is_waited_for_once_and_not_for_each_command() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let holder = rusqlite::Connection::open(opened.file()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let committed = opened.commit((0..6).map(|second| append("a", "message", second)).collect());
    assert!(committed.results.iter().all(|result| matches!(result, Err(CommandError::Failed(_)))), "{committed:?}");
    assert_eq!(committed.transactions, 0, "the batch was not taken apart");
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(opened.one(append("a", "message", 7)), Ok(Outcome::Stored { stored: 1, duplicates: 0 }));
}
