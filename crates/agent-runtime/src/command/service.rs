//! `agent-runtime service`: the server as a service of the user.

use std::path::Path;

use crate::cli::ServiceCommand;
use crate::failure::Failure;
use crate::output;
use crate::settings::sources::Environment;
use crate::setup::json_edit::Made;
use crate::setup::receipt::{Change, Receipt, What};
use crate::setup::service::{Keeper, Refusal};
use crate::setup::turn::Turn;
use crate::setup::{Home, files, install, undo};

/// Carries it out.
///
/// # Errors
/// When something cannot be written, or the system's own program refuses.
pub(crate) fn run(command: ServiceCommand, environment: Environment<'_>) -> Result<(), Failure> {
    let home = Home::find(environment)?;
    let keeper = Keeper::of_system(&home);
    match command {
        ServiceCommand::Install => install(&home, &keeper),
        ServiceCommand::Remove => remove(&home, &keeper),
        ServiceCommand::Status => status(&home, &keeper),
    }
}

fn install(home: &Home, keeper: &Keeper) -> Result<(), Failure> {
    let _turn = Turn::take(home)?;
    let mut receipt = Receipt::load(&home.state)?;
    if let Some(copy) = install::plan(&home.program)? {
        copy.make(&mut receipt)?;
    }
    let file = files::behind_links(&keeper.file(home))?;
    let old = files::read(&file)?;
    let is_new = old.is_none();
    let new = Some(keeper.text(home)?.into_bytes());
    if old != new {
        let without_us = undo::without_us(What::Service, &file, old.as_deref(), &receipt)?;
        let (what, file, made) = (What::Service, file.clone(), Made::default());
        receipt.put(&Change { what, file, old, new, without_us, made, new_mode: files::SHARED })?;
    }
    let shown = file.display();
    let program = home.program.display();
    match keeper.start(&file) {
        Ok(()) => {}
        Err(Refusal::Absent) => {
            return output::print(&format!(
                "{shown} is written, but there is no {} here: nothing starts the server by itself. Run `{program} \
                 serve` where you start your other programs.\n",
                keeper.program()
            ));
        }
        Err(Refusal::Unreached(words)) => {
            let left = if is_new { take_back(&mut receipt, &file)? } else { format!("{shown} is written") };
            return Err(Failure::work(format!(
                "{words}: {left}, and the server is not started. {}. Or run `{program} serve` where you start your \
                 other programs",
                keeper.advice()
            )));
        }
        Err(Refusal::Told(words)) => {
            return Err(Failure::work(format!(
                "{words}: {shown} is written, but the server may not run. {}",
                keeper.mending(home)
            )));
        }
    }
    let after = match keeper {
        Keeper::Systemd => "It starts whenever you log in; to start it without that: loginctl enable-linger",
        Keeper::Launchd(_) => "It starts whenever you log in.",
    };
    output::print(&format!(
        "{shown} is written, and the server is started. {after}\nA service does not see the variables of your shell: \
         put settings into {}.\n",
        home.config.display()
    ))
}

/// Takes a file away that was written in vain. Says so.
fn take_back(receipt: &mut Receipt, file: &Path) -> Result<String, Failure> {
    if let Some(change) = undo::plan(What::Service, file, receipt)? {
        receipt.take_back(&change)?;
    }
    Ok(format!("{} is taken away again", file.display()))
}

fn remove(home: &Home, keeper: &Keeper) -> Result<(), Failure> {
    let _turn = Turn::take(home)?;
    let mut receipt = Receipt::load(&home.state)?;
    let file = files::behind_links(&keeper.file(home))?;
    let Some(change) = planned_removal(&receipt, &file, &keeper.text(home)?)? else {
        return output::print("There is no service of agent-runtime to remove.\n");
    };
    let ran = keeper.condition().is_some_and(|condition| condition.runs());
    let stopped = keeper.stop();
    receipt.take_back(&change)?;
    keeper.reload();
    let shown = file.display();
    match (ran, stopped) {
        (true, Ok(())) => output::print(&format!("The server is stopped, and {shown} is removed.\n")),
        (true, Err(Refusal::Told(words) | Refusal::Unreached(words))) => Err(Failure::work(format!(
            "{words}: {shown} is removed, but the server may still run. `ps -A | grep agent-runtime` shows it, and \
             `kill` with its number ends it"
        ))),
        _ => output::print(&format!("{shown} is removed. The server did not run as a service.\n")),
    }
}

/// The removal of the service's file; `None` when there is none, or it is none of ours.
fn planned_removal(receipt: &Receipt, file: &Path, ours: &str) -> Result<Option<Change>, Failure> {
    let Some(mut change) = undo::plan(What::Service, file, receipt)? else { return Ok(None) };
    // One that is ours word for word is ours, even if the list was lost.
    if receipt.of(file).is_none() {
        if change.old.as_deref() != Some(ours.as_bytes()) {
            return Ok(None);
        }
        change.new = None;
    }
    Ok(Some(change))
}

fn status(home: &Home, keeper: &Keeper) -> Result<(), Failure> {
    let file = keeper.file(home);
    let installed = if file.exists() { "installed" } else { "not installed" };
    let condition = keeper.condition().map_or_else(
        || format!("There is no {} here, so nothing starts it by itself.\n", keeper.program()),
        |condition| {
            let lines = format!("start    {}\nnow      {}\n", condition.start, condition.now);
            if condition.is_known() { lines } else { format!("{lines}{}.\n", keeper.advice()) }
        },
    );
    output::print(&format!("service  {installed}  {}\n{condition}", file.display()))
}
