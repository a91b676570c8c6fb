//! What is to be taken back, file by file, and what cannot be.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::setup::Home;
use crate::setup::receipt::{Change, Receipt, Record, What};
use crate::setup::{Agent, entries, files, shown, undo};

/// What stands in every hook of ours, however it is written.
const OUR_NAME: &str = "agent-runtime";
/// The keys of ours in the configuration file.
const OUR_KEYS: [&str; 2] = ["server", "token_file"];

/// Everything that set-up has on its list.
#[derive(Default)]
pub(super) struct Plan {
    /// Files that hold something of ours.
    pub(super) changes: Vec<Change>,
    /// Files that hold nothing of ours any more.
    pub(super) gone: Vec<PathBuf>,
    /// The program.
    pub(super) programs: Vec<PathBuf>,
    /// Files that cannot be taken back as they are.
    pub(super) stuck: Vec<Stuck>,
}

/// A file that cannot be taken back, and why.
pub(super) struct Stuck {
    pub(super) what: What,
    pub(super) file: PathBuf,
    pub(super) reason: String,
}

impl Plan {
    /// Looks at every file on the list. Those in `folders` are deleted with everything in them.
    pub(super) fn of(receipt: &Receipt, folders: &[PathBuf]) -> Self {
        let mut plan = Self::default();
        for record in receipt.records() {
            match record.what {
                What::Program => plan.programs.push(record.file.clone()),
                _ => plan.add(record, receipt, folders),
            }
        }
        plan
    }

    fn add(&mut self, record: &Record, receipt: &Receipt, folders: &[PathBuf]) {
        let file = record.file.clone();
        match undo::plan(record.what, &file, receipt) {
            Ok(Some(change)) => self.changes.push(change),
            Ok(None) => self.gone.push(file),
            Err(_)
                if holds_nothing_of_ours(record.what, &file)
                    || folders.iter().any(|folder| file.starts_with(folder)) =>
            {
                self.gone.push(file);
            }
            Err(failure) => self.stuck.push(Stuck { what: record.what, file, reason: failure.reason() }),
        }
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.gone.is_empty() && self.programs.is_empty() && self.stuck.is_empty()
    }

    /// Whether all that is left cannot be done.
    pub(super) fn is_stuck(&self) -> bool {
        !self.stuck.is_empty() && self.changes.is_empty()
    }

    /// What would be done, for a person to read: each line of it, or only in which files and how much.
    pub(super) fn told(&self, home: &Home, each_line: bool) -> String {
        let changes = self.changes.iter().filter(|change| change.old != change.new);
        let mut text: String =
            if each_line { changes.map(|it| shown(it, home)).collect() } else { changes.map(summary).collect() };
        if each_line && !text.is_empty() {
            text.push('\n');
        }
        for stuck in &self.stuck {
            let _ = writeln!(text, "leave as it is: {}", stuck.place());
        }
        // Hooks that are left somewhere run it.
        for program in self.programs.iter().filter(|_| self.stuck.is_empty()) {
            let _ = writeln!(text, "delete the program {}", program.display());
        }
        text
    }
}

/// What a person has to do about files that could not be taken back.
pub(super) fn by_hand(stuck: &[Stuck]) -> Failure {
    let each: Vec<String> = stuck.iter().map(Stuck::to_do).collect();
    Failure::work(format!(
        "not all is removed: {}. Then run `agent-runtime uninstall` again; until then the program stays, for what is \
         left there runs it",
        each.join("; ")
    ))
}

impl Stuck {
    fn to_do(&self) -> String {
        let hooks = |agent: Agent| format!("the hooks whose command ends in `agent-runtime' hook {}`", agent.as_str());
        let ours = match self.what {
            What::ClaudeCode => hooks(Agent::ClaudeCode),
            What::Codex => hooks(Agent::Codex),
            What::Config => "the lines `server` and `token_file`".to_owned(),
            What::Service | What::Program => "what is ours".to_owned(),
        };
        format!("{} (mend that, or take {ours} out by hand)", self.place())
    }

    /// The file, and what is the matter in it.
    fn place(&self) -> String {
        let (file, reason) = (self.file.display().to_string(), self.reason.trim_end_matches("; nothing was written"));
        // The reason may name it already.
        if reason.contains(&file) { reason.to_owned() } else { format!("{file}: {reason}") }
    }
}

/// Whether nothing that we write into such a file occurs in it. One that cannot be read may hold anything.
fn holds_nothing_of_ours(what: What, file: &Path) -> bool {
    let ours: &[&str] = match what {
        What::ClaudeCode | What::Codex => &[OUR_NAME],
        What::Config => &OUR_KEYS,
        What::Service | What::Program => return false,
    };
    let bytes = files::read(file).ok().flatten();
    let occurs = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    bytes.is_some_and(|bytes| !ours.iter().any(|word| occurs(&bytes, word)))
}

/// One line on a change: the file, and how much goes.
fn summary(change: &Change) -> String {
    let file = change.file.display();
    let hooks = match change.what {
        What::ClaudeCode => hooks(Agent::ClaudeCode, change),
        What::Codex => hooks(Agent::Codex, change),
        What::Config | What::Service | What::Program => 0,
    };
    let what = match hooks {
        0 => "what is ours".to_owned(),
        1 => "1 hook".to_owned(),
        several => format!("{several} hooks"),
    };
    match (&change.new, hooks) {
        (None, 0) => format!("delete {file}\n"),
        (None, _) => format!("delete {file}, which holds {what} and nothing else\n"),
        (Some(_), _) => format!("take {what} out of {file}\n"),
    }
}

fn hooks(agent: Agent, change: &Change) -> usize {
    let text = String::from_utf8_lossy(change.old.as_deref().unwrap_or_default());
    entries::ours(agent, &change.file, &text).map_or(0, |ours| ours.len())
}
