//! Pages that name tests name tests that are there.

use std::path::Path;

use super::sources;

#[test]
fn pages_name_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let code = sources::all_code(&root.join("crates"));
    for page in ["docs/api.md", "docs/command-line.md", "docs/security.md"] {
        let text = sources::read(&root.join(page));
        let named = named_tests(&text);
        assert!(named.len() > 30, "the tables of {page} were not found: {named:?}");
        let lost: Vec<_> = named.iter().filter(|name| !is_there(&code, name)).collect();
        assert!(lost.is_empty(), "{page} names tests that are not there: {lost:?}");
    }
}

#[test]
fn a_lost_test_is_seen() {
    assert_eq!(
        named_tests("| threat | check | shown by |\n| a `b` | `c` | `kept` `file::lost` |\ntext `d`"),
        ["kept", "lost"]
    );
    assert!(is_there("async fn kept() {", "kept") && !is_there("fn lost_and_found() {}", "lost"));
}

/// The words in the last column of the tables whose last column is `shown by`, without the file before the name.
fn named_tests(page: &str) -> Vec<&str> {
    let mut named = Vec::new();
    let mut in_table = false;
    for line in page.lines() {
        let last = line.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
        in_table = line.starts_with('|') && (in_table || last == "shown by");
        if in_table {
            let words = last.split('`').skip(1).step_by(2);
            named.extend(words.map(|word| word.rsplit("::").next().unwrap_or(word)));
        }
    }
    named
}

fn is_there(code: &str, name: &str) -> bool {
    code.contains(&format!("fn {name}("))
}
