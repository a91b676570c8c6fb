//! The page `docs/api.md` names every path of the contract, and only tests that are there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folders of the tests that the page names.
const TESTS: [&str; 2] = ["crates/agent-runtime-server/tests/it", "crates/agent-runtime/tests/it"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of every module of tests under the name by which a test's path begins: `live_ws::protocol`.
fn modules(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("the tests").map(|entry| entry.expect("an entry").path()) {
        let name = format!("{prefix}{}", entry.file_stem().expect("a name").to_string_lossy());
        if entry.is_dir() {
            modules(&entry, &format!("{name}::"), found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.entry(name).or_default().push_str(&read(&entry));
        }
    }
}

/// What stands between backticks and looks like the path of a test.
fn named(page: &str) -> Vec<(&str, &str)> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| !word.contains('…'))
        .filter_map(|word| word.rsplit_once("::"))
        .collect()
}

#[test]
fn it_names_tests_that_are_there() {
    let mut found = BTreeMap::new();
    for folder in TESTS {
        modules(&root().join(folder), "", &mut found);
    }
    let page = read(&root().join("docs/api.md"));
    let named = named(&page);
    assert!(named.len() > 150, "the tables were not found: {named:?}");
    let is_there =
        |module: &str, test: &str| found.get(module).is_some_and(|code| code.contains(&format!("fn {test}(")));
    let lost: Vec<_> = named.iter().filter(|(module, test)| !is_there(module, test)).collect();
    assert!(lost.is_empty(), "docs/api.md names tests that are not there: {lost:?}");
}

#[test]
fn it_names_every_path_of_the_contract() {
    let page = read(&root().join("docs/api.md"));
    let document: Value = serde_json::from_str(&agent_runtime_server::openapi_json()).expect("JSON");
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let request = format!("{} {}", method.to_uppercase(), path.replace("session_id", "id"));
            assert!(page.contains(&format!("`{request}`")) || page.contains(&format!("`{request} ")), "{request}");
        }
    }
}
