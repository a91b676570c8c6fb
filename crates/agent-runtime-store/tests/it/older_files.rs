//! The file of every schema that was released opens, and nothing of it is lost.

use std::sync::Arc;

use agent_runtime_store::Durability;
use agent_runtime_types::activity::ActivityState;
use agent_runtime_types::page::EventQuery;
use agent_runtime_types::report::Source;
use agent_runtime_types::statistics::StatisticsQuery;

use crate::harness::{Opened, append};
use crate::rollups::statistics;

/// Opens a copy of the file of a schema.
fn opened(schema: u32) -> Opened {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let fixture = format!("{}/tests/fixtures/schema-{schema}.sqlite", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(fixture, folder.path().join("store.db")).unwrap();
    Opened::over(folder, Durability::Full, "another").unwrap()
}

#[tokio::test]
async fn schema_1_opens_and_goes_on() {
    let mut opened = opened(1);
    let session = opened.store.session("kept").await.unwrap().unwrap();
    assert_eq!((session.event_count, session.source, session.error_count), (4, Source::Api, 0));
    assert_eq!(session.agent_name.as_deref(), Some("writer"));
    assert_eq!(opened.store.answer("kept").await.unwrap().1.as_deref(), Some("word 3"));
    assert_eq!(opened.events("kept", EventQuery::default()).await.len(), 4);
    assert_eq!(opened.store.log_bounds().await.unwrap().head, 8, "the log goes on where it was");
    let found = statistics(&opened).await;
    assert_eq!((found.events, found.started), (4, 1), "what is there counts");
    opened.tidy();
    assert_eq!(statistics(&opened).await, found, "and is counted once");
    opened.one(append("kept", "session_start", 20)).unwrap();
    assert_eq!(opened.store.session("kept").await.unwrap().unwrap().event_count, 5);
}

#[tokio::test]
async fn schema_4_opens_and_goes_on() {
    let mut opened = opened(4);
    let kept = opened.store.session("kept").await.unwrap().unwrap();
    assert_eq!((kept.event_count, kept.error_count, kept.exit_code), (5, 1, None), "it ended before codes were kept");
    let asks = opened.store.session("asks").await.unwrap().unwrap();
    assert_eq!((asks.source, asks.session_name.as_str()), (Source::ClaudeCode, "Mend it"));
    assert_eq!(asks.activity.map(|activity| activity.state), Some(ActivityState::Working));
    let found = statistics(&opened).await;
    opened.tidy();
    assert_eq!(statistics(&opened).await, found, "what is counted is not counted again");
    opened.one(append("kept", "session_start", 20)).unwrap();
    assert_eq!(opened.store.session("kept").await.unwrap().unwrap().event_count, 6);
}

#[tokio::test]
async fn schema_5_opens_and_goes_on() {
    let mut opened = opened(5);
    let first = async |opened: &Opened, id: &str| opened.store.session(id).await.unwrap().unwrap().first_event_at;
    // The first stands in the order, the second in the tail behind it.
    assert_eq!(first(&opened, "told").await.as_deref(), Some("2025-12-03T10:00:03Z"), "before it was made");
    assert_eq!(first(&opened, "now").await.as_deref(), Some("2025-12-03T10:01:01Z"));
    assert_eq!(first(&opened, "silent").await, None);
    let hour =
        StatisticsQuery::parse(Some("2025-12-03T10:00:00Z"), Some("2025-12-03T10:15:00Z"), Some("60"), 0).unwrap();
    let buckets = opened.store.statistics(hour).await.unwrap().buckets;
    let running: Vec<_> = buckets.iter().map(|bucket| bucket.running).collect();
    assert_eq!(running, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2], "they ran from their first events on");
    // Its last start was counted at 10:13:20.
    opened.one(append("now", "session_stop", 780)).unwrap();
    let buckets = opened.store.statistics(hour).await.unwrap().buckets;
    assert_eq!(buckets[13].running, 1, "none ran twice, and none less than not at all");
}
