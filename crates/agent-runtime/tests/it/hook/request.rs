//! What reaches the server: the raw document in its envelope.

use std::io::Write;

use agent_runtime_types::timestamp;
use serde_json::Value;

use super::recorder::Recorder;
use super::stand::{PROGRAM, Stand, assert_silent, document};

#[test]
fn the_raw_document_reaches_the_server_in_its_envelope() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    // Blanks, unknown keys, numbers beyond every type and letters beyond ASCII must come as they were written.
    let raw = "{ \"session_id\": \"s\",\t\"n\": 12345678901234567890123.50, \"é\": \"\\ud83d ü\" , \"x\":{} }";
    for agent in ["claude-code", "codex"] {
        stand.hook(agent, raw.as_bytes());
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!([&requests[0].path, &requests[1].path], ["/hooks/claude-code", "/hooks/codex"]);
    for request in &requests {
        assert_eq!(request.body, raw.as_bytes());
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("host"), Some(server.address.to_string().as_str()));
        assert_eq!(request.header("authorization"), None);
        let envelope = request.envelope();
        let at = envelope["at"].as_str().expect("a time");
        let us = timestamp::parse("at", at).expect("a timestamp");
        assert_eq!(timestamp::format(us), at, "UTC with six digits");
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
        assert_eq!(envelope["host"], host.trim());
        assert_eq!(envelope["pid"], std::process::id(), "the process that ran the hook");
        assert_eq!(envelope["process_started"], own_start());
    }
    let ids = requests.iter().map(|request| request.envelope()["id"].as_str().expect("an id").to_owned());
    let ids: Vec<String> = ids.collect();
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 32), "{ids:?}");
    assert_eq!(stand.log(), "");
}

#[test]
fn shells_between_agent_and_hook_are_passed_over() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    // The words behind keep each shell from becoming what it runs.
    let inner = format!("'{PROGRAM}' hook codex; true");
    let outer = format!("sh -c \"{inner}\"; true");
    for line in [inner, outer] {
        let mut child = stand.command("/bin/sh", &["-c", &line]).spawn().expect("a shell");
        let mut input = child.stdin.take().expect("an input");
        input.write_all(document("s", 1).to_string().as_bytes()).expect("written");
        drop(input);
        assert_silent(&child.wait_with_output().expect("an end"));
    }
    for request in server.wait_for(2) {
        assert_eq!(request.envelope()["pid"], std::process::id());
        assert_eq!(request.envelope()["process_started"], own_start());
    }
}

#[test]
fn an_agent_that_was_killed_meanwhile_is_no_process() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    let pipe = stand.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("a pipe").success());
    // The shell that opens the pipe waits for somebody who writes to it; the one that started it has ended by then.
    let line = format!("'{PROGRAM}' hook codex < '{}' &", pipe.display());
    assert_silent(&stand.command("/bin/sh", &["-c", &format!("({line}) > /dev/null 2>&1")]).output().expect("an end"));
    std::fs::write(&pipe, document("s", 1).to_string()).expect("written");
    let envelope = server.wait_for(1)[0].envelope();
    assert_eq!((&envelope["pid"], &envelope["process_started"]), (&Value::Null, &Value::Null), "{envelope}");
}

/// Who takes over the children of processes that have ended, where that is not the first process.
#[cfg(target_os = "linux")]
#[test]
fn the_services_manager_is_no_agent() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    let heir = stand.folder.path().join("systemd");
    std::fs::copy("/bin/sh", &heir).expect("copied");
    let line = format!("'{PROGRAM}' hook codex; true");
    let mut child = stand.command(heir.to_str().expect("text"), &["-c", &line]).spawn().expect("a shell");
    child.stdin.take().expect("an input").write_all(document("s", 1).to_string().as_bytes()).expect("written");
    assert_silent(&child.wait_with_output().expect("an end"));
    let envelope = server.wait_for(1)[0].envelope();
    assert_eq!((&envelope["pid"], &envelope["process_started"]), (&Value::Null, &Value::Null), "{envelope}");
}

#[test]
fn the_token_is_shown_wherever_it_is_kept() {
    let server = Recorder::start();
    let stand = || Stand::new(&server.url());
    let home = stand();
    std::fs::create_dir_all(home.folder.path().join("home")).expect("a folder");
    std::fs::write(home.folder.path().join("home/token"), "from-a-file\n").expect("written");
    let home = home.configuration("token_file = \"~/token\"\n");
    home.report("s", 1);
    let path = home.folder.path().join("home/token").display().to_string();
    let named = stand().configuration("token = \"other\"\n").variable("AGENT_RUNTIME_TOKEN_FILE", path);
    named.report("s", 1);
    stand().configuration("token = \"from-the-configuration\"\nnovel_key = 1\n").report("s", 1);
    let both = stand().configuration("token = \"other\"\n");
    both.variable("AGENT_RUNTIME_TOKEN", "from-the-environment").report("s", 1);
    let requests = server.requests();
    let shown: Vec<&str> = requests.iter().filter_map(|request| request.header("authorization")).collect();
    assert_eq!(
        shown,
        ["Bearer from-a-file", "Bearer from-a-file", "Bearer from-the-configuration", "Bearer from-the-environment"]
    );
}

#[test]
fn the_server_is_where_the_environment_or_the_configuration_says() {
    let server = Recorder::start();
    let url = server.url();
    Stand::new("").configuration(&format!("server = \"{url}/behind/\"\n")).report("s", 1);
    Stand::new(&url).configuration("server = \"http://127.0.0.1:1\"\n").report("s", 2);
    let requests = server.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/behind/hooks/claude-code", "/hooks/claude-code"]);
}

/// When this process began, in the system's ticks.
fn own_start() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a state");
    let fields = stat.rsplit_once(')').expect("a name").1;
    fields.split_whitespace().nth(19).expect("a start").parse().expect("a number")
}
