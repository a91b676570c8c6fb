//! The page for programs of one's own: its blocks, as they stand there, run against the real server.

mod unreliable;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use self::unreliable::Unreliable;
use crate::process::{Ended, Launch, PATIENCE, Process, Running, fresh_folder};

const TOKEN: &str = "only-for-tests";
const PYTHON: Language = Language { program: "python3", extension: "py" };
const JAVASCRIPT: Language = Language { program: "node", extension: "mjs" };

/// What runs the blocks.
#[derive(Clone, Copy)]
struct Language {
    program: &'static str,
    extension: &'static str,
}

/// The languages that this machine has. Where everything is meant to be checked, all must be there.
fn languages() -> Vec<Language> {
    let is_there = |language: &Language| {
        let found = runs(language.program);
        assert!(found || std::env::var_os("CI").is_none(), "there is no {}", language.program);
        if !found {
            eprintln!("skipped in part: there is no {}", language.program);
        }
        found
    };
    [PYTHON, JAVASCRIPT].into_iter().filter(is_there).collect()
}

fn runs(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// The blocks of the page by their names, which stand on the first line of each.
fn blocks() -> BTreeMap<String, String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/connect/sdk.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let fenced = page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    fenced
        .map(|(language, text)| {
            let name = text.lines().next().and_then(|line| line.split_once(' ')).expect("a name").1;
            let is_right = name
                .rsplit_once('.')
                .is_some_and(|(_, extension)| [("python", "py"), ("js", "mjs")].contains(&(language, extension)));
            assert!(is_right, "{language}: {name}");
            (name.to_owned(), text.to_owned())
        })
        .collect()
}

/// A folder with all blocks of the page.
fn folder() -> Arc<TempDir> {
    let folder = fresh_folder();
    for (name, text) in blocks() {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// A block about to be run, with its server there.
fn program(folder: &Arc<TempDir>, language: Language, name: &str, server: &str) -> Launch {
    // Named as a path, so that the folder in which it runs is the only one that it knows.
    let path = std::env::var_os("PATH").unwrap_or_default();
    Launch::bare(Arc::clone(folder))
        .program(Path::new(language.program))
        .argument(format!("{name}.{}", language.extension))
        .variable("PATH", path)
        .variable("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", server)
        .variable("AGENT_RUNTIME_TOKEN", TOKEN)
}

async fn server() -> Process {
    Launch::new().variable("AGENT_RUNTIME_TOKEN", TOKEN).start().await
}

async fn get(server: &Process, path: &str) -> Value {
    let answer = server.http.get(server.url(path)).bearer_auth(TOKEN).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.expect("JSON")
}

/// The events of a session, in their order.
async fn events(server: &Process, session_id: &str) -> Vec<Value> {
    let Value::Array(events) = get(server, &format!("/sessions/{session_id}/events")).await["events"].take() else {
        panic!("no events");
    };
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event_type"].as_str().expect("a type")).collect()
}

#[track_caller]
fn ended_well(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}

#[test]
fn every_block_has_its_test() {
    let names: Vec<String> = blocks().into_keys().collect();
    let known = ["agent-run.mjs", "agent_run.py", "follow.mjs", "follow.py", "run.mjs", "run.py"];
    assert_eq!(names, [&known[..], &["with-claude.mjs", "with_claude.py"]].concat());
}

#[tokio::test]
async fn a_run_is_stored_once_and_in_order_though_requests_and_answers_are_lost() {
    for language in languages() {
        let server = server().await;
        let way = Unreliable::to(&server).await;
        let ended = program(&folder(), language, "run", &format!("http://{}", way.address)).run().await;
        ended_well(&ended);
        let [id] = &ended.stdout[..] else { panic!("{ended:#?}") };

        let sessions = get(&server, "/sessions").await;
        assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(2), "{sessions}");
        let session = &get(&server, &format!("/sessions/{id}")).await["session"];
        let about = json!([session["session_name"], session["agent_name"], session["project_dir"], session["status"]]);
        assert_eq!(about, json!(["Fix the flaky test", "my-agent", "/work/tea", "finished"]));
        let stored = events(&server, id).await;
        let expected = ["session_start", "message", "pre_tool", "post_tool", "message", "session_stop"];
        assert_eq!(types(&stored), expected, "{stored:#?}");
        let keys: BTreeSet<&str> = stored.iter().map(|event| event["event_id"].as_str().expect("a key")).collect();
        assert_eq!(keys.len(), stored.len());
        let (before, after) = (&stored[2], &stored[3]);
        assert_eq!(before["tool_input"], json!({"text": "sleep"}));
        assert!(before["tool_use_id"].is_string() && before["tool_use_id"] == after["tool_use_id"], "{after}");
        assert_eq!(after["tool_output"]["text"], "sleep");
        let result = get(&server, &format!("/sessions/{id}/result")).await;
        assert_eq!(result["result"], "It waits for a second instead of for the kettle.");

        let of_run = |session: &&Value| session["parent_session_id"] == json!(id);
        let child = sessions["sessions"].as_array().and_then(|all| all.iter().find(of_run)).expect("a subagent");
        assert_eq!((&child["session_name"], &child["status"]), (&json!("Read the test"), &json!("finished")));
        let stored = events(&server, child["session_id"].as_str().expect("an id")).await;
        assert_eq!(types(&stored), ["session_start", "message", "session_stop"]);

        // All this although it was turned away and left without an answer, on both ways in.
        for path in ["/sessions", "/ingest"] {
            let attempts = way.attempts(path);
            assert!(attempts.len() >= 3, "{path}: {attempts:?}");
            assert!(attempts[1] - attempts[0] >= Duration::from_secs(1), "{path}: not before Retry-After");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_is_away_holds_nothing_up() {
    let run = async |language| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        drop(listener);
        program(&folder(), language, "run", &url).run().await
    };
    // Each takes the five seconds that the page gives it: all of them at once.
    for ended in futures_util::future::join_all(languages().into_iter().map(run)).await {
        ended_well(&ended);
        assert_eq!((ended.stdout.len(), ended.stderr.len()), (1, 1), "{ended:#?}");
        assert!(ended.stderr[0].contains("trying again"), "{ended:#?}");
    }
}

#[tokio::test]
async fn what_is_refused_is_told_once_and_the_rest_is_stored() {
    let python = "from agent_run import Session\n\
        run = Session('n', session_id='odd')\nrun.message('user', 'one')\nrun.event('NO TYPE')\n\
        run.message('user', 'two')\n\
        try:\n    run.tool('t', lambda: 1 / 0)\nexcept ZeroDivisionError:\n    run.close(1, 'failed')\n";
    let javascript = "import { Session, flush } from './agent-run.mjs';\n\
        const run = new Session('n', { id: 'odd' });\nrun.message('user', 'one');\nrun.event('NO TYPE');\n\
        run.message('user', 'two');\n\
        await run.tool('t', () => { throw new Error('division'); }, {}).catch(() => run.close(1, 'failed'));\n\
        await flush();\n";
    for language in languages() {
        let (server, folder) = (server().await, folder());
        std::fs::write(folder.path().join("odd.py"), python).expect("written");
        std::fs::write(folder.path().join("odd.mjs"), javascript).expect("written");
        let ended = program(&folder, language, "odd", &server.url("")).run().await;
        ended_well(&ended);
        let told: Vec<&String> = ended.stderr.iter().filter(|line| line.contains("/ingest: ")).collect();
        assert!(told.len() == 1 && told[0].contains("event_type"), "{ended:#?}");
        let stored = events(&server, "odd").await;
        let expected = ["session_start", "message", "message", "pre_tool", "post_tool", "session_stop"];
        assert_eq!(types(&stored), expected);
        assert!(stored[4]["error"].as_str().is_some_and(|error| error.contains("division")), "{}", stored[4]);
        assert_eq!((&stored[5]["exit_code"], &stored[5]["reason"]), (&json!(1), &json!("failed")));
        server.stop().await;
    }
}

#[tokio::test]
async fn following_goes_on_where_it_was_cut_off() {
    for language in languages() {
        let server = server().await;
        let way = Unreliable::to(&server).await;
        let url = format!("http://{}", way.address);
        let mut running: Running = program(&folder(), language, "follow", &url).argument("s").spawn();
        followed(&server, 1).await;
        let send = async |event_type: &str, more: Value| {
            let mut event = json!({"event_type": event_type, "session_id": "s", "session_name": "s",
                "timestamp": "2026-01-02T03:04:05Z"});
            event.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            let sent = server.http.post(server.url("/events")).bearer_auth(TOKEN).json(&event).send().await;
            assert_eq!(sent.expect("an answer").status(), 200);
        };
        send("session_start", json!({})).await;
        send("message", json!({"role": "user", "content": []})).await;
        send("pre_tool", json!({"tool_name": "Bash", "tool_input": {}})).await;
        send("session_stop", json!({})).await;
        crate::process::wait(&mut running.stdout, "the end of what it follows", |lines| lines.closed).await;
        let ended = running.ended().await;
        ended_well(&ended);
        assert_eq!(ended.stdout, ["session_start -", "message user", "pre_tool Bash", "session_stop -"]);
        assert!(way.attempts("/stream").len() >= 2, "it was cut off");
        server.stop().await;
    }
}

/// Waits until so many follow.
async fn followed(server: &Process, count: usize) {
    let asking = async {
        loop {
            let answer = server.http.get(server.url("/metrics")).bearer_auth(TOKEN).send().await.expect("an answer");
            let text = answer.text().await.expect("text");
            let wanted = format!("event_stream_clients {count}");
            if text.lines().any(|line| !line.starts_with('#') && line.ends_with(&wanted)) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("somebody follows");
}

const PYTHON_SDK: &str = r#"
import json

class ClaudeAgentOptions:
    def __init__(self, hooks):
        self.hooks = hooks

class HookMatcher:
    def __init__(self, matcher=None, hooks=None):
        self.hooks = hooks

class ResultMessage:
    session_id, subtype = "sdk-1", "success"

async def query(*, prompt, options):
    with open("documents.json") as file:
        for document in json.load(file):
            for matcher in options.hooks[document["hook_event_name"]]:
                for hook in matcher.hooks:
                    assert await hook(document, document.get("tool_use_id"), {"signal": None}) == {}
    yield object()
    yield ResultMessage()
"#;

const JAVASCRIPT_SDK: &str = r#"
import { readFileSync } from "node:fs";

export async function* query({ prompt, options }) {
  for (const document of JSON.parse(readFileSync("documents.json", "utf8"))) {
    for (const { hooks } of options.hooks[document.hook_event_name]) {
      for (const hook of hooks) await hook(document, document.tool_use_id, { signal: new AbortController().signal });
    }
  }
  yield { type: "assistant" };
  yield { type: "result", subtype: "success", session_id: "sdk-1" };
}
"#;

/// A folder with the blocks, a small SDK, the documents that it hands to hooks, and a transcript beside them.
fn with_sdk() -> Arc<TempDir> {
    let folder = folder();
    let package = folder.path().join("node_modules/@anthropic-ai/claude-agent-sdk");
    std::fs::create_dir_all(&package).expect("a folder");
    std::fs::write(package.join("package.json"), r#"{"type": "module", "exports": "./index.js"}"#).expect("written");
    std::fs::write(package.join("index.js"), JAVASCRIPT_SDK).expect("written");
    std::fs::write(folder.path().join("claude_agent_sdk.py"), PYTHON_SDK).expect("written");
    let transcript = folder.path().join("sdk-1.jsonl");
    let line = json!({"type": "assistant", "uuid": "u1", "sessionId": "sdk-1", "timestamp": "2026-01-02T03:04:05Z",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "I look for sleeps."}]}});
    std::fs::write(&transcript, format!("{line}\n")).expect("written");
    let document = |event: &str, more: Value| {
        let mut document = json!({"session_id": "sdk-1", "transcript_path": transcript, "cwd": "/work/tea",
            "hook_event_name": event});
        document.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        document
    };
    let call = json!({"tool_name": "Grep", "tool_input": {"pattern": "sleep"}, "tool_use_id": "toolu_1"});
    let mut returned = call.clone();
    returned["tool_response"] = json!({"filenames": ["tea.py"]});
    let documents = json!([
        document("UserPromptSubmit", json!({"prompt": "Why is the test flaky?"})),
        document("PreToolUse", call),
        document("PostToolUse", returned),
        document("Stop", json!({"stop_hook_active": false, "last_assistant_message": "I look for sleeps."})),
    ]);
    std::fs::write(folder.path().join("documents.json"), documents.to_string()).expect("written");
    folder
}

#[tokio::test]
async fn what_the_sdk_tells_its_hooks_is_recorded_once() {
    for (language, name) in languages().into_iter().map(|language| (language, language.extension)) {
        let folder = with_sdk();
        let server = Launch::new().variable("AGENT_RUNTIME_TRANSCRIPTS", folder.path()).start().await;
        let way = Unreliable::to(&server).await;
        let block = if name == "py" { "with_claude" } else { "with-claude" };
        ended_well(&program(&folder, language, block, &format!("http://{}", way.address)).run().await);
        assert!(way.attempts("/hooks/claude-code").len() >= 7, "the first document was sent three times");
        let session = &get(&server, "/sessions/sdk-1").await["session"];
        let about = json!([session["source"], session["status"], session["project_dir"]]);
        assert_eq!(about, json!(["claude-code", "finished", "/work/tea"]));
        // What the agent said is read from its transcript, for the envelope says that it runs here.
        let read = async {
            loop {
                let stored = events(&server, "sdk-1").await;
                let (said, others): (Vec<Value>, Vec<Value>) =
                    stored.into_iter().partition(|event| event["role"] == "assistant");
                if !said.is_empty() {
                    return (said, others);
                }
            }
        };
        let (said, others) = tokio::time::timeout(PATIENCE, read).await.expect("the words are read");
        assert_eq!((said.len(), &said[0]["content"][0]["text"]), (1, &json!("I look for sleeps.")));
        assert_eq!(types(&others), ["message", "pre_tool", "post_tool", "stop", "session_stop"]);
        assert_eq!(others[4]["reason"], "success");
        server.stop().await;
    }
}

/// Where there is a `tsc`, the files must be sound TypeScript in its strictest sense. What it would know of Node from
/// packages, which are not there, is said in a few lines.
#[test]
fn the_javascript_is_strict_typescript() {
    if !runs("tsc") {
        eprintln!("skipped: there is no tsc");
        return;
    }
    let folder = folder();
    let node = "declare const process: { env: Record<string, string | undefined>; argv: string[]; pid: number };\n\
        declare module 'node:crypto' { export function randomUUID(): string; }\n\
        declare module 'node:os' { export function hostname(): string; }\n\
        declare module 'node:timers/promises' {\n\
        export function setTimeout(ms: number, value?: undefined, options?: { ref?: boolean, signal?: AbortSignal }): \
        Promise<void>; }\n\
        declare module '@anthropic-ai/claude-agent-sdk' {\n\
        export function query(about: object): AsyncIterable<{ type: string, subtype: string, session_id: string }>; }\n";
    std::fs::write(folder.path().join("node.d.ts"), node).expect("written");
    let checked = Command::new("tsc")
        .current_dir(folder.path())
        .args(["--noEmit", "--strict", "--allowJs", "--checkJs", "--module", "nodenext", "--target", "es2022"])
        .args(["--lib", "es2022,dom,dom.asynciterable", "node.d.ts", "run.mjs", "follow.mjs"])
        .args(["with-claude.mjs"])
        .output()
        .expect("tsc");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}
