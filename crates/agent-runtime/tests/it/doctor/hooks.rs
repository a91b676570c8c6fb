//! What is wrong with hooks.

use std::fs;

use serde_json::json;

use super::{examine, machine, nobody};
use crate::machine::Machine;

const SETTINGS: &str = ".claude/settings.json";

#[tokio::test]
async fn hooks_that_are_nowhere_are_a_problem_and_those_of_one_project_a_note() {
    let machine = machine();
    let said = examine(&machine, &nobody()).await;
    assert_eq!(said.mended_by("hooks.claude-code.user.installed"), ("problem", "agent-runtime setup claude-code"));
    said.must("hooks.claude-code.project.installed", "ok", "none needed");
    machine.must("setup claude-code --scope local --yes").await;
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.user.installed", "note", "only sessions in this project");
    said.must("hooks.claude-code.local.installed", "ok", "settings.local.json");
}

#[tokio::test]
async fn an_empty_folder_is_no_agent() {
    let machine = machine();
    fs::create_dir_all(machine.path(".codex")).expect("made");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.codex.user.installed", "ok", "not found here");
    machine.write(".codex/auth.json", "{}");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.codex.user.installed", "problem", "Codex reports nothing");
}

#[tokio::test]
async fn the_same_hooks_in_two_scopes_are_told_with_how_to_keep_one() {
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    assert!(!examine(&machine, &nobody()).await.has("hooks.claude-code.duplicates"));
    machine.must("setup claude-code --scope project --yes").await;
    let said = examine(&machine, &nobody()).await;
    let command = "agent-runtime setup claude-code --scope project --remove";
    assert_eq!(said.mended_by("hooks.claude-code.duplicates"), ("note", command));
}

#[tokio::test]
async fn a_project_that_was_not_trusted_runs_no_hooks() {
    let machine = machine();
    machine.must("setup claude-code --scope local --yes").await;
    let check = "hooks.claude-code.local.trusted";
    examine(&machine, &nobody()).await.must(check, "note", "cannot be told");
    let project = fs::canonicalize(machine.folder.path()).expect("a folder").display().to_string();
    for (trusted, grade) in [(false, "note"), (true, "ok")] {
        let state = json!({"projects": {&project: {"hasTrustDialogAccepted": trusted}}});
        machine.write(".claude.json", &state.to_string());
        examine(&machine, &nobody()).await.must(check, grade, &project);
    }
}

#[tokio::test]
async fn settings_that_are_broken_are_told_with_their_line() {
    let machine = machine();
    machine.write(SETTINGS, "{\n  \"model\": \"opus\",\n  \"hooks\" {}\n}\n");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.user.readable", "problem", "settings.json, line 3");
    machine.write(SETTINGS, "{\n  \"hooks\": {\"Stop\": [],\n  \"Stop\": []}\n}\n");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.user.readable", "problem", "settings.json, line 3, column 3: `Stop` stands");
    machine.write(".codex/config.toml", "a = 1\nb = =\n");
    said.of("hooks.claude-code.user.readable");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.codex.user.readable", "problem", "config.toml, line 2");
}

#[tokio::test]
async fn a_program_that_is_gone_or_may_not_be_run_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    fs::remove_file(machine.program_path()).expect("removed");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.user.program", "problem", "which is not there");
    assert_eq!(said.mended_by("program.installed"), ("problem", "agent-runtime setup"));
    fs::create_dir_all(machine.path("elsewhere")).expect("made");
    machine.write("elsewhere/agent-runtime", "");
    let settings = machine.read(SETTINGS);
    let elsewhere = machine.path("elsewhere/agent-runtime");
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o644)).expect("set");
    let (old, new) = (machine.program_path().display().to_string(), elsewhere.display().to_string());
    machine.write(SETTINGS, &settings.replace(&old, &new));
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.user.program", "problem", "which may not be run");
}

#[tokio::test]
async fn a_program_of_another_version_is_told() {
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    fs::remove_file(machine.program_path()).expect("removed");
    let old = machine.script("old", "echo agent-runtime 0.0.1");
    fs::rename(old.folder.path().join("bin/old"), old.program_path()).expect("moved");
    let url = nobody();
    let built = std::path::Path::new(env!("CARGO_BIN_EXE_agent-runtime"));
    let said = super::run(super::launch(&old, "doctor --json", &url).program(built)).await;
    said.must("program.installed", "note", "is 0.0.1");
}

#[tokio::test]
async fn hooks_that_are_switched_off_or_incomplete_are_told() {
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    let settings = machine.read(SETTINGS);
    machine.write(SETTINGS, &settings.replace("\"Stop\"", "\"Other\"").replacen('{', "{\"disableAllHooks\": true,", 1));
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.switched_on", "problem", "disableAllHooks is true");
    said.must("hooks.claude-code.user.installed", "note", "no hook for Stop");
}

/// A `codex` that lists one hook of this file, so trusted.
fn codex(machine: Machine, status: &str) -> Machine {
    let file = machine.path(".codex/hooks.json");
    let command = format!("'\\''{}'\\'' hook codex", machine.program_path().display());
    let answer = format!(
        "{{\"id\":2,\"result\":{{\"data\":[{{\"hooks\":[{{\"eventName\":\"stop\",\"command\":\"{command}\",\
         \"sourcePath\":\"{}\",\"enabled\":true,\"trustStatus\":\"{status}\"}}]}}]}}}}",
        file.display()
    );
    machine.script(
        "codex",
        &format!(
            "case $1 in --version) echo codex-cli 0.169.0;; app-server) read a; read b; read c; echo '{{\"id\":1}}'; \
             echo '{answer}'; read d;; esac"
        ),
    )
}

#[tokio::test]
async fn codex_itself_says_whether_it_trusts_the_hooks() {
    let machine = codex(Machine::new(), "untrusted");
    machine.must("setup codex --yes").await;
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.codex.user.installed", "ok", "hooks.json");
    said.must("hooks.codex.user.trusted", "problem", "passes over 1 of 1 hooks");
    let machine = codex(machine, "trusted");
    examine(&machine, &nobody()).await.must("hooks.codex.user.trusted", "ok", "trusts all 1 hooks");
    let machine = machine.script("codex", "exit 1");
    examine(&machine, &nobody()).await.must("hooks.codex.user.trusted", "note", "could not be asked");
    machine.write(".codex/config.toml", "[features]\nhooks = false\n");
    examine(&machine, &nobody()).await.must("hooks.codex.switched_on", "problem", "switched off");
}

#[tokio::test]
async fn codex_hooks_in_a_project_too_are_told_without_a_command_that_is_none() {
    let machine = Machine::new();
    machine.must("setup codex --yes").await;
    let project = machine.folder.path().join(".codex");
    fs::create_dir_all(&project).expect("made");
    fs::copy(machine.path(".codex/hooks.json"), project.join("hooks.json")).expect("copied");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.codex.duplicates", "note", "more than once");
    assert_eq!(said.mended_by("hooks.codex.duplicates"), ("note", ""));
    said.must("hooks.codex.project.installed", "ok", "hooks.json");
}

#[tokio::test]
async fn a_version_without_hooks_is_to_be_upgraded_before_it_can_be_connected() {
    let machine =
        Machine::new().script("claude", "echo '1.0.30 (Claude Code)'").script("codex", "echo 'codex-cli 0.100.0'");
    machine.write(".claude/settings.json", "{}");
    let said = examine(&machine, &nobody()).await;
    said.must("hooks.claude-code.version", "problem", "Claude Code 1.0.30 has no hooks");
    said.must("hooks.codex.version", "problem", "Codex 0.100.0 has no hooks");
    assert!(!said.has("hooks.claude-code.user.installed") && !said.has("hooks.codex.user.installed"));
}
