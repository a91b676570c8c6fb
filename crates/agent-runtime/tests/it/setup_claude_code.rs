//! `agent-runtime setup claude-code`: what is the user's stays to the byte, and what is ours goes again.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use serde_json::{Value, json};

use crate::machine::{Machine, hooks};

const SETTINGS: &str = ".claude/settings.json";
/// What all versions know.
const SHORT: [&str; 8] = [
    "Notification",
    "PostToolUse",
    "PreToolUse",
    "SessionEnd",
    "SessionStart",
    "Stop",
    "SubagentStop",
    "UserPromptSubmit",
];
/// Settings as nobody but their owner would write them.
const ODD: &str = "{ \"model\":\"opus\" ,\n\n   \"big\": 123456789012345678901234567890,\n\t\"env\" : {\"A\":\"\\u00e9\"}\
                   ,\"hooks\":{\"Stop\" : [{\"hooks\":[{\"type\":\"command\",\"command\":\"say done\"}]} ]}   \n}";

fn events(settings: &Value) -> Vec<String> {
    hooks(settings).into_iter().map(|(event, _)| event).collect()
}

#[tokio::test]
async fn an_entry_is_one_quoted_string_in_shell_form_and_waits_five_seconds() {
    let machine = Machine::new();
    machine.must("setup claude-code --yes").await;
    let command = format!("'{}' hook claude-code", machine.program_path().display());
    for (event, handler) in hooks(&machine.json(SETTINGS)) {
        assert_eq!(handler, json!({"type": "command", "command": command, "timeout": 5}), "{event}");
    }
    assert_eq!(machine.json(SETTINGS)["hooks"]["PreToolUse"][0]["matcher"], "*");
    assert_eq!(fs::metadata(machine.path(SETTINGS)).expect("there").mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_difference_is_shown_and_a_dry_run_writes_nothing() {
    let machine = Machine::new();
    machine.write(SETTINGS, "{\n  \"model\": \"opus\"\n}\n");
    let before = machine.snapshot();
    let said = machine.must("setup claude-code --dry-run").await;
    for line in ["-   \"model\": \"opus\"", "+   \"model\": \"opus\",", "+     \"Stop\": [", "  }"] {
        assert!(said.lines().any(|shown| shown == line), "{line} in {said}");
    }
    assert!(said.contains("Nothing was written (--dry-run)."), "{said}");
    assert_eq!(machine.snapshot(), before);
    assert!(!machine.path(".local/state").exists());
}

#[tokio::test]
async fn without_a_terminal_it_says_what_it_would_do_and_ends_with_2() {
    let machine = Machine::new();
    let before = machine.snapshot();
    let ended = machine.run("setup claude-code").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.failure().contains("say --yes"), "{ended:#?}");
    assert!(ended.stdout.iter().any(|line| line.starts_with("+ ") && line.contains("hook claude-code")), "{ended:#?}");
    assert_eq!(machine.snapshot(), before);
}

#[tokio::test]
async fn on_a_terminal_it_asks() {
    let Some(script) = ["/usr/bin/script", "/bin/script"].into_iter().find(|path| fs::exists(path).unwrap_or(false))
    else {
        eprintln!("skipped: there is no program `script` to make a terminal with");
        return;
    };
    for (answer, written) in [("n", false), ("", false), ("y", true)] {
        let machine = Machine::new();
        let program = machine.program_path();
        let line = format!("HOME='{}' PATH= '{}' setup claude-code", machine.path("").display(), program.display());
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut child = Command::new(script)
            .args(if cfg!(target_os = "macos") { vec!["-q", "/dev/null", "sh", "-c"] } else { vec!["-qec"] })
            .arg(&line)
            .args(if cfg!(target_os = "macos") { &[][..] } else { &["/dev/null"][..] })
            .stdin(reader)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a terminal");
        std::io::Write::write_all(&mut &writer, format!("{answer}\n").as_bytes()).expect("answered");
        let status = child.wait().expect("ended");
        drop(writer);
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stdout.take().expect("a pipe"), &mut said).expect("text");
        assert!(status.success() && said.contains("Do this? [y/N]"), "{said}");
        assert_eq!(machine.path(SETTINGS).exists(), written, "{answer:?}: {said}");
    }
}

#[tokio::test]
async fn an_unknown_version_gets_only_what_all_versions_know() {
    // No such program, one that says nothing of use, and one that never answers.
    for machine in [
        Machine::new(),
        Machine::new().script("claude", "echo hello"),
        Machine::new().script("claude", "exec /bin/sleep 600"),
    ] {
        let said = machine.must("setup claude-code --yes").await;
        assert_eq!(events(&machine.json(SETTINGS)), SHORT);
        assert!(said.contains("did not say its version"), "{said}");
    }
}

#[tokio::test]
async fn the_events_are_those_of_the_agents_version() {
    let claude = |version: &str| Machine::new().script("claude", &format!("echo '{version} (Claude Code)'"));
    let machine = claude("2.0.44");
    machine.must("setup claude-code --yes").await;
    let old = events(&machine.json(SETTINGS));
    assert!(old.contains(&"SubagentStart".to_owned()) && !old.contains(&"PermissionRequest".to_owned()), "{old:?}");
    // Where the version cannot be told, what is there stays.
    fs::remove_file(machine.folder.path().join("bin/claude")).expect("removed");
    let said = machine.must("setup claude-code").await;
    assert!(said.contains("nothing to change"), "{said}");
    // A newer version gets more, and going back takes away what would void the file.
    let machine = machine.script("claude", "echo '2.1.328 (Claude Code)'");
    machine.must("setup claude-code --yes").await;
    let new = events(&machine.json(SETTINGS));
    for event in ["PermissionRequest", "PostToolUseFailure", "StopFailure", "PostCompact", "Elicitation"] {
        assert!(new.contains(&event.to_owned()), "{event} in {new:?}");
    }
    for event in ["WorktreeCreate", "MessageDisplay"] {
        assert!(!new.contains(&event.to_owned()), "{event} in {new:?}");
    }
    let machine = machine.script("claude", "echo '2.0.44 (Claude Code)'");
    machine.must("setup claude-code --yes").await;
    assert_eq!(events(&machine.json(SETTINGS)), old);
    machine.must("setup claude-code --remove --yes").await;
    assert!(!machine.path(".claude").exists());
}

#[tokio::test]
async fn not_a_byte_of_the_users_changes_and_removal_brings_the_old_bytes_back() {
    let machine = Machine::new();
    machine.write(SETTINGS, ODD);
    let before = machine.snapshot();
    machine.must("setup claude-code --yes").await;
    let with = machine.read(SETTINGS);
    let mut rest = with.as_str();
    for letter in ODD.chars() {
        let at = rest.find(letter).unwrap_or_else(|| panic!("{letter:?} is gone from {with}"));
        rest = &rest[at + letter.len_utf8()..];
    }
    let settings = machine.json(SETTINGS);
    assert_eq!(settings["hooks"]["Stop"][0]["hooks"][0]["command"], "say done");
    assert_eq!(events(&settings).len(), SHORT.len() + 1);
    machine.must("setup claude-code --remove --yes").await;
    assert_eq!(machine.snapshot(), before);
    assert!(!machine.path(".local/state/agent-runtime/receipt.json").exists());
}

#[tokio::test]
async fn a_second_time_changes_nothing() {
    let machine = Machine::new();
    machine.write(SETTINGS, ODD);
    machine.must("setup claude-code --yes").await;
    let inode = fs::metadata(machine.path(SETTINGS)).expect("there").ino();
    let (before, receipt) = (machine.snapshot(), machine.read(".local/state/agent-runtime/receipt.json"));
    // Not even a wish to be asked.
    let said = machine.must("setup claude-code").await;
    assert!(said.contains("nothing to change"), "{said}");
    assert_eq!(machine.snapshot(), before);
    assert_eq!(machine.read(".local/state/agent-runtime/receipt.json"), receipt);
    assert_eq!(fs::metadata(machine.path(SETTINGS)).expect("there").ino(), inode, "it was not even written again");
}

#[tokio::test]
async fn entries_that_name_another_path_are_brought_up_to_date() {
    let machine = Machine::new();
    machine.write(SETTINGS, ODD);
    machine.must("setup claude-code --yes").await;
    let with = machine.read(SETTINGS);
    let path = machine.program_path().display().to_string();
    machine.write(SETTINGS, &with.replace(&path, "/old place/agent-runtime"));
    machine.must("setup claude-code --yes").await;
    assert_eq!(machine.read(SETTINGS), with);
    machine.must("setup claude-code --remove --yes").await;
    assert_eq!(machine.read(SETTINGS), ODD);
}

#[tokio::test]
async fn links_are_followed_and_the_mode_is_kept() {
    let machine = Machine::new();
    machine.write("dotfiles/claude.json", "{}\n");
    fs::set_permissions(machine.path("dotfiles/claude.json"), fs::Permissions::from_mode(0o640)).expect("set");
    fs::create_dir_all(machine.path(".claude")).expect("made");
    symlink("../dotfiles/claude.json", machine.path(SETTINGS)).expect("linked");
    machine.must("setup claude-code --yes").await;
    assert!(fs::symlink_metadata(machine.path(SETTINGS)).expect("there").is_symlink());
    let about = fs::metadata(machine.path("dotfiles/claude.json")).expect("there");
    assert_eq!(about.mode() & 0o777, 0o640);
    assert_eq!(events(&machine.json("dotfiles/claude.json")), SHORT);
    let names: Vec<_> = fs::read_dir(machine.path("dotfiles")).expect("a folder").collect();
    assert_eq!(names.len(), 1, "nothing is left beside it");
    machine.must("setup claude-code --remove --yes").await;
    assert_eq!(machine.read("dotfiles/claude.json"), "{}\n");
}

#[tokio::test]
async fn broken_settings_are_refused_with_their_line_and_nothing_is_written() {
    let machine = Machine::new();
    for (text, place) in [
        ("{\n  \"model\": \"opus\",\n  // mine\n}\n", "line 3, column 3"),
        ("{\n  \"hooks\": []\n}\n", "line 2, column 12: `hooks` must be a JSON object"),
    ] {
        machine.write(SETTINGS, text);
        let before = machine.snapshot();
        let ended = machine.run("setup claude-code --yes").await;
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        let expected = format!("{}, {place}", machine.path(SETTINGS).display());
        assert!(ended.failure().starts_with(&expected), "{ended:#?}");
        assert_eq!(machine.snapshot(), before);
    }
    assert!(!machine.path(".local/state").exists());
}

#[tokio::test]
async fn settings_that_are_no_file_are_refused_and_hold_nobody_up() {
    let machine = Machine::new();
    machine.write(SETTINGS, "");
    let path = machine.path(SETTINGS);
    std::fs::remove_file(&path).expect("erased");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    let ended = machine.run("setup claude-code --yes").await;
    assert!(ended.code == Some(1) && ended.failure().contains("it is no file"), "{ended:#?}");
    let ended = machine.run("doctor").await;
    assert!(ended.stdout.iter().any(|line| line.contains("it is no file")), "{ended:#?}");
}

#[tokio::test]
async fn of_settings_with_some_hooks_it_says_what_changes_and_records_no_more_than_it_has() {
    let machine = Machine::new().script("claude", "echo 1.0.38");
    let said = machine.must("setup claude-code --yes").await;
    let recorded = "tool calls with what goes in and comes out, notifications, and when turns end. Secrets";
    assert!(said.contains(&format!("8765: {recorded}")), "{said}");
    assert!(!said.contains("already"), "{said}");
    // A newer version knows more.
    let machine = machine.script("claude", "echo 1.0.85");
    let said = machine.must("setup claude-code --dry-run").await;
    assert!(said.contains("already: 4 stay as they are, 5 added (SessionStart, SessionEnd, "), "{said}");
    assert!(!said.starts_with('\n'), "{said}");
}

#[tokio::test]
async fn a_key_that_stands_twice_is_refused_whoever_put_it_there() {
    let machine = Machine::new();
    machine.must("setup claude-code --yes").await;
    let settings = machine.read(SETTINGS);
    // Ours is in the first list, and the agent reads the last one alone.
    let mine = r#"[{"hooks": [{"type": "command", "command": "my-own-thing"}]}]"#;
    for list in ["[]", mine] {
        let end = settings.trim_end().strip_suffix("\n  }\n}").expect("hooks at the end");
        machine.write(SETTINGS, &format!("{end},\n    \"Stop\": {list}\n  }}\n}}\n"));
        let before = machine.snapshot();
        let line = end.lines().count() + 1;
        let place = format!("{}, line {line}, column 5: `Stop` stands", machine.path(SETTINGS).display());
        for command in ["setup claude-code --yes", "setup claude-code --remove --yes", "uninstall --yes"] {
            let ended = machine.run(command).await;
            assert_eq!(ended.code, Some(1), "{command}: {ended:#?}");
            assert!(ended.failure().contains(&place), "{command}: {ended:#?}");
            assert_eq!(machine.snapshot(), before, "{command}");
        }
    }
    // With the second one taken out, all is well again.
    machine.write(SETTINGS, &settings);
    machine.must("setup claude-code --remove --yes").await;
    assert!(!machine.path(SETTINGS).exists());
}

#[tokio::test]
async fn the_old_bytes_are_kept_in_our_state_folder() {
    let machine = Machine::new();
    machine.write(SETTINGS, ODD);
    machine.must("setup claude-code --yes").await;
    let kept = machine.path(".local/state/agent-runtime/backups/0001.before");
    assert_eq!(fs::read_to_string(&kept).expect("kept"), ODD);
    assert_eq!(fs::metadata(&kept).expect("there").mode() & 0o777, 0o600);
    let folder = fs::metadata(kept.parent().expect("a folder")).expect("there");
    assert_eq!(folder.mode() & 0o777, 0o700);
}

#[tokio::test]
async fn the_folder_of_claude_config_dir_is_honoured() {
    let machine = Machine::new();
    let folder = machine.path("elsewhere").display().to_string();
    let machine = machine.variable("CLAUDE_CONFIG_DIR", folder);
    machine.must("setup claude-code --yes").await;
    assert_eq!(events(&machine.json("elsewhere/settings.json")), SHORT);
    assert!(!machine.path(".claude").exists());
}

#[tokio::test]
async fn after_changes_removal_takes_our_entries_only() {
    let machine = Machine::new();
    machine.write(SETTINGS, "{\n  \"model\": \"opus\"\n}\n");
    machine.must("setup claude-code --yes").await;
    let changed =
        machine.read(SETTINGS).replace("opus", "sonnet").replace("\n  \"hooks\"", "\n  \"a\": 1,\n  \"hooks\"");
    machine.write(SETTINGS, &changed);
    machine.must("setup claude-code --remove --yes").await;
    assert_eq!(machine.read(SETTINGS), "{\n  \"model\": \"sonnet\",\n  \"a\": 1\n}\n");
    let said = machine.must("setup claude-code --remove --yes").await;
    assert!(said.contains("nothing of agent-runtime to remove"), "{said}");
}

#[tokio::test]
async fn settings_whose_old_bytes_are_lost_stay_with_everything_but_ours() {
    for line in ["setup claude-code --remove --yes", "uninstall --yes"] {
        let machine = Machine::new();
        machine.write(SETTINGS, "{\"mine\": 1}\n");
        machine.must("setup claude-code --yes").await;
        fs::remove_file(machine.path(".local/state/agent-runtime/backups/0001.before")).expect("removed");
        machine.must(line).await;
        assert_eq!(machine.read(SETTINGS), "{\"mine\": 1}\n", "{line}");
    }
}

#[tokio::test]
async fn removal_takes_the_files_and_folders_that_were_made() {
    let machine = Machine::new();
    let before = machine.snapshot();
    machine.must("setup claude-code --yes").await;
    machine.must("setup claude-code --remove --yes").await;
    assert_eq!(machine.snapshot(), before);
    // Even if its layout was changed since: nothing in it is anyone else's.
    machine.must("setup claude-code --yes").await;
    machine.write(SETTINGS, &machine.json(SETTINGS).to_string());
    machine.must("setup claude-code --remove --yes").await;
    assert_eq!(machine.snapshot(), before);
    // A folder that holds something else by then stays, with that alone.
    machine.must("setup claude-code --yes").await;
    machine.write(".claude/mine", "x");
    machine.must("setup claude-code --remove --yes").await;
    assert!(machine.path(".claude/mine").exists() && !machine.path(SETTINGS).exists());
}

#[tokio::test]
async fn a_home_with_blanks_and_quotes_is_quoted_for_the_shell() {
    let machine = Machine::with_home("it's my $HOME \"x\"");
    machine.must("setup claude-code --yes").await;
    let (_, handler) = hooks(&machine.json(SETTINGS)).remove(0);
    let line = handler["command"].as_str().expect("text").replace(" hook claude-code", " --version");
    let output = Command::new("/bin/sh").args(["-c", &line]).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("agent-runtime {}\n", env!("CARGO_PKG_VERSION")));
    let said = machine.must("setup claude-code").await;
    assert!(said.contains("nothing to change"), "{said}");
}

#[tokio::test]
async fn the_scopes_have_their_files() {
    // The folder that `launch` runs in is the project.
    let machine = Machine::new();
    let project = |file: &str| machine.folder.path().join(".claude").join(file);
    machine.must("setup claude-code --scope local --yes").await;
    assert!(project("settings.local.json").exists() && !project("settings.json").exists());
    let text = fs::read_to_string(project("settings.local.json")).expect("text");
    assert!(!text.contains("[ -x"), "{text}");
    machine.must("setup claude-code --scope local --remove --yes").await;
    assert!(!machine.folder.path().join(".claude").exists());
    assert!(!machine.path(".claude").exists());
    // The folder goes with the last of the files, whichever it was made for.
    machine.must("setup claude-code --scope local --yes").await;
    machine.must("setup claude-code --scope project --yes").await;
    machine.must("setup claude-code --scope local --remove --yes").await;
    assert!(project("settings.json").exists());
    machine.must("setup claude-code --scope project --remove --yes").await;
    assert!(!machine.folder.path().join(".claude").exists());
}

#[tokio::test]
async fn the_project_is_the_folder_that_holds_the_repository() {
    let machine = Machine::new();
    let folder = machine.folder.path();
    for made in ["deep/.git", "deep/er/and/er"] {
        fs::create_dir_all(folder.join(made)).expect("made");
    }
    let launch = machine.launch("setup claude-code --scope local --yes").after_shell("cd deep/er/and/er");
    let ended = launch.run().await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(folder.join("deep/.claude/settings.local.json").exists());
}

#[tokio::test]
async fn a_project_whose_settings_are_the_users_is_told() {
    let machine = Machine::new();
    let said = machine.must("setup claude-code --scope project --dry-run").await;
    assert!(!said.contains("are those of the user"), "{said}");
    let folder = machine.folder.path().join(".claude").display().to_string();
    let machine = machine.variable("CLAUDE_CONFIG_DIR", folder);
    let said = machine.must("setup claude-code --scope project --dry-run").await;
    assert!(said.contains("are those of the user"), "{said}");
}

#[tokio::test]
async fn entries_for_a_project_are_guarded_and_it_warns_that_they_are_shared() {
    let machine = Machine::new();
    let said = machine.must("setup claude-code --scope project --yes").await;
    assert!(said.contains("shared with everyone who works on this project"), "{said}");
    let file = machine.folder.path().join(".claude/settings.json");
    let settings: Value = serde_json::from_slice(&fs::read(&file).expect("read")).expect("JSON");
    let (_, handler) = hooks(&settings).remove(0);
    let line = handler["command"].as_str().expect("text");
    assert!(!line.contains(machine.path("").to_str().expect("text")), "{line}");
    let run = |line: &str, home: &str| {
        Command::new("/bin/sh").args(["-c", line]).env("HOME", machine.path(home)).output().expect("a shell")
    };
    // A colleague, and the user.
    let output = run(line, "nobody");
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    let output = run(&line.replace(" hook claude-code", " --version"), "");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("agent-runtime "), "{output:?}");
    let said = machine.must("setup claude-code --scope project").await;
    assert!(said.contains("nothing to change"), "{said}");
    machine.must("setup claude-code --scope project --remove --yes").await;
    assert!(!file.exists());
}

#[tokio::test]
async fn it_says_what_is_recorded_and_how_to_exclude() {
    let machine = Machine::new();
    let said = machine.must("setup claude-code --yes").await;
    for words in ["Recorded, and sent to http://127.0.0.1:8765", "ignore = [\"~/clients/*\"]", "AGENT_RUNTIME_HOOK=off"]
    {
        assert!(said.contains(words), "{words} in {said}");
    }
    // What it tells to write is understood.
    let config = machine.folder.path().join("config/agent-runtime/config.toml");
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    fs::write(&config, "ignore = [\"~/clients/*\"]\n").expect("written");
    let settings: Value = serde_json::from_str(&machine.must("config --json").await).expect("JSON");
    assert_eq!(settings["ignore"]["value"], json!(["~/clients/*"]));
}

#[tokio::test]
async fn hooks_that_are_switched_off_are_told() {
    let machine = Machine::new();
    machine.write(SETTINGS, "{\"disableAllHooks\": true}");
    let said = machine.must("setup claude-code --yes").await;
    assert!(said.contains("disableAllHooks is true"), "{said}");
}

#[tokio::test]
async fn a_version_without_hooks_is_told_and_nothing_is_written() {
    for there in [None, Some(ODD)] {
        let machine = Machine::bare("home").script("claude", "echo '1.0.30 (Claude Code)'");
        if let Some(text) = there {
            machine.write(SETTINGS, text);
        }
        let before = machine.snapshot();
        let ended = machine.run("setup claude-code --yes").await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
        let failure = ended.failure();
        let words = "Claude Code 1.0.30 has no hooks and cannot report: they came with 1.0.38. Upgrade it";
        assert!(failure.starts_with(words), "{failure}");
        assert_eq!(machine.snapshot(), before);
        assert!(!machine.path(".local").exists(), "not even the program");
    }
}

#[tokio::test]
async fn settings_behind_a_link_are_shown_with_the_file_that_is_written() {
    let machine = Machine::new();
    machine.write("dotfiles/claude.json", "{}\n");
    fs::create_dir_all(machine.path(".claude")).expect("made");
    symlink("../dotfiles/claude.json", machine.path(SETTINGS)).expect("linked");
    let title = |name: &str, file: &str| {
        format!("{}, which leads to {}\n", machine.path(name).display(), machine.path(file).display())
    };
    let said = machine.must("setup claude-code --yes").await;
    assert!(said.contains(&title(SETTINGS, "dotfiles/claude.json")), "{said}");
    let said = machine.must("setup claude-code --remove --yes").await;
    assert!(said.contains(&title(SETTINGS, "dotfiles/claude.json")), "{said}");
    // A folder may be the link.
    fs::remove_file(machine.path(SETTINGS)).expect("removed");
    fs::remove_dir(machine.path(".claude")).expect("removed");
    symlink("dotfiles", machine.path(".claude")).expect("linked");
    let said = machine.must("setup claude-code --dry-run").await;
    let title = title(SETTINGS, "dotfiles/settings.json");
    assert!(said.starts_with(&title.replace('\n', " (new)\n")), "{said}");
}
