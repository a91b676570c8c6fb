//! Secrets of known shapes leave a text, and nothing else does. The secrets are put together here, so that none stands
//! in this file.

use std::time::{Duration, Instant};

use agent_runtime_agents::redact::redact;
use proptest::prelude::*;
use serde_json::{Value, json};

fn letters(pattern: &str, count: usize) -> String {
    pattern.chars().cycle().take(count).collect()
}

/// Each kind with secrets of it.
fn secrets() -> Vec<(&'static str, String)> {
    let mixed = |count| letters("aB3dE5gH7jK9mN1pQ", count);
    let join = |parts: &[&str]| parts.concat();
    let pem = |name: &str, body: &str| format!("-----BEGIN {name}-----{body}-----END {name}-----");
    let base64 = mixed(64);
    vec![
        ("anthropic", join(&["sk-", "ant-api03-", &mixed(90), "-_AA"])),
        ("anthropic", join(&["sk-", "ant-oat01-", &mixed(90)])),
        ("openai", join(&["sk-", &mixed(48)])),
        ("openai", join(&["sk-", "proj-", &mixed(20), "_-", &mixed(90)])),
        ("openai", join(&["sk-", "svcacct-", &mixed(40)])),
        ("openrouter", join(&["sk-", "or-v1-", &letters("0a1b2c", 64)])),
        ("github", join(&["ghp", "_", &mixed(36)])),
        ("github", join(&["gho", "_", &mixed(36)])),
        ("github", join(&["ghu", "_", &mixed(36)])),
        ("github", join(&["ghs", "_", &mixed(36)])),
        ("github", join(&["github", "_pat_", &mixed(22), "_", &mixed(59)])),
        ("gitlab", join(&["glpat", "-", &mixed(20)])),
        ("gitlab", join(&["glpat", "-", &mixed(27), ".01.", &mixed(9)])),
        ("aws-access-key", join(&["AKIA", &letters("Q3W5E7R", 16)])),
        ("aws-access-key", join(&["ASIA", &letters("Q3W5E7R", 16)])),
        ("google", join(&["AIza", &mixed(35)])),
        ("google", join(&["ya29", ".", &mixed(60)])),
        ("slack", join(&["xoxb", "-123456789012-", &mixed(24)])),
        ("slack", join(&["xapp", "-1-", &mixed(40)])),
        ("slack", join(&["hooks.slack", ".com/services/T0AB12CD3/B0AB12CD3/", &mixed(24)])),
        ("stripe", join(&["sk_live", "_", &mixed(24)])),
        ("stripe", join(&["rk_test", "_", &mixed(24)])),
        ("npm", join(&["npm", "_", &mixed(36)])),
        ("pypi", join(&["pypi-AgE", "IcHlwaS5vcmc", &mixed(70)])),
        ("hugging-face", join(&["hf", "_", &letters("aBcDeFgH", 34)])),
        ("jwt", join(&["eyJ", &mixed(30), ".eyJ", &mixed(50), ".", &mixed(40), "_-"])),
        ("private-key", pem("RSA PRIVATE KEY", &format!("\n{base64}\n{base64}\n"))),
        ("private-key", pem("OPENSSH PRIVATE KEY", &format!("\r\n{base64}\r\nab==\r\n"))),
        ("private-key", pem("PGP PRIVATE KEY BLOCK", &format!("\nVersion: Tea\n\n{base64}\n"))),
        ("private-key", format!("-----BEGIN EC PRIVATE KEY-----\n{base64}\n{base64}")),
        ("private-key", pem("PRIVATE KEY", &format!("\n     2→{base64}\n     3→{base64}\n     4→"))),
    ]
}

/// Secrets that only what stands around them gives away: kind, before, secret, after.
fn secrets_in_place() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let forty = letters("aB3dE5gH/jK9+N1p", 40);
    let token = letters("aB3dE5gH7jK9", 32);
    vec![
        ("aws-secret-key", "aws_secret_access_key = ", forty.clone(), "\n"),
        ("aws-secret-key", "export AWS_SECRET_ACCESS_KEY='", forty.clone(), "'"),
        ("aws-secret-key", "{\"SecretAccessKey\": \"", forty, "\"}"),
        ("bearer", "curl -H 'Authorization: Bearer ", "short-one".to_owned(), "' x"),
        ("bearer", "{\"authorization\":\"Bearer ", "abcdefgh".to_owned(), "\"}"),
        ("bearer", "Bearer ", token.clone(), ""),
        ("basic", "Authorization: Basic ", "YWRhOnRlYQ==".to_owned(), "\n"),
        ("url-password", "postgres://ada:", "t3a!p0t".to_owned(), "@localhost:5432/pots"),
        ("url-password", "https://ada:", "p@ss".to_owned(), "@example.org"),
        ("url-password", "redis://:", "tea".to_owned(), "@[::1]:6379"),
    ]
}

/// A text as a value in a document, cleaned.
#[track_caller]
fn cleaned(text: &str) -> (String, Vec<(&'static str, u64)>) {
    let document = json!({"tool_response": {"stdout": [text]}}).to_string();
    let (clean, counted) = redact(&document);
    let value: Value = serde_json::from_str(&clean).unwrap_or_else(|error| panic!("{error}: {clean}"));
    let text = value["tool_response"]["stdout"][0].as_str().unwrap().to_owned();
    (text, counted.redacted.into_iter().collect())
}

#[test]
fn each_kind_is_taken_out_and_counted_wherever_it_stands() {
    for (kind, secret) in secrets() {
        for (before, after) in [
            ("", ""),
            ("use ", " now"),
            ("\n", "\n"),
            ("\t", "\t"),
            ("\u{1b}[01;31m", "\u{1b}[0m"),
            ("TOKEN=", ";"),
            ("?token%3D", "&x=1"),
            ("{\"key\": \"", "\"}"),
            ("\\", "\\"),
            ("é", "é"),
        ] {
            let (text, counted) = cleaned(&format!("{before}{secret}{after}"));
            assert_eq!(text, format!("{before}[redacted:{kind}]{after}"), "{secret}");
            assert_eq!(counted, [(kind, 1)], "{before}{secret}{after}");
        }
    }
    for (kind, before, secret, after) in secrets_in_place() {
        let (text, counted) = cleaned(&format!("{before}{secret}{after}"));
        assert_eq!(text, format!("{before}[redacted:{kind}]{after}"));
        assert_eq!(counted, [(kind, 1)], "{before}{secret}{after}");
    }
}

#[test]
fn json_of_other_writers_is_understood() {
    let password = ["postgres:\\/\\/ada:", "teapot", "@db"].concat();
    let (clean, _) = redact(&password);
    assert_eq!(clean, "postgres:\\/\\/ada:[redacted:url-password]@db");
    let forty = letters("aB3dE5gH7jK9mN1p", 39);
    let headers = format!("{{\"SecretAccessKey\" : \"\\/{forty}\",\"Authorization\":\"Bearer abcdefgh\"}}");
    let (clean, counted) = redact(&headers);
    assert_eq!(
        clean,
        "{\"SecretAccessKey\" : \"[redacted:aws-secret-key]\",\"Authorization\":\"Bearer [redacted:bearer]\"}"
    );
    assert_eq!(counted.redacted.len(), 2);
}

#[test]
fn an_address_may_hold_two() {
    let user = ["ghp", "_", &letters("a1", 36)].concat();
    let (text, counted) = cleaned(&format!("https://{user}:x-oauth@example.org"));
    assert_eq!(text, "https://[redacted:github]:[redacted:url-password]@example.org");
    assert_eq!(counted, [("github", 1), ("url-password", 1)]);
}

#[test]
fn what_only_looks_like_one_stays() {
    for text in [
        "a task-list, a disk-usage, the sk-learn",
        "sk-",
        "task-projection-of-the-new-teapot-model-2026",
        "git checkout risk-proj-a1-of-the-new-teapot-model",
        "npm_config_registry_and_many_other_settings_of_npm = 1",
        "hf_hub_download(repo)",
        "a bearer of good news, Bearer token",
        "Basic understanding-of-tea",
        "https://example.org:8080/@scope/tea",
        "git@example.org:ada/tea.git ssh://git@example.org/tea",
        "postgres://ada:$PASSWORD@db postgres://ada:${PASSWORD}@db postgres://ada:***@db",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
        "if text.contains(\"-----BEGIN PRIVATE KEY-----\") { return }",
        "AKIA is how they begin; AKIAlower; XAKIA",
        "eyJhbGciOiJIUzI1NiJ9 alone",
        "secretAccessKeyId: none",
        "glpat- xoxb- ghp_ AIza",
    ] {
        assert_eq!(cleaned(text), (text.to_owned(), vec![]));
    }
}

#[test]
fn half_an_escape_begins_no_secret() {
    // A line break and `pm_…`, not a backslash and a token.
    let text = format!("{{\"a\":\"\\npm_{}\"}}", letters("a1", 36));
    assert_eq!(redact(&text).0, text);
    let text = format!("{{\"a\":\"\\u123AKIA{}\"}}", letters("Q3", 16));
    assert_eq!(redact(&text).0, text);
}

#[test]
fn ids_stay_whatever_they_look_like() {
    let secret = ["glpat", "-", &letters("a1B2", 20)].concat();
    for key in ["session_id", "event_id", "tool_use_id", "agent_id", "parent_session_id", "uuid", "parentUuid"] {
        for document in [json!({key: secret}), json!({"hook": [{key: secret}]})] {
            let text = serde_json::to_string_pretty(&document).unwrap();
            assert_eq!(redact(&text).0, text);
        }
        let elsewhere = json!({"x": key, "y": secret, key: [secret]}).to_string();
        assert_eq!(redact(&elsewhere).1.redacted.get("gitlab"), Some(&2), "{elsewhere}");
    }
}

#[test]
fn keys_do_not_become_one() {
    let [first, second] = ["a1", "b2"].map(|pattern| ["ghp", "_", &letters(pattern, 36)].concat());
    let text = json!({"tokens": {&first: 1, &second: 2}}).to_string();
    let (clean, counted) = redact(&text);
    let value: Value = serde_json::from_str(&clean).unwrap();
    assert_eq!(value, json!({"tokens": {"[redacted:github:1]": 1, "[redacted:github:2]": 2}}));
    assert_eq!(counted.redacted["github"], 2);
}

#[test]
fn takes_no_longer_than_the_text_is_long() {
    let beginnings = [
        "eyJ",
        "eyJ.",
        "eyJ-",
        "sk-",
        "://",
        "://a:",
        "SecretAccessKey=",
        "Bearer ",
        "Authorization: Bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "ghp_",
        "\\\\",
        "\\\\ghp_",
        "a.eyJ",
        "eyJaaaaaaaaaa.",
        "eyJaaaaaaaaaa.ey",
        "AKIA",
        "xoxb-",
    ];
    for beginning in beginnings {
        let text = format!("{{\"a\":\"{}\"}}", beginning.repeat((1 << 19) / beginning.len()));
        let begun = Instant::now();
        let _ = redact(&text);
        // Half a MiB takes a fraction of a second even without optimisation; anything quadratic takes minutes.
        assert!(begun.elapsed() < Duration::from_secs(15), "{beginning}: {:?}", begun.elapsed());
    }
}

/// The shape of a value: everything but what its strings say.
fn structure(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(""),
        Value::Array(elements) => elements.iter().map(structure).collect(),
        Value::Object(members) => members.values().map(structure).collect(),
        other => other.clone(),
    }
}

fn text_with_secrets() -> impl Strategy<Value = String> {
    let all: Vec<String> = secrets()
        .into_iter()
        .map(|(_, secret)| secret)
        .chain(secrets_in_place().into_iter().map(|(_, before, secret, after)| format!("{before}{secret}{after}")))
        .collect();
    let fragments = vec![
        "sk-",
        "eyJ",
        "://",
        "@",
        ":",
        "Bearer ",
        "-----BEGIN ",
        "\\",
        "\"",
        "\n",
        " ",
        "é",
        "AKIA",
        "_",
        "-",
        ".",
    ];
    let part = prop_oneof![
        prop::sample::select(all),
        prop::sample::select(fragments).prop_map(str::to_owned),
        "[a-zA-Z0-9]{0,12}",
        ".{0,8}",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        text_with_secrets().prop_map(Value::from),
        text_with_secrets().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(prop_oneof![Just("session_id".to_owned()), text_with_secrets()], inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_structure_stays_and_a_second_time_changes_nothing(value in any_json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let (once, counted) = redact(&text);
        let read = serde_json::from_str::<Value>(&once);
        prop_assert!(read.is_ok(), "{once}");
        // Members may change their order, since their keys may change.
        prop_assert_eq!(sorted(&structure(&read.unwrap())), sorted(&structure(&value)));
        prop_assert_eq!(counted.redacted.is_empty(), once == text);
        let (twice, counted) = redact(&once);
        prop_assert_eq!(&twice, &once);
        prop_assert!(counted.redacted.is_empty(), "{:?} in {once}", counted);
    }

    #[test]
    fn no_secret_survives(before in "[ \\n\"é=]{0,3}", index in 0..31_usize, after in "[ \\n\"é;]{0,3}") {
        let (kind, secret) = secrets().remove(index);
        let (text, counted) = cleaned(&format!("{before}{secret}{after}"));
        prop_assert!(!text.contains(&secret[secret.len() / 2..]), "{text}");
        prop_assert_eq!(counted, [(kind, 1)]);
    }

    #[test]
    fn takes_any_text(text in text_with_secrets()) {
        let _ = redact(&text);
    }
}

/// Arrays with their elements in order, since members of objects have none.
fn sorted(value: &Value) -> Value {
    let Value::Array(elements) = value else { return value.clone() };
    let mut elements: Vec<Value> = elements.iter().map(sorted).collect();
    elements.sort_by_key(ToString::to_string);
    Value::Array(elements)
}
