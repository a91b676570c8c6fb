//! Which process is the agent: the one that ran the hook, or rather the one that ran the shell that ran it.

use agent_runtime_types::report::Process;

use crate::machine::Running;

/// Shells that agents run hooks with.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "ash", "ksh", "fish", "busybox"];
/// Shells in a row that are passed over: one in the settings and one in a wrapper are usual.
const MOST_SHELLS: usize = 4;

/// Processes that the system gives the children of those that have ended to, besides its first one.
const HEIRS: [&str; 3] = ["systemd", "init", "launchd"];

/// The agent that waits for this process; `None` when it has ended meanwhile. Where the system does not tell of
/// processes it is the parent.
pub(super) fn agent() -> Option<Process> {
    let mut pid = std::os::unix::process::parent_id();
    let mut started = None;
    for _ in 0..=MOST_SHELLS {
        let Ok(Some(running)) = Running::read(pid) else { break };
        if HEIRS.contains(&running.name.as_str()) {
            return None;
        }
        started = Some(running.started);
        if running.parent == 0 || !runs_a_command(&running) {
            break;
        }
        (pid, started) = (running.parent, None);
    }
    // The first process of the system, which lives for ever; or one that cannot be seen from here.
    (pid > 1).then_some(Process { pid, started })
}

/// A shell with `-c` or a script runs something for somebody; one without is where a person types.
fn runs_a_command(running: &Running) -> bool {
    let command = |word: &String| !word.starts_with('-') || (!word.starts_with("--") && word.contains('c'));
    SHELLS.contains(&running.name.as_str()) && running.arguments.iter().any(command)
}
