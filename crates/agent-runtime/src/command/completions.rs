//! `agent-runtime completions SHELL`: what a shell needs to complete this command line.

use clap_complete::Shell;

use crate::failure::Failure;
use crate::{cli, output};

/// Prints the script.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::definition(), "agent-runtime", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
