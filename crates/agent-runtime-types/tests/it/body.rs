//! The scanner takes what every JSON reader takes, and refuses what a reader could not give back.

use agent_runtime_types::json::{self, MAX_DEPTH};
use proptest::prelude::*;
use serde_json::Value;

fn nested(levels: usize) -> String {
    format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
}

#[track_caller]
fn refused(body: &[u8]) -> String {
    json::object(body).expect_err(&String::from_utf8_lossy(body)).to_string()
}

#[test]
fn refuses_what_cannot_be_given_back() {
    for (body, says) in [
        (&b"{\"a\":\"\xff\"}"[..], "UTF-8 at byte 6"),
        (b"{\"a\":1e400}", "beyond what a double"),
        (b"{\"a\":-1e400}", "beyond what a double"),
        (b"{\"a\":NaN}", "a value expected"),
        (b"{\"a\":Infinity}", "a value expected"),
        (br#"{"a":"\ud800"}"#, "lone surrogate"),
        (br#"{"a":"\udc00"}"#, "lone surrogate"),
        (br#"{"a":"\ud800\u0041"}"#, "lone surrogate"),
        (br#"{"\ud800":1}"#, "lone surrogate"),
        (br#"{"a":1,"a":2}"#, "a: stands twice"),
        (br#"{"a":1,"\u0061":2}"#, "a: stands twice"),
        (b"{\"a\":\"\x01\"}", "control character"),
        (b"{\"a\":01}", "leading zero"),
        (b"{\"a\":1.}", "digit expected"),
        (b"{\"a\":.5}", "a value expected"),
        (b"{\"a\":+1}", "a value expected"),
        (b"{\"a\":1,}", "key in quotes"),
        (b"{\"a\":[1,]}", "a value expected"),
        (b"{\"a\":\"\\x\"}", "unknown escape"),
        (b"{\"a\":1}x", "more after the end"),
        (b"{\"a\":1", "',' or '}' expected"),
        (b"{\"a\":\"b", "closing quote"),
        (b"{\"a\":\"b\\", "unknown escape"),
        (b"{\"a\":\"\\u12", "hexadecimal"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"[]", "must be a JSON object"),
        (b"1", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"\xef\xbb\xbf{}", "a value expected"),
    ] {
        let said = refused(body);
        assert!(said.contains(says), "{}: {said}", String::from_utf8_lossy(body));
    }
    let digits = format!("{{\"a\":{}}}", "9".repeat(400));
    assert!(refused(digits.as_bytes()).contains("beyond what a double"));
    assert!(json::object(format!("{{\"a\":{}}}", "9".repeat(308)).as_bytes()).is_ok());
}

#[test]
fn nests_to_the_limit_and_no_deeper() {
    assert!(json::object(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(refused(nested(MAX_DEPTH + 1).as_bytes()).contains("128 levels"));
    assert!(refused(nested(10_000).as_bytes()).contains("128 levels"));
    assert!(refused("[".repeat(1_000_000).as_bytes()).contains("128 levels"));
}

#[test]
fn an_object_inside_a_body_has_one_level_less_and_may_repeat_a_key() {
    assert_eq!(json::inner_object(" {\"a\":1,\"a\":[2]} ").unwrap()[1].value, "[2]");
    assert!(json::inner_object(&nested(MAX_DEPTH - 1)).is_ok());
    for (text, says) in [
        (nested(MAX_DEPTH).as_str(), "128 levels"),
        ("[]", "must be a JSON object"),
        ("", "must be a JSON object"),
        ("{} {}", "more after the end"),
        ("{\"a\":1},\"b\":{}", "more after the end"),
    ] {
        let said = json::inner_object(text).unwrap_err().to_string();
        assert!(said.contains(says), "{text}: {said}");
    }
}

#[test]
fn finds_a_repeated_key_among_very_many() {
    let keys: Vec<String> = (0..200_000).map(|number| format!("\"k{number}\":0,")).collect();
    let keys = keys.concat();
    assert!(json::object(format!("{{{keys}\"last\":0}}").as_bytes()).is_ok());
    assert!(refused(format!("{{{keys}\"k77\":0}}").as_bytes()).contains("k77: stands twice"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\é\u{10ffff}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn members_come_back_equal(object in prop::collection::btree_map(any::<String>(), any_json(), 0..24), pretty: bool) {
        let object = Value::Object(object.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();
        let members = json::object(text.as_bytes()).unwrap();
        let read: serde_json::Map<String, Value> = members
            .iter()
            .map(|member| {
                let mut compact = String::new();
                json::push_compact(member.value, &mut compact);
                assert!(!compact.contains(['\n', '\r']), "a line break was left in {compact}");
                (member.key.to_string(), serde_json::from_str(&compact).unwrap())
            })
            .collect();
        // The reference is the same text through the other reader, which rounds floats in its own way.
        prop_assert_eq!(Value::Object(read), serde_json::from_str::<Value>(&text).unwrap());
        if !pretty {
            prop_assert!(members.iter().all(|member| !member.has_newline));
        }
    }

    #[test]
    fn takes_what_another_reader_takes(bytes in prop::collection::vec(prop::sample::select(&b"{}[]:,\"\\u0d18eE+-.9atrufalsn \n\x01\xc3\xa9"[..]), 0..40)) {
        let body = [b"{\"k\":", &bytes[..], b"}"].concat();
        let theirs = serde_json::from_slice::<Value>(&body);
        match json::object(&body) {
            Ok(_) => prop_assert!(theirs.is_ok(), "{}", String::from_utf8_lossy(&body)),
            Err(error) => {
                let ours_alone = error.to_string().contains("stands twice");
                prop_assert!(theirs.is_err() || ours_alone, "{error}: {}", String::from_utf8_lossy(&body));
            }
        }
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json::object(&bytes);
    }

    #[test]
    fn strings_are_written_as_they_are_read(text: String) {
        let mut quoted = String::new();
        json::push_string(&text, &mut quoted);
        prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text.clone());
        prop_assert_eq!(json::string(&quoted).unwrap().into_owned(), text);
    }
}
