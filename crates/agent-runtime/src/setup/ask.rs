//! Asking other programs, which may be slow, hang, or leave children behind: each within its time.

use std::io::{PipeReader, Read, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// The most that is read of an answer.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// How often a program that has said all is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(2);

/// What a program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether it ended well.
    pub(crate) success: bool,
    /// What it wrote, as far as it was to be heard.
    pub(crate) said: String,
}

/// Why a program gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// There is no such program, or it cannot be run.
    Absent,
    /// It took longer, and was ended.
    Late,
}

/// What is heard of what a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Stdout,
    /// Stderr too, as they come.
    All,
}

/// Runs a program to its end; `None` when there is none, or it takes longer.
pub(crate) fn ask(program: &str, words: &[&str], patience: Duration) -> Option<Answer> {
    run(program, words, Heard::Stdout, patience).ok()
}

/// Has a program do something, and hears what it says of that on stderr too.
///
/// # Errors
/// When there is none, or it takes longer: whether it did something then is not known.
pub(crate) fn order(program: &str, words: &[&str], patience: Duration) -> Result<Answer, Unanswered> {
    run(program, words, Heard::All, patience)
}

fn run(program: &str, words: &[&str], heard: Heard, patience: Duration) -> Result<Answer, Unanswered> {
    let deadline = Instant::now() + patience;
    let mut asked = Asked::start(program, words, None, heard).ok_or(Unanswered::Absent)?;
    let said = asked.read(deadline, |_| false).ok_or(Unanswered::Late)?;
    loop {
        if let Some(success) = asked.ended() {
            return Ok(Answer { success, said });
        }
        if Instant::now() >= deadline {
            return Err(Unanswered::Late);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Starts a program, gives it lines to read, and returns the first of its own lines that is wanted; `None` when none
/// comes in time. The program is ended then.
pub(crate) fn converse(
    program: &str,
    words: &[&str],
    lines: &str,
    is_wanted: fn(&str) -> bool,
    patience: Duration,
) -> Option<String> {
    let deadline = Instant::now() + patience;
    // Its stdin stays open: programs that converse end with it.
    let mut asked = Asked::start(program, words, Some(lines), Heard::Stdout)?;
    asked.read(deadline, is_wanted).filter(|line| is_wanted(line))
}

/// A program that was started, and is ended with its children when this is dropped.
struct Asked {
    child: Child,
    said: Option<PipeReader>,
    has_ended: bool,
}

impl Asked {
    /// Starts it, with lines to read or with nothing.
    fn start(program: &str, words: &[&str], lines: Option<&str>, heard: Heard) -> Option<Self> {
        let (reader, writer) = pipe().ok()?;
        let stdin = if lines.is_some() { Stdio::piped() } else { Stdio::null() };
        let stderr = if heard == Heard::All { Stdio::from(writer.try_clone().ok()?) } else { Stdio::null() };
        let mut command = Command::new(program);
        command.args(words).stdin(stdin).stdout(writer).stderr(stderr).process_group(0);
        let mut asked = Self { child: command.spawn().ok()?, said: Some(reader), has_ended: false };
        if let Some(stdin) = asked.child.stdin.as_mut() {
            // A few lines fit into any pipe: nobody need read them for this to return.
            stdin.write_all(lines.unwrap_or_default().as_bytes()).and_then(|()| stdin.flush()).ok()?;
        }
        Some(asked)
    }

    /// The first wanted line of what it writes, or all of it; `None` when neither comes in time.
    fn read(&mut self, deadline: Instant, is_wanted: fn(&str) -> bool) -> Option<String> {
        let mut said = self.said.take()?.take(MOST_BYTES);
        let (sender, answer) = sync_channel(1);
        std::thread::spawn(move || {
            let (mut bytes, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
            loop {
                let length = said.read(&mut piece).unwrap_or(0);
                let seen = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                bytes.extend_from_slice(&piece[..length]);
                let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                let new = String::from_utf8_lossy(bytes.get(seen..whole).unwrap_or_default()).into_owned();
                let wanted = new.lines().find(|line| is_wanted(line)).map(str::to_owned);
                if length == 0 || wanted.is_some() {
                    let all = || String::from_utf8_lossy(&bytes).into_owned();
                    // Who has waited too long no longer wants it.
                    let _ = sender.send(wanted.unwrap_or_else(all));
                    return;
                }
            }
        });
        answer.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
    }

    fn ended(&mut self) -> Option<bool> {
        let status = self.child.try_wait().ok().flatten()?;
        self.has_ended = true;
        Some(status.success())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // It may be a script that has started the program proper.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Unanswered, ask, converse, order};

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn an_answer_is_read_to_its_end() {
        let answer = ask("/bin/sh", &["-c", "echo one; echo two; exit 3"], LONG).expect("an answer");
        assert_eq!((answer.success, answer.said.as_str()), (false, "one\ntwo\n"));
        assert!(ask("/nowhere/program", &[], LONG).is_none());
        let answer = order("/bin/sh", &["-c", "echo one; echo two >&2; exit 3"], LONG).expect("an answer");
        assert_eq!((answer.success, answer.said.as_str()), (false, "one\ntwo\n"));
        assert_eq!(order("/nowhere/program", &[], LONG).err(), Some(Unanswered::Absent));
    }

    #[test]
    fn nobody_is_waited_for_longer_than_that_nor_what_they_started() {
        let began = Instant::now();
        for line in ["sleep 60", "sleep 60 & wait", "exec >&-; sleep 60"] {
            assert!(ask("/bin/sh", &["-c", line], Duration::from_millis(100)).is_none(), "{line}");
            let ordered = order("/bin/sh", &["-c", line], Duration::from_millis(100));
            assert_eq!(ordered.err(), Some(Unanswered::Late), "{line}");
        }
        assert!(began.elapsed() < LONG);
    }

    #[test]
    fn a_line_of_a_conversation_is_found_among_others() {
        let script = "read first; echo other; echo \"wanted $first\"; cat";
        let line = converse("/bin/sh", &["-c", script], "hello\n", |line| line.starts_with("wanted"), LONG);
        assert_eq!(line.as_deref(), Some("wanted hello"));
        assert_eq!(converse("/bin/sh", &["-c", "echo other"], "", |line| line == "wanted", LONG), None);
    }
}
