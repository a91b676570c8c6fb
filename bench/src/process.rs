//! Processes that a measurement starts: the server, the baselines, the crowds of clients.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// How long a process may take to say what it must. It bounds a failure, it never paces a success.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A started process, killed when dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// What a process holds in memory, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Resident, shared pages of files included.
    pub(crate) resident_kib: u64,
    /// Resident and its own alone.
    pub(crate) private_kib: u64,
}

impl Process {
    /// Starts `command` with its standard input and output connected to this process.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let program = command.get_program().display().to_string();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let output = child.stdout.take().context("the process has an output")?;
        let (sender, lines) = sync_channel(64);
        // Its own thread, so that waiting for a line can time out and a chatty process is never held up.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.try_send(line);
            }
        });
        Ok(Self { child, lines })
    }

    /// Starts this program again with a hidden subcommand.
    pub(crate) fn start_self(arguments: &[&str]) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("the path of this program")?;
        Self::start(Command::new(program).args(arguments))
    }

    /// Waits for the line that begins with `prefix` and returns what follows.
    pub(crate) fn line_after(&self, prefix: &str) -> anyhow::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).with_context(|| format!("the process never said '{prefix}'"))?;
            if let Some(rest) = line.strip_prefix(prefix) {
                return Ok(rest.to_owned());
            }
        }
    }

    /// What it holds in memory now.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let id = self.child.id();
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let mut rollup = String::new();
        fs::File::open(format!("/proc/{id}/smaps_rollup"))?.read_to_string(&mut rollup)?;
        let private_kib = kib(&rollup, "Private_Clean:")? + kib(&rollup, "Private_Dirty:")?;
        Ok(Memory { resident_kib: kib(&status, "VmRSS:")?, private_kib })
    }

    /// Processor time it has used so far, in seconds, all its threads together.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = text.rsplit_once(')').context("a process state")?.1;
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(ticks as f64 / 100.0) // Linux shows processor time in hundredths of a second.
    }

    /// Asks it to end, as a service manager would, and waits until it has.
    pub(crate) fn terminate(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        anyhow::ensure!(asked.success(), "the process cannot be asked to end");
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "the process ended with {status}");
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("the process did not end within 20 s")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends this process when the one that started it closes the connection to its input, that is when it is gone:
/// no crowd of clients outlives its measurement.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
}

fn kib(text: &str, field: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field)).with_context(|| format!("no {field}"))?;
    line.trim().trim_end_matches(" kB").parse().with_context(|| format!("{field}{line}"))
}
