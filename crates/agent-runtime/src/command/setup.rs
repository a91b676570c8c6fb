//! `agent-runtime setup`: the program in its place, an agent's hooks, a server elsewhere.

mod ending;

use std::fmt::Write;
use std::path::Path;

use self::ending::Ending;
use crate::cli::SetupFlags;
use crate::failure::Failure;
use crate::output;
use crate::settings::sources::Environment;
use crate::setup::consent::Consent;
use crate::setup::receipt::{Change, Receipt, What};
use crate::setup::turn::Turn;
use crate::setup::{Agent, Home, Scope, claude_code, codex, files, install, server, shown, undo};

/// The variable that names our configuration file.
const CONFIG: &str = "AGENT_RUNTIME_CONFIG";

/// Carries it out.
///
/// # Errors
/// When something cannot be read, understood or written, or nobody agrees.
pub(crate) fn run(flags: &SetupFlags, environment: Environment<'_>) -> Result<(), Failure> {
    if flags.agent != Some(Agent::ClaudeCode) && flags.scope.is_some_and(|scope| scope != Scope::User) {
        return Err(Failure::usage("only Claude Code's settings have scopes: say `setup claude-code --scope …`"));
    }
    let home = Home::find(environment)?;
    let _turn = Turn::take(&home)?;
    let mut receipt = Receipt::load(&home.state)?;
    if flags.remove { remove(flags, &home, &mut receipt) } else { set_up(flags, &home, &mut receipt, environment) }
}

fn set_up(flags: &SetupFlags, home: &Home, receipt: &mut Receipt, environment: Environment<'_>) -> Result<(), Failure> {
    // A configuration that cannot be used is refused before anything is written.
    let there = |variable: &str| environment(variable).filter(|_| variable != CONFIG || home.config.exists());
    let ending = Ending::of(flags, home, &there)?;
    let copy = install::plan(&home.program)?;
    let plan = match flags.agent {
        Some(Agent::ClaudeCode) => Some(claude_code::plan(home, flags.scope.unwrap_or_default(), receipt)?),
        Some(Agent::Codex) => Some(codex::plan(home, receipt)?),
        None => None,
    };
    let config = match (&flags.server, &flags.token_file) {
        (None, None) => None,
        (server, token_file) => server::plan(home, server.as_deref(), token_file.as_deref(), receipt)?,
    };
    let changes: Vec<&Change> = config.iter().chain(plan.as_ref().and_then(|plan| plan.change.as_ref())).collect();

    let mut text = String::new();
    if let Some(copy) = &copy {
        let _ = writeln!(text, "copy the program from {}\n  to {}", copy.from.display(), copy.to.display());
    }
    text.extend(changes.iter().map(|change| shown(change, home)));
    let change = plan.as_ref().filter(|plan| plan.change.is_some()).and_then(|plan| plan.hooks.change());
    let notes = plan.iter().flat_map(|plan| plan.notes.iter().cloned());
    let exposed = flags.token_file.as_deref().and_then(server::warning);
    let notes: Vec<String> = change.into_iter().chain(notes).chain(exposed).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "\n{}", notes.join("\n"));
    }
    if copy.is_none() && changes.is_empty() {
        output::print(&format!("Everything is in place: nothing to change.\n{text}"))?;
        return output::print(&ending.text(plan.as_ref()));
    }
    if !(Consent { dry_run: flags.dry_run, yes: flags.yes }).obtain(&text)? {
        return Ok(());
    }
    // The program first: from the moment a hook stands in a file, agents run it.
    if let Some(copy) = &copy {
        copy.make(receipt)?;
    }
    for change in changes {
        receipt.put(change)?;
    }
    if config.is_some() {
        files::make_private(&home.config)?;
    }
    output::print(&format!("\nDone.\n{}", ending.text(plan.as_ref())))
}

fn remove(flags: &SetupFlags, home: &Home, receipt: &mut Receipt) -> Result<(), Failure> {
    let (what, file) = match flags.agent {
        Some(Agent::ClaudeCode) => (What::ClaudeCode, claude_code::file(home, flags.scope.unwrap_or_default())?),
        Some(Agent::Codex) => return remove_codex(flags, home, receipt),
        None if flags.server.is_none() && flags.token_file.is_none() => {
            (What::Config, files::behind_links(&home.config)?)
        }
        None => return Err(Failure::usage("--remove takes away what was set: say it without --server")),
    };
    take_back(flags, home, &[(what, &file)], receipt)
}

/// Codex's hooks may be in either file, whichever it was when they were set up.
fn remove_codex(flags: &SetupFlags, home: &Home, receipt: &mut Receipt) -> Result<(), Failure> {
    let json = files::behind_links(&home.codex.join("hooks.json"))?;
    let toml = files::behind_links(&home.codex.join("config.toml"))?;
    take_back(flags, home, &[(What::Codex, &json), (What::Codex, &toml)], receipt)
}

fn take_back(flags: &SetupFlags, home: &Home, wanted: &[(What, &Path)], receipt: &mut Receipt) -> Result<(), Failure> {
    let mut changes = Vec::new();
    for (what, file) in wanted {
        match undo::plan(*what, file, receipt)? {
            Some(change) if change.old != change.new => changes.push(change),
            // What is no longer there needs no record either.
            _ if !flags.dry_run => receipt.forget(file)?,
            _ => {}
        }
    }
    if changes.is_empty() {
        return output::print("There is nothing of agent-runtime to remove.\n");
    }
    let text: String = changes.iter().map(|change| shown(change, home)).collect();
    if !(Consent { dry_run: flags.dry_run, yes: flags.yes }).obtain(&text)? {
        return Ok(());
    }
    for change in &changes {
        receipt.take_back(change)?;
    }
    output::print("\nRemoved.\n")
}
