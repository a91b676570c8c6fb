//! The server under the demo: the built program on a free port, with a temporary folder of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tempfile::TempDir;

/// How long the server may take until it listens.
const START: Duration = Duration::from_secs(20);

/// A running server; killed when dropped, and its folder removed.
pub(crate) struct Server {
    pub(crate) program: PathBuf,
    /// `HOST:PORT`.
    pub(crate) address: String,
    child: Child,
    folder: TempDir,
}

impl Server {
    /// Starts `program`, or the one that was built beside this example.
    pub(crate) fn start(program: Option<PathBuf>) -> anyhow::Result<Self> {
        let program = match program {
            Some(program) => program,
            None => beside()?,
        };
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let log = File::create(log(folder.path())).context("cannot write to the temporary folder")?;
        let mut command = Command::new(&program);
        // Settings of the caller's own server stay out of it.
        command.env_clear().env("HOME", folder.path()).current_dir(folder.path());
        command.args(["serve", "--port", "0", "--database"]);
        command.arg(format!("sqlite:{}", folder.path().join("demo.db").display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;

        let (sender, receiver) = mpsc::channel();
        let stdout = child.stdout.take().context("no pipe to the server")?;
        // The thread reads on, lest the server write into a closed pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("listening on http://") {
                    sender.send(address.to_owned()).ok();
                }
            }
        });
        let heard = receiver.recv_timeout(START);
        let mut server = Self { program, address: String::new(), child, folder };
        let Ok(address) = heard else {
            let program = server.program.display();
            return Err(server.explain(&anyhow!("{program} did not start")));
        };
        server.address = address;
        Ok(server)
    }

    /// Adds to an error what the server wrote to its log last.
    pub(crate) fn explain(&self, error: &anyhow::Error) -> anyhow::Error {
        let written = std::fs::read_to_string(log(self.folder.path())).unwrap_or_default();
        let lines: Vec<&str> = written.lines().collect();
        let last = lines[lines.len().saturating_sub(10)..].join("\n  ");
        if last.is_empty() { anyhow!("{error:#}") } else { anyhow!("{error:#}\nthe server wrote:\n  {last}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// `target/release/agent-runtime`, from `target/release/examples/demo`.
fn beside() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program's own folder")?;
    let folder = own.parent().and_then(Path::parent).context("this program stands in no target folder")?;
    let program = folder.join("agent-runtime").with_extension(std::env::consts::EXE_EXTENSION);
    if !program.is_file() {
        let hint = "build it (`cargo build --release -p agent-runtime`) or name it with --server PATH";
        bail!("there is no server at {}: {hint}", program.display());
    }
    Ok(program)
}
