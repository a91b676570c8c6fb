//! Our entries in the settings of agents: where they stand, whether they are whole, and what they run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::setup::{Agent, Home, entries, files, shell};

/// One file that may hold hooks of an agent.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) agent: Agent,
    /// `user`, `project` or `local`.
    pub(crate) scope: &'static str,
    pub(crate) file: PathBuf,
    pub(crate) found: Found,
}

/// What stands in it.
#[derive(Debug)]
pub(crate) enum Found {
    /// There is no such file.
    Nothing,
    /// It cannot be read; why.
    Unreadable(String),
    /// It is no sound JSON or TOML; where and why.
    Broken(String),
    /// Its text, and event and command of each of our entries.
    Read(String, Vec<(String, String)>),
}

impl Place {
    /// Looks into a file of this path.
    pub(crate) fn look(agent: Agent, scope: &'static str, path: &Path) -> Self {
        let file = files::behind_links(path).unwrap_or_else(|_| path.to_owned());
        let found = match files::read(&file) {
            Ok(None) => Found::Nothing,
            Err(failure) => Found::Unreadable(failure.reason()),
            Ok(Some(bytes)) => match String::from_utf8(bytes) {
                Err(error) => Found::Broken(format!("broken UTF-8 at byte {}", error.utf8_error().valid_up_to())),
                Ok(text) => parsed(agent, &file, text),
            },
        };
        Self { agent, scope, file, found }
    }

    /// Our entries; none where nothing can be read.
    pub(crate) fn entries(&self) -> &[(String, String)] {
        if let Found::Read(_, entries) = &self.found { entries } else { &[] }
    }

    /// Its text, where it can be read.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Found::Read(text, _) = &self.found { Some(text) } else { None }
    }

    /// Whether a copy of ours stands there.
    pub(crate) fn has_ours(&self) -> bool {
        !self.entries().is_empty()
    }

    /// The name of a check of this place.
    pub(crate) fn check(&self, what: &str) -> String {
        format!("hooks.{}.{}.{what}", self.agent.as_str(), self.scope)
    }

    /// The command that sets this place up.
    pub(crate) fn set_up(&self) -> String {
        // Only Claude Code's settings have scopes.
        let scope = if self.scope == "user" || self.agent == Agent::Codex {
            String::new()
        } else {
            format!(" --scope {}", self.scope)
        };
        format!("agent-runtime setup {}{scope}", self.agent.as_str())
    }

    /// Why it cannot be used, if so.
    pub(crate) fn fault(&self) -> Option<Finding> {
        let file = self.file.display();
        match &self.found {
            Found::Unreadable(reason) => Some(
                Finding::problem(self.check("readable"), reason.clone())
                    .fix("give yourself the right to read it, or run this as the user whose agent it is"),
            ),
            Found::Broken(fault) => Some(
                Finding::problem(self.check("readable"), format!("{file}, {fault}"))
                    .fix("mend that place: an agent passes over what it cannot read, and over the first of two"),
            ),
            Found::Nothing | Found::Read(..) => None,
        }
    }

    /// Whether the entries are those that this version of the agent should have.
    pub(crate) fn completeness(&self, expected: &[&'static str]) -> Finding {
        let (check, file, entries) = (self.check("installed"), self.file.display(), self.entries());
        let missing: Vec<&str> =
            expected.iter().copied().filter(|event| entries.iter().all(|(known, _)| known != event)).collect();
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for (event, _) in entries {
            *counted.entry(event).or_default() += 1;
        }
        let doubled: Vec<&str> = counted.iter().filter(|(_, times)| **times > 1).map(|(event, _)| *event).collect();
        let finding = if !missing.is_empty() {
            Finding::note(check, format!("{file} has no hook for {}", missing.join(", ")))
                .fix("set it up again: it adds what this version of the agent knows")
                .command(self.set_up())
        } else if !doubled.is_empty() {
            Finding::note(check, format!("{file} has more than one hook of ours for {}", doubled.join(", ")))
                .fix("set it up again: it leaves one")
                .command(self.set_up())
        } else {
            Finding::ok(check, format!("{} hooks in {file}", counted.len()))
        };
        finding.figure("file", self.file.display().to_string()).figure("events", counted.len())
    }

    /// Whether what the entries run is there; one finding for each program that is not.
    pub(crate) fn programs(&self, home: &Home) -> Vec<Finding> {
        let named = self.entries().iter().filter_map(|(_, command)| shell::program(command, self.agent.as_str()));
        let mut programs: Vec<String> = named.collect();
        programs.sort();
        programs.dedup();
        let wrong = programs.iter().filter_map(|program| {
            let path =
                program.strip_prefix("$HOME/").map_or_else(|| PathBuf::from(program), |path| home.folder.join(path));
            let fault = fault_of(&path)?;
            Some(
                Finding::problem(self.check("program"), format!("the hooks in {} run {fault}", self.file.display()))
                    .fix("set it up again: it puts the program in its place, and the hooks to it")
                    .command(self.set_up())
                    .figure("program", path.display().to_string()),
            )
        });
        wrong.collect()
    }
}

/// Whether anything is in a folder. An empty one is left by whoever looked for an agent, not by the agent.
pub(crate) fn holds_something(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// What is wrong with a program, if something is.
pub(crate) fn fault_of(path: &Path) -> Option<String> {
    let shown = path.display();
    if !path.is_absolute() {
        return None; // The agent looks for it on its own PATH.
    }
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(format!("{shown}, which is not there")),
        Err(error) => Some(format!("{shown}, which cannot be looked at: {error}")),
        Ok(about) if !about.is_file() => Some(format!("{shown}, which is no file")),
        Ok(about) if about.permissions().mode() & 0o111 == 0 => Some(format!("{shown}, which may not be run")),
        Ok(_) => None,
    }
}

fn parsed(agent: Agent, file: &Path, text: String) -> Found {
    entries::ours(agent, file, &text).map_or_else(Found::Broken, |entries| Found::Read(text, entries))
}

/// An agent of a version without hooks.
pub(crate) fn too_old(agent: Agent, words: &str) -> Finding {
    let check = format!("hooks.{}.version", agent.as_str());
    Finding::problem(check, words)
        .fix("upgrade it, then set it up")
        .command(format!("agent-runtime setup {}", agent.as_str()))
}

/// Copies of the same hooks in several places.
pub(crate) fn duplicates(agent: Agent, places: &[&Place]) -> Option<Finding> {
    let ours: Vec<&&Place> = places.iter().filter(|place| place.has_ours()).collect();
    let (first, rest) = ours.split_first()?;
    let extra = rest.last()?;
    let named: Vec<String> = ours.iter().map(|place| place.file.display().to_string()).collect();
    let finding = Finding::note(
        format!("hooks.{}.duplicates", agent.as_str()),
        format!(
            "the same hooks stand in {}: each event is reported more than once, and stored once",
            named.join(" and ")
        ),
    );
    let finding = finding.figure("files", named);
    Some(if first.scope == extra.scope || agent == Agent::Codex {
        finding.fix(format!("take them out of {}", extra.file.display()))
    } else {
        finding.fix("keep one of them").command(format!("{} --remove", extra.set_up()))
    })
}
