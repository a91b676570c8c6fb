//! `agent-runtime setup --server URL --token-file F`: in our own configuration, never in an agent's.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::{Value, json};

use crate::machine::Machine;

const TOKEN: &str = "a-token-that-nobody-else-knows";

fn machine() -> (Machine, std::path::PathBuf) {
    let machine = Machine::new();
    machine.write("token", &format!("{TOKEN}\n"));
    let config = machine.folder.path().join("config/agent-runtime/config.toml");
    (machine, config)
}

#[tokio::test]
async fn a_server_elsewhere_is_kept_in_our_own_file_and_nowhere_else() {
    let (machine, config) = machine();
    let token = machine.path("token").display().to_string();
    let line = format!("setup claude-code --server https://runs.example:8765 --token-file {token} --yes");
    let said = machine.must(&line).await;
    assert!(said.contains("Recorded, and sent to https://runs.example:8765"), "{said}");
    assert_eq!(fs::metadata(&config).expect("there").mode() & 0o777, 0o600);
    let settings: Value = serde_json::from_str(&machine.must("config --json").await).expect("JSON");
    assert_eq!(settings["server_url"]["value"], json!("https://runs.example:8765"));
    assert_eq!(settings["server_url"]["origin"], json!("file"));
    assert_eq!(settings["token_file"]["value"], json!(token));
    let hooks = machine.read(".claude/settings.json");
    assert!(!hooks.contains("runs.example") && !hooks.contains("token"), "{hooks}");
    assert!(!said.contains(TOKEN) && !fs::read_to_string(&config).expect("text").contains(TOKEN));
}

#[tokio::test]
async fn what_was_in_our_file_stays_and_comes_back() {
    let (machine, config) = machine();
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    let mine = "# mine\nport = 8766 # odd\nserver_url = \"http://old.example\"\n";
    fs::write(&config, mine).expect("written");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).expect("set");
    machine.must("setup --server http://new.example:1 --yes").await;
    let text = fs::read_to_string(&config).expect("text");
    assert_eq!(text, "# mine\nport = 8766 # odd\nserver = \"http://new.example:1\"\n");
    assert_eq!(fs::metadata(&config).expect("there").mode() & 0o777, 0o600, "no longer for others to read");
    let said = machine.must("setup --server http://new.example:1").await;
    assert!(said.contains("nothing to change"), "{said}");
    machine.must("setup --remove --yes").await;
    assert_eq!(fs::read_to_string(&config).expect("text"), mine);
}

#[tokio::test]
async fn lines_that_were_replaced_come_back_into_a_file_that_was_changed_since() {
    let token_file = "token_file = \"/mine\" # old\n";
    for (mine, expected) in [
        // The line of the server was taken out for ours, and comes back behind the others, its comment with it.
        ("# mine\nserver_url = \"http://mine:1\"\n", "ignore = [\"~/x\"]\n# mine\nserver_url = \"http://mine:1\"\n"),
        ("server = \"http://mine:1\" # odd\n", "server = \"http://mine:1\" # odd\nignore = [\"~/x\"]\n"),
        (token_file, "token_file = \"/mine\" # old\nignore = [\"~/x\"]\n"),
        ("port = 8766\n", "port = 8766\nignore = [\"~/x\"]\n"),
    ] {
        let (machine, config) = machine();
        fs::create_dir_all(config.parent().expect("a folder")).expect("made");
        fs::write(&config, mine).expect("written");
        let token = machine.path("token").display().to_string();
        machine.must(&format!("setup --server http://other:2 --token-file {token} --yes")).await;
        // Twice, so that what is kept of before is made from a file that was changed.
        let with = fs::read_to_string(&config).expect("text");
        fs::write(&config, format!("{with}ignore = [\"~/x\"]\n")).expect("written");
        machine.must("setup --server http://third:3 --yes").await;
        let with = fs::read_to_string(&config).expect("text");
        fs::write(&config, format!("{with}redact = true\n")).expect("written");
        machine.must("setup --remove --yes").await;
        let left = fs::read_to_string(&config).expect("text");
        assert_eq!(left.replace("redact = true\n", ""), expected);
        assert!(left.contains("redact"), "{left}");
    }
}

#[tokio::test]
async fn what_somebody_else_wrote_is_not_taken_away_and_no_token_is_shown() {
    let (machine, config) = machine();
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    let mine = format!("server = \"http://mine.example\"\ntoken = \"{TOKEN}\"\n");
    fs::write(&config, &mine).expect("written");
    let said = machine.must("setup --remove --yes").await;
    assert!(said.contains("nothing of agent-runtime to remove"), "{said}");
    let said = machine.must("setup --server http://new.example --yes").await;
    assert!(said.contains("token = \"…\"") && !said.contains(TOKEN), "{said}");
    let said = machine.must("setup --remove --yes").await;
    assert!(!said.contains(TOKEN), "{said}");
    assert_eq!(fs::read_to_string(&config).expect("text"), mine);
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_before_anything_is_written() {
    let (machine, config) = machine();
    machine.write("empty", "\n");
    let before = machine.snapshot();
    for (line, words) in [
        ("--server runs.example", "--server: 'runs.example' is no address"),
        ("--server http://runs.example:99999", "--server: 'http://runs.example:99999' is no address"),
        ("--server http://me:s3cret@runs.example", "--server: the server's address must not hold a user or a password"),
        ("--token-file missing", "--token-file: cannot read"),
        ("--server http://a.example --token-file empty", "--token-file: "),
    ] {
        let empty = machine.path("empty").display().to_string();
        let ended = machine.run(&format!("setup {} --yes", line.replace("empty", &empty))).await;
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        assert!(ended.failure().starts_with(words), "{ended:#?}");
        assert!(!format!("{ended:?}").contains("s3cret"), "{ended:#?}");
    }
    assert_eq!(machine.snapshot(), before);
    assert!(!config.exists());
}

#[tokio::test]
async fn what_only_this_shell_knows_is_not_taken_for_what_all_agents_see() {
    let (machine, _) = machine();
    let url = "AGENT_ORCHESTRATOR_SESSION_MANAGER_URL";
    let run = async |line: &str, variables: &[(&str, &str)]| {
        let launch = machine.launch(line);
        let launch = variables.iter().fold(launch, |launch, (name, value)| launch.variable(name, *value));
        let ended = launch.run().await;
        assert_eq!(ended.code, Some(0), "{line}: {ended:#?}");
        ended.stdout.join("\n")
    };
    let said = run("setup claude-code --yes", &[(url, "http://here:1"), ("AGENT_RUNTIME_TOKEN", TOKEN)]).await;
    let words =
        format!("{url} is set in this shell alone: agents that are started from here report to http://here:1, all");
    assert!(said.contains(&format!("{words} others to http://127.0.0.1:8765")), "{said}");
    assert!(said.contains("AGENT_RUNTIME_TOKEN is set in this shell alone") && !said.contains(TOKEN), "{said}");
    let said = run("setup --server http://kept:1 --yes", &[(url, "http://here:1")]).await;
    assert!(said.contains(&format!("{words} others to http://kept:1")), "{said}");
    let said = run("setup claude-code --yes", &[(url, "http://kept:1")]).await;
    assert!(!said.contains("in this shell alone"), "{said}");
    let said = run("setup claude-code --yes", &[]).await;
    assert!(!said.contains("in this shell alone"), "{said}");
}

#[tokio::test]
async fn a_file_that_we_made_goes_again_whatever_happened_to_it_since() {
    let (machine, config) = machine();
    machine.must("setup --server http://a.example --yes").await;
    let with = fs::read_to_string(&config).expect("text");
    fs::write(&config, format!("{with}port = 1\n")).expect("written");
    machine.must("setup --server http://b.example --yes").await;
    // The line of the user's own goes, and nothing but ours is left.
    fs::write(&config, "server = \"http://b.example\"\n").expect("written");
    machine.must("setup --remove --yes").await;
    assert!(!config.exists());
    assert!(!machine.path(".local/state/agent-runtime").exists());
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_refused_first() {
    let (machine, config) = machine();
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    fs::write(&config, "port = \"x\"\n").expect("written");
    let ended = machine.run("setup claude-code --yes").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(!machine.path(".claude").exists());
}

#[tokio::test]
async fn an_address_with_a_password_is_replaced_and_shown_nowhere() {
    let (machine, config) = machine();
    fs::create_dir_all(config.parent().expect("a folder")).expect("made");
    fs::write(&config, "server = \"http://me:s3cret@runs.example\" # was http://me:s3cret@old\n").expect("written");
    let ended = machine.run("setup claude-code --yes").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    let failure = ended.failure();
    assert!(failure.contains("config.toml: the server's address must not hold"), "{failure}");
    assert!(failure.contains("agent-runtime setup --token-file FILE") && !failure.contains("s3cret"), "{failure}");
    let said = machine.must("setup --server http://runs.example --yes").await;
    assert!(said.contains("- server = \"http://…@runs.example\"") && !said.contains("s3cret"), "{said}");
    assert!(fs::read_to_string(&config).expect("text").starts_with("server = \"http://runs.example\""));
    // In a variable it cannot be replaced, only refused.
    let url = "AGENT_ORCHESTRATOR_SESSION_MANAGER_URL";
    let launch = machine.launch("setup --server http://runs.example --yes");
    let ended = launch.variable(url, "http://me:s3cret@runs.example").run().await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.failure().starts_with(url) && !format!("{ended:?}").contains("s3cret"), "{ended:#?}");
}

#[tokio::test]
async fn a_token_that_others_can_read_is_told_with_what_to_do() {
    let (machine, _) = machine();
    let token = machine.path("token");
    let line = format!("setup --token-file {} --yes", token.display());
    for (mode, is_told) in [(0o644, true), (0o600, false)] {
        fs::set_permissions(&token, fs::Permissions::from_mode(mode)).expect("set");
        let said = machine.must(&line).await;
        let words = format!("Others on this machine can read the token: chmod 600 '{}'", token.display());
        assert_eq!(said.contains(&words), is_told, "{mode:o}: {said}");
    }
}
