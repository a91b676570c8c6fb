//! Processes of this machine, told from later ones of the same number by when they began.

use agent_runtime_server::config::Processes;
use agent_runtime_types::report::Process;

/// This machine's processes, as the system tells of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemProcesses;

impl Processes for SystemProcesses {
    #[cfg(target_os = "linux")]
    fn is_alive(&self, process: Process) -> Option<bool> {
        // Without its own entry the system's table is not there to be asked.
        Running::read(std::process::id())?;
        let Some(found) = Running::read(process.pid) else { return Some(false) };
        Some(!found.has_ended && process.started.is_none_or(|started| started == found.started))
    }

    #[cfg(not(target_os = "linux"))]
    fn is_alive(&self, process: Process) -> Option<bool> {
        let pid = rustix::process::Pid::from_raw(i32::try_from(process.pid).ok()?)?;
        match rustix::process::test_kill_process(pid) {
            Ok(()) | Err(rustix::io::Errno::PERM) => Some(true),
            Err(rustix::io::Errno::SRCH) => Some(false),
            Err(_) => None,
        }
    }
}

/// The name of this machine.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What Linux tells of a process.
#[cfg(target_os = "linux")]
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) parent: u32,
    /// In the clock ticks of the system since it started.
    pub(crate) started: u64,
    /// Nobody has asked yet how it ended.
    has_ended: bool,
}

#[cfg(target_os = "linux")]
impl Running {
    /// Reads it from `/proc/PID/stat` (proc(5)).
    pub(crate) fn read(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may hold some itself.
        let (before, after) = stat.rsplit_once(')')?;
        let name = before.split_once('(')?.1.to_owned();
        let mut fields = after.split_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        Some(Self { name, parent, started, has_ended: matches!(state, "Z" | "X") })
    }
}

#[cfg(test)]
mod tests {
    use super::SystemProcesses;
    use agent_runtime_server::config::Processes;
    use agent_runtime_types::report::Process;

    #[test]
    fn a_process_is_alive_until_it_ends_and_no_other_counts_for_it() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        assert_eq!(SystemProcesses.is_alive(Process { pid, started: None }), Some(true));
        #[cfg(target_os = "linux")]
        {
            let started = super::Running::read(pid).unwrap().started;
            assert_eq!(SystemProcesses.is_alive(Process { pid, started: Some(started) }), Some(true));
            assert_eq!(SystemProcesses.is_alive(Process { pid, started: Some(started + 1) }), Some(false));
        }
        child.kill().unwrap();
        #[cfg(target_os = "linux")]
        {
            while SystemProcesses.is_alive(Process { pid, started: None }) == Some(true) {
                std::thread::yield_now();
            }
        }
        child.wait().unwrap();
        assert_eq!(SystemProcesses.is_alive(Process { pid, started: None }), Some(false));
    }
}
