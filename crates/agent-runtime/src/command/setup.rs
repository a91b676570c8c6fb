//! `agent-runtime setup`: the program in its place, an agent's hooks, a server elsewhere.

use std::fmt::Write;
use std::path::Path;

use crate::cli::{Flags, SetupFlags};
use crate::failure::Failure;
use crate::output;
use crate::settings::sources::{Environment, Origin};
use crate::settings::{Settings, names};
use crate::setup::claude_code::Plan;
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
    let settings = Settings::load(&Flags::default(), &there)?;
    let kept = flags.server.as_ref().unwrap_or(&settings.server_url.value);
    let ending = |plan: Option<&Plan>| {
        let shell = of_this_shell(flags, &settings, &there);
        format!("{}{shell}", ending(flags.agent, plan, home, kept))
    };
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
    text.extend(changes.iter().map(|change| shown(change)));
    let change = plan.as_ref().filter(|plan| plan.change.is_some()).and_then(|plan| plan.hooks.change());
    let notes = plan.iter().flat_map(|plan| plan.notes.iter().cloned());
    let notes: Vec<String> = change.into_iter().chain(notes).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "\n{}", notes.join("\n"));
    }
    if copy.is_none() && changes.is_empty() {
        output::print(&format!("Everything is in place: nothing to change.\n{text}"))?;
        return output::print(&ending(plan.as_ref()));
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
    output::print(&format!("\nDone.\n{}", ending(plan.as_ref())))
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
    take_back(flags, &[(what, &file)], receipt)
}

/// Codex's hooks may be in either file, whichever it was when they were set up.
fn remove_codex(flags: &SetupFlags, home: &Home, receipt: &mut Receipt) -> Result<(), Failure> {
    let json = files::behind_links(&home.codex.join("hooks.json"))?;
    let toml = files::behind_links(&home.codex.join("config.toml"))?;
    take_back(flags, &[(What::Codex, &json), (What::Codex, &toml)], receipt)
}

fn take_back(flags: &SetupFlags, wanted: &[(What, &Path)], receipt: &mut Receipt) -> Result<(), Failure> {
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
    let text: String = changes.iter().map(shown).collect();
    if !(Consent { dry_run: flags.dry_run, yes: flags.yes }).obtain(&text)? {
        return Ok(());
    }
    for change in &changes {
        receipt.take_back(change)?;
    }
    output::print("\nRemoved.\n")
}

/// What agents that are started elsewhere than in this shell will not see, or will see otherwise.
fn of_this_shell(flags: &SetupFlags, settings: &Settings, environment: Environment<'_>) -> String {
    let [url, token] = [&names::SERVER_URL, &names::TOKEN].map(|name| name.variable);
    let here = &settings.server_url;
    let in_file = |variable: &str| environment(variable).filter(|_| variable != url);
    let elsewhere = match (&flags.server, Settings::load(&Flags::default(), &in_file)) {
        (Some(server), _) => server.clone(),
        (None, Ok(settings)) => settings.server_url.value,
        (None, Err(_)) => return String::new(),
    };
    let mut text = String::new();
    if matches!(here.origin, Origin::Environment(_)) && here.value != elsewhere {
        let _ = writeln!(
            text,
            "\n{url} is set in this shell alone: agents that are started from here report to {}, all others to \
             {elsewhere}. To have all of them report to one: agent-runtime setup --server URL, and take the variable \
             away.",
            here.value
        );
    }
    if matches!(settings.token.origin, Origin::Environment(_)) && flags.token_file.is_none() {
        let _ = writeln!(
            text,
            "\n{token} is set in this shell alone: agents that are started elsewhere show no token. To have all of \
             them show it: agent-runtime setup --token-file FILE."
        );
    }
    text
}

/// What its user should know now.
fn ending(agent: Option<Agent>, plan: Option<&Plan>, home: &Home, server: &str) -> String {
    let (Some(agent), Some(plan)) = (agent, plan) else {
        return format!(
            "\nThe program is {program}. Next: `agent-runtime setup claude-code` or `agent-runtime setup codex`, and \
             `agent-runtime service install` for a server that is always there. The server is {server}.\n",
            program = home.program.display(),
        );
    };
    let mut text = format!(
        "\nRecorded, and sent to {server}: {recorded}. Secrets of known shapes are cut out first.\n\
         To keep folders out: ignore = [\"~/clients/*\"] in {config}\n\
         To record nothing for a while: AGENT_RUNTIME_HOOK=off in the environment of the agent\n\
         To take this back: agent-runtime setup {agent}{scope} --remove\n",
        recorded = plan.hooks.recorded(),
        config = home.config.display(),
        agent = agent.as_str(),
        scope = plan.scope_words,
    );
    if agent == Agent::Codex {
        let _ = write!(text, "\n{}", codex::TRUST);
    }
    text
}
