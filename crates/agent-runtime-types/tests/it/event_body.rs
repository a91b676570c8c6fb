//! An event is shown as it was sent, with every key in its place.

use agent_runtime_types::event::{NewEvent, answer_text, push_event};
use agent_runtime_types::live::{Change, ChangeKind};
use proptest::prelude::*;
use serde_json::{Value, json};

fn sent(extra: &Value) -> Value {
    let mut body =
        json!({"event_type": "message", "session_id": "s", "session_name": "n", "timestamp": "2025-12-03T10:11:12Z"});
    for (key, value) in extra.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn shown(body: &Value) -> Value {
    let event = NewEvent::parse(body.to_string().as_bytes()).unwrap();
    let mut out = String::new();
    push_event(7, &event.body, &mut out);
    serde_json::from_str(&out).unwrap()
}

#[test]
fn every_key_is_there_and_an_id_of_the_client_is_not() {
    let body = shown(&sent(&json!({"id": 99, "z": [0, false, "", [], {}], "reason": null})));
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "id",
        "event_type",
        "session_id",
        "session_name",
        "timestamp",
        "tool_name",
        "tool_input",
        "tool_output",
        "error",
        "exit_code",
        "reason",
        "role",
        "content",
        "event_id",
        "z",
    ];
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!((&body["id"], &body["reason"]), (&json!(7), &Value::Null));
    assert_eq!(body["z"], json!([0, false, "", [], {}]));
}

#[test]
fn known_keys_have_their_types() {
    for (field, wrong) in [
        ("event_type", json!("")),
        ("event_type", json!("Upper")),
        ("event_type", json!("a".repeat(65))),
        ("event_type", json!(1)),
        ("session_id", json!("")),
        ("session_id", json!(".")),
        ("session_id", json!("..")),
        ("session_id", json!("a\u{0}")),
        ("session_id", json!("a\u{85}")),
        ("session_id", json!("x".repeat(257))),
        ("session_id", Value::Null),
        ("session_name", json!("\u{0}")),
        ("session_name", json!("x".repeat(1025))),
        ("timestamp", json!("now")),
        ("tool_name", json!(1)),
        ("tool_input", json!("x")),
        ("tool_input", json!([])),
        ("error", json!({})),
        ("exit_code", json!("5")),
        ("exit_code", json!(5.0)),
        ("exit_code", json!(true)),
        ("reason", json!(0)),
        ("role", json!(1)),
        ("content", json!("x")),
        ("content", json!([1])),
        ("content", json!([{"type": "text"}])),
        ("content", json!([{"type": "text", "text": 1}])),
        ("event_id", json!("")),
        ("event_id", json!("k".repeat(257))),
        ("event_id", json!(1)),
    ] {
        let said = NewEvent::parse(sent(&json!({field: wrong})).to_string().as_bytes()).unwrap_err().to_string();
        assert!(said.starts_with(field), "{field} = {wrong}: {said}");
    }
    let beyond = sent(&json!({})).to_string().replace('}', ",\"exit_code\":9223372036854775808}");
    assert!(NewEvent::parse(beyond.as_bytes()).unwrap_err().to_string().starts_with("exit_code"));
}

#[test]
fn an_answer_is_an_assistants_message_with_a_text() {
    let is_answer = |extra: Value| NewEvent::parse(sent(&extra).to_string().as_bytes()).unwrap().is_answer;
    let text = json!([{"type": "text", "text": ""}]);
    assert!(is_answer(json!({"role": "assistant", "content": text})));
    assert!(!is_answer(json!({"role": "user", "content": text})));
    assert!(!is_answer(json!({"role": "assistant", "content": []})));
    assert!(!is_answer(json!({"role": "assistant", "content": [{"type": "image"}]})));
    assert!(!is_answer(json!({"role": "assistant", "content": text, "event_type": "pre_tool"})));
    let several = sent(&json!({"role": "assistant", "content":
        [{"type": "text", "text": "one\u{0}"}, {"type": "x", "text": 5}, {"type": "text", "text": "two \"\n"}]}));
    let event = NewEvent::parse(several.to_string().as_bytes()).unwrap();
    assert_eq!(answer_text(&event.body).unwrap(), "one\u{0}\ntwo \"\n");
}

#[test]
fn a_message_is_one_line_of_json_with_its_cursor() {
    let body = "{\n \"event_type\" : \"message\",\r\n\"session_id\":\"s\",\"session_name\":\"n\",\"timestamp\":\"2025-12-03 10:11:12\",
        \"x\" : {\"a\" : [1,\n 2 ], \"b\":\"two  blanks\\n\"}}";
    let event = NewEvent::parse(body.as_bytes()).unwrap();
    let text = Change { seq: 5, kind: ChangeKind::Event, body: event.body, activity: None }.message("abc");
    assert!(!text.contains(['\n', '\r']));
    let message: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&message["type"], &message["cursor"], &message["data"]["id"]),
        (&json!("event"), &json!("abc:5"), &json!(5))
    );
    assert_eq!(message["data"]["x"], json!({"a": [1, 2], "b": "two  blanks\n"}));
}

proptest! {
    #[test]
    fn unknown_keys_come_back_equal(extra in prop::collection::btree_map("[a-z\"\\\\\u{0}é]{1,6}", any::<Option<i64>>(), 0..20)) {
        let extra: serde_json::Map<String, Value> = extra.into_iter().map(|(key, value)| (format!("x{key}"), json!(value))).collect();
        let body = shown(&sent(&Value::Object(extra.clone())));
        for (key, value) in extra {
            prop_assert_eq!(&body[&key], &value);
        }
    }
}
