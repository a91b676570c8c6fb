//! `agent-runtime uninstall`: everything that set-up did, taken back.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use agent_runtime_store::error::StoreError;
use agent_runtime_store::{DatabaseUrl, Durability, OpenOptions};

use crate::failure::Failure;
use crate::output;
use crate::random;
use crate::settings::places;
use crate::settings::sources::Environment;
use crate::setup::consent::Consent;
use crate::setup::receipt::{Change, Receipt, What};
use crate::setup::service::Keeper;
use crate::setup::{Home, shown, undo};

/// Carries it out: first what agents run, last the program and, when asked for, the data.
///
/// # Errors
/// When something cannot be read, understood or written, or nobody agrees. What is not taken back yet is still on
/// the list then.
pub(crate) fn run(purge: bool, consent: Consent, environment: Environment<'_>) -> Result<(), Failure> {
    let home = Home::find(environment)?;
    let mut receipt = Receipt::load(&home.state)?;
    let (mut changes, mut gone, mut programs) = (Vec::new(), Vec::new(), Vec::new());
    for record in receipt.records() {
        match record.what {
            What::Program => programs.push(record.file.clone()),
            what => match undo::plan(what, &record.file, &receipt)? {
                Some(change) => changes.push(change),
                None => gone.push(record.file.clone()),
            },
        }
    }
    let folders = if purge { own_folders(&home) } else { Vec::new() };
    let text = told(&changes, &programs, &folders);
    if text.is_empty() && gone.is_empty() {
        return output::print("There is nothing of agent-runtime to remove.\n");
    }
    if !consent.obtain(&text)? {
        return Ok(());
    }
    let keeper = Keeper::of_system(&home);
    for change in &changes {
        if change.what == What::Service {
            keeper.stop();
        }
        receipt.take_back(change)?;
        if change.what == What::Service {
            keeper.reload();
        }
    }
    for file in &gone {
        receipt.forget(file)?;
    }
    if purge {
        not_in_use(places::default_database())?;
    }
    for program in &programs {
        delete(fs::remove_file(program), program)?;
        receipt.forget(program)?;
    }
    for folder in &folders {
        delete(fs::remove_dir_all(folder), folder)?;
    }
    let kept = places::default_database().filter(|database| !purge && database.exists());
    let kept = kept.map_or(String::new(), |database| {
        format!("What was recorded is still in {} (uninstall --purge deletes it).\n", database.display())
    });
    output::print(&format!("\nRemoved.\n{kept}"))
}

/// Makes sure that no server writes to what is to be deleted: it would go on into a file that nobody finds.
fn not_in_use(database: Option<PathBuf>) -> Result<(), Failure> {
    let Some(path) = database.filter(|path| path.exists()) else { return Ok(()) };
    let options = OpenOptions { durability: Durability::Full, new_epoch: random::epoch()? };
    match agent_runtime_store::open(&DatabaseUrl::Sqlite(path), &options) {
        Err(StoreError::InUse(path)) => Err(Failure::work(format!(
            "a server is running on {}: stop it, then run this again for the program and the data",
            path.display()
        ))),
        // What cannot be opened for another reason can be deleted all the same.
        _ => Ok(()),
    }
}

/// What would be done, for a person to read.
fn told(changes: &[Change], programs: &[PathBuf], folders: &[PathBuf]) -> String {
    let mut text: String = changes.iter().filter(|change| change.old != change.new).map(shown).collect();
    for program in programs {
        let _ = writeln!(text, "\ndelete the program {}", program.display());
    }
    for folder in folders {
        let _ = writeln!(text, "delete the folder {} with everything in it", folder.display());
    }
    text
}

/// The folders that hold nothing but what is ours: data, configuration, state.
fn own_folders(home: &Home) -> Vec<PathBuf> {
    let all = [places::default_database(), places::default_config()];
    let all = all.into_iter().flatten().filter_map(|file| file.parent().map(ToOwned::to_owned));
    let mut folders: Vec<PathBuf> = all.chain([home.state.clone()]).filter(|folder| folder.exists()).collect();
    folders.dedup();
    folders
}

fn delete(outcome: std::io::Result<()>, path: &std::path::Path) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::work(format!("cannot delete {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
