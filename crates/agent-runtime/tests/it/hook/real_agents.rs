//! The agents' own programs, with the hooks that set-up writes for them, and a model of our own that answers them. Only
//! `make agents` runs these: it fetches the programs first.

mod model;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use super::recorded_runs::held::{get, told};
use super::recorder::Recorder;
use super::stand::PROGRAM;
use crate::machine::Machine;
use crate::process::{Launch, PATIENCE, Process};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the agents' own programs: make agents"]
async fn claude_code_reports_a_turn_with_its_words_its_tools_and_a_subagent() {
    let model = Recorder::answering(model::for_claude_code);
    let (machine, server) = connected("claude-code", "claude").await;
    let mut claude = agent(&machine, "claude", &["-p", model::PROMPT, "--dangerously-skip-permissions"]);
    claude.env("ANTHROPIC_BASE_URL", model.url()).env("ANTHROPIC_API_KEY", "none");
    claude.env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1").env("DISABLE_TELEMETRY", "1");
    claude.env("DISABLE_AUTOUPDATER", "1").env("DISABLE_ERROR_REPORTING", "1").env("IS_SANDBOX", "1");
    assert_eq!(said(&mut claude), "All done.\n");

    let session = ended(&server, |session| session["parent_session_id"].is_null()).await;
    let shown = ["session_name", "source", "status", "branch", "error_count"];
    let expected = json!([model::PROMPT, "claude-code", "finished", "topic", 1]);
    assert_eq!(json!(shown.map(|key| &session[key])), expected, "{session}");
    assert!(session["model"].is_string(), "{session}");
    let failure = "Exit code 3\ntwo";
    let events = heard(&server, &session, 11).await;
    let expected = [
        json!({"session_start": null}),
        json!({"prompt": model::PROMPT}),
        json!({"text": "Two commands."}),
        json!({"pre_tool": "call_1"}),
        json!({"post_tool": "call_1", "error": null}),
        json!({"pre_tool": "call_2"}),
        json!({"post_tool": "call_2", "error": failure}),
        json!({"text": "Now another looks."}),
        json!({"pre_tool": "call_3"}),
        json!({"post_tool": "call_3", "error": null}),
        json!({"text": "All done."}),
        json!({"stop": null}),
        json!({"session_stop": "other"}),
    ];
    assert_eq!(events, expected);

    let own = &session["session_id"];
    let subagent = ended(&server, |session| session["parent_session_id"] == *own).await;
    assert_eq!((&subagent["agent_name"], &subagent["status"]), (&json!("general-purpose"), &json!("finished")));
    let expected = [
        json!({"session_start": null}),
        json!({"text": "I look."}),
        json!({"pre_tool": "call_inside"}),
        json!({"post_tool": "call_inside", "error": null}),
        json!({"text": "I have looked."}),
        json!({"session_stop": null}),
    ];
    assert_eq!(heard(&server, &subagent, 6).await, expected);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the agents' own programs: make agents"]
async fn codex_reports_a_turn_with_its_words_and_its_tools() {
    let model = Recorder::answering(model::for_codex);
    let (machine, server) = connected("codex", "codex").await;
    let provider = format!(
        "model = \"gpt-of-the-test\"\nmodel_provider = \"own\"\napproval_policy = \"never\"\n\
         sandbox_mode = \"danger-full-access\"\n[analytics]\nenabled = false\n[model_providers.own]\nname = \"own\"\n\
         base_url = \"{}/v1\"\nwire_api = \"responses\"\nrequest_max_retries = 0\nstream_max_retries = 0\n",
        model.url()
    );
    machine.write(".codex/config.toml", &provider);
    let arguments = ["exec", "--dangerously-bypass-hook-trust", "--skip-git-repo-check", model::PROMPT];
    assert_eq!(said(&mut agent(&machine, "codex", &arguments)), "All done.\n");

    let session = ended(&server, |_| true).await;
    let shown = ["session_name", "source", "status", "branch", "model"];
    let expected = json!([model::PROMPT, "codex", "finished", "topic", "gpt-of-the-test"]);
    assert_eq!(json!(shown.map(|key| &session[key])), expected, "{session}");
    let mut events = heard(&server, &session, 10).await;
    // The two commands run at the same time, and either may end first.
    events[3..5].sort_by_key(Value::to_string);
    events[5..7].sort_by_key(Value::to_string);
    let expected = [
        json!({"session_start": null}),
        json!({"prompt": model::PROMPT}),
        json!({"text": "Two commands."}),
        json!({"pre_tool": "call_1"}),
        json!({"pre_tool": "call_2"}),
        json!({"error": null, "post_tool": "call_1"}),
        json!({"error": null, "post_tool": "call_2"}),
        json!({"text": "All done."}),
        json!({"stop": null}),
        json!({"session_stop": "other"}),
    ];
    assert_eq!(events, expected);
    server.stop().await;
}

/// A machine on which the agent is, with its hooks and a project; and the server that they report to.
async fn connected(agent: &str, program: &str) -> (Machine, Process) {
    let path = programs().join(program);
    assert!(path.exists(), "{} is missing: make agents", path.display());
    let lines = format!("PATH='{}' exec '{}' \"$@\"", search_path().display(), path.display());
    let machine = Machine::new().script(program, &lines);
    let server = Launch::on(machine.folder.clone()).start().await;
    machine.must(&format!("setup --server {} --yes", server.url(""))).await;
    machine.must(&format!("setup {agent} --yes")).await;
    let work = machine.path("work");
    std::fs::create_dir(&work).expect("a folder");
    let commit = "-c user.name=none -c user.email=none commit --quiet --allow-empty --message First";
    for line in ["init --quiet --initial-branch topic", commit] {
        let mut git = Command::new("git");
        git.args(line.split(' ')).current_dir(&work).env("HOME", machine.path(""));
        assert!(git.status().expect("git").success(), "git {line}");
    }
    (machine, server)
}

/// The agent's program, about to be started in the project. What goes elsewhere than to this machine ends nowhere.
fn agent(machine: &Machine, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(programs().join(program));
    command.args(arguments).current_dir(machine.path("work")).env_clear();
    command.env("HOME", machine.path("")).env("PATH", search_path());
    command.env("XDG_CONFIG_HOME", machine.folder.path().join("config"));
    command.env("XDG_STATE_HOME", machine.path(".local/state"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").env("AGENT_RUNTIME_HOOK_PATIENCE_MS", "20000");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Where `make agents` puts the programs: beside what else is built.
fn programs() -> PathBuf {
    let built = Path::new(PROGRAM).parent().and_then(Path::parent).expect("a target folder");
    built.join("tools/agents/node_modules/.bin")
}

fn search_path() -> OsString {
    std::env::var_os("PATH").expect("a path")
}

/// What an agent says to the end, which must be a good one.
#[track_caller]
fn said(agent: &mut Command) -> String {
    let output = agent.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The session that fits, when it has ended.
async fn ended(server: &Process, fits: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let sessions = get(server, "/sessions").await;
        let mut found = sessions["sessions"].as_array().expect("sessions").iter();
        if let Some(session) = found.find(|session| session["status"] == "finished" && fits(session)) {
            return session.clone();
        }
        assert!(began.elapsed() < PATIENCE, "{sessions}");
        tokio::task::yield_now().await;
    }
}

/// What the server has heard of a session, when it is as much as this: what the wire has words for, and turns.
async fn heard(server: &Process, session: &Value, count: usize) -> Vec<Value> {
    let path = format!("/sessions/{}/events", session["session_id"].as_str().expect("an id").replace(':', "%3A"));
    let began = Instant::now();
    loop {
        let events = get(server, &path).await;
        let mut heard: Vec<Value> = events["events"].as_array().expect("events").iter().map(told).collect();
        let known = ["session_start", "prompt", "text", "pre_tool", "post_tool", "stop", "session_stop"];
        heard.retain(|event| known.iter().any(|kind| event.get(kind).is_some()));
        for event in &mut heard {
            let members = event.as_object_mut().expect("an object");
            members.retain(|key, _| key != "input" && key != "output");
        }
        if heard.len() >= count {
            return heard;
        }
        assert!(began.elapsed() < PATIENCE, "{events}");
        tokio::task::yield_now().await;
    }
}
