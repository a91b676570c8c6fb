//! The program: `agent-runtime` serves, and its other commands set it up, and show what it knows.

mod bind;
mod cli;
mod client;
mod command;
mod delivery;
mod doctor;
mod failure;
mod hook;
mod interrupt;
mod logging;
mod machine;
mod output;
mod random;
mod settings;
mod setup;
mod spool;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything that could write or fail: an agent waits for it.
    if hook::is_asked_for(std::env::args_os()) {
        hook::run(std::env::args_os());
        return ExitCode::SUCCESS;
    }
    logging::report_panics();
    let outcome = cli::read(std::env::args_os()).and_then(command::run);
    outcome.unwrap_or_else(|failure| failure.report())
}
