//! Hooks in the settings of Claude Code.

use std::path::PathBuf;

use super::hooks::Hooks;
use super::json_edit::{self, Entry};
use super::receipt::{Change, Receipt, What};
use super::versions::{self, Version};
use super::{Agent, Home, Scope, broken, files, json_tree, shell, text_of, undo};
use crate::failure::Failure;

/// Longest that Claude Code waits for a hook.
const TIMEOUT_SECONDS: u32 = 5;

/// What would be done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The change; `None` when everything is there.
    pub(crate) change: Option<Change>,
    /// The words that name the scope to `setup`.
    pub(crate) scope_words: &'static str,
    /// Our hooks in the file, before and after.
    pub(crate) hooks: Hooks,
    /// What its user should know, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// The settings file of a scope, behind links.
///
/// # Errors
/// When links lead nowhere.
pub(crate) fn file(home: &Home, scope: Scope) -> Result<PathBuf, Failure> {
    let path = match scope {
        Scope::User => home.claude.join("settings.json"),
        Scope::Project => home.project.join(".claude/settings.json"),
        Scope::Local => home.project.join(".claude/settings.local.json"),
    };
    files::behind_links(&path)
}

/// Plans our entries in the settings of a scope.
///
/// # Errors
/// When the settings cannot be read or are broken, or this version of the agent has no hooks.
pub(crate) fn plan(home: &Home, scope: Scope, receipt: &Receipt) -> Result<Plan, Failure> {
    let file = file(home, scope)?;
    let program = home.program_text()?;
    let agent = Agent::ClaudeCode.as_str();
    let command = match scope {
        Scope::Project => shell::guarded_command(program, &home.folder, agent),
        Scope::User | Scope::Local => shell::command(program, agent),
    };
    let version = versions::ask("claude");
    if let Some(words) = versions::without_hooks("Claude Code", versions::CLAUDE_CODE, version) {
        return Err(Failure::work(format!("{words}. Upgrade it, then run this again; nothing was written")));
    }
    let entries: Vec<Entry> = entries(version, &command).collect();
    let old = files::read(&file)?;
    let text = text_of(&file, old.as_deref())?;
    let mut made = receipt.of(&file).map(|record| record.made.clone()).unwrap_or_default();
    let is_ours = |command: &str| shell::is_ours(command, agent);
    let new = json_edit::place(&text, &entries, &is_ours, version.is_some(), &mut made)
        .map_err(|fault| broken(&file, fault))?;
    // A new file ends as text files do.
    let new = if text.trim().is_empty() { format!("{new}\n") } else { new };
    let notes = notes(home, scope, version, &new)?;
    let hooks = Hooks::of(Agent::ClaudeCode, &file, &text, &new);
    let without_us = undo::without_us(What::ClaudeCode, &file, old.as_deref(), receipt)?;
    let new_mode = if scope == Scope::Project { files::SHARED } else { files::PRIVATE };
    let change = (old.as_deref() != Some(new.as_bytes())).then(|| Change {
        what: What::ClaudeCode,
        file,
        old,
        new: Some(new.into_bytes()),
        without_us,
        made,
        new_mode,
    });
    let scope_words = match scope {
        Scope::User => "",
        Scope::Project => " --scope project",
        Scope::Local => " --scope local",
    };
    Ok(Plan { change, scope_words, hooks, notes })
}

fn entries(version: Option<Version>, command: &str) -> impl Iterator<Item = Entry> {
    versions::events(versions::CLAUDE_CODE, version).map(move |known| Entry {
        event: known.event,
        matcher: known.about_tools.then_some("*"),
        command: command.to_owned(),
        timeout_seconds: TIMEOUT_SECONDS,
    })
}

fn notes(home: &Home, scope: Scope, version: Option<Version>, settings: &str) -> Result<Vec<String>, Failure> {
    let mut notes = vec![version.map_or_else(
        || {
            "Claude Code did not say its version (`claude --version`), so only events that all versions know are \
             asked for. Run this again where `claude` is on the PATH for more."
                .to_owned()
        },
        |version| format!("The events are those of Claude Code {version}."),
    )];
    if scope == Scope::Project {
        notes.push(
            "These settings are shared with everyone who works on this project. The entries do nothing for those who \
             do not have the program; those who have it record their sessions here too."
                .to_owned(),
        );
        if file(home, Scope::Project)? == file(home, Scope::User)? {
            notes.push("This folder's settings are those of the user: --scope user is meant for them.".to_owned());
        }
    }
    let disabled = json_tree::read(settings).is_ok_and(|root| {
        root.member("disableAllHooks").is_some_and(|value| settings[value.start..value.end] == *"true")
    });
    if disabled {
        notes.push("disableAllHooks is true in these settings: nothing is recorded until it is not.".to_owned());
    }
    Ok(notes)
}
