//! Help, completions and the manual.

use crate::process::{Launch, fresh_folder};

const COMMANDS: [&str; 10] =
    ["sessions", "show", "events", "tail", "result", "wait", "rename", "delete", "send", "export"];

#[tokio::test]
async fn every_command_tells_its_exit_codes_and_where_the_server_is() {
    for command in COMMANDS {
        let ended = Launch::bare(fresh_folder()).arguments([command, "--help"]).run().await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
        let help = ended.stdout.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "--json",
            "Exit codes:",
            "no such session",
            "[default: http://127.0.0.1:8765] [env: AGENT_ORCHESTRATOR_SESSION_MANAGER_URL]",
            "AGENT_RUNTIME_TOKEN",
        ] {
            assert!(help.contains(part), "{command}: {part} in {help}");
        }
    }
    let ended = Launch::bare(fresh_folder()).arguments(["wait", "--help"]).run().await;
    let help = ended.stdout.join("\n");
    for code in ["  3    ", "  124  ", "  N    "] {
        assert!(help.contains(code), "{code} in {help}");
    }
}

/// Agents run it, people look for it: the list of commands has it, and it stays silent whatever it is asked.
#[tokio::test]
async fn the_hook_is_told_of_and_tells_nothing_itself() {
    let help = Launch::bare(fresh_folder()).argument("--help").run().await;
    let line = help.stdout.iter().find(|line| line.trim_start().starts_with("hook "));
    assert!(line.is_some_and(|line| line.contains("agents run it")), "{help:#?}");
    let manual = Launch::bare(fresh_folder()).argument("man").run().await.stdout.join("\n");
    assert!(manual.contains(".SH \"COMMAND HOOK\"") && manual.contains("claude\\-code"), "{manual}");
    let script = Launch::bare(fresh_folder()).arguments(["completions", "bash"]).run().await.stdout.join("\n");
    assert!(script.contains("subcmd__hook)"), "{script}");
    for words in [&["hook", "--help"][..], &["hook"], &["hook", "-V"], &["hook", "no-agent"], &["hook", "codex", "x"]] {
        let ended = Launch::bare(fresh_folder()).arguments(words).run().await;
        assert_eq!((ended.code, ended.stdout.len(), ended.stderr.len()), (Some(0), 0, 0), "{words:?}: {ended:#?}");
    }
}

#[tokio::test]
async fn a_command_of_commands_alone_shows_its_help() {
    for (command, inside) in [("spool", "flush"), ("service", "install")] {
        let ended = Launch::bare(fresh_folder()).argument(command).run().await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(2), 0), "{ended:#?}");
        let help = ended.stderr.join("\n");
        assert!(help.contains(&format!("Usage: agent-runtime {command} <COMMAND>")), "{help}");
        assert!(ended.stderr.iter().any(|line| line.trim_start().starts_with(inside)), "{help}");
        assert!(!help.contains("agent-runtime: "), "{help}");
    }
}

#[tokio::test]
async fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = Launch::bare(fresh_folder()).arguments(["completions", shell]).run().await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
        let script = ended.stdout.join("\n");
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}: {script}");
    }
    let ended = Launch::bare(fresh_folder()).arguments(["completions", "sh"]).run().await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
}

#[tokio::test]
async fn the_manual_has_every_command_with_its_flags_and_exit_codes() {
    let ended = Launch::bare(fresh_folder()).argument("man").run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
    let page = ended.stdout.join("\n");
    assert!(page.contains(".TH agent-runtime 1"), "{page}");
    for command in COMMANDS {
        assert!(page.contains(&format!(".SH \"COMMAND {}\"", command.to_uppercase())), "{command} in {page}");
    }
    assert!(page.contains("\\-\\-timeout") && page.contains("not within"), "{page}");
}
