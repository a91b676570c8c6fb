//! Which process is the agent: the one that ran the hook, or rather the one that ran the shell that ran it.

#[cfg(target_os = "linux")]
use crate::process::Running;

/// A process, told from a later one of the same number by when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) pid: u32,
    /// In the clock ticks of the system since it started; `None` where the system does not tell.
    pub(super) started: Option<u64>,
}

/// Shells that agents run hooks with.
#[cfg(target_os = "linux")]
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "ash", "ksh", "fish", "busybox"];
/// Shells in a row that are passed over: one in the settings and one in a wrapper are usual.
#[cfg(target_os = "linux")]
const MOST_SHELLS: usize = 4;

/// The agent that waits for this process.
#[cfg(target_os = "linux")]
pub(super) fn agent() -> Agent {
    let mut pid = std::os::unix::process::parent_id();
    for _ in 0..MOST_SHELLS {
        let Some(found) = Running::read(pid) else { break };
        if found.parent == 0 || !runs_a_command(pid, &found) {
            return Agent { pid, started: Some(found.started) };
        }
        pid = found.parent;
    }
    Agent { pid, started: Running::read(pid).map(|found| found.started) }
}

/// The agent that waits for this process.
#[cfg(not(target_os = "linux"))]
pub(super) fn agent() -> Agent {
    Agent { pid: std::os::unix::process::parent_id(), started: None }
}

/// A shell with `-c` or a script runs something for somebody; one without is where a person types.
#[cfg(target_os = "linux")]
fn runs_a_command(pid: u32, found: &Running) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let is_command = |word: &[u8]| !word.starts_with(b"-") || (!word.starts_with(b"--") && word.contains(&b'c'));
    SHELLS.contains(&found.name.as_str()) && words.skip(1).any(is_command)
}
