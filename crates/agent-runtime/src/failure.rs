//! How a command fails: one clear line on stderr, and an exit code.

use std::io::Write;
use std::process::ExitCode;

/// Why a command could not do its work, in words for the person who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A flag, a setting or a combination of them cannot be used: exit code 2.
    Usage(String),
    /// The machine, the network or the database did not do what was asked: exit code 1.
    Work(String),
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
        // Nobody is left to be told when stderr is gone; the exit code still says it.
        let _ = writeln!(std::io::stderr(), "agent-runtime: {}", self.line());
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Work(_) => ExitCode::FAILURE,
        }
    }

    /// The reason on one line, whatever it was made from.
    fn line(&self) -> String {
        let (Self::Usage(reason) | Self::Work(reason)) = self;
        reason.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn a_reason_of_many_lines_is_told_on_one() {
        assert_eq!(Failure::work("it broke:\n  badly\n").line(), "it broke: badly");
    }
}
