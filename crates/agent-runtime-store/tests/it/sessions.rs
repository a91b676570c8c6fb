//! Sessions as they are made, changed and listed.

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::CommandError;
use agent_runtime_types::page::SessionQuery;
use agent_runtime_types::session::{Session, SessionPatch, SessionStatus};

use crate::harness::{Opened, append, create};

async fn session(opened: &Opened, id: &str) -> Session {
    opened.store.session(id).await.unwrap().expect("the session")
}

#[tokio::test]
async fn a_session_follows_its_events() {
    let mut opened = Opened::fresh();
    opened.create("a");
    assert_eq!(opened.one(create("a")), Err(CommandError::SessionExists));
    opened.commit(vec![append("a", "session_start", 1)]);
    let begun = session(&opened, "a").await;
    assert_eq!((begun.status, begun.last_resumed_at, begun.event_count), (SessionStatus::Running, None, 1));
    opened.commit(vec![append("a", "session_stop", 9), append("a", "message", 5)]);
    let stopped = session(&opened, "a").await;
    assert_eq!(stopped.status, SessionStatus::Finished);
    assert_eq!((stopped.last_event_at.as_deref(), stopped.event_count), (Some("2025-12-03T10:00:09Z"), 3));
    opened.commit(vec![append("a", "session_start", 2)]);
    let resumed = session(&opened, "a").await;
    assert_eq!(resumed.status, SessionStatus::Running, "the order of commits decides, not that of timestamps");
    assert_eq!(resumed.last_resumed_at.as_deref(), Some("2025-12-03T10:00:02Z"));
}

#[tokio::test]
async fn a_patch_changes_what_is_given_and_nothing_else() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let before = session(&opened, "a").await;
    let patch = SessionPatch { agent_name: Some("x".into()), ..SessionPatch::default() };
    let outcome = opened.one(Command::PatchSession { session_id: "a".into(), patch });
    let after = Session { agent_name: Some("x".into()), ..before };
    assert_eq!(outcome, Ok(Outcome::Session(Box::new(after.clone()))));
    assert_eq!(session(&opened, "a").await, after);
    let patch = SessionPatch { agent_name: Some("x".into()), ..SessionPatch::default() };
    assert_eq!(opened.one(Command::PatchSession { session_id: "b".into(), patch }), Err(CommandError::SessionNotFound));
}

#[tokio::test]
async fn the_list_goes_on_where_a_page_ended() {
    let mut opened = Opened::fresh();
    for number in 0..25 {
        opened.create(&format!("s{number}"));
    }
    let all = opened.store.sessions(SessionQuery::default()).await.unwrap();
    assert!(all.next.is_none());
    let all: Vec<Session> = serde_json::from_str(&all.sessions).unwrap();
    assert_eq!((all[0].session_id.as_str(), all.len()), ("s24", 25), "later created first");
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let query = SessionQuery { limit: Some(10), before, ..SessionQuery::default() };
        let page = opened.store.sessions(query).await.unwrap();
        paged.extend(serde_json::from_str::<Vec<Session>>(&page.sessions).unwrap());
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(paged, all);
    let snapshot = opened.store.snapshot(None).await.unwrap();
    assert_eq!((snapshot.seq, serde_json::from_str::<Vec<Session>>(&snapshot.sessions).unwrap()), (25, all));
    let two = opened.store.snapshot(Some(vec!["s3".into(), "unknown".into(), "s9".into()])).await.unwrap();
    let ids: Vec<String> =
        serde_json::from_str::<Vec<Session>>(&two.sessions).unwrap().into_iter().map(|s| s.session_id).collect();
    assert_eq!(ids, ["s9", "s3"]);
}
