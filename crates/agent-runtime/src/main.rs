//! The program: `agent-runtime` serves, and its other commands help to set it up.

mod bind;
mod cli;
mod command;
mod failure;
mod logging;
mod output;
mod random;
mod settings;
mod setup;

use std::process::ExitCode;

fn main() -> ExitCode {
    logging::report_panics();
    let outcome = cli::read(std::env::args_os()).and_then(command::run);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
