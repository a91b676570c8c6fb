//! Where settings come from, and what the program tells of them.

use std::fs;

use serde_json::{Value, json};

use crate::process::{Ended, Launch, fresh_folder};

fn printed(ended: &Ended) -> Value {
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
    serde_json::from_str(&ended.stdout.join("\n")).expect("JSON on stdout")
}

#[tokio::test]
async fn config_tells_what_holds_and_where_it_came_from() {
    let folder = fresh_folder();
    let file = folder.path().join("config/agent-runtime/config.toml");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, "port = 3\nmax_body = 4096\nhost = \"::1\"\n").expect("written");
    let launch = Launch::bare(folder.clone()).arguments(["config", "--json", "--host", "127.0.0.2"]);
    let ended = launch.variable("AGENT_RUNTIME_PORT", "2").variable("AGENT_RUNTIME_HOST", "::1").run().await;
    let settings = printed(&ended);
    assert_eq!(settings["host"], json!({"value": "127.0.0.2", "origin": "flag", "name": "--host"}));
    assert_eq!(settings["port"], json!({"value": 2, "origin": "environment", "name": "AGENT_RUNTIME_PORT"}));
    assert_eq!(settings["max_body"], json!({"value": 4096, "origin": "file", "name": file}));
    assert_eq!(settings["durability"], json!({"value": "full", "origin": "default", "name": null}));
    let database = format!("sqlite:{}", folder.path().join("data/agent-runtime/agent-runtime.db").display());
    assert_eq!(settings["database"], json!({"value": database, "origin": "default", "name": null}));
    assert_eq!(settings["config"]["value"], json!(file));
}

#[tokio::test]
async fn config_is_readable_too() {
    let ended =
        Launch::bare(fresh_folder()).argument("config").variable("CORS_ORIGINS", "http://a.example").run().await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let row = |key: &str| ended.stdout.iter().find(|line| line.starts_with(key)).cloned().unwrap_or_default();
    let words = |key: &str| row(key).split_whitespace().map(String::from).collect::<Vec<_>>();
    assert_eq!(words("port"), ["port", "8765", "default"]);
    assert_eq!(words("token"), ["token", "not", "set", "default"]);
    assert_eq!(words("cors_origins"), ["cors_origins", "http://a.example", "environment", "CORS_ORIGINS"]);
    // A list is a line an entry, and a long value does not push all others to the right.
    let line = |words: &str| ended.stdout.iter().find(|line| line.contains(words)).cloned().unwrap_or_default();
    assert!(line(".claude/projects").starts_with("transcripts") && line(".claude/projects").ends_with("default"));
    assert!(line(".codex/sessions").starts_with("  ") && !line(".codex/sessions").contains(','), "{ended:#?}");
    assert!(row("port").len() < 90, "{ended:#?}");
}

#[tokio::test]
async fn a_setting_of_two_names_is_told_with_both() {
    let folder = fresh_folder();
    let file = folder.path().join("config/agent-runtime/config.toml");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, "server = \"http://a.example\"\n").expect("written");
    let ended = Launch::bare(folder).argument("config").run().await;
    let line = ended.stdout.iter().find(|line| line.starts_with("server_url")).expect("a line");
    assert!(line.ends_with(&format!("file {}, where it may be called server", file.display())), "{line}");
}

#[tokio::test]
async fn config_prints_every_setting() {
    let settings = printed(&Launch::bare(fresh_folder()).arguments(["config", "--json"]).run().await);
    let mut keys: Vec<&str> = settings.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = [
        "allowed_hosts",
        "config",
        "cors_origins",
        "database",
        "debug_logging",
        "durability",
        "host",
        "ignore",
        "insecure_no_token",
        "keep_original_files",
        "log_filter",
        "log_format",
        "max_body",
        "max_ingest_body",
        "port",
        "redact",
        "server_url",
        "token",
        "token_file",
        "transcripts",
    ];
    assert_eq!(keys, expected);
    assert_eq!(settings["server_url"]["value"], json!("http://127.0.0.1:8765"));
}

#[tokio::test]
async fn the_token_is_never_printed() {
    let secret = "very-secret-token";
    let hides = |ended: &Ended| {
        let all = format!("{ended:?}");
        assert!(!all.contains("secret"), "{all}");
    };
    let folder = fresh_folder();
    let file = folder.path().join("config.toml");
    fs::write(&file, format!("token = \"{secret}\"\n")).expect("written");
    for json in [&["config", "--json"][..], &["config"][..]] {
        let ended = Launch::bare(folder.clone()).arguments(json).variable("AGENT_RUNTIME_TOKEN", secret).run().await;
        assert!(ended.stdout.iter().any(|line| line.contains("set")), "{ended:#?}");
        hides(&ended);
        hides(&Launch::bare(folder.clone()).arguments(json).arguments(["--token", secret]).run().await);
        hides(&Launch::bare(folder.clone()).arguments(json).argument("--config").argument(&file).run().await);
    }
    // Neither is a server's log its place, however much is logged.
    let launch = Launch::new().arguments(["--token", secret, "--log-format", "json"]).variable("RUST_LOG", "trace");
    let server = launch.start().await;
    let answer = server.http.get(server.url("/sessions")).bearer_auth(secret).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let answer =
        server.http.get(server.url("/sessions")).bearer_auth("another-secret").send().await.expect("an answer");
    assert_eq!(answer.status(), 401);
    hides(&server.stop().await);
}

#[tokio::test]
async fn a_token_in_a_file_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = fresh_folder();
    let file = folder.path().join("config.toml");
    fs::write(&file, "token = \"a-token-in-a-file\"\n").expect("written");
    for (mode, warned) in [(0o644, true), (0o600, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
        let server = Launch::on(folder.clone()).argument("--config").argument(&file).start().await;
        let ended = server.stop().await;
        let said = ended.stderr.iter().any(|line| line.contains("WARN") && line.contains("chmod 600"));
        assert_eq!(said, warned, "{mode:o}: {ended:#?}");
    }
}

#[tokio::test]
async fn the_size_of_bodies_is_a_setting() {
    let server = Launch::new().arguments(["--max-body", "2048"]).variable("AGENT_RUNTIME_MAX_INGEST_BODY", "4096");
    let server = server.start().await;
    let post = async |path: &str, kind: &str, body: String| {
        let request = server.http.post(server.url(path)).header("content-type", kind).body(body);
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(post("/sessions", "application/json", " ".repeat(2048)).await, 400);
    assert_eq!(post("/sessions", "application/json", " ".repeat(2049)).await, 413);
    // Blank lines are allowed, and none of them is too long: it is the whole that counts.
    assert_eq!(post("/ingest", "application/x-ndjson", "\n".repeat(4096)).await, 200);
    assert_eq!(post("/ingest", "application/x-ndjson", "\n".repeat(4097)).await, 413);
    server.stop().await;
}

/// The text of an event that has been sent with a secret, as it is stored; and what the server says at its end.
async fn stored_secret(launch: Launch) -> (bool, String) {
    let secret = ["ghp_", &"a1B2".repeat(9)].concat();
    let server = launch.start().await;
    let event = json!({"event_type": "session_start", "session_id": "s", "session_name": "s", "note": secret,
        "timestamp": "2026-01-02T03:04:05Z"});
    let answer = server.http.post(server.url("/events")).json(&event).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
    let stored = answer.text().await.expect("text");
    assert_ne!(stored.contains(&secret), stored.contains("[redacted:"), "{stored}");
    (stored.contains(&secret), server.stop().await.stderr.join("\n"))
}

#[tokio::test]
async fn secrets_are_kept_only_where_it_is_said_and_warned_of() {
    let with_file = || {
        let launch = Launch::new();
        let file = launch.folder().path().join("config/agent-runtime/config.toml");
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, "redact = false\n").expect("written");
        launch
    };
    let flag = Launch::new().arguments(["--redact", "false"]);
    for launch in [flag, Launch::new().variable("AGENT_RUNTIME_REDACT", "off"), with_file()] {
        let (kept, said) = stored_secret(launch).await;
        assert!(kept && said.contains("redact is off"), "{said}");
    }
    let (kept, said) = stored_secret(with_file().arguments(["--redact", "true"])).await;
    assert!(!kept && !said.contains("redact is off"), "{said}");
    let (kept, said) = stored_secret(Launch::new()).await;
    assert!(!kept && !said.contains("redact is off"), "{said}");
}

#[tokio::test]
async fn a_redact_that_says_nothing_is_no_no() {
    let folder = fresh_folder();
    let file = folder.path().join("config.toml");
    for text in ["redact = \"\"", "redact = \"maybe\""] {
        fs::write(&file, text).expect("written");
        let ended = Launch::bare(folder.clone()).arguments(["config", "--config"]).argument(&file).run().await;
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        assert!(
            ended.failure().contains("redact in ") && ended.failure().contains("write true or false"),
            "{ended:#?}"
        );
    }
    // Container set-ups leave empty variables.
    let (kept, _) = stored_secret(Launch::new().variable("AGENT_RUNTIME_REDACT", "")).await;
    assert!(!kept);
}

#[tokio::test]
async fn whole_files_beside_edits_are_stored_when_asked_for() {
    let edit = json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_use_id": "t",
        "tool_input": {}, "tool_response": {"originalFile": "as it was before", "structuredPatch": []}});
    let keep = Launch::new().variable("AGENT_RUNTIME_KEEP_ORIGINAL_FILES", "true");
    for (launch, kept) in
        [(Launch::new(), false), (keep, true), (Launch::new().argument("--keep-original-files"), true)]
    {
        let server = launch.start().await;
        let answer = server.http.post(server.url("/hooks/claude-code")).json(&edit).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let answer = server.http.get(server.url("/sessions/s/events")).send().await.expect("an answer");
        let stored = answer.text().await.expect("text");
        assert!(stored.contains("structuredPatch"), "{stored}");
        assert_eq!(stored.contains("as it was before"), kept, "{stored}");
        server.stop().await;
    }
}

#[tokio::test]
async fn debug_logging_is_a_variable_and_rust_log_wins() {
    async fn log(variables: &[(&str, &str)]) -> String {
        let launch = variables.iter().fold(Launch::new(), |launch, (name, value)| launch.variable(name, *value));
        let server = launch.start().await;
        let answer = server.http.get(server.url("/sessions")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        server.stop().await.stderr.join("\n")
    }
    let debug = log(&[("DEBUG_LOGGING", "true")]).await;
    assert!(debug.contains("DEBUG"), "{debug}");
    let quiet = log(&[]).await;
    assert!(!quiet.contains("DEBUG") && quiet.contains("INFO"), "{quiet}");
    let warnings = log(&[("DEBUG_LOGGING", "true"), ("RUST_LOG", "warn")]).await;
    assert_eq!(warnings, "", "RUST_LOG wins");
}

#[tokio::test]
async fn the_log_is_json_on_request_and_carries_request_ids() {
    let server = Launch::new().arguments(["--log-format", "json"]).variable("DEBUG_LOGGING", "1").start().await;
    let answer = server.http.get(server.url("/sessions/unknown")).send().await.expect("an answer");
    assert_eq!(answer.status(), 404);
    let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    let ended = server.stop().await;
    let lines: Vec<Value> = ended
        .stderr
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}")))
        .collect();
    assert!(lines.iter().all(|line| line["level"].is_string() && line["timestamp"].is_string()), "{lines:#?}");
    assert!(lines.iter().any(|line| line["request_id"] == id.as_str()), "{id} in {lines:#?}");
}

#[tokio::test]
async fn help_shows_groups_defaults_variables_and_examples() {
    for words in [&["--help"][..], &["serve", "--help"][..]] {
        let ended = Launch::bare(fresh_folder()).arguments(words).run().await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
        let help = ended.stdout.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        for part in
            ["Where it listens:", "Who may call it:", "[default: 8765]", "[env: AGENT_RUNTIME_TOKEN]", "Examples:"]
        {
            assert!(help.contains(part), "{part} in {help}");
        }
    }
    let ended = Launch::bare(fresh_folder()).argument("--version").run().await;
    assert_eq!(ended.stdout, [format!("agent-runtime {}", env!("CARGO_PKG_VERSION"))]);
}

#[tokio::test]
async fn openapi_prints_the_contract() {
    let ended = Launch::bare(fresh_folder()).argument("openapi").run().await;
    let document = printed(&ended);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
}

#[tokio::test]
async fn a_reader_that_leaves_early_is_no_failure() {
    for words in [&["openapi"][..], &["config"][..], &["--help"][..]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = Launch::bare(fresh_folder()).arguments(words).stdout(writer).run().await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
    }
}

#[tokio::test]
async fn stdout_that_cannot_be_written_is_told() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
    let ended = Launch::bare(fresh_folder()).argument("openapi").stdout(full).run().await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().starts_with("cannot write to stdout: "), "{ended:#?}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_does_not_hold_the_server_up() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let server = Launch::new().variable("RUST_LOG", "trace").stderr(writer).start().await;
    // Far more lines than a pipe holds: a server that waited for its reader would answer no longer.
    for _ in 0..2000 {
        let answer = server.http.get(server.url("/sessions")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    server.stop().await;
    drop(reader);
}

#[tokio::test]
async fn a_log_whose_reader_has_gone_does_not_stop_the_server() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let server = Launch::new().variable("RUST_LOG", "trace").stderr(writer).start().await;
    let answer = server.http.get(server.url("/sessions")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    server.stop().await;
}
