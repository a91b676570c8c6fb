//! The file of every schema that was released opens, and nothing of it is lost.

use std::sync::Arc;

use agent_runtime_store::Durability;
use agent_runtime_types::page::EventQuery;
use agent_runtime_types::report::Source;

use crate::harness::{Opened, append};
use crate::rollups::statistics;

#[tokio::test]
async fn schema_1_opens_and_goes_on() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schema-1.sqlite");
    std::fs::copy(fixture, folder.path().join("store.db")).unwrap();
    let mut opened = Opened::over(folder, Durability::Full, "another").unwrap();
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
