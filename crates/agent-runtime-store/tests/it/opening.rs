//! What is refused at the start, in a line that says what to do.

use std::sync::Arc;

use agent_runtime_store::{DatabaseUrl, Durability, OpenOptions, open};

use crate::harness::Opened;

fn refusal(path: &std::path::Path) -> String {
    let options = OpenOptions { durability: Durability::Full, new_epoch: "e".into() };
    let refused = open(&DatabaseUrl::Sqlite(path.into()), &options).map(|_| "opened");
    let line = refused.expect_err("a refusal").to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}

#[test]
fn a_file_in_use() {
    let opened = Opened::fresh();
    assert!(refusal(&opened.file()).contains("in use by another"));
    let other_name = opened.folder.path().join("link.db");
    std::os::unix::fs::symlink(opened.file(), &other_name).unwrap();
    assert!(refusal(&other_name).contains("in use by another"), "another name of the same file");
    let hard_link = opened.folder.path().join("hard.db");
    std::fs::hard_link(opened.file(), &hard_link).unwrap();
    assert!(refusal(&hard_link).contains("in use by another"), "the same file in another place");
}

#[test]
fn a_newer_version() {
    let opened = Opened::fresh();
    let (folder, file) = (Arc::clone(&opened.folder), opened.file());
    opened.writer.close();
    drop(opened.store);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute(
            "INSERT INTO refinery_schema_history SELECT 9999, name, applied_on, checksum FROM refinery_schema_history LIMIT 1",
            [],
        )
        .unwrap();
    drop(connection);
    assert!(refusal(&file).contains("newer agent-runtime (its schema is 9999"));
    drop(folder);
}

#[test]
fn files_that_are_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "hello ".repeat(1000)).unwrap();
    assert!(refusal(&text).contains("not a database of agent-runtime"));
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE events (id)").unwrap();
    assert!(refusal(&other).contains("not a database of agent-runtime"));
    let kept = rusqlite::Connection::open(&other)
        .unwrap()
        .query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0));
    assert_eq!(kept, Ok(0), "the other program's file is as it was");
}

#[test]
fn a_head_behind_its_log() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let file = opened.file();
    opened.writer.close();
    drop(opened.store);
    rusqlite::Connection::open(&file).unwrap().execute("UPDATE log_head SET seq = 0", []).unwrap();
    assert!(refusal(&file).contains("damaged"));
}

#[test]
fn a_folder_that_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(refusal(&folder.path().join("file").join("x.db")).contains("cannot open"));
}

#[test]
fn urls_that_name_no_database() {
    for (url, says) in [
        ("", "write sqlite:PATH"),
        ("mysql://x", "write sqlite:PATH"),
        ("/tmp/x.db", "write sqlite:/tmp/x.db"),
        ("sqlite:", "path of a file"),
    ] {
        let refused = url.parse::<DatabaseUrl>().unwrap_err().to_string();
        assert!(refused.contains(says), "{url}: {refused}");
    }
    let options = OpenOptions { durability: Durability::Full, new_epoch: "e".into() };
    let postgres = open(&"postgres://localhost/x".parse().unwrap(), &options).map(|_| ()).unwrap_err().to_string();
    assert!(postgres.contains("SQLite only"), "{postgres}");
}
