//! How a command fails: one clear line on stderr, and an exit code.

use std::io::Write;
use std::process::ExitCode;

use crate::output::plain;

/// Why a command could not do its work, in words for the person who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A flag, a setting or a combination of them cannot be used: exit code 2.
    Usage(String),
    /// The machine, the network or the database did not do what was asked: exit code 1.
    Work(String),
    /// There is no such session: exit code 4.
    Unknown(String),
    /// What was waited for did not happen in time: exit code 124, as that of `timeout`.
    TimedOut(String),
    /// A signal ended it, which needs no words: exit code 128 and the signal's number, as shells count.
    Interrupted(u8),
    /// A command that needs more words was asked for without them: its help, as it is. Exit code 2.
    Help(String),
    /// Nobody reads stdout any more (`| head`), which is no failure: exit code 0.
    ReaderGone,
}

impl Failure {
    /// A failure of something outside the program.
    pub(crate) fn work(reason: impl Into<String>) -> Self {
        Self::Work(reason.into())
    }

    /// A setting that cannot be used.
    pub(crate) fn usage(reason: impl Into<String>) -> Self {
        Self::Usage(reason.into())
    }

    /// Writes the line, and says what the process ends with.
    pub(crate) fn report(&self) -> ExitCode {
        if let Some(line) = self.line() {
            // Nobody is left to be told when stderr is gone; the exit code still says it.
            let _ = writeln!(std::io::stderr(), "agent-runtime: {line}");
        }
        if let Self::Help(text) = self {
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        ExitCode::from(match self {
            Self::ReaderGone => 0,
            Self::Work(_) => 1,
            Self::Usage(_) | Self::Help(_) => 2,
            Self::Unknown(_) => 4,
            Self::TimedOut(_) => 124,
            Self::Interrupted(signal) => 128_u8.saturating_add(*signal),
        })
    }

    /// The reason, where there is one to be told.
    pub(crate) fn reason(&self) -> String {
        self.line().unwrap_or_default()
    }

    /// The reason on one line, whatever it was made from.
    fn line(&self) -> Option<String> {
        match self {
            Self::Usage(reason) | Self::Work(reason) | Self::Unknown(reason) | Self::TimedOut(reason) => {
                Some(plain::line(reason))
            }
            Self::Interrupted(_) | Self::Help(_) | Self::ReaderGone => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn a_reason_of_many_lines_is_told_on_one() {
        assert_eq!(Failure::work("it broke:\n  badly\x1b\n").line().as_deref(), Some("it broke: badly␛"));
    }
}
