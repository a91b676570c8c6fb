//! The commands, one file each.

mod config;
mod openapi;
mod serve;
mod service;
mod setup;
mod spool;
mod uninstall;

use crate::cli::Command;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::settings::sources::process_environment;
use crate::setup::consent::Consent;

/// Carries a command out; `None` is nothing to do.
///
/// # Errors
/// When it fails; the failure says what to do.
pub(crate) fn run(command: Option<Command>) -> Result<(), Failure> {
    match command {
        None => Ok(()),
        Some(Command::Serve(flags)) => serve::run(Settings::load(&flags, &process_environment)?),
        Some(Command::Config { json, flags }) => config::run(&Settings::load(&flags, &process_environment)?, json),
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Setup(flags)) => setup::run(&flags, &process_environment),
        Some(Command::Service { command }) => service::run(command, &process_environment),
        Some(Command::Uninstall { purge, dry_run, yes }) => {
            uninstall::run(purge, Consent { dry_run, yes }, &process_environment)
        }
        Some(Command::Spool { command }) => spool::run(&command, &process_environment),
    }
}
