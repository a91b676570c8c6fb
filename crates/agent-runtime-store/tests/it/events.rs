//! Events as they are stored, known again and read.

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::{CommandError, ReadError};
use agent_runtime_store::read::PageLimits;
use agent_runtime_types::page::EventQuery;
use serde_json::{Value, json};

use crate::harness::{Opened, append, event};

fn ids(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn events_stand_in_the_order_of_instants_then_of_commits() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let seconds = [5, 3, 5, 1, 5, 2, 9, 3];
    opened.commit(seconds.iter().map(|second| append("a", "message", *second)).collect());
    let mut expected: Vec<(u32, i64)> = seconds.into_iter().zip(2..).collect();
    expected.sort_unstable();
    let expected: Vec<i64> = expected.into_iter().map(|(_, id)| id).collect();
    assert_eq!(ids(&opened.events("a", EventQuery::default()).await), expected);
    let turned = opened.events("a", EventQuery { descending: true, ..EventQuery::default() }).await;
    assert_eq!(ids(&turned), expected.iter().rev().copied().collect::<Vec<_>>());
    for (place, id) in expected.iter().enumerate() {
        let after = opened.events("a", EventQuery { after: Some(*id), ..EventQuery::default() }).await;
        assert_eq!(ids(&after), expected[place + 1..]);
        let before =
            opened.events("a", EventQuery { before: Some(*id), limit: Some(100), ..EventQuery::default() }).await;
        assert_eq!(ids(&before), expected[..place]);
    }
    opened.create("b");
    let elsewhere = EventQuery { after: Some(expected[0]), ..EventQuery::default() };
    assert!(matches!(opened.store.begin_events("b", elsewhere).await, Err(ReadError::NoSuchEvent("after"))));
}

#[tokio::test]
async fn a_reading_does_not_see_what_is_committed_later() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.commit(vec![append("a", "message", 1)]);
    let reading = opened.store.begin_events("a", EventQuery::default()).await.unwrap();
    opened.commit(vec![append("a", "message", 2)]);
    let page = opened.store.read_events(reading, crate::harness::WHOLE).await.unwrap();
    assert_eq!((page.count, page.rest.is_none()), (1, true));
}

#[tokio::test]
async fn a_key_is_known_again_in_its_session() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.create("b");
    let keyed = |id: &str, second| Command::AppendEvent {
        event: event(id, "session_stop", second, &json!({"event_id": "k"})),
        may_create: false,
    };
    let committed = opened.commit(vec![keyed("a", 1), keyed("a", 2), keyed("b", 1)]);
    let stored = |stored, duplicates| Ok(Outcome::Stored { stored, duplicates });
    assert_eq!(committed.results, [stored(1, 0), stored(0, 1), stored(1, 0)]);
    assert_eq!(committed.changes.len(), 4);
    assert_eq!(opened.one(keyed("a", 3)), stored(0, 1));
    opened.one(Command::DeleteSession { session_id: "a".into() }).unwrap();
    opened.create("a");
    assert_eq!(opened.one(keyed("a", 3)), stored(1, 0), "a deletion forgets keys");
}

#[tokio::test]
async fn many_lines_are_stored_all_or_none() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let keyed = json!({"event_id": "k"});
    let lines = vec![
        (1, event("a", "message", 1, &keyed)),
        (2, event("a", "message", 2, &keyed)),
        (3, event("new", "session_start", 3, &Value::Null)),
        (5, event("new", "message", 4, &Value::Null)),
    ];
    let mut refused = lines.clone();
    refused.push((9, event("unknown", "message", 5, &Value::Null)));
    assert_eq!(opened.one(Command::Ingest { events: refused }), Err(CommandError::LineSessionNotFound(9)));
    assert_eq!(opened.log_after(1).await, []);
    assert!(opened.store.session("new").await.unwrap().is_none());
    assert_eq!(opened.one(Command::Ingest { events: lines }), Ok(Outcome::Stored { stored: 3, duplicates: 1 }));
    assert_eq!(opened.log_after(1).await.len(), 4);
}

#[tokio::test]
async fn filters_and_limits_meet() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let tools = (0..40).map(|n| {
        let extra = json!({"tool_name": if n % 4 == 0 { "Bash" } else { "Read" }});
        Command::AppendEvent {
            event: event("a", if n % 2 == 0 { "pre_tool" } else { "post_tool" }, n, &extra),
            may_create: false,
        }
    });
    opened.commit(tools.collect());
    let query = EventQuery { tool_name: Some("Bash".into()), limit: Some(4), ..EventQuery::default() };
    let reading = opened.store.begin_events("a", query.clone()).await.unwrap();
    let page = opened.store.read_events(reading, crate::harness::WHOLE).await.unwrap();
    let rows: Vec<Value> = serde_json::from_str(&format!("[{}]", page.rows)).unwrap();
    assert_eq!((rows.len(), page.next), (4, rows[3]["id"].as_i64()));
    let rest = opened.events("a", EventQuery { after: page.next, limit: Some(6), ..query.clone() }).await;
    assert_eq!(rest.len(), 6);
    let reading = opened.store.begin_events("a", EventQuery { limit: Some(10), ..query }).await.unwrap();
    let page = opened.store.read_events(reading, crate::harness::WHOLE).await.unwrap();
    assert_eq!((page.count, page.next), (10, None), "exactly as many as there are is not 'more'");
}

#[tokio::test]
async fn a_rare_event_is_looked_for_page_by_page() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.commit(vec![append("a", "rare", 0)]);
    opened.commit((0..400).map(|second| append("a", "message", second)).collect());
    let query = EventQuery { event_type: Some("rare".into()), limit: Some(1), ..EventQuery::default() };
    let mut next = Some(opened.store.begin_events("a", query).await.unwrap());
    let (mut pages, mut count) = (0, 0);
    while let Some(reading) = next {
        let page = opened.store.read_events(reading, PageLimits { rows: 4, bytes: usize::MAX }).await.unwrap();
        (pages, count, next) = (pages + 1, count + page.count, page.rest);
        assert_eq!(page.next, None);
    }
    assert!(pages > 4, "one transaction looked at all 401 events");
    assert_eq!(count, 1);
}
