//! Hooks of Codex: in its `hooks.json`, or in its `config.toml` when that is where they are.

use std::path::Path;

use super::claude_code::Plan;
use super::hooks::Hooks;
use super::json_edit::{self, Entry, Made};
use super::receipt::{Change, Receipt, What};
use super::versions::{self, Version};
use super::{Agent, Home, broken, files, shell, text_of, toml_hooks, undo};
use crate::failure::Failure;

/// Longest that Codex waits for a hook.
const TIMEOUT_SECONDS: u32 = 5;
/// Codex allows no more at the end of a session or a turn, and complains of more at every start.
const LAST_TIMEOUT_SECONDS: u32 = 3;

/// What has to be done by hand, and how.
pub(crate) const TRUST: &str = "\
Codex runs a hook only after it has been told to trust it, and passes over others in silence:
  1. start `codex`
  2. type /hooks and press Enter
  3. look at the entries of agent-runtime and trust them
Do this again whenever their text changes. `codex exec` runs trusted hooks only, too.
";

/// Plans our entries.
///
/// # Errors
/// When a file cannot be read or is broken, or this version of the agent has no hooks.
pub(crate) fn plan(home: &Home, receipt: &Receipt) -> Result<Plan, Failure> {
    let json = files::behind_links(&home.codex.join("hooks.json"))?;
    let toml = files::behind_links(&home.codex.join("config.toml"))?;
    let config = text_of(&toml, files::read(&toml)?.as_deref())?;
    let agent = Agent::Codex.as_str();
    let command = shell::command(home.program_text()?, agent);
    let version = versions::ask("codex");
    if let Some(words) = versions::without_hooks("Codex", versions::CODEX, version) {
        return Err(Failure::work(format!("{words}. Upgrade it, then run this again; nothing was written")));
    }
    let entries: Vec<Entry> = entries(version, &command).collect();
    let is_ours = |command: &str| shell::is_ours(command, agent);
    let in_toml = toml_hooks::has_ours(&config, &is_ours)
        .and_then(|ours| Ok(ours || (toml_hooks::has_hooks(&config)? && !json.exists())))
        .map_err(|fault| broken(&toml, fault))?;
    let file = if in_toml { &toml } else { &json };
    let old = files::read(file)?;
    let text = text_of(file, old.as_deref())?;
    let mut made = receipt.of(file).map(|record| record.made.clone()).unwrap_or_default();
    let new = if in_toml {
        toml_hooks::place(&text, &entries, &is_ours).map_err(|fault| broken(file, fault))?
    } else {
        place_json(file, &text, &entries, version, &mut made)?
    };
    let off = toml_hooks::switched_off(&config).map_err(|fault| broken(&toml, fault))?;
    let without_us = undo::without_us(What::Codex, file, old.as_deref(), receipt)?;
    let hooks = Hooks::of(Agent::Codex, file, &text, &new);
    let change = (old.as_deref() != Some(new.as_bytes())).then(|| Change {
        what: What::Codex,
        file: file.clone(),
        old,
        new: Some(new.into_bytes()),
        without_us,
        made,
        new_mode: files::PRIVATE,
    });
    Ok(Plan { change, scope_words: "", hooks, notes: notes(version, off, &toml) })
}

fn place_json(
    file: &Path,
    text: &str,
    entries: &[Entry],
    version: Option<Version>,
    made: &mut Made,
) -> Result<String, Failure> {
    let is_ours = |command: &str| shell::is_ours(command, Agent::Codex.as_str());
    let new =
        json_edit::place(text, entries, &is_ours, version.is_some(), made).map_err(|fault| broken(file, fault))?;
    Ok(if text.trim().is_empty() { format!("{new}\n") } else { new })
}

fn entries(version: Option<Version>, command: &str) -> impl Iterator<Item = Entry> {
    versions::events(versions::CODEX, version).map(move |known| Entry {
        event: known.event,
        // Without one, Codex takes every tool.
        matcher: None,
        command: command.to_owned(),
        timeout_seconds: match known.event {
            "SessionEnd" | "Interrupt" => LAST_TIMEOUT_SECONDS,
            _ => TIMEOUT_SECONDS,
        },
    })
}

fn notes(version: Option<Version>, off: bool, config: &Path) -> Vec<String> {
    let mut notes = vec![version.map_or_else(
        || {
            "Codex did not say its version (`codex --version`), so only events that all versions know are asked for. \
             Run this again where `codex` is on the PATH for more."
                .to_owned()
        },
        |version| format!("The events are those of Codex {version}."),
    )];
    if off {
        notes.push(format!("Hooks are switched off in {}: nothing is recorded until they are on.", config.display()));
    }
    notes
}
