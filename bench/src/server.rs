//! The server under test: the real binary, on a free port, over a database of the measurement's own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::Options;
use crate::process::{Memory, Process};

/// A running server, killed when dropped.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    process: Process,
}

impl Server {
    /// Starts the server over `database` with its default settings, and waits until it listens.
    pub(crate) fn start(options: &Options, database: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(
            options.server.is_file(),
            "there is no server at {}: build it by `cargo build --release -p agent-runtime`, or give --server PATH",
            options.server.display()
        );
        let log = File::create(database.with_extension("log")).context("the server's log")?;
        let mut command = Command::new(&options.server);
        command.arg("serve").args(["--port", "0"]).arg("--database").arg(format!("sqlite:{}", database.display()));
        // What the person who measures has set for a server of their own must not change this one.
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("AGENT_") || ["RUST_LOG", "DEBUG_LOGGING", "CORS_ORIGINS"].contains(&&*name_text) {
                command.env_remove(&name);
            }
        }
        let process = Process::start(command.stderr(log))?;
        let shown = process.line_after("listening on http://").with_context(|| {
            let log = std::fs::read_to_string(database.with_extension("log")).unwrap_or_default();
            format!("the server did not start: {}", log.trim())
        })?;
        let address = shown.trim().parse().with_context(|| format!("'{shown}' is no address"))?;
        Ok(Self { address, process })
    }

    /// What it holds in memory now.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        self.process.memory()
    }

    /// Processor time it has used so far, in seconds.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        self.process.processor_seconds()
    }

    /// Stops it cleanly, so that its database stands whole in one file.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.process.terminate().context("the server did not stop cleanly")
    }
}
