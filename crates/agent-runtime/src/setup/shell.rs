//! The line of shell that an agent runs for a hook, and how to know our own among others.

use std::path::Path;

/// A text as one word of shell.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `'…/agent-runtime' hook claude-code`
pub(crate) fn command(program: &str, agent: &str) -> String {
    format!("{} hook {agent}", quote(program))
}

/// The same for a file that is shared: who does not have the program sees nothing. In the home folder of whoever
/// runs it, if that is where the program is.
pub(crate) fn guarded_command(program: &str, home: &Path, agent: &str) -> String {
    let inside = Path::new(program).strip_prefix(home).ok().and_then(Path::to_str);
    let plain = |path: &&str| !path.contains(['"', '$', '`', '\\']);
    let word = inside.filter(plain).map_or_else(|| quote(program), |path| format!("\"$HOME/{path}\""));
    format!("[ -x {word} ] && {word} hook {agent} || true")
}

/// Whether a command is one of ours for this agent, wherever the program was when it was written.
pub(crate) fn is_ours(command: &str, agent: &str) -> bool {
    program(command, agent).is_some()
}

/// The program that a command of ours runs for this agent, as it is named there; `None` when it is none of ours.
pub(crate) fn program(command: &str, agent: &str) -> Option<String> {
    let command = command.trim();
    let guarded = command.strip_prefix("[ -x ").and_then(|rest| rest.strip_suffix(" || true"));
    let command = guarded.and_then(|rest| rest.split_once(" ] && ")).map_or(command, |(_, run)| run);
    let word = command.strip_suffix(agent).and_then(|rest| rest.strip_suffix(" hook "))?;
    one_word(word).filter(|program| Path::new(program).file_name().is_some_and(|name| name == "agent-runtime"))
}

/// What a single word of shell stands for; `None` when it is more than one, or does more than stand for a text.
fn one_word(word: &str) -> Option<String> {
    let mut text = String::new();
    let mut quoted = None;
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        match (quoted, letter) {
            (Some(mark), _) if letter == mark => quoted = None,
            (None, '\'' | '"') => quoted = Some(letter),
            (None, '\\') => text.push(letters.next()?),
            (None, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '`') => return None,
            _ => text.push(letter),
        }
    }
    quoted.is_none().then_some(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::{command, guarded_command, is_ours, quote};

    #[test]
    fn a_quoted_text_is_one_word_of_shell() {
        for text in ["/home/me/a b", "it's", "a\"b$HOME`c`\\", "-n", "ü;&|"] {
            let script = format!("printf %s {}", quote(text));
            let output = Command::new("/bin/sh").args(["-c", &script]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }

    #[test]
    fn our_own_commands_are_known_wherever_the_program_was() {
        for program in ["/home/me/.local/bin/agent-runtime", "/it's a/agent-runtime"] {
            let home = Path::new("/home/me");
            assert!(is_ours(&command(program, "codex"), "codex"));
            assert!(is_ours(&guarded_command(program, home, "codex"), "codex"));
            assert!(!is_ours(&command(program, "codex"), "claude-code"));
        }
        assert!(is_ours("agent-runtime hook codex", "codex"));
        for foreign in [
            "tee log | agent-runtime hook codex",
            "/bin/other hook codex",
            "my-agent-runtime hook codex",
            "agent-runtime hook codex; rm x",
            "echo 'agent-runtime' hook codex",
            "",
        ] {
            assert!(!is_ours(foreign, "codex"), "{foreign}");
        }
    }

    #[test]
    fn a_guarded_command_names_the_home_of_whoever_runs_it() {
        let line = guarded_command("/home/me/.local/bin/agent-runtime", Path::new("/home/me"), "codex");
        let word = "\"$HOME/.local/bin/agent-runtime\"";
        assert_eq!(line, format!("[ -x {word} ] && {word} hook codex || true"));
        let missing = guarded_command("/nowhere/agent-runtime", Path::new("/home/me"), "codex");
        let output = Command::new("/bin/sh").args(["-c", &missing]).output().expect("a shell");
        assert!(output.status.success() && output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
    }
}
