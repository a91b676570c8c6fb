//! `agent-runtime completions SHELL`: what a shell needs to complete this command line.

use std::fmt::Write;

use clap::builder::{PossibleValue, Str};
use clap::{Arg, ValueHint};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::{cli, output};

/// What is completed.
const PROGRAM: &str = "agent-runtime";

/// Prints the script.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut definition = with_hints(cli::definition());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition, PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    output::print(&match shell {
        Shell::Bash => bash(&script),
        Shell::Fish => script + &fish(&definition),
        _ => script,
    })
}

/// Where a file or a folder is meant, shells offer those; elsewhere files would be no help.
fn with_hints(definition: clap::Command) -> clap::Command {
    let hinted = |argument: Arg| {
        let names = argument.get_value_names().unwrap_or_default();
        let hint = match names.first().map(Str::as_str) {
            Some("FILE") => ValueHint::FilePath,
            Some("FOLDER") => ValueHint::DirPath,
            _ => ValueHint::Other,
        };
        let takes_value = argument.get_action().takes_values() && values(&argument).next().is_none();
        if takes_value { argument.value_hint(hint) } else { argument }
    };
    definition.mut_args(hinted).mut_subcommands(|command| command.mut_args(hinted))
}

fn values(argument: &Arg) -> impl Iterator<Item = PossibleValue> {
    argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set())
}

/// The library calls a command of a program with a hyphen in its name by one name where it is recognised, and by another
/// where its words stand, so that none of its words were ever offered.
fn bash(script: &str) -> String {
    script.replace(&PROGRAM.replace('-', "__subcmd__"), &PROGRAM.replace('-', "__"))
}

/// The library tells fish of flags alone: here is what else may stand behind a command, which is never a file.
fn fish(definition: &clap::Command) -> String {
    let mut lines = String::new();
    for command in definition.get_subcommands() {
        for argument in command.get_positionals() {
            let line = format!(
                "complete -c {PROGRAM} -n \"__fish_{}_using_subcommand {}\" -f",
                PROGRAM.replace('-', "_"),
                command.get_name()
            );
            // infallible: writing to a String
            let _ = writeln!(lines, "{line}");
            for value in values(argument) {
                let told = value.get_help().map_or(String::new(), |help| format!(" -d {}", in_fish(&help.to_string())));
                let _ = writeln!(lines, "{line} -a {}{told}", value.get_name());
            }
        }
    }
    lines
}

/// A text as one word of fish, on one line. Between its quotes only these two mean anything.
fn in_fish(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use clap::builder::PossibleValue;
    use clap::{Arg, Command};

    use super::fish;

    #[test]
    fn what_fish_is_told_of_a_value_is_one_word_whatever_its_letters() {
        let value = PossibleValue::new("it").help("the user's \\ own\n$HOME");
        let command = Command::new("do").arg(Arg::new("what").value_parser([value]));
        let lines = fish(&Command::new("agent-runtime").subcommand(command));
        assert!(lines.ends_with(" -f -a it -d 'the user\\'s \\\\ own $HOME'\n"), "{lines}");
    }
}
