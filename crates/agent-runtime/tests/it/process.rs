//! The built program in a fresh folder and a clean environment: start it, talk to it, stop it or kill it.

// Each test uses its own part of this file.
#![allow(dead_code)]

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;

/// How long a test waits for something that must happen. It bounds a failure, it never paces a success.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program, about to be started. Nothing of the caller's environment reaches it: home, data and
/// configuration folders lie in a temporary folder of its own.
pub(crate) struct Launch {
    folder: Arc<TempDir>,
    program: PathBuf,
    before: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    user: Option<u32>,
    stdout: Stdio,
    stderr: Stdio,
}

impl Launch {
    /// A server on a free port over a fresh database file.
    pub(crate) fn new() -> Self {
        Self::on(fresh_folder())
    }

    /// A server on a free port over the database file of this folder: what another process left there.
    pub(crate) fn on(folder: Arc<TempDir>) -> Self {
        let database = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::bare(folder).arguments(["--port", "0", "--database", &database])
    }

    /// The program without any argument.
    pub(crate) fn bare(folder: Arc<TempDir>) -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_agent-runtime"));
        let (before, arguments, environment) = (Vec::new(), Vec::new(), Vec::new());
        let (stdout, stderr) = (Stdio::piped(), Stdio::piped());
        Self { folder, program, before, arguments, environment, user: None, stdout, stderr }
    }

    /// Adds an argument.
    pub(crate) fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub(crate) fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Runs a line of shell (`ulimit …`) in the process that then becomes the program.
    pub(crate) fn after_shell(mut self, line: &str) -> Self {
        let script = format!("{line}; exec \"$0\" \"$@\"");
        self.before = ["/bin/sh", "-c", &script].map(OsString::from).to_vec();
        self
    }

    /// Takes another file as the program: a copy of it.
    pub(crate) fn program(mut self, program: &Path) -> Self {
        program.clone_into(&mut self.program);
        self
    }

    /// Runs the program as this user, which only root may ask for.
    pub(crate) fn user(mut self, id: u32) -> Self {
        self.user = Some(id);
        self
    }

    /// Sends stdout elsewhere than to the test.
    pub(crate) fn stdout(mut self, sink: impl Into<Stdio>) -> Self {
        self.stdout = sink.into();
        self
    }

    /// Sends stderr elsewhere than to the test.
    pub(crate) fn stderr(mut self, sink: impl Into<Stdio>) -> Self {
        self.stderr = sink.into();
        self
    }

    /// Starts the server and waits until it listens.
    pub(crate) async fn start(self) -> Process {
        let mut running = self.spawn();
        let listens = |lines: &Lines| lines.closed || database_in(&lines.lines).is_some();
        wait(&mut running.stdout, "the `listening on` line", listens).await;
        let lines = running.stdout.borrow().lines.clone();
        let (Some(address), Some(database)) = (address_in(&lines), database_in(&lines)) else {
            panic!("no `listening on` and `database` lines, but {:#?}", running.ended().await);
        };
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().read_timeout(PATIENCE);
        let http = http.build().expect("a client");
        Process { address, database, http, running }
    }

    /// Runs the program to its end.
    pub(crate) async fn run(self) -> Ended {
        self.spawn().ended().await
    }

    /// Starts the program without waiting for anything.
    pub(crate) fn spawn(self) -> Running {
        let mut words = self.before;
        words.push(self.program.into());
        words.extend(self.arguments);
        let mut command = Command::new(&words[0]);
        let home = self.folder.path();
        command.args(&words[1..]).current_dir(home).env_clear();
        command.env("HOME", home.join("home")).env("XDG_DATA_HOME", home.join("data"));
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_STATE_HOME", home.join("state"));
        command.envs(self.environment);
        if let Some(id) = self.user {
            std::os::unix::process::CommandExt::uid(&mut command, id);
        }
        let pipes = command.stdin(Stdio::null()).stdout(self.stdout).stderr(self.stderr);
        let mut child = pipes.spawn().unwrap_or_else(|error| panic!("{} starts: {error}", words[0].display()));
        let pid = child.id();
        let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
        let (sender, status) = watch::channel(None);
        std::thread::spawn(move || sender.send_replace(child.wait().ok()));
        Running { folder: self.folder, pid, stdout, stderr, status }
    }
}

/// What a process has written so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) lines: Vec<String>,
    pub(crate) closed: bool,
}

/// How a process ended, and all that it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` when a signal killed it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
}

impl Ended {
    /// The one line that a failed start writes.
    #[track_caller]
    pub(crate) fn failure(&self) -> &str {
        let [line] = &self.stderr[..] else { panic!("one line on stderr, but {self:#?}") };
        line.strip_prefix("agent-runtime: ").unwrap_or_else(|| panic!("no `agent-runtime: ` before {line:?}"))
    }
}

/// A process of the program. Killed when dropped.
pub(crate) struct Running {
    pub(crate) folder: Arc<TempDir>,
    pub(crate) pid: u32,
    pub(crate) stdout: watch::Receiver<Lines>,
    pub(crate) stderr: watch::Receiver<Lines>,
    status: watch::Receiver<Option<ExitStatus>>,
}

impl Running {
    /// Whether the process has not ended yet.
    pub(crate) fn alive(&self) -> bool {
        self.status.borrow().is_none()
    }

    /// Sends a signal: `TERM`, `INT`, `KILL`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        if self.alive() {
            let line = format!("kill -{name} {}", self.pid);
            let sent = Command::new("/bin/sh").args(["-c", &line]).stderr(Stdio::null()).status().expect("a shell");
            assert!(sent.success() || !self.alive() || name == "KILL", "{line}");
        }
    }

    /// Waits for the end of the process, then returns all that it wrote.
    pub(crate) async fn ended(mut self) -> Ended {
        wait(&mut self.status, "the end of the process", Option::is_some).await;
        wait(&mut self.stdout, "the end of stdout", |lines| lines.closed).await;
        wait(&mut self.stderr, "the end of stderr", |lines| lines.closed).await;
        let code = self.status.borrow().and_then(|status| status.code());
        let (stdout, stderr) = (self.stdout.borrow().lines.clone(), self.stderr.borrow().lines.clone());
        Ended { code, stdout, stderr }
    }

    /// Waits for a line on stderr that holds `words`, and returns it.
    pub(crate) async fn logged(&mut self, words: &str) -> String {
        let holds = |lines: &Lines| lines.closed || lines.lines.iter().any(|line| line.contains(words));
        wait(&mut self.stderr, words, holds).await;
        let lines = self.stderr.borrow();
        let line = lines.lines.iter().find(|line| line.contains(words)).cloned();
        line.unwrap_or_else(|| panic!("{words:?} was never logged: {:#?}", lines.lines))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal("KILL");
    }
}

/// A server that listens.
pub(crate) struct Process {
    /// The address of its first `listening on` line.
    pub(crate) address: SocketAddr,
    /// The file of its `database` line.
    pub(crate) database: PathBuf,
    /// A plain client, without redirects.
    pub(crate) http: reqwest::Client,
    pub(crate) running: Running,
}

impl Process {
    /// The address of a path on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The folder it runs in; keep it, and `Launch::on` finds what this process leaves behind.
    pub(crate) fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.running.folder)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        self.running.signal(name);
    }

    /// `kill -9`, then waits for the end.
    pub(crate) async fn kill(self) -> Ended {
        self.running.signal("KILL");
        self.running.ended().await
    }

    /// SIGTERM, then waits for the end, which must be clean.
    pub(crate) async fn stop(self) -> Ended {
        self.running.signal("TERM");
        let ended = self.running.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        ended
    }
}

/// A temporary folder that lives as long as someone holds it.
pub(crate) fn fresh_folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().expect("a temporary folder"))
}

/// Waits until `fits` holds for what is watched.
pub(crate) async fn wait<T>(receiver: &mut watch::Receiver<T>, what: &str, fits: impl FnMut(&T) -> bool) {
    let waited = tokio::time::timeout(PATIENCE, receiver.wait_for(fits)).await;
    assert!(matches!(waited, Ok(Ok(_))), "waited in vain for {what}");
}

fn address_in(lines: &[String]) -> Option<SocketAddr> {
    lines.iter().find_map(|line| line.strip_prefix("listening on http://")?.parse().ok())
}

/// The path in the `database` line, which is the last that a start prints.
fn database_in(lines: &[String]) -> Option<PathBuf> {
    lines.iter().find_map(|line| line.strip_prefix("database ")).map(PathBuf::from)
}

/// Collects the lines of a pipe on a thread of its own, so that the process never waits for us.
fn collect(pipe: Option<impl Read + Send + 'static>) -> watch::Receiver<Lines> {
    let (sender, receiver) = watch::channel(Lines { lines: Vec::new(), closed: pipe.is_none() });
    std::thread::spawn(move || {
        for line in pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).lines().map_while(Result::ok)) {
            sender.send_modify(|seen| seen.lines.push(line));
        }
        sender.send_modify(|seen| seen.closed = true);
    });
    receiver
}
