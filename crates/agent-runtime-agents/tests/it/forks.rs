//! The file of a forked Codex session begins with a copy of its parent's, which is not told again.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::LineReport;
use serde_json::{Value, json};

use crate::harness::{lines, shown};

/// Ids as Codex makes them: each begins with its time, and these were made in the order of their names.
const GRANDPARENT: &str = "019c8a40-0000-7aaa-8aaa-aaaaaaaaaaaa";
const PARENT: &str = "019c8a41-0000-7fff-9fff-ffffffffffff";
const PARENT_TURN: &str = "019c8a41-1000-7eee-aeee-eeeeeeeeeeee";
const FORK: &str = "019c8a42-0000-7bbb-8bbb-bbbbbbbbbbbb";
const FORK_TURN: &str = "019c8a42-0001-7000-8000-000000000000";

fn of(line_type: &str, payload: &Value) -> Value {
    // The copy has the time of the fork throughout.
    json!({"timestamp": "2026-02-23T12:19:42.561Z", "type": line_type, "payload": payload})
}

fn meta(id: &str, forked_from: Option<&str>, branch: &str) -> Value {
    of("session_meta", &json!({"id": id, "forked_from_id": forked_from, "git": {"branch": branch}}))
}

fn turn(turn_id: &str, model: &str) -> [Value; 2] {
    [
        of("event_msg", &json!({"type": "task_started", "turn_id": turn_id})),
        of("turn_context", &json!({"turn_id": turn_id, "model": model})),
    ]
}

fn says(text: &str) -> Value {
    of(
        "response_item",
        &json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}),
    )
}

fn named(title: &str) -> Value {
    of("event_msg", &json!({"type": "thread_name_updated", "thread_name": title}))
}

/// The file of a session that was forked from one that had been forked itself.
fn fork() -> Vec<Value> {
    let copy = [meta(PARENT, Some(GRANDPARENT), "old"), meta(GRANDPARENT, None, "older")];
    let end = of("event_msg", &json!({"type": "task_complete", "turn_id": PARENT_TURN}));
    let mut file = vec![meta(FORK, Some(PARENT), "new")];
    file.extend(copy.into_iter().chain(turn(PARENT_TURN, "old-model")));
    file.extend([says("Warm the pot."), named("Tea"), end]);
    file.extend(turn(FORK_TURN, "new-model"));
    file.extend([says("Coffee it is."), named("Coffee")]);
    file
}

fn words(reports: &[LineReport]) -> Vec<String> {
    let events = reports.iter().flat_map(|report| &report.events).map(shown);
    events.map(|event| event["content"][0]["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_fork_does_not_repeat_its_parent() {
    let reports = lines(Agent::Codex, FORK, &fork());
    assert_eq!(words(&reports), ["Coffee it is."]);
    let continues: Vec<&str> = reports.iter().filter_map(|report| report.continues.as_deref()).collect();
    let branches: Vec<&str> = reports.iter().filter_map(|report| report.branch.as_deref()).collect();
    let models: Vec<&str> = reports.iter().filter_map(|report| report.model.as_deref()).collect();
    let titles: Vec<&str> =
        reports.iter().filter_map(|report| report.title.as_ref()).map(|(title, _)| title.as_str()).collect();
    assert_eq!((continues, branches, models, titles), (vec![PARENT], vec!["new"], vec!["new-model"], vec!["Coffee"]));
}

#[test]
fn a_subagent_that_begins_with_its_parents_words_does_not_repeat_them() {
    let mut file = fork();
    // It was spawned, not forked: nothing but the copy itself tells of it.
    file[0] = meta(FORK, None, "new");
    assert_eq!(words(&lines(Agent::Codex, &format!("{PARENT}:{FORK}"), &file)), ["Coffee it is."]);
    file.drain(1..3);
    assert_eq!(words(&lines(Agent::Codex, &format!("{PARENT}:{FORK}"), &file)), ["Coffee it is."], "without its meta");
}

#[test]
fn the_parent_itself_says_all_and_goes_on_saying_it() {
    let mut file = vec![meta(PARENT, Some(GRANDPARENT), "old")];
    file.extend(turn(PARENT_TURN, "m"));
    // What is noted of a session later stands in another line of the same kind.
    file.extend([says("One."), meta(PARENT, Some(GRANDPARENT), "other"), says("Two."), meta(FORK, None, "x")]);
    let end = of("event_msg", &json!({"type": "turn_aborted", "turn_id": "019c8a00-0000-7000-8000-000000000000"}));
    file.extend([end, says("Three.")]);
    let reports = lines(Agent::Codex, PARENT, &file);
    assert_eq!(words(&reports), ["One.", "Two.", "Three."]);
    let branches: Vec<&str> = reports.iter().filter_map(|report| report.branch.as_deref()).collect();
    assert_eq!(branches, ["old", "other"]);
}

#[test]
fn what_cannot_be_told_is_said_rather_than_lost() {
    for turn_id in [json!("turn-1"), json!(null), json!("019c8a41-1000-4eee-aeee-eeeeeeeeeeee"), json!("é".repeat(16))]
    {
        for begin in [
            of("turn_context", &json!({"turn_id": turn_id})),
            of("event_msg", &json!({"type": "task_started", "turn_id": turn_id})),
        ] {
            let file = [meta(FORK, Some(PARENT), "b"), meta(PARENT, None, "b"), begin.clone(), says("Said.")];
            assert_eq!(words(&lines(Agent::Codex, FORK, &file)), ["Said."], "{begin}");
        }
    }
    let file = [meta("a-fork", Some("p"), "b"), turn(PARENT_TURN, "m")[0].clone(), says("Said.")];
    assert_eq!(words(&lines(Agent::Codex, "a-fork", &file)), ["Said."], "an id that tells no time");
    assert_eq!(words(&lines(Agent::Codex, FORK, &[says("Said.")])), ["Said."], "a file that begins in the middle");
}
