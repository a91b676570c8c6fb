//! `agent-runtime uninstall`: everything that set-up did, taken back.

mod plan;

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use agent_runtime_store::error::StoreError;
use agent_runtime_store::{DatabaseUrl, Durability, OpenOptions};

use crate::cli::Flags;
use crate::failure::Failure;
use crate::output;
use crate::random;
use crate::settings::sources::Environment;
use crate::settings::{Settings, places, values};
use crate::setup::Home;
use crate::setup::consent::Consent;
use crate::setup::receipt::{Receipt, What};
use crate::setup::service::Keeper;
use crate::setup::turn::Turn;
use plan::{Plan, Stuck, by_hand};

/// The variable that names our configuration file.
const CONFIG: &str = "AGENT_RUNTIME_CONFIG";

/// Carries it out: first what agents run, last the program and, when asked for, the data.
///
/// # Errors
/// When the list of what was set up cannot be read, something cannot be taken back or deleted, or nobody agrees. What
/// is not taken back yet is still on the list then.
pub(crate) fn run(purge: bool, verbose: bool, consent: Consent, environment: Environment<'_>) -> Result<(), Failure> {
    let home = Home::find(environment)?;
    let _turn = Turn::take(&home)?;
    let mut receipt = Receipt::load(&home.state)?;
    let database = Database::find(&home, environment);
    let folders = if purge { own_folders(&home) } else { Vec::new() };
    let files = if purge { database.files_outside(&folders) } else { Vec::new() };
    let mut plan = Plan::of(&receipt, &folders);
    let mut text = plan.told(&home, verbose || consent.dry_run);
    if plan.stuck.is_empty() {
        for folder in &folders {
            let _ = writeln!(text, "delete the folder {} with everything in it", folder.display());
        }
        text.extend(files.iter().map(|file| format!("delete the database file {}\n", file.display())));
        if purge && !text.is_empty() {
            text.push_str(&database.left_alone());
        }
    }
    if text.is_empty() && (plan.is_empty() || consent.dry_run) {
        return output::print("There is nothing of agent-runtime to remove.\n");
    }
    // Nobody is asked about what cannot be done, nor about a list of what is gone already.
    if plan.is_stuck() && !consent.dry_run {
        return Err(by_hand(&plan.stuck));
    }
    if !text.is_empty() && !consent.obtain(&text)? {
        return Ok(());
    }
    let mut stuck = std::mem::take(&mut plan.stuck);
    stuck.extend(take_back(&plan, &mut receipt, &Keeper::of_system(&home))?);
    if !stuck.is_empty() {
        return Err(by_hand(&stuck));
    }
    if purge {
        not_in_use(places::default_database())?;
        not_in_use(database.file())?;
    }
    for program in &plan.programs {
        delete(fs::remove_file(program), program)?;
        receipt.forget(program)?;
    }
    for folder in &folders {
        delete(fs::remove_dir_all(folder), folder)?;
    }
    for file in &files {
        delete(fs::remove_file(file), file)?;
    }
    output::print(&format!("\nRemoved.\n{}", kept(&database, purge)))
}

/// Takes back every file of the plan, whatever becomes of the others. Returns those that stay.
fn take_back(plan: &Plan, receipt: &mut Receipt, keeper: &Keeper) -> Result<Vec<Stuck>, Failure> {
    let mut stuck = Vec::new();
    for change in &plan.changes {
        let is_service = change.what == What::Service;
        if is_service {
            // It need not run, and what keeps services may not be there: the file goes all the same.
            let _ = keeper.stop();
        }
        if let Err(failure) = receipt.take_back(change) {
            stuck.push(Stuck { what: change.what, file: change.file.clone(), reason: failure.reason() });
        } else if is_service {
            keeper.reload();
        }
    }
    for file in &plan.gone {
        receipt.forget(file)?;
    }
    Ok(stuck)
}

/// Where what was recorded lies still.
fn kept(database: &Database, purge: bool) -> String {
    let both = places::default_database().into_iter().chain(database.file());
    let mut kept: Vec<PathBuf> = both.filter(|database| !purge && database.exists()).collect();
    kept.dedup();
    let kept: Vec<String> = kept.iter().map(|database| database.display().to_string()).collect();
    match kept.len() {
        0 => database.left_alone(),
        _ => format!("What was recorded is still in {} (uninstall --purge deletes it).\n", kept.join(" and ")),
    }
}

/// The database that the settings name, which may lie anywhere.
enum Database {
    File(PathBuf),
    /// One that is no file; what it is called.
    Elsewhere(String),
    /// The settings cannot be read; why.
    Unknown(String),
}

impl Database {
    fn find(home: &Home, environment: Environment<'_>) -> Self {
        // A configuration file that was named and is gone names no database.
        let there = |variable: &str| environment(variable).filter(|_| variable != CONFIG || home.config.exists());
        match Settings::load(&Flags::default(), &there) {
            Ok(settings) => match &settings.database.value {
                DatabaseUrl::Sqlite(path) => Self::File(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
                other @ DatabaseUrl::Postgres(_) => Self::Elsewhere(values::shown_database(other)),
            },
            Err(failure) => Self::Unknown(failure.reason()),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        if let Self::File(path) = self { Some(path.clone()) } else { None }
    }

    /// Its files that lie in none of these folders: itself, and what stands beside it under its name.
    fn files_outside(&self, folders: &[PathBuf]) -> Vec<PathBuf> {
        let Self::File(path) = self else { return Vec::new() };
        if folders.iter().any(|folder| path.starts_with(folder)) {
            return Vec::new();
        }
        let beside = ["", "-wal", "-shm", ".lock", ".room"].map(|end| {
            let mut name = path.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        });
        beside.into_iter().filter(|file| file.is_file()).collect()
    }

    /// What is said of a database that stays whatever is asked.
    fn left_alone(&self) -> String {
        match self {
            Self::File(_) => String::new(),
            Self::Elsewhere(name) => format!("The database {name} stays: delete it there.\n"),
            Self::Unknown(reason) => format!("A database elsewhere stays, if the settings name one: {reason}\n"),
        }
    }
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
