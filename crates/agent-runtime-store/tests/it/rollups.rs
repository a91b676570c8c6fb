//! What happened is counted once, however the file came to hold it.

use agent_runtime_store::Durability;
use agent_runtime_store::command::Command;
use agent_runtime_types::statistics::StatisticsQuery;
use serde_json::json;

use crate::harness::{Opened, append, event};

/// Sums over the year of these stories, and the sessions that run at its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Sums {
    pub uncounted: i64,
    pub events: i64,
    pub calls: i64,
    pub failures: i64,
    pub started: i64,
    pub running: i64,
    /// What half of the calls of the first tool took at most, in whole milliseconds.
    pub tool_ms: Option<i64>,
}

/// Reads the year in which these stories, and those of the files of older releases, happen.
pub async fn statistics(opened: &Opened) -> Sums {
    let query = StatisticsQuery::parse(Some("2025-12-01T00:00:00Z"), Some("2026-12-31T00:00:00Z"), Some("86400"), 0);
    let found = opened.store.statistics(query.unwrap()).await.unwrap();
    let sum =
        |number: fn(&agent_runtime_types::statistics::StatisticsBucket) -> i64| found.buckets.iter().map(number).sum();
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds are enough")]
    let tool_ms = found.tools.first().and_then(|tool| tool.p50_ms).map(|ms| ms.round() as i64);
    Sums {
        uncounted: found.uncounted,
        events: sum(|bucket| bucket.events),
        calls: sum(|bucket| bucket.tool_calls),
        failures: sum(|bucket| bucket.failures),
        started: sum(|bucket| bucket.sessions_started),
        running: found.buckets.last().unwrap().running,
        tool_ms,
    }
}

fn count(opened: &Opened, sql: &str) -> i64 {
    rusqlite::Connection::open(opened.file()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn ingest(opened: &mut Opened, events: usize) {
    let lines = (0..events).map(|line| {
        let extra = if line % 10 == 0 { json!({"error": "no"}) } else { json!({}) };
        (line, event("a", "message", u32::try_from(line % 1000).unwrap(), &extra))
    });
    opened.one(Command::Ingest { events: lines.collect() }).unwrap();
}

#[tokio::test]
async fn an_older_database_is_counted_in_slices_behind_the_commits() {
    let mut opened = Opened::fresh();
    opened.create("a");
    ingest(&mut opened, 20_000);
    opened.tidy();
    let whole = statistics(&opened).await;
    assert_eq!((whole.uncounted, whole.events, whole.failures, whole.started), (0, 20_000, 2000, 1));

    opened.writer.close();
    let connection = rusqlite::Connection::open(opened.folder.path().join("store.db")).unwrap();
    connection.execute_batch("DELETE FROM rollups WHERE events > 0 AND started = 0; UPDATE rollups SET events = 0, failures = 0; UPDATE log_head SET rolled_to = 0").unwrap();
    drop((connection, opened.store));
    let mut opened = Opened::over(opened.folder, Durability::Full, "second").unwrap();
    let before = statistics(&opened).await;
    assert_eq!((before.uncounted, before.events), (20_001, 0), "what is not counted yet is told");
    let mut counted = 0;
    while counted < 20_001 {
        let more = opened.writer.tidy();
        let now = count(&opened, "SELECT rolled_to FROM log_head");
        assert!(now > counted && now - counted <= 1024, "a slice of {}", now - counted);
        counted = now;
        assert!(more || counted == 20_001);
    }
    assert_eq!(statistics(&opened).await, whole);
}

#[tokio::test]
async fn what_is_deleted_has_happened_and_runs_no_more() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.create("b");
    opened.tidy();
    ingest(&mut opened, 500);
    let whole = statistics(&opened).await;
    assert_eq!((whole.events, whole.running), (500, 2));
    opened.one(Command::DeleteSession { session_id: "a".into() }).unwrap();
    let deleted = statistics(&opened).await;
    assert_eq!((deleted.events, deleted.running), (500, 1));
    opened.tidy();
    assert_eq!(count(&opened, "SELECT count(*) FROM events"), 0, "its rows are gone");
    assert_eq!(statistics(&opened).await, deleted);
    opened.one(Command::DeleteSession { session_id: "b".into() }).unwrap();
    assert_eq!(statistics(&opened).await.running, 0);
}

#[tokio::test]
async fn a_few_large_events_do_not_wait_for_many() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.tidy();
    let extra = json!({"tool_output": "x".repeat(1024 * 1024)});
    for second in 0..9 {
        opened.one(Command::AppendEvent { event: event("a", "message", second, &extra), may_create: false }).unwrap();
        opened.writer.tidy();
    }
    assert!(count(&opened, "SELECT rolled_to FROM log_head") >= 9, "a reader would look into nine MiB");
    assert_eq!(statistics(&opened).await.events, 9);
}

#[tokio::test]
async fn a_kill_between_two_slices_counts_nothing_twice() {
    let mut opened = Opened::fresh();
    opened.create("a");
    for _ in 0..5 {
        ingest(&mut opened, 700);
        opened.writer.tidy();
        let before = statistics(&opened).await;
        opened = opened.reopen_after_a_kill(Durability::Full, "again");
        assert_eq!(statistics(&opened).await, before);
    }
    assert_eq!(statistics(&opened).await.events, 3500);
}

#[tokio::test]
async fn a_call_without_a_duration_is_timed_by_its_two_events() {
    let mut opened = Opened::fresh();
    opened.create("a");
    opened.tidy();
    let mut one = |kind: &str, second: u32| {
        let extra = json!({"tool_name": "Bash", "tool_use_id": "call"});
        opened.one(Command::AppendEvent { event: event("a", kind, second, &extra), may_create: false }).unwrap();
    };
    one("pre_tool", 10);
    one("post_tool", 12);
    let found = statistics(&opened).await;
    assert_eq!(found.calls, 1);
    let ms = found.tool_ms.expect("a time");
    assert!((1800..=2200).contains(&ms), "{ms}");
    for second in 0..1100 {
        opened.one(append("a", "message", second)).unwrap();
    }
    opened.tidy();
    assert_eq!(statistics(&opened).await.tool_ms, Some(ms), "and still when it was counted");
}
