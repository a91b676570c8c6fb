//! `agent-runtime setup codex`: its hooks, in the file where they are, and how to have them trusted.

use serde_json::json;

use crate::machine::{Machine, hooks};

/// A configuration as its owner might have it, with a hook of their own.
const CONFIG: &str = "# mine\nmodel = 'o'   # odd\n\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\n\
                      command = \"say done\"\n";

fn codex(version: &str) -> Machine {
    Machine::new().script("codex", &format!("echo 'codex-cli {version}'"))
}

#[tokio::test]
async fn hooks_json_gets_our_entries_and_no_key_that_codex_does_not_know() {
    let machine = codex("0.169.0");
    machine.must("setup codex --yes").await;
    let file = machine.json(".codex/hooks.json");
    assert_eq!(file.as_object().expect("an object").keys().collect::<Vec<_>>(), ["hooks"]);
    let command = format!("'{}' hook codex", machine.program_path().display());
    let mut events = Vec::new();
    for (event, handler) in hooks(&file) {
        let seconds = if ["SessionEnd", "Interrupt"].contains(&event.as_str()) { 3 } else { 5 };
        assert_eq!(handler, json!({"type": "command", "command": command, "timeout": seconds}), "{event}");
        assert_eq!(file["hooks"][&event][0].as_object().expect("an object").len(), 1, "{event}");
        events.push(event);
    }
    for event in ["SessionStart", "SessionEnd", "UserPromptSubmit", "PreToolUse", "PermissionRequest", "SubagentStop"] {
        assert!(events.contains(&event.to_owned()), "{event} in {events:?}");
    }
    assert!(!machine.path(".codex/config.toml").exists());
    machine.must("setup codex --remove --yes").await;
    assert!(!machine.path(".codex").exists());
}

#[tokio::test]
async fn an_old_version_gets_only_the_events_that_it_knows() {
    let machine = codex("0.124.0");
    machine.must("setup codex --yes").await;
    let events: Vec<String> = hooks(&machine.json(".codex/hooks.json")).into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["PermissionRequest", "PostToolUse", "PreToolUse", "SessionStart", "Stop", "UserPromptSubmit"]);
}

#[tokio::test]
async fn hooks_in_config_toml_are_joined_there() {
    let machine = codex("0.169.0");
    machine.write(".codex/config.toml", CONFIG);
    let before = machine.snapshot();
    machine.must("setup codex --yes").await;
    let with = machine.read(".codex/config.toml");
    assert!(with.starts_with(CONFIG), "{with}");
    assert!(!machine.path(".codex/hooks.json").exists());
    let parsed: toml::Table = with.parse().expect("TOML");
    let stop = parsed["hooks"]["Stop"].as_array().expect("a list");
    assert_eq!(stop[0]["hooks"][0]["command"].as_str(), Some("say done"));
    let command = format!("'{}' hook codex", machine.program_path().display());
    assert_eq!(stop[1]["hooks"][0]["command"].as_str(), Some(command.as_str()));
    let said = machine.must("setup codex").await;
    assert!(said.contains("nothing to change"), "{said}");
    assert_eq!(machine.read(".codex/config.toml"), with);
    machine.must("setup codex --remove --yes").await;
    assert_eq!(machine.snapshot(), before);
}

#[tokio::test]
async fn what_codex_wrote_into_its_file_since_stays() {
    let machine = codex("0.169.0");
    machine.write(".codex/config.toml", CONFIG);
    machine.must("setup codex --yes").await;
    let trust = "\n[hooks.state.\"a:stop:0:0\"]\ntrusted_hash = \"x\"\n";
    let with = machine.read(".codex/config.toml") + trust;
    machine.write(".codex/config.toml", &with);
    machine.must("setup codex --remove --yes").await;
    assert_eq!(machine.read(".codex/config.toml"), format!("{CONFIG}{trust}"));
}

#[tokio::test]
async fn a_configuration_without_hooks_is_left_alone() {
    let machine = codex("0.169.0");
    let config = "model = 'o'\n\n[hooks.state.\"x\"]\nenabled = true\n";
    machine.write(".codex/config.toml", config);
    machine.must("setup codex --yes").await;
    assert_eq!(machine.read(".codex/config.toml"), config);
    assert!(machine.path(".codex/hooks.json").exists());
}

#[tokio::test]
async fn the_folder_of_codex_home_is_honoured() {
    let machine = codex("0.169.0");
    let folder = machine.path("elsewhere").display().to_string();
    let machine = machine.variable("CODEX_HOME", folder);
    machine.must("setup codex --yes").await;
    assert!(machine.path("elsewhere/hooks.json").exists() && !machine.path(".codex").exists());
}

#[tokio::test]
async fn it_ends_by_saying_that_codex_must_be_told_to_trust_it_and_how() {
    let machine = codex("0.169.0");
    for line in ["setup codex --yes", "setup codex"] {
        let said = machine.must(line).await;
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        assert!(last.iter().any(|line| line.contains("type /hooks and press Enter")), "{said}");
        assert!(said.contains("only after it has been told to trust it"), "{said}");
    }
}

#[tokio::test]
async fn broken_files_are_refused_with_their_line_and_nothing_is_written() {
    let machine = codex("0.169.0");
    machine.write(".codex/config.toml", "a = 1\nb = = 2\n");
    let before = machine.snapshot();
    let ended = machine.run("setup codex --yes").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let place = format!("{}, line 2, column 5", machine.path(".codex/config.toml").display());
    assert!(ended.failure().starts_with(&place), "{ended:#?}");
    assert_eq!(machine.snapshot(), before);
}

#[tokio::test]
async fn hooks_that_are_switched_off_are_told() {
    let machine = codex("0.169.0");
    machine.write(".codex/config.toml", "[features]\nhooks = false\n");
    let said = machine.must("setup codex --yes").await;
    assert!(said.contains("switched off"), "{said}");
}

#[tokio::test]
async fn codex_has_no_scopes() {
    let ended = Machine::new().run("setup codex --scope project --yes").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
}

#[tokio::test]
async fn a_version_without_hooks_is_told_and_nothing_is_written() {
    for version in ["0.30.0", "0.100.0", "0.113.9"] {
        let machine = Machine::new().script("codex", &format!("echo 'codex-cli {version}'"));
        machine.write(".codex/config.toml", "model = \"x\" # mine\n[hooks]\n");
        let before = machine.snapshot();
        let ended = machine.run("setup codex --yes").await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
        let words = format!("Codex {version} has no hooks and cannot report: they came with 0.114.0. Upgrade it");
        assert!(ended.failure().starts_with(&words), "{ended:#?}");
        assert_eq!(machine.snapshot(), before);
    }
}
