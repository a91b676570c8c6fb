//! `agent-runtime service`: the server as a service of the user. The system's own programs are scripts here.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::machine::Machine;

fn unit(machine: &Machine) -> PathBuf {
    machine.folder.path().join("config/systemd/user/agent-runtime.service")
}

/// A machine whose `systemctl` writes down what it was told, and answers as one whose service runs.
fn with_systemd() -> Machine {
    let machine = Machine::new();
    let told = machine.path("told").display().to_string();
    machine.script(
        "systemctl",
        &format!("echo \"$@\" >>'{told}'\ncase $2 in is-enabled) echo enabled ;; is-active) echo active ;; esac"),
    )
}

#[tokio::test]
async fn install_writes_a_unit_for_the_user_and_starts_it_now_and_after_a_reboot() {
    let machine = with_systemd();
    let said = machine.must("service install").await;
    let text = fs::read_to_string(unit(&machine)).expect("a unit");
    assert!(text.contains(&format!("ExecStart=\"{}\" serve\n", machine.program_path().display())), "{text}");
    assert!(text.contains("WantedBy=default.target\n"), "{text}");
    let told = "--user daemon-reload\n--user enable agent-runtime.service\n--user restart agent-runtime.service\n";
    assert_eq!(machine.read("told"), told);
    assert!(said.contains("loginctl enable-linger"), "{said}");
    // Again, after an upgrade: the same unit, started anew.
    machine.must("service install").await;
    assert_eq!(machine.read("told"), told.repeat(2));
}

#[tokio::test]
async fn the_unit_is_one_that_systemd_understands() {
    let Some(verify) = ["/usr/bin/systemd-analyze"].into_iter().find(|path| fs::exists(path).unwrap_or(false)) else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    let machine = Machine::with_home("my $HOME is 100%");
    machine.must("service install").await;
    let output = std::process::Command::new(verify).args(["verify", "--user"]).arg(unit(&machine)).output();
    let output = output.expect("started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("agent-runtime.service"), "{said}");
}

#[tokio::test]
async fn remove_stops_it_and_takes_the_unit_away() {
    let machine = with_systemd();
    let before = machine.folder.path().join("config");
    machine.must("service install").await;
    fs::remove_file(machine.path("told")).expect("removed");
    let said = machine.must("service remove").await;
    assert!(said.starts_with("The server is stopped, and "), "{said}");
    let told = machine.read("told");
    let told: Vec<&str> = told.lines().filter(|line| !line.contains(" is-")).collect();
    assert_eq!(told, ["--user disable --now agent-runtime.service", "--user daemon-reload"]);
    assert_eq!(fs::read_dir(before).expect("a folder").count(), 0, "the folders that were made went too");
    let said = machine.must("service remove").await;
    assert!(said.contains("no service of agent-runtime to remove"), "{said}");
}

#[tokio::test]
async fn status_says_what_is() {
    let machine = with_systemd();
    let said = machine.must("service status").await;
    assert!(said.contains("not installed"), "{said}");
    machine.must("service install").await;
    let said = machine.must("service status").await;
    assert!(said.starts_with("service  installed") && said.contains("start    enabled"), "{said}");
    assert!(said.ends_with("now      active"), "{said}");
}

#[tokio::test]
async fn without_systemd_it_says_so_in_a_plain_sentence() {
    let machine = Machine::new();
    let said = machine.must("service install").await;
    assert!(unit(&machine).exists());
    assert!(said.contains("there is no systemctl here: nothing starts the server by itself"), "{said}");
    let said = machine.must("service status").await;
    assert!(said.contains("There is no systemctl here"), "{said}");
    machine.must("service remove").await;
    assert!(!unit(&machine).exists());
}

#[tokio::test]
async fn a_service_that_did_not_run_is_not_said_to_be_stopped() {
    let machine = Machine::new().script("systemctl", "case $2 in is-active) echo inactive; exit 3 ;; esac");
    machine.must("service install").await;
    let said = machine.must("service remove").await;
    assert!(said.contains("is removed. The server did not run as a service.") && !said.contains("stopped"), "{said}");
    // One that runs, and that systemd does not stop.
    let refuses = "case $2 in is-active) echo active ;; disable) echo 'Access denied' >&2; exit 1 ;; esac";
    let machine = Machine::new().script("systemctl", refuses);
    machine.must("service install").await;
    let ended = machine.run("service remove").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let failure = ended.failure();
    assert!(failure.contains("disable --now agent-runtime.service` failed: Access denied: "), "{failure}");
    assert!(failure.contains("is removed, but the server may still run") && failure.contains("`kill`"), "{failure}");
    assert!(!unit(&machine).exists());
}

#[tokio::test]
async fn where_systemd_looks_after_nobody_nothing_is_left_and_it_is_said_what_to_do() {
    let machine = Machine::new().script("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
    let before = machine.snapshot();
    let ended = machine.run("service install").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let failure = ended.failure();
    assert!(failure.starts_with("`systemctl --user daemon-reload` failed: Failed to connect to bus: "), "{failure}");
    let serve = format!("run `{} serve`", machine.program_path().display());
    assert!(failure.contains("enable-linger") && failure.contains(&serve), "{failure}");
    assert!(failure.contains("is taken away again") && !unit(&machine).exists(), "{failure}");
    assert_eq!(machine.snapshot(), before);
    assert!(!machine.folder.path().join("config/systemd").exists());
    let said = machine.must("service status").await;
    assert!(said.contains("not installed") && said.contains("enable-linger"), "{said}");
}

#[tokio::test]
async fn a_systemd_that_hangs_is_not_waited_for() {
    let machine = Machine::new().script("systemctl", "exec /bin/sleep 600");
    let began = Instant::now();
    let ended = machine.run("service install").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let failure = ended.failure();
    assert!(failure.starts_with("`systemctl --user daemon-reload` did not end within 20 seconds: "), "{failure}");
    assert!(began.elapsed() < Duration::from_mins(1) && !unit(&machine).exists(), "{failure}");
}

#[tokio::test]
async fn a_service_that_does_not_start_is_told_with_what_shows_why() {
    let refuses = "case $2 in restart) echo 'Job failed' >&2; exit 1 ;; esac";
    let machine = Machine::new().script("systemctl", refuses);
    let ended = machine.run("service install").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let failure = ended.failure();
    assert!(failure.contains("restart agent-runtime.service` failed: Job failed: "), "{failure}");
    assert!(failure.contains("journalctl --user -u agent-runtime.service") && unit(&machine).exists(), "{failure}");
}

#[tokio::test]
async fn a_unit_that_was_there_comes_back() {
    let machine = with_systemd();
    fs::create_dir_all(unit(&machine).parent().expect("a folder")).expect("made");
    fs::write(unit(&machine), "[Unit]\nDescription=mine\n").expect("written");
    machine.must("service install").await;
    machine.must("service remove").await;
    assert_eq!(fs::read_to_string(unit(&machine)).expect("text"), "[Unit]\nDescription=mine\n");
}
