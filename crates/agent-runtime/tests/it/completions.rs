//! `agent-runtime completions SHELL`: what a shell offers when the key is pressed.

use std::process::Command;

use crate::process::{Launch, fresh_folder};

/// Reads the script, has it complete these words as bash does, and prints what is offered, a word a line.
const IN_BASH: &str = r#"
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
registered=$(complete -p agent-runtime)
function=${registered#*-F }
compopt() { :; }
"${function%% *}" agent-runtime "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

async fn script(shell: &str) -> String {
    let ended = Launch::bare(fresh_folder()).arguments(["completions", shell]).run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
    ended.stdout.join("\n") + "\n"
}

/// A script of a shell in a file of its own, to be read by that shell; `None` where there is no such shell.
async fn in_file(shell: &str) -> Option<tempfile::NamedTempFile> {
    if Command::new(shell).arg("--version").output().is_err() {
        eprintln!("skipped: there is no {shell}");
        return None;
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), script(shell).await).expect("written");
    Some(file)
}

/// A folder in which a shell would find a file to offer.
fn with_a_file() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a-file"), "").expect("written");
    folder
}

fn said(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("the shell runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// For each line: what is offered behind it, and what never is.
const OFFERED: [(&str, &[&str], &[&str]); 9] = [
    ("", &["setup", "sessions", "spool", "completions"], &["claude-code", "a-file"]),
    ("se", &["setup", "service", "sessions", "send", "serve"], &["tail"]),
    ("setup ", &["claude-code", "codex"], &["a-file"]),
    ("setup claude-code --", &["--scope", "--dry-run", "--remove", "--token-file"], &["--json", "claude-code"]),
    ("setup claude-code --scope ", &["user", "project", "local"], &["codex", "a-file"]),
    ("spool ", &["status", "flush"], &["install"]),
    ("service r", &["remove"], &["status"]),
    ("completions ", &["bash", "fish", "zsh"], &["status", "a-file"]),
    ("sessions --status ", &["running", "finished"], &["a-file"]),
];

fn check(complete: impl Fn(&str) -> Vec<String>) {
    for (line, wanted, unwanted) in OFFERED {
        let offered = complete(line);
        let is_offered = |word: &&str| offered.iter().any(|one| one == word);
        assert!(wanted.iter().all(is_offered), "`{line}`: {offered:?}");
        assert!(!unwanted.iter().any(is_offered), "`{line}`: {offered:?}");
    }
}

#[tokio::test]
async fn bash_completes_commands_of_commands_their_flags_and_values() {
    let Some(script) = in_file("bash").await else { return };
    check(|line| {
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", IN_BASH, "bash"]).arg(script.path()).arg("agent-runtime");
        said(command.args(line.split(' ')).current_dir(with_a_file().path()))
    });
}

#[tokio::test]
async fn fish_completes_commands_of_commands_their_flags_and_values() {
    let Some(script) = in_file("fish").await else { return };
    check(|line| {
        let mut command = Command::new("fish");
        command.args(["--no-config", "-c", "source $argv[1]; complete -C \"agent-runtime $argv[2]\""]);
        let folder = with_a_file();
        command.arg(script.path()).arg(line).current_dir(folder.path()).env("HOME", folder.path());
        let lines = said(&mut command);
        lines.iter().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
    });
}
