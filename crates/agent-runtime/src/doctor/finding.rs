//! What the doctor found: one fact each, how grave it is, and what to do about it.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Grade {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing is lost by it.
    Note,
    /// Something is not recorded, not shown, or seen by others, until somebody mends it.
    Problem,
}

impl Grade {
    /// The word by which it is shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) grade: Grade,
    /// What was looked at, in a word that does not change: `hooks.codex.user.installed`.
    pub(crate) check: String,
    /// What was found.
    pub(crate) message: String,
    /// What to do, when there is something to be done.
    pub(crate) fix: Option<String>,
    /// The command that does it, when there is one.
    pub(crate) command: Option<String>,
    /// Numbers and names, for programs.
    figures: Map<String, Value>,
}

impl Finding {
    /// What is as it should be.
    pub(crate) fn ok(check: impl Into<String>, message: impl Into<String>) -> Self {
        let (check, message) = (check.into(), message.into());
        Self { grade: Grade::Ok, check, message, fix: None, command: None, figures: Map::new() }
    }

    /// What is worth knowing.
    pub(crate) fn note(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self { grade: Grade::Note, ..Self::ok(check, message) }
    }

    /// What is wrong.
    pub(crate) fn problem(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self { grade: Grade::Problem, ..Self::ok(check, message) }
    }

    /// Adds what to do.
    pub(crate) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Adds the command that does it.
    pub(crate) fn command(self, command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..self }
    }

    /// Adds a figure.
    pub(crate) fn figure(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.figures.insert(key.to_owned(), value.into());
        self
    }
}

/// All that was found.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The address of the server, when the settings say one.
    pub(crate) server: Option<String>,
    /// In the order in which they were looked at.
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// The gravest grade.
    pub(crate) fn grade(&self) -> Grade {
        self.findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Ok)
    }

    /// How many are of a grade.
    pub(crate) fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }

    /// The same for programs.
    pub(crate) fn document(&self) -> Value {
        json!({
            "grade": self.grade(),
            "version": env!("CARGO_PKG_VERSION"),
            "server": self.server,
            "problems": self.count(Grade::Problem),
            "notes": self.count(Grade::Note),
            "findings": self.findings,
        })
    }
}
