//! A session's order is the same whether its events have been sorted in already or not.

use agent_runtime_store::Durability;
use agent_runtime_store::command::Command;
use agent_runtime_types::page::EventQuery;
use serde_json::Value;

use crate::harness::{Opened, event};

/// As many as it takes until some of them are sorted in and some are not.
const EVENTS: usize = 5000;

/// The order that the events must have: by instant, then by id.
fn expected(places: &[(u32, i64)]) -> Vec<i64> {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.into_iter().map(|(_, id)| id).collect()
}

async fn ids(opened: &Opened, query: EventQuery) -> Vec<i64> {
    let events = opened.events("a", query).await;
    events.iter().map(|event| event["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn it_holds_while_events_are_sorted_in_behind_the_reader() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.create("b");
    let (mut places, mut next_id) = (Vec::new(), 3);
    for batch in 0..EVENTS / 50 {
        let commands = (0..50).map(|number| {
            // Out of order, with many equal instants, and every third one of another session.
            let second = u32::try_from((batch * 50 + number) * 7919 % 1200).unwrap();
            let session = if number % 3 == 2 { "b" } else { "a" };
            if session == "a" {
                places.push((second, next_id));
            }
            next_id += 1;
            Command::AppendEvent { event: event(session, "message", second, &Value::Null), may_create: false }
        });
        let commands = commands.collect();
        opened.commit(commands);
        if batch % 2 == 0 {
            opened.tidy();
        }
    }
    let order = expected(&places);
    assert_eq!(ids(&opened, EventQuery::default()).await, order);
    let middle = order.len() / 2;
    for place in [0, middle, order.len() - 1] {
        let after = EventQuery { after: Some(order[place]), ..EventQuery::default() };
        assert_eq!(ids(&opened, after).await, order[place + 1..]);
    }
    let before =
        EventQuery { before: Some(order[middle]), descending: true, limit: Some(100), ..EventQuery::default() };
    let turned: Vec<i64> = order[..middle].iter().rev().take(100).copied().collect();
    assert_eq!(ids(&opened, before).await, turned);

    let mut opened = opened.reopen_after_a_kill(Durability::Full, "second");
    opened.tidy();
    assert_eq!(ids(&opened, EventQuery::default()).await, order, "sorting goes on where it was");
    let connection = rusqlite::Connection::open(opened.file()).unwrap();
    let both =
        "SELECT (SELECT count(*) FROM event_order), (SELECT count(*) FROM events WHERE id > ordered_to) FROM log_head";
    let (sorted, tail): (i64, i64) = connection.query_row(both, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(
        sorted + tail,
        i64::try_from(EVENTS).unwrap(),
        "each event stands in the order or in the tail, and in one of them only"
    );
    assert!(sorted > 2000 && tail > 0, "{sorted} sorted in, {tail} not yet: the story needs both");
}

#[tokio::test]
async fn what_waits_to_be_sorted_in_stays_within_what_arrives() {
    const BATCH: usize = 20_000;
    let mut opened = Opened::fresh();
    opened.create("a");
    for _ in 0..3 {
        let events = (0..BATCH).map(|line| (line, event("a", "message", 1, &Value::Null))).collect();
        opened.one(Command::Ingest { events }).unwrap();
        opened.writer.tidy();
    }
    let connection = rusqlite::Connection::open(opened.file()).unwrap();
    let waiting: i64 = connection.query_row("SELECT seq - ordered_to FROM log_head", [], |row| row.get(0)).unwrap();
    assert!(waiting < i64::try_from(BATCH).unwrap(), "{waiting} events wait");
}
