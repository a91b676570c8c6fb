//! What this machine is called, and which processes run on it.

use std::io::ErrorKind;

use agent_runtime_server::config::Processes;
use agent_runtime_types::report::Process;

/// The name by which documents say where they come from.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The processes of this machine.
pub(crate) struct ThisMachine;

impl Processes for ThisMachine {
    fn is_alive(&self, process: Process) -> Option<bool> {
        if !cfg!(target_os = "linux") {
            return exists(process.pid);
        }
        match Running::read(process.pid) {
            // A number is given out again when its process has ended.
            Ok(Some(running)) => {
                Some(!running.is_dead && process.started.is_none_or(|started| started == running.started))
            }
            Ok(None) => None,
            Err(ErrorKind::NotFound) => Some(false),
            Err(_) => exists(process.pid),
        }
    }
}

/// Whether there is a process of this number; `None` when it is none.
fn exists(pid: u32) -> Option<bool> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
    Some(!matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// What Linux tells of a process.
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) parent: u32,
    /// In the clock ticks of the system since it started.
    pub(crate) started: u64,
    /// Without the first word.
    pub(crate) arguments: Vec<String>,
    /// It has ended, and its parent has not asked yet how.
    is_dead: bool,
}

impl Running {
    /// Looks a process up; `None` when what the system tells is not understood.
    ///
    /// # Errors
    /// When there is no such process, or it may not be looked at.
    pub(crate) fn read(pid: u32) -> Result<Option<Self>, ErrorKind> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| error.kind())?;
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        Ok(Self::parse(&stat, &line))
    }

    fn parse(stat: &str, line: &[u8]) -> Option<Self> {
        // The name stands in parentheses and may hold some itself.
        let (before, after) = stat.rsplit_once(')')?;
        let name = before.split_once('(')?.1.to_owned();
        let mut fields = after.split_whitespace();
        let is_dead = matches!(fields.next()?, "Z" | "X");
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let arguments = words.skip(1).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        Some(Self { name, parent, started, arguments, is_dead })
    }
}

#[cfg(test)]
mod tests {
    use super::{Process, Processes, Running, ThisMachine};

    #[test]
    fn a_process_is_known_by_its_number_and_its_start() {
        let pid = std::process::id();
        let Ok(Some(running)) = Running::read(pid) else { return }; // Only Linux tells.
        let alive = |pid, started| ThisMachine.is_alive(Process { pid, started });
        assert_eq!(alive(pid, Some(running.started)), Some(true));
        assert_eq!(alive(pid, None), Some(true));
        assert_eq!(alive(pid, Some(running.started + 1)), Some(false));
        assert_eq!(alive(u32::MAX, None), Some(false));
    }

    #[test]
    fn a_process_that_nobody_has_asked_after_is_dead() {
        let mut child =
            std::process::Command::new("true").stdout(std::process::Stdio::piped()).spawn().expect("a child");
        let process = Process { pid: child.id(), started: None };
        // The end of its output comes with its own; then it stays until it is asked how it ended.
        std::io::Read::read_to_end(&mut child.stdout.take().expect("a pipe"), &mut Vec::new()).expect("read");
        while ThisMachine.is_alive(process) != Some(false) {
            std::thread::yield_now();
        }
        child.wait().expect("an end");
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 10";
        let running = Running::parse(stat, b"a\0-c\0x y\0").expect("a process");
        assert_eq!((running.name.as_str(), running.parent, running.started), ("a) b (c", 3, 4711));
        assert_eq!((running.arguments, running.is_dead), (vec!["-c".to_owned(), "x y".to_owned()], false));
    }
}
