//! What the parser complains of, in the one line that every failure has.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};

use super::definition;

/// How many commands are named that know a flag.
const MOST_NAMED: usize = 3;

/// The complaint of the parser with its tip, if it has a good one, and where to read on.
pub(super) fn told(mut error: clap::Error, words: &[OsString]) -> String {
    let Some(flag) = text_of(&error, ContextKind::InvalidArg) else {
        return one_line(&error.render().to_string(), words);
    };
    let knowing = commands_with(&flag);
    let tip = text_of(&error, ContextKind::SuggestedArg);
    if tip.is_some_and(|tip| !knowing.is_empty() || !is_like(&flag, &tip)) {
        error.remove(ContextKind::SuggestedArg);
    }
    let line = one_line(&error.render().to_string(), words);
    match line.split_once(" (") {
        Some((complaint, rest)) if error.kind() == clap::error::ErrorKind::UnknownArgument && !knowing.is_empty() => {
            format!("{complaint}; tip: {flag} stands behind the command that it is for: {} ({rest}", knowing.join(", "))
        }
        _ => line,
    }
}

fn text_of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The first commands that have this flag.
fn commands_with(flag: &str) -> Vec<String> {
    let definition = definition();
    let has = |command: &&clap::Command| command.get_arguments().any(|it| it.get_long() == flag.strip_prefix("--"));
    let commands = definition.get_subcommands().filter(|_| flag.len() > 2).filter(has).take(MOST_NAMED);
    commands.map(|command| command.get_name().to_owned()).collect()
}

/// Whether one may have been meant by the other: it is its beginning, or all but a few of their letters are the same.
fn is_like(one: &str, other: &str) -> bool {
    let mut left: Vec<char> = other.chars().collect();
    let strange = one.chars().filter(|letter| {
        let found = left.iter().position(|other| other == letter);
        found.map(|at| left.swap_remove(at)).is_none()
    });
    let strange = strange.count();
    other.starts_with(one) || strange + left.len() <= one.chars().count() / 3
}

/// The words of the parser without the usage that follows.
fn one_line(rendered: &str, words: &[OsString]) -> String {
    let complaint = rendered.strip_prefix("error: ").unwrap_or(rendered);
    let mut line = String::new();
    for part in complaint.lines().map(str::trim).take_while(|part| !part.starts_with("Usage:")) {
        if part.is_empty() || part.starts_with("For more information") {
            continue;
        }
        line.push_str(match line.chars().last() {
            None => "",
            Some(':') => " ",
            // What is missing is listed, one a line.
            Some('>') if part.starts_with('<') => ", ",
            Some(_) if part.starts_with('[') => " ",
            Some(_) => "; ",
        });
        line.push_str(part);
    }
    format!("{line} ({} --help tells what there is)", command_of(rendered, words))
}

/// The command that is complained of: the one whose usage follows, else the one that was named.
fn command_of(rendered: &str, words: &[OsString]) -> String {
    if let Some(usage) = rendered.lines().find_map(|line| line.trim().strip_prefix("Usage: ")) {
        let named = usage.split_whitespace().take_while(|word| !word.starts_with(['<', '[', '-']));
        return named.collect::<Vec<_>>().join(" ");
    }
    let named =
        words.iter().skip(1).find_map(|word| definition().find_subcommand(word).map(|it| it.get_name().to_owned()));
    named.map_or("agent-runtime".to_owned(), |command| format!("agent-runtime {command}"))
}

#[cfg(test)]
mod tests {
    use super::is_like;
    use crate::cli::read;
    use crate::failure::Failure;

    #[test]
    fn a_complaint_is_one_line_with_its_tip_and_where_to_read_on() {
        for (line, complaint) in [
            (
                "agent-runtime --prot 1",
                "unexpected argument '--prot' found; tip: a similar argument exists: '--port' \
                 (agent-runtime --help tells what there is)",
            ),
            (
                "agent-runtime --url http://box sessions",
                "unexpected argument '--url' found; tip: --url stands behind the command that it is for: doctor, \
                 sessions, show (agent-runtime --help tells what there is)",
            ),
            (
                "agent-runtime sessions --tuple",
                "unexpected argument '--tuple' found (agent-runtime sessions --help tells what there is)",
            ),
            (
                "agent-runtime events x --limit -1",
                "invalid value '-1' for '--limit <NUMBER>': -1 is not in 1..=10000 \
                 (agent-runtime events --help tells what there is)",
            ),
            (
                "agent-runtime show",
                "the following required arguments were not provided: <ID> \
                 (agent-runtime show --help tells what there is)",
            ),
            (
                "agent-runtime rename",
                "the following required arguments were not provided: <ID>, <NAME> \
                 (agent-runtime rename --help tells what there is)",
            ),
            (
                "agent-runtime sessions --status odd",
                "invalid value 'odd' for '--status <STATUS>' [possible values: running, finished] \
                 (agent-runtime sessions --help tells what there is)",
            ),
            (
                "agent-runtime spool stat",
                "unrecognized subcommand 'stat'; tip: a similar subcommand exists: 'status' \
                 (agent-runtime spool --help tells what there is)",
            ),
        ] {
            let Err(Failure::Usage(told)) = read(line.split(' ').map(Into::into)) else { panic!("{line}: usage") };
            assert_eq!(told, complaint);
        }
    }

    #[test]
    fn a_flag_is_proposed_only_where_it_may_have_been_meant() {
        for (one, other) in
            [("--prot", "--port"), ("--databse", "--database"), ("--dry_run", "--dry-run"), ("--dur", "--durability")]
        {
            assert!(is_like(one, other), "{one} {other}");
        }
        for (one, other) in [("--url", "--durability"), ("--time", "--limit"), ("--x", "--host")] {
            assert!(!is_like(one, other), "{one} {other}");
        }
    }
}
