//! What the parser complains of, in the one line that every failure has.

use std::ffi::OsString;

use super::definition;

/// The complaint of the parser with its tip, if it has one, and where to read on; without the usage that follows.
pub(super) fn one_line(rendered: &str, words: &[OsString]) -> String {
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
}
