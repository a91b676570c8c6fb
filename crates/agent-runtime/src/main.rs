//! The program: `agent-runtime` serves, and its other commands set it up, and show what it knows.

mod bind;
mod cli;
mod client;
mod command;
mod failure;
mod interrupt;
mod logging;
mod output;
mod random;
mod settings;

use std::process::ExitCode;

fn main() -> ExitCode {
    logging::report_panics();
    let outcome = cli::read(std::env::args_os()).and_then(command::run);
    outcome.unwrap_or_else(|failure| failure.report())
}
