//! What holds whatever happens inside.

use super::{AGENTS, is_asked_for, quietly};
use agent_runtime_server::clock::SystemClock;

#[test]
fn it_is_recognised_by_its_first_word_alone() {
    let asked = |line: &str| is_asked_for(line.split(' ').map(Into::into));
    assert!(asked("agent-runtime hook") && asked("agent-runtime hook --help x"));
    assert!(!asked("agent-runtime") && !asked("agent-runtime serve hook"));
    assert_eq!(AGENTS.len(), 2);
}

#[test]
fn a_panic_goes_no_further_than_the_log() {
    let state = tempfile::tempdir().expect("a folder");
    quietly(Some(state.path()), &SystemClock, || panic!("a fault of our own"));
    let log = std::fs::read_to_string(state.path().join("hook.log")).expect("a log");
    assert!(log.contains("tests.rs") && log.contains("a fault of our own"), "{log}");
}
