//! The file of every schema that was released opens, and nothing of it is lost.

use std::sync::Arc;

use agent_runtime_store::Durability;
use agent_runtime_types::activity::ActivityState;
use agent_runtime_types::page::EventQuery;
use agent_runtime_types::report::Source;

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
