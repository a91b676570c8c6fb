//! `agent-runtime doctor`: each thing that may be wrong is found, with what mends it; and nothing is, where all is well.

mod documents;
mod hooks;
mod server;

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::process::Launch;

/// What the doctor said.
struct Said {
    code: Option<i32>,
    document: Value,
}

impl Said {
    /// The finding of a check.
    #[track_caller]
    fn of(&self, check: &str) -> &Value {
        let mut findings = self.document["findings"].as_array().expect("findings").iter();
        findings.find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check} in {:#}", self.document))
    }

    /// Whether there is a finding of a check.
    fn has(&self, check: &str) -> bool {
        self.document["findings"].as_array().expect("findings").iter().any(|finding| finding["check"] == check)
    }

    /// Grade, and the command that mends it.
    #[track_caller]
    fn mended_by(&self, check: &str) -> (&str, &str) {
        let finding = self.of(check);
        (finding["grade"].as_str().expect("a grade"), finding["command"].as_str().unwrap_or_default())
    }

    /// Checks that a check is graded so, and that its message holds these words.
    #[track_caller]
    fn must(&self, check: &str, grade: &str, words: &str) {
        let finding = self.of(check);
        let message = finding["message"].as_str().expect("a message");
        assert!(finding["grade"] == grade && message.contains(words), "{grade}, {words}: {finding:#}");
        assert!(grade == "ok" || finding["fix"].is_string(), "no fix: {finding:#}");
    }
}

/// The doctor about to be run, with hooks that report to this server.
fn launch(machine: &Machine, line: &str, url: &str) -> Launch {
    let program = machine.path(".local/bin");
    let path = std::env::join_paths([machine.folder.path().join("bin"), program]).expect("a path");
    machine.launch(line).variable("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", url).variable("PATH", path)
}

/// Runs it.
async fn examine(machine: &Machine, url: &str) -> Said {
    run(launch(machine, "doctor --json", url)).await
}

async fn run(launch: Launch) -> Said {
    let ended = launch.run().await;
    let [line] = &ended.stdout[..] else { panic!("one document, not {ended:#?}") };
    let document: Value = serde_json::from_str(line).expect("JSON");
    let code = i32::from(document["grade"] == "problem");
    assert_eq!((ended.code, ended.stderr.len()), (Some(code), 0), "{ended:#?}");
    Said { code: ended.code, document }
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// A machine with Claude Code, and a system that keeps services.
fn machine() -> Machine {
    Machine::new()
        .script("claude", "echo '2.1.328 (Claude Code)'")
        .script("systemctl", "case $2 in is-enabled) echo enabled;; is-active) echo active;; esac")
        .script("loginctl", "echo Linger=yes")
        .variable("AGENT_RUNTIME_HOOK_PATIENCE_MS", "20000")
}

/// Runs a hook on this machine.
async fn hook(machine: &Machine, url: &str, agent: &str, document: &Value) {
    let file = machine.folder.path().join("document");
    fs::write(&file, document.to_string()).expect("written");
    let hook = launch(machine, &format!("hook {agent}"), url).stdin(fs::File::open(&file).expect("a file"));
    assert_eq!(hook.run().await.code, Some(0));
}

#[tokio::test]
async fn where_all_is_well_it_says_so_and_ends_with_0() {
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    machine.must("service install").await;
    let server = machine.launch("serve --port 0").start().await;
    let url = server.url("");
    for (event, more) in [("SessionStart", json!({"source": "startup"})), ("UserPromptSubmit", json!({"prompt": "Hi"}))]
    {
        let mut document = json!({"session_id": "s", "hook_event_name": event, "cwd": "/work"});
        document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        hook(&machine, &url, "claude-code", &document).await;
    }
    let said = examine(&machine, &url).await;
    let keys = json!([&said.document["grade"], &said.document["problems"], &said.document["notes"]]);
    assert_eq!((said.code, keys), (Some(0), json!(["ok", 0, 0])), "{:#}", said.document);
    for check in ["server.reachable", "server.version", "database.writes", "service.running", "service.linger"] {
        said.must(check, "ok", "");
    }
    for check in ["hooks.claude-code.user.installed", "hooks.claude-code.user.trusted", "hooks.claude-code.heard"] {
        said.must(check, "ok", "");
    }
    for check in ["session.complete", "spool.waiting", "program.installed", "program.path", "folders.private"] {
        said.must(check, "ok", "");
    }
    let figures = &said.of("database.size")["figures"];
    assert!(figures["size_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{figures}");
    let ended = launch(&machine, "doctor", &url).run().await;
    assert!(ended.code == Some(0) && ended.stdout[0].ends_with(": everything is as it should be"), "{ended:#?}");
    server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_stands_first_with_its_fix_and_without_colour() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{}");
    let ended = launch(&machine, "doctor", &nobody()).run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(1), 0), "{ended:#?}");
    let text = ended.stdout.join("\n");
    assert!(!text.contains('\x1b'), "{text}");
    let grade =
        |line: &String| ["problem", "note", "ok"].iter().position(|grade| line.starts_with(&format!("{grade} ")));
    let grades: Vec<usize> = ended.stdout.iter().filter_map(grade).collect();
    assert!(grades.is_sorted() && grades.first() == Some(&0) && grades.last() == Some(&2), "{text}");
    assert!(text.contains("\n         → connect it\n           agent-runtime setup claude-code\n"), "{text}");
}

#[tokio::test]
async fn the_document_has_the_keys_that_programs_rely_on() {
    let said = examine(&Machine::new(), &nobody()).await;
    let keys: Vec<&String> = said.document.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["findings", "grade", "notes", "problems", "server", "version"]);
    for finding in said.document["findings"].as_array().expect("findings") {
        let keys: Vec<&String> = finding.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["check", "command", "figures", "fix", "grade", "message"], "{finding}");
    }
}

#[tokio::test]
async fn it_writes_nothing() {
    let machine = machine();
    machine.write(".claude/settings.json", "{}");
    let before = machine.snapshot();
    examine(&machine, &nobody()).await;
    assert_eq!(machine.snapshot(), before);
    assert!(!machine.path(".local/state").exists() && !machine.folder.path().join("data").exists());
}

#[tokio::test]
async fn a_configuration_is_told_with_its_fault_and_who_may_read_its_token() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    let config = machine.folder.path().join("config/agent-runtime/config.toml");
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    fs::write(&config, "port = 1\nhost = = 2\n").expect("written");
    let said = examine(&machine, &nobody()).await;
    said.must("configuration.readable", "problem", "config.toml, line 2");
    fs::write(&config, "serve = \"http://box\"\n").expect("written");
    let said = examine(&machine, "").await;
    said.must("configuration.readable", "problem", "unknown key 'serve'");
    said.must("hooks.server", "problem", "holds the unknown key 'serve', which may say where the server is");
    fs::write(&config, "token = \"only-for-tests\"\n").expect("written");
    for (mode, private) in [(0o644, false), (0o600, true)] {
        fs::set_permissions(&config, fs::Permissions::from_mode(mode)).expect("set");
        let said = examine(&machine, &nobody()).await;
        assert_eq!(said.has("configuration.private"), !private, "{:#}", said.document);
        if !private {
            let command = format!("chmod 600 '{}'", config.display());
            assert_eq!(said.mended_by("configuration.private"), ("problem", command.as_str()));
        }
        assert!(!said.document.to_string().contains("only-for-tests"));
    }
}

#[tokio::test]
async fn a_service_that_does_not_run_and_one_that_stops_at_logout_are_told() {
    let machine = machine();
    machine.must("service install").await;
    let machine = machine
        .script("systemctl", "case $2 in is-enabled) echo enabled;; is-active) echo failed; exit 3;; esac")
        .script("loginctl", "echo Linger=no");
    let said = examine(&machine, &nobody()).await;
    said.must("service.running", "problem", "failed");
    assert_eq!(said.mended_by("service.linger"), ("note", "loginctl enable-linger"));
    assert_eq!(said.mended_by("server.reachable"), ("problem", "systemctl --user restart agent-runtime.service"));
}

#[tokio::test]
async fn programs_that_hang_are_not_waited_for() {
    let machine = Machine::new().script("claude", "while :; do :; done").script("codex", "while :; do :; done");
    let began = std::time::Instant::now();
    let said = examine(&machine, &nobody()).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(15), "{:?}", began.elapsed());
    said.must("server.reachable", "problem", "no server answers");
}

#[tokio::test]
async fn a_user_without_rights_is_told_what_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::getuid().is_root() {
        eprintln!("skipped: only root may run a program as another user");
        return;
    }
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    for folder in [machine.folder.path().to_owned(), machine.path("")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("set");
    }
    let said = run(launch(&machine, "doctor --json", &nobody()).user(12_345)).await;
    said.must("hooks.claude-code.user.readable", "problem", "cannot read");
    said.must("folders.state", "problem", "");
}

#[tokio::test]
async fn a_password_in_the_address_is_shown_nowhere() {
    let address = "http://me:s3cret@runs.example:1";
    let machine = machine();
    hook(&machine, address, "claude-code", &json!({"session_id": "s", "hook_event_name": "Stop"})).await;
    let log = machine.read(".local/state/agent-runtime/hook.log");
    assert!(log.contains("is no address of a server") && !log.contains("s3cret"), "{log}");
    for line in ["doctor", "doctor --json"] {
        let ended = launch(&machine, line, address).run().await;
        let said = ended.stdout.join("\n");
        assert!(ended.code == Some(1) && said.contains("must not hold a user or a password"), "{ended:#?}");
        assert!(!format!("{ended:?}").contains("s3cret"), "{ended:#?}");
    }
    let ended = launch(&machine, &format!("doctor --url {address}"), &nobody()).run().await;
    assert!(ended.code == Some(1) && !format!("{ended:?}").contains("s3cret"), "{ended:#?}");
}
