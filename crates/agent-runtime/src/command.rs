//! The commands, one file each.

mod caller;
mod completions;
mod config;
mod delete;
mod doctor;
mod events;
mod export;
mod man;
mod openapi;
mod rename;
mod result;
mod send;
mod serve;
mod service;
mod sessions;
mod setup;
mod show;
mod spool;
mod tail;
mod uninstall;
mod wait;

use std::process::ExitCode;

use crate::cli::Command;
use crate::failure::Failure;
use crate::interrupt;
use crate::settings::Settings;
use crate::settings::sources::process_environment;
use crate::setup::consent::Consent;

/// Carries a command out; `None` is nothing to do. Says what the process ends with.
///
/// # Errors
/// When it fails; the failure says what to do.
pub(crate) fn run(command: Option<Command>) -> Result<ExitCode, Failure> {
    let done = match command {
        // A hook has been seen to before the command line was read: its words stand there to be found.
        None | Some(Command::Hook { .. }) => Ok(()),
        Some(Command::Serve(flags)) => serve::run(Settings::load(&flags, &process_environment)?),
        Some(Command::Config { json, flags }) => config::run(&Settings::load(&flags, &process_environment)?, json),
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Spool { command }) => spool::run(&command, &process_environment),
        Some(Command::Setup(flags)) => setup::run(&flags, &process_environment),
        Some(Command::Service { command }) => service::run(command, &process_environment),
        Some(Command::Uninstall { purge, dry_run, verbose, yes }) => {
            uninstall::run(purge, verbose, Consent { dry_run, yes }, &process_environment)
        }
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Man) => man::run(),
        Some(Command::Doctor(arguments)) => return interrupt::run(doctor::run(arguments)),
        Some(Command::Sessions(arguments)) => return interrupt::run(sessions::run(arguments)),
        Some(Command::Show(arguments)) => return interrupt::run(show::run(arguments)),
        Some(Command::Events(arguments)) => return interrupt::run(events::run(arguments)),
        Some(Command::Tail(arguments)) => return interrupt::run(tail::run(arguments)),
        Some(Command::Result(arguments)) => return interrupt::run(result::run(arguments)),
        Some(Command::Wait(arguments)) => return interrupt::run(wait::run(arguments)),
        Some(Command::Rename(arguments)) => return interrupt::run(rename::run(arguments)),
        Some(Command::Delete(arguments)) => return interrupt::run(delete::run(arguments)),
        Some(Command::Send(arguments)) => return interrupt::run(send::run(arguments)),
        Some(Command::Export(arguments)) => return interrupt::run(export::run(arguments)),
    };
    done.map(|()| ExitCode::SUCCESS)
}
