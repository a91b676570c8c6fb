//! What the database holds, and what a day adds to it.

use agent_runtime_store::command::Command;
use serde_json::json;

use crate::harness::{Opened, event};

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;
/// The instant of second 0 of the harness.
const BEGAN_US: i64 = 1_764_756_600_000_000;

/// Stores this many events of this day.
fn fill(opened: &mut Opened, day: i64, events: usize) {
    let timestamp = agent_runtime_types::timestamp::format(BEGAN_US + day * DAY_US);
    let more = json!({"timestamp": timestamp, "text": "x".repeat(2000)});
    let batch = (0..events).map(|_| Command::AppendEvent { event: event("a", "message", 0, &more), may_create: false });
    let committed = opened.commit(batch.collect());
    assert!(committed.results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn growth_is_what_the_last_seven_days_added() {
    let mut opened = Opened::fresh();
    let empty = opened.store.footprint(BEGAN_US).await.unwrap();
    assert_eq!((empty.growth_bytes_per_day, empty.growth_seconds), (0, 0));
    assert!(empty.used_bytes > 0 && empty.disk_free_bytes.is_some_and(|free| free > 0));
    opened.create("a");
    // Much a month ago, little since.
    fill(&mut opened, 0, 4000);
    fill(&mut opened, 26, 350);
    fill(&mut opened, 30, 350);
    opened.tidy();
    let now = opened.store.footprint(BEGAN_US + 31 * DAY_US).await.unwrap();
    assert_eq!(now.growth_seconds, 7 * 86_400);
    let per_day = now.used_bytes * 700 / 4700 / 7;
    assert!(now.growth_bytes_per_day.abs_diff(per_day) * 100 < per_day, "{per_day} a day: {now:?}");
    assert!(now.used_bytes > 4700 * 2000, "{now:?}");
    let later = opened.store.footprint(BEGAN_US + 60 * DAY_US).await.unwrap();
    assert_eq!(later.growth_bytes_per_day, 0, "nothing came since");
}

#[tokio::test]
async fn less_than_a_day_counts_as_one() {
    let mut opened = Opened::fresh();
    opened.create("a");
    fill(&mut opened, 0, 100);
    let now = opened.store.footprint(BEGAN_US + DAY_US / 24).await.unwrap();
    assert_eq!(now.growth_seconds, 3600);
    assert_eq!(now.growth_bytes_per_day, now.used_bytes);
}
