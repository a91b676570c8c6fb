//! Which process is the agent: the one that ran the hook, or rather the one that ran the shell that ran it.

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
        let Some(found) = Process::read(pid) else { break };
        if found.parent == 0 || !found.runs_a_command() {
            return Agent { pid, started: Some(found.started) };
        }
        pid = found.parent;
    }
    Agent { pid, started: Process::read(pid).map(|found| found.started) }
}

/// The agent that waits for this process.
#[cfg(not(target_os = "linux"))]
pub(super) fn agent() -> Agent {
    Agent { pid: std::os::unix::process::parent_id(), started: None }
}

/// What the system tells of a process.
#[cfg(target_os = "linux")]
struct Process {
    name: String,
    parent: u32,
    started: u64,
    arguments: Vec<String>,
}

#[cfg(target_os = "linux")]
impl Process {
    fn read(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may hold some itself.
        let (before, after) = stat.rsplit_once(')')?;
        let name = before.split_once('(')?.1.to_owned();
        let mut fields = after.split_whitespace();
        let parent = fields.nth(1)?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let arguments = words.skip(1).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        Some(Self { name, parent, started, arguments })
    }

    /// A shell with `-c` or a script runs something for somebody; one without is where a person types.
    fn runs_a_command(&self) -> bool {
        let command = |word: &String| !word.starts_with('-') || (!word.starts_with("--") && word.contains('c'));
        SHELLS.contains(&self.name.as_str()) && self.arguments.iter().any(command)
    }
}
