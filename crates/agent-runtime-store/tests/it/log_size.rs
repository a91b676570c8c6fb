//! The write-ahead log is copied into the database as it grows, once the answers are out.

use agent_runtime_store::command::Command;
use serde_json::json;

use crate::harness::{Opened, event};

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn the_log_stays_short_however_much_is_written() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let text = json!({"text": "x".repeat(64 * 1024)});
    let log = opened.file().with_extension("db-wal");
    let mut longest = 0;
    for second in 0..512 {
        opened.one(Command::AppendEvent { event: event("a", "message", second, &text), may_create: false }).unwrap();
        opened.writer.tidy();
        longest = longest.max(std::fs::metadata(&log).unwrap().len());
    }
    let database = std::fs::metadata(opened.file()).unwrap().len();
    assert!(longest < 6 * MIB, "the log grew to {longest} bytes");
    assert!(database > 24 * MIB, "only {database} bytes reached the database");
}
