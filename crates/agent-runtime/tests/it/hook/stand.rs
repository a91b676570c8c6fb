//! Where an agent stands: a home of its own, a server to report to, and the built program to do it with.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::fresh_folder;

/// The program's path.
pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_agent-runtime");

/// A home, and the server's address.
#[derive(Clone)]
pub(super) struct Stand {
    pub(super) folder: Arc<TempDir>,
    variables: Vec<(&'static str, String)>,
}

impl Stand {
    /// An agent that reports to this server, and waits long enough for it on the busiest machine.
    pub(super) fn new(url: &str) -> Self {
        Self::hasty(url).variable("AGENT_RUNTIME_HOOK_PATIENCE_MS", "20000")
    }

    /// An agent that reports to this server, and waits no longer than agents do.
    pub(super) fn hasty(url: &str) -> Self {
        Self { folder: fresh_folder(), variables: vec![("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", url.to_owned())] }
    }

    /// An agent whose server does not run; and the address where it would.
    pub(super) fn without_server() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        (Self::new(&format!("http://{address}")), address)
    }

    /// Sets a variable, or sets it anew.
    pub(super) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.into()));
        self
    }

    /// Writes the user's configuration file.
    pub(super) fn configuration(self, text: &str) -> Self {
        let folder = self.folder.path().join("config/agent-runtime");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), text).expect("written");
        self
    }

    /// The program with these arguments, in this home.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(home).env_clear();
        command.env("HOME", home.join("home")).env("XDG_DATA_HOME", home.join("data"));
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_STATE_HOME", home.join("state"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(PROGRAM, arguments).spawn().expect("the program starts")
    }

    /// Runs a hook to its end; whatever happens, it must be silent and succeed.
    #[track_caller]
    pub(super) fn hook(&self, agent: &str, document: &[u8]) {
        self.quiet(&["hook", agent], document);
    }

    /// Runs the program with this input; it must be silent and succeed.
    #[track_caller]
    pub(super) fn quiet(&self, arguments: &[&str], input: &[u8]) {
        let mut child = self.spawn(arguments);
        // Who does not read it all closes its end first.
        let _ = child.stdin.take().expect("an input").write_all(input);
        assert_silent(&child.wait_with_output().expect("an end"));
    }

    /// Reports a document with this number, of this session.
    #[track_caller]
    pub(super) fn report(&self, session: &str, number: usize) {
        self.hook("claude-code", document(session, number).to_string().as_bytes());
    }

    /// Runs `spool flush`; what it says, and whether it was content.
    pub(super) fn flush(&self) -> (bool, String) {
        let output = self.command(PROGRAM, &["spool", "flush"]).output().expect("an end");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).expect("text"))
    }

    /// What `spool status` tells of the one spool that there is.
    #[track_caller]
    pub(super) fn status(&self) -> Value {
        let output = self.command(PROGRAM, &["spool", "status", "--json"]).output().expect("an end");
        assert!(output.status.success(), "{output:?}");
        let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(status["spools"].as_array().map(Vec::len), Some(1), "{status}");
        status["spools"][0].clone()
    }

    pub(super) fn state(&self) -> PathBuf {
        self.folder.path().join("state/agent-runtime")
    }

    /// The only spool's folder.
    pub(super) fn spool(&self) -> PathBuf {
        let folders: Vec<PathBuf> = children(&self.state().join("spool"));
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders[0].clone()
    }

    /// What the hooks wrote into their log.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.state().join("hook.log")).unwrap_or_default()
    }
}

/// A document of an agent that runs a tool.
pub(super) fn document(session: &str, number: usize) -> Value {
    json!({
        "session_id": session, "transcript_path": "/nowhere/t.jsonl", "cwd": "/work/project",
        "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": format!("echo {number}")},
        "tool_use_id": format!("toolu_{session}_{number}"), "number": number,
    })
}

/// A document of so many MiB, in strings that are short enough to be kept whole.
pub(super) fn bulky(session: &str, number: usize, mebibytes: usize) -> String {
    let texts = vec!["x".repeat(1000 * 1000); mebibytes * 1024 * 1024 / 1_000_000];
    json!({"session_id": session, "number": number, "texts": texts}).to_string()
}

#[track_caller]
pub(super) fn assert_silent(output: &Output) {
    let quiet = output.status.code() == Some(0) && output.stdout.is_empty() && output.stderr.is_empty();
    assert!(quiet, "{output:?}");
}

/// What lies in a folder, by name.
pub(super) fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Session and number of each document, in the order in which they came.
pub(super) fn order(requests: &[super::recorder::Request]) -> Vec<(String, u64)> {
    let pair = |document: Value| {
        let session = document["session_id"].as_str().unwrap_or_default().to_owned();
        (session, document["number"].as_u64().unwrap_or(u64::MAX))
    };
    requests.iter().map(|request| pair(request.document())).collect()
}
