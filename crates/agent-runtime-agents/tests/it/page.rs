//! The page that says what each document becomes is true.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{SESSION, document, event};

/// The rows of the table of hook documents: the first two columns.
fn rows() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/connect/events.md");
    let text = fs::read_to_string(page).unwrap();
    let table = text.split("## ").find(|section| section.starts_with("Hook documents")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut columns = row.split('|').map(str::trim).skip(1);
        (columns.next().unwrap().to_owned(), columns.next().unwrap().to_owned())
    })
    .collect()
}

#[test]
fn each_row_is_what_happens() {
    let rows = rows();
    assert_eq!(rows.len(), 16, "{rows:?}");
    for (first, event_type) in rows {
        let words: Vec<&str> = first.split('`').collect();
        let mut own = json!({"prompt": "Tea?", "source": "startup", "tool_name": "Bash", "tool_input": {},
            "tool_response": 1, "error": "e", "reason": "r", "tool_use_id": "t"});
        if words.len() > 3 {
            own[words[3]] = json!(words[5]);
        }
        let of_subagent = first.ends_with("of a subagent");
        if of_subagent {
            own["agent_id"] = json!("a1");
        }
        let sent = document(words[1], own);
        let shown = event(&sent);
        assert_eq!(shown["event_type"], json!(event_type.trim_matches('`')), "{first}");
        let session_id = if of_subagent { format!("{SESSION}:a1") } else { SESSION.to_owned() };
        assert_eq!(shown["session_id"], json!(session_id), "{first}");
        let keeps_all = !["message", "pre_tool", "post_tool"].contains(&event_type.trim_matches('`'));
        assert_eq!(
            shown.get("hook") == Some(&sent),
            keeps_all,
            "{first}: {}",
            shown.get("hook").unwrap_or(&Value::Null)
        );
    }
}
