//! `agent-runtime uninstall`: everything that set-up did, in every scope, taken back.

use std::fs;

use crate::machine::Machine;

const SETTINGS: &str = "{ \"model\":\"opus\" }\n";

/// Everything that can be set up.
async fn everything() -> Machine {
    let machine = Machine::bare("home").script("codex", "echo 'codex-cli 0.169.0'");
    machine.write(".claude/settings.json", SETTINGS);
    for line in [
        "setup claude-code --yes",
        "setup claude-code --scope project --yes",
        "setup claude-code --scope local --yes",
        "setup codex --yes",
        "setup --server http://a.example --yes",
        "service install",
    ] {
        machine.must(line).await;
    }
    machine
}

#[tokio::test]
async fn everything_is_taken_back_in_every_scope_and_data_is_kept() {
    let machine = everything().await;
    let folder = machine.folder.path().to_owned();
    let database = folder.join("data/agent-runtime/agent-runtime.db");
    fs::create_dir_all(database.parent().expect("a folder")).expect("made");
    fs::write(&database, "sessions").expect("written");
    // The server's own settings are no part of set-up.
    let config = folder.join("config/agent-runtime/config.toml");
    let text = fs::read_to_string(&config).expect("text");
    fs::write(&config, format!("port = 8766\n{text}")).expect("written");
    let said = machine.must("uninstall --yes").await;
    assert_eq!(machine.read(".claude/settings.json"), SETTINGS);
    assert!(!folder.join(".claude").exists() && !machine.path(".codex").exists());
    assert!(!folder.join("config/systemd").exists());
    assert!(!machine.path(".local").exists(), "program, state and the folders made for them");
    assert_eq!(fs::read_to_string(&config).expect("text"), "port = 8766\n");
    assert_eq!(fs::read_to_string(&database).expect("kept"), "sessions");
    assert!(said.contains(&format!("still in {}", database.display())), "{said}");
}

#[tokio::test]
async fn purge_deletes_what_was_recorded_too() {
    let machine = everything().await;
    let folder = machine.folder.path().to_owned();
    for made in ["data/agent-runtime", "data/other", "config/other"] {
        fs::create_dir_all(folder.join(made)).expect("made");
    }
    fs::write(folder.join("data/agent-runtime/agent-runtime.db"), "sessions").expect("written");
    machine.must("uninstall --purge --yes").await;
    assert!(!folder.join("data/agent-runtime").exists() && !folder.join("config/agent-runtime").exists());
    assert!(!machine.path(".local/state/agent-runtime").exists());
    assert!(folder.join("data/other").exists() && folder.join("config/other").exists());
    assert_eq!(machine.read(".claude/settings.json"), SETTINGS);
}

#[tokio::test]
async fn data_that_a_server_is_using_is_not_deleted() {
    let machine = everything().await;
    let server = machine.launch("serve --port 0").start().await;
    let ended = machine.run("uninstall --purge --yes").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("stop it, then run this again"), "{ended:#?}");
    let database = server.database.clone();
    assert!(database.exists() && machine.program_path().exists());
    assert_eq!(machine.read(".claude/settings.json"), SETTINGS, "agents are let go first");
    server.stop().await;
    machine.must("uninstall --purge --yes").await;
    assert!(!database.exists() && !machine.path(".local").exists());
}

#[tokio::test]
async fn it_shows_what_it_would_do_and_does_nothing_unasked() {
    let machine = everything().await;
    let before = machine.snapshot();
    let ended = machine.run("uninstall --purge").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    let said = machine.must("uninstall --dry-run").await;
    let program = machine.program_path();
    for words in [".claude/settings.json", ".codex/hooks.json (deleted)", &program.display().to_string()] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(machine.snapshot(), before);
    assert!(program.exists());
}

#[tokio::test]
async fn a_project_that_is_gone_holds_nothing_up() {
    let machine = everything().await;
    fs::remove_dir_all(machine.folder.path().join(".claude")).expect("removed");
    machine.must("uninstall --yes").await;
    assert_eq!(machine.read(".claude/settings.json"), SETTINGS);
    assert!(!machine.path(".local").exists());
}

#[tokio::test]
async fn a_broken_file_holds_nothing_up_but_itself_and_it_is_said_how_to_go_on() {
    let machine = everything().await;
    let with_hooks = machine.read(".claude/settings.json");
    let broken = format!("{with_hooks}}}");
    machine.write(".claude/settings.json", &broken);
    let ended = machine.run("uninstall --purge --yes").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let failure = ended.failure();
    for words in ["settings.json, line ", "`agent-runtime' hook claude-code`", "run `agent-runtime uninstall` again"] {
        assert!(failure.contains(words), "{words} in {failure}");
    }
    assert!(!failure.contains("nothing was written"), "{failure}");
    assert_eq!(machine.read(".claude/settings.json"), broken, "not a byte of it");
    let folder = machine.folder.path();
    assert!(!folder.join(".claude").exists() && !machine.path(".codex").exists(), "the rest is gone");
    assert!(!folder.join("config/systemd").exists());
    assert!(machine.program_path().exists(), "what is left in that file runs it");
    // Once more, as it is: nobody is asked about what cannot be done.
    let ended = machine.run("uninstall").await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
    assert_eq!(ended.failure(), failure);
    // By hand, and once more.
    machine.write(".claude/settings.json", "{ broken, and nothing of theirs");
    machine.must("uninstall --yes").await;
    assert!(!machine.path(".local").exists());
    assert_eq!(machine.read(".claude/settings.json"), "{ broken, and nothing of theirs");
}

#[tokio::test]
async fn a_broken_configuration_file_is_left_and_named_while_a_key_of_ours_is_in_it() {
    let machine = Machine::bare("home");
    machine.must("setup --server http://a.example --yes").await;
    let config = machine.folder.path().join("config/agent-runtime/config.toml");
    for broken in ["server = \"http://a.example\"\nport = \n", "token_file = \"/t\"\nport = \n"] {
        fs::write(&config, broken).expect("written");
        let ended = machine.run("uninstall --yes").await;
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        let failure = ended.failure();
        for words in ["config.toml", "the lines `server` and `token_file`"] {
            assert!(failure.contains(words), "{words} in {failure}");
        }
        assert_eq!(fs::read_to_string(&config).expect("text"), broken);
    }
    fs::write(&config, "port = \n").expect("written");
    machine.must("uninstall --yes").await;
    assert_eq!(fs::read_to_string(&config).expect("text"), "port = \n");
}

#[tokio::test]
async fn it_says_which_files_and_how_much_and_each_line_only_where_that_is_asked_for() {
    let machine = everything().await;
    let lines = machine.must("uninstall --dry-run").await.lines().count();
    let settings = machine.path(".claude/settings.json");
    let ended = machine.run("uninstall").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    let said = ended.stdout.join("\n");
    assert!(said.contains(&format!("take 8 hooks out of {}", settings.display())), "{said}");
    assert!(said.contains("hooks.json, which holds 12 hooks and nothing else"), "{said}");
    assert!(!said.starts_with('\n') && ended.stdout.len() <= 8 && lines > 100, "{said}");
    let ended = machine.run("uninstall --verbose").await;
    assert!(ended.stdout.len() > 100, "{ended:#?}");
}

#[tokio::test]
async fn where_nothing_was_set_up_there_is_nothing_to_remove() {
    let said = Machine::new().must("uninstall").await;
    assert!(said.contains("nothing of agent-runtime to remove"), "{said}");
}

#[tokio::test]
async fn purge_deletes_a_database_that_lies_elsewhere_and_names_it_first() {
    let machine = Machine::new();
    let folder = machine.folder.path().to_owned();
    let database = folder.join("elsewhere/runs.db");
    let config = folder.join("config/agent-runtime/config.toml");
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    fs::write(&config, format!("database = \"sqlite:{}\"\n", database.display())).expect("written");
    let server = machine.launch("serve --port 0").start().await;
    fs::write(folder.join("elsewhere/other.db"), "not ours").expect("written");
    machine.must("setup claude-code --yes").await;
    let ended = machine.run("uninstall --purge --yes").await;
    assert!(ended.code == Some(1) && ended.failure().contains("runs.db: stop it"), "{ended:#?}");
    assert!(database.exists());
    server.stop().await;
    let named = format!("delete the database file {}", database.display());
    let said = machine.must("uninstall --purge --dry-run").await;
    assert!(said.contains(&named) && database.exists(), "{said}");
    machine.must("setup claude-code --yes").await;
    let said = machine.must("uninstall --yes").await;
    assert!(said.contains(&format!("still in {}", database.display())), "{said}");
    machine.must("uninstall --purge --yes").await;
    let left: Vec<_> =
        fs::read_dir(folder.join("elsewhere")).expect("a folder").flatten().map(|it| it.file_name()).collect();
    assert_eq!(left, ["other.db"]);
}

#[tokio::test]
async fn set_ups_at_the_same_time_lose_nothing_of_each_other() {
    let machine = Machine::new().script("claude", "echo 2.1.328").script("codex", "echo codex-cli 0.169.0");
    let lines = ["claude-code", "codex", "claude-code --scope local", "--server http://a.example"];
    let runs = lines.map(|line| machine.launch(&format!("setup {line} --yes")).spawn());
    for run in runs {
        let ended = run.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
    }
    let receipt = machine.json(".local/state/agent-runtime/receipt.json");
    assert_eq!(receipt["records"].as_array().map(Vec::len), Some(4), "{receipt:#}");
}
