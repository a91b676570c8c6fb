//! The event's table in the contract: what each key may hold, and that every value comes back equal.

use serde_json::{Value, json};

use crate::harness::shape::{EVENT_KEYS, assert_keys, assert_refused, succeeded};
use crate::harness::{TestServer, event};

const AT: &str = "2025-12-03T10:11:12Z";

/// The text of an event with further members, exactly as they are written.
fn with(members: &str) -> String {
    format!(
        r#"{{"event_type":"post_tool","session_id":"a","session_name":"n","timestamp":"{AT}","tool_name":"t",{members}}}"#
    )
}

/// Values that servers are known to lose, round or refuse.
fn values() -> Vec<String> {
    let hundred_digits = "1234567890".repeat(10);
    let mut values: Vec<String> = [
        "0",
        "-0",
        "0.0",
        "-0.0",
        "1",
        "-1",
        "1.0",
        "1e0",
        "1E+2",
        "1.5e-7",
        "0.1",
        "1e308",
        "5e-324",
        "1e-400",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "3.141592653589793238462643383279",
        "true",
        "false",
        r#""""#,
        r#"" ""#,
        "[]",
        "{}",
        "[[]]",
        r#"{"":{}}"#,
        "[null]",
        r#"{"a":null}"#,
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#"{"\u0000":"\u0000"}"#,
        r#""\ud83c\udf89""#,
        r#""🎉\/\"\\\b\f\n\r\t""#,
        r#""\u2028\u0085""#,
        "\"\u{7f}\u{feff}\"",
        r#"{"a":1,"a":2}"#,
        r#"[{"k":{"x":0,"x":"","x":[]}}]"#,
        r#"{"b":1,"a":2,"A":3}"#,
        r#""null""#,
        r#"[0,false,"",[],{},null]"#,
        r#"{"__proto__":{"x":1},"constructor":0}"#,
    ]
    .map(str::to_owned)
    .into();
    values.push(format!("-{hundred_digits}"));
    values.push(format!("{hundred_digits}.{hundred_digits}"));
    values.push(format!("[{}{}]", "[".repeat(100), "]".repeat(100)));
    values.push(format!("\"{}\"", "x".repeat(70_000)));
    values
}

/// Integers and floats are compared as text: a parser that rounds would hide that the server does.
#[tokio::test]
async fn every_value_comes_back_equal() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let mut socket = server.ws("").await;
    socket.next().await;
    for value in values() {
        let members = format!(r#""tool_output":{value},"tool_input":{{"x":{value}}},"unknown":{value}"#);
        assert_eq!(server.post_text("/sessions/a/events", with(&members)).await.status, 200, "{value}");
    }
    let listed = server.raw_events("a").await;
    assert_eq!(listed.len(), values().len());
    for (event, value) in listed.iter().zip(values()) {
        assert_eq!(event["tool_output"].get(), value);
        assert_eq!(event["tool_input"].get(), format!(r#"{{"x":{value}}}"#));
        assert_eq!(event["unknown"].get(), value);
        let stored: Value = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
        assert_eq!(socket.next().await["data"], stored, "live as stored");
    }
    let server = server.restart().await;
    let again = server.raw_events("a").await;
    assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&listed).unwrap());
}

#[tokio::test]
async fn blanks_and_line_breaks_between_values_do_not_matter() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let body =
        with("\"tool_output\" :\r\n{ \"a b\" :\t[ 1 ,\n\"c \\n d\" ] } , \"unknown\"\n:\n[ ]").replace(',', " ,\n");
    assert_eq!(server.post_text("/events", format!(" \n{body}\r\n\t ")).await.status, 200);
    let events = server.events("a").await;
    assert_eq!(events[0]["tool_output"], json!({"a b": [1, "c \n d"]}));
    assert_eq!(events[0]["unknown"], json!([]));
}

#[tokio::test]
async fn null_means_absent_for_every_known_key() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let keys =
        ["tool_name", "tool_input", "tool_output", "error", "exit_code", "reason", "role", "content", "event_id"];
    let mut body = event("a", "message", AT);
    for key in keys {
        body[key] = Value::Null;
    }
    for _ in 0..2 {
        server.add_event(&body).await;
    }
    let events = server.events("a").await;
    assert_eq!(events.len(), 2, "no event_id is no key");
    assert_keys(&events[0], &EVENT_KEYS);
    assert!(keys.iter().all(|key| events[0][key].is_null()), "{}", events[0]);
}

#[tokio::test]
async fn unknown_keys_are_kept_and_the_id_is_dropped() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let members =
        r#""id":{"no":"matter"},"":1,"cursor":"x","data":[],"type":"init","ID":7,"clé\u0041":null,"status":0"#;
    assert_eq!(server.post_text("/events", with(members)).await.status, 200);
    let event = server.events("a").await.remove(0);
    assert_eq!(event["id"], 2);
    let unknown = ["", "cursor", "data", "type", "ID", "cléA", "status"];
    assert_keys(&event, &[&EVENT_KEYS[..], &unknown].concat());
    let shown = unknown.map(|key| event[key].clone());
    assert_eq!(json!(shown), json!([1, "x", [], "init", 7, null, 0]));
}

#[tokio::test]
async fn every_known_key_is_checked_in_every_type() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let strings = ["5", "1.5", "true", "[]", "{}", r#"["x"]"#];
    let integers = [r#""5""#, "5.0", "5e0", "true", "[]", "{}", "1.5", "9223372036854775808", "-9223372036854775809"];
    let objects = ["5", r#""x""#, "true", "[]", "[{}]"];
    let arrays = ["5", r#""x""#, "true", "{}", "[1]", r#"["x"]"#, "[[]]", "[null]", r#"[{},"x"]"#];
    let rules: [(&str, &[&str]); 11] = [
        ("event_type", &strings),
        ("session_id", &strings),
        ("session_name", &strings),
        ("timestamp", &strings),
        ("tool_name", &strings),
        ("error", &strings),
        ("reason", &strings),
        ("role", &strings),
        ("event_id", &strings),
        ("exit_code", &integers),
        ("tool_input", &objects),
    ];
    for kind in ["session_start", "pre_tool", "post_tool", "session_stop", "message", "another"] {
        for (key, wrong) in rules.iter().copied().chain([("content", &arrays[..])]) {
            for value in wrong {
                let mut body = event("a", kind, AT);
                body[key] = json!("PLACE");
                let body = body.to_string().replace(r#""PLACE""#, value);
                let answer = server.post_text("/events", body).await;
                assert_refused(&answer, 400, key);
            }
        }
    }
    assert!(server.events("a").await.is_empty());
    assert_eq!(server.status("a").await, "running");
}

#[tokio::test]
async fn an_exit_code_is_any_64_bit_integer() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let codes = ["0", "-1", "137", "9223372036854775807", "-9223372036854775808"];
    for code in codes {
        assert_eq!(server.post_text("/events", with(&format!("\"exit_code\":{code}"))).await.status, 200);
    }
    let listed = server.raw_events("a").await;
    let shown: Vec<&str> = listed.iter().map(|event| event["exit_code"].get()).collect();
    assert_eq!(shown, codes);
}

#[tokio::test]
async fn content_is_an_array_of_blocks() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for content in [
        json!([]),
        json!([{}]),
        json!([{"type": "text", "text": "x", "more": 1}]),
        json!([{"type": "tool_use", "text": 5, "input": {"a": [0, false, ""]}}, {"type": "text", "text": ""}]),
        json!([{"text": 5}, {"type": ["text"], "text": 5}, {"type": null}]),
    ] {
        let mut body = event("a", "message", AT);
        body["content"] = content.clone();
        server.add_event(&body).await;
        assert_eq!(server.events("a").await.last().unwrap()["content"], content);
    }
    for block in [json!({"type": "text"}), json!({"type": "text", "text": null}), json!({"type": "text", "text": [5]})]
    {
        let mut body = event("a", "message", AT);
        body["content"] = json!([{"type": "text", "text": "good"}, block]);
        assert_refused(&server.post("/events", &body).await, 400, "content");
    }
}

#[tokio::test]
async fn event_ids_are_1_to_256_bytes() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for key in ["x".to_owned(), "x".repeat(256), "ü".repeat(128), "\0\n ".to_owned()] {
        let mut body = event("a", "message", AT);
        body["event_id"] = json!(key);
        server.add_event(&body).await;
        assert_eq!(server.events("a").await.last().unwrap()["event_id"], key);
    }
    for key in [String::new(), "x".repeat(257), "ü".repeat(129)] {
        let mut body = event("a", "message", AT);
        body["event_id"] = json!(key);
        assert_refused(&server.post("/events", &body).await, 400, "event_id: ");
    }
}

#[tokio::test]
async fn a_live_event_equals_the_stored_one() {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    socket.next().await;
    server.play().await;
    let mut live = Vec::new();
    for message in socket.take(17).await {
        if message["type"] == "event" {
            live.push(message["data"].clone());
        }
    }
    let mut stored = Vec::new();
    for id in ["a", "b", "c"] {
        stored.extend(server.events(id).await);
    }
    stored.sort_by_key(|event| event["id"].as_i64());
    assert_eq!(live, stored);
    assert_eq!(succeeded(&server.get("/events/b").await)["events"][1]["of_the_client"], json!([1.5, null]));
}
