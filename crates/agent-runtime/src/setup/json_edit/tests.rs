//! Random settings with random spacing: what is the user's stays, what is ours comes and goes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Entry, Handler, Made, cut_handler, ours, place, read, remove};

fn is_ours(command: &str) -> bool {
    command.ends_with("agent-runtime' hook claude-code")
}

fn entries(folder: &str) -> Vec<Entry> {
    let command = format!("'{folder}/agent-runtime' hook claude-code");
    let entry = |event, matcher| Entry { event, matcher, command: command.clone(), timeout_seconds: 5 };
    vec![entry("SessionStart", None), entry("PreToolUse", Some("*")), entry("Stop", None)]
}

fn placed(text: &str) -> (String, Made) {
    let mut made = Made::default();
    let text = place(text, &entries("/a"), &is_ours, true, &mut made).expect("placed");
    (text, made)
}

/// What parts one token from the next.
fn blanks() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just(""),
        2 => Just(" "),
        1 => Just("\n"),
        1 => Just("\n  "),
        1 => Just("\r\n\t"),
        1 => Just("\n\n    "),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1.50e3".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        "[a-z{}\\[\\],:]{0,6}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""a\"b\\\u00e9 {,]""#.to_owned()),
    ]
}

fn container(open: char, close: char, children: &[String], blanks: &[&str]) -> String {
    let blank = |index: usize| blanks[index % blanks.len()];
    let mut text = String::from(open);
    for (index, child) in children.iter().enumerate() {
        text += if index > 0 { "," } else { "" };
        text += blank(3 * index);
        text += child;
        text += blank(3 * index + 1);
    }
    if children.is_empty() {
        text += blank(2);
    }
    text.push(close);
    text
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        let list = (prop::collection::vec(inner.clone(), 0..4), prop::collection::vec(blanks(), 12))
            .prop_map(|(children, blanks)| container('[', ']', &children, &blanks));
        let object = (prop::collection::vec(("[a-z]{1,3}", inner), 0..4), prop::collection::vec(blanks(), 12))
            .prop_map(|(members, blanks)| object(&members, &blanks));
        prop_oneof![list, object]
    })
}

fn object(members: &[(String, String)], blanks: &[&str]) -> String {
    let members: Vec<String> = members
        .iter()
        .enumerate()
        .map(|(index, (key, value))| {
            // Twice the same key would be a question of its own: which one counts?
            let key = if key == "hooks" || ["SessionStart", "PreToolUse", "Stop", "Other"].contains(&key.as_str()) {
                key.clone()
            } else {
                format!("{key}{index}")
            };
            let (before, after) = (blanks[index % blanks.len()], blanks[(index + 1) % blanks.len()]);
            format!("\"{key}\"{before}:{after}{value}")
        })
        .collect();
    container('{', '}', &members, blanks)
}

/// Groups of hooks of the user's own.
fn groups() -> impl Strategy<Value = String> {
    let group = (value(), prop::collection::vec(blanks(), 12)).prop_map(|(extra, blanks)| {
        let handler = object(
            &[("type".to_owned(), "\"command\"".to_owned()), ("command".to_owned(), "\"mine\"".to_owned())],
            &blanks,
        )
        .replace("type0", "type")
        .replace("command1", "command");
        let handlers = container('[', ']', &[handler], &blanks);
        object(&[("extra".to_owned(), extra), ("hooks".to_owned(), handlers)], &blanks)
    });
    (prop::collection::vec(group, 0..3), prop::collection::vec(blanks(), 12))
        .prop_map(|(groups, blanks)| container('[', ']', &groups, &blanks))
}

fn settings() -> impl Strategy<Value = String> {
    let hooks = (prop::sample::subsequence(vec!["Other", "PreToolUse", "Stop"], 0..=3), groups(), groups(), groups())
        .prop_map(|(events, first, second, third)| {
            events.into_iter().map(String::from).zip([first, second, third]).collect::<Vec<_>>()
        });
    let hooks = (hooks, prop::collection::vec(blanks(), 12)).prop_map(|(events, blanks)| object(&events, &blanks));
    let members = prop::collection::vec(("[a-z]{1,4}".prop_map(|key| format!("{key}_")), value()), 0..4);
    (members, prop::option::of(hooks), 0..5_usize, prop::collection::vec(blanks(), 12)).prop_map(
        |(mut members, hooks, at, blanks)| {
            if let Some(hooks) = hooks {
                members.insert(at.min(members.len()), ("hooks".to_owned(), hooks));
            }
            format!("{}{}{}", blanks[0], object(&members, &blanks), blanks[1])
        },
    )
}

/// The user's own values: everything without what is ours and without what was made for it.
/// The events for which a text holds one of ours.
fn events(text: &str) -> Vec<String> {
    ours(text, &is_ours).expect("read").into_iter().map(|(event, _)| event).collect()
}

fn without_ours(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    if let Some(hooks) = value.get_mut("hooks").and_then(Value::as_object_mut) {
        for groups in hooks.values_mut().filter_map(Value::as_array_mut) {
            groups.retain(|group| !group["hooks"][0]["command"].as_str().is_some_and(is_ours));
        }
        hooks.retain(|_, groups| groups.as_array().is_none_or(|groups| !groups.is_empty()));
    }
    if value["hooks"].as_object().is_some_and(serde_json::Map::is_empty) {
        value.as_object_mut().expect("an object").remove("hooks");
    }
    value
}

proptest! {
    #[test]
    fn what_went_in_comes_out_to_the_byte(text in settings()) {
        let (with, made) = placed(&text);
        prop_assert_eq!(remove(&with, &is_ours, &made).expect("removed"), text);
    }

    #[test]
    fn the_users_values_stay_and_ours_stand_once(text in settings()) {
        let (with, _) = placed(&text);
        prop_assert_eq!(without_ours(&with), without_ours(&text));
        let mut events = events(&with);
        events.sort();
        prop_assert_eq!(events, ["PreToolUse", "SessionStart", "Stop"]);
    }

    #[test]
    fn a_second_time_changes_nothing(text in settings()) {
        let (with, mut made) = placed(&text);
        let before = made.clone();
        let again = place(&with, &entries("/a"), &is_ours, true, &mut made).expect("placed");
        prop_assert_eq!(&again, &with);
        prop_assert_eq!(before, made);
    }

    #[test]
    fn another_path_is_put_in_place_of_the_old_one(text in settings()) {
        let (old, mut made) = placed(&text);
        let new = place(&old, &entries("/b c"), &is_ours, true, &mut made).expect("placed");
        prop_assert_eq!(&new, &old.replace("'/a/", "'/b c/"));
        prop_assert_eq!(remove(&new, &is_ours, &made).expect("removed"), text);
    }
}

#[test]
fn a_new_entry_is_laid_out_as_its_neighbours_are() {
    let text = "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{ \"hooks\": [] }\n\t\t]\n\t}\n}\n";
    let mut made = Made::default();
    let stop = entries("/a").split_off(2);
    let with = place(text, &stop, &is_ours, true, &mut made).expect("placed");
    let expected = "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{ \"hooks\": [] },\n\t\t\t{\n\
        \t\t\t\t\"hooks\": [\n\t\t\t\t\t{\n\t\t\t\t\t\t\"type\": \"command\",\n\
        \t\t\t\t\t\t\"command\": \"'/a/agent-runtime' hook claude-code\",\n\t\t\t\t\t\t\"timeout\": 5\n\
        \t\t\t\t\t}\n\t\t\t\t]\n\t\t\t}\n\t\t]\n\t}\n}\n";
    assert_eq!(with, expected);
}

#[test]
fn a_text_on_one_line_stays_on_one_line() {
    let (with, _) = placed("{\"a\":1}");
    assert!(with.starts_with("{\"a\":1,\"hooks\":{\"SessionStart\":[{\"hooks\":[{\"type\":\"command\","), "{with}");
    assert!(!with.contains('\n'), "{with}");
}

#[test]
fn entries_of_ours_that_are_wanted_no_longer_go() {
    let (with, mut made) = placed("{}");
    let stop = entries("/a").split_off(2);
    let kept = place(&with, &stop, &is_ours, false, &mut made.clone()).expect("placed");
    assert_eq!(kept, with);
    let fewer = place(&with, &stop, &is_ours, true, &mut made).expect("placed");
    assert_eq!(events(&fewer), ["Stop"]);
}

#[test]
fn a_second_copy_of_ours_goes_and_a_neighbour_in_its_group_stays() {
    let handler = json!({"type": "command", "command": "'/old/agent-runtime' hook claude-code"});
    let text = json!({"hooks": {"Stop": [{"hooks": [handler, {"type": "command", "command": "mine"}, handler]}]}});
    let mut made = Made::default();
    let with = place(&text.to_string(), &entries("/a").split_off(2), &is_ours, true, &mut made).expect("placed");
    let value: Value = serde_json::from_str(&with).expect("JSON");
    let commands: Vec<_> = value["hooks"]["Stop"][0]["hooks"].as_array().expect("a list").iter().collect();
    assert_eq!(commands.len(), 2, "{with}");
    assert_eq!(commands[0]["command"], "'/a/agent-runtime' hook claude-code");
    assert_eq!(commands[1]["command"], "mine");
    let without: Value = serde_json::from_str(&remove(&with, &is_ours, &made).expect("removed")).expect("JSON");
    assert_eq!(without, json!({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]}}));
}

#[test]
fn what_has_another_shape_is_refused_with_its_place() {
    for (text, expected) in [
        ("[]", "line 1, column 1: the file must be a JSON object"),
        ("{\n \"hooks\": 3}", "line 2, column 11: `hooks` must be a JSON object"),
        ("{\"hooks\": {\"Stop\": {}}}", "line 1, column 20: `hooks.Stop` must be a list"),
        ("{\"hooks\": {},\n \"hooks\": {}}", "line 2, column 2: `hooks` stands here a second time"),
        ("{\"hooks\": {\"Other\": [],\n  \"\\u004fther\": []}}", "line 2, column 3: `Other` stands here a second time"),
        (
            "{\"hooks\": {\"Stop\": [{\"hooks\": [],\n\"hooks\": []}]}}",
            "line 2, column 1: `hooks` stands here a second time",
        ),
        (
            "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"command\": \"a\",\n \"command\": \"b\"}]}]}}",
            "line 2, column 2: `command` stands here a second time",
        ),
        (
            "{\n  // mine\n}",
            "line 2, column 3: this is a comment, and JSON has none: the agent itself does not read settings with one, so take it out",
        ),
        ("{\"a\": 1,}", "line 1, column 9: trailing comma"),
    ] {
        for only_these in [true, false] {
            let fault = place(text, &entries("/a"), &is_ours, only_these, &mut Made::default()).expect_err("refused");
            assert_eq!(fault.to_string(), expected);
        }
        assert_eq!(remove(text, &is_ours, &Made::default()).expect_err("refused").to_string(), expected);
        assert_eq!(ours(text, &is_ours).expect_err("refused").to_string(), expected);
    }
}

#[test]
fn an_entry_that_is_not_where_it_was_said_to_be_is_not_cut() {
    let text = placed("{}").0;
    let root = read(&text).expect("JSON");
    for (event, group, is_there) in [("Stop", 0, true), ("Stop", 1, false), ("Other", 0, false)] {
        let command_span = (0, 0);
        let handler = Handler { event: event.to_owned(), group, index: 0, command: String::new(), command_span };
        let cut = cut_handler(&text, &root, &handler, &mut Made::default());
        assert_eq!(cut.is_some(), is_there, "{event} {group}");
    }
}
