//! Whatever goes wrong, the agent sees success and nothing else; the reason stands in the log.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::recorder::Recorder;
use super::stand::{Stand, assert_silent, document, order};
use crate::process::{Launch, fresh_folder};
use crate::terminal::Terminal;

#[test]
fn arguments_that_mean_nothing_are_no_failure() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    let raw = document("s", 1).to_string();
    for arguments in [&["hook"][..], &["hook", "emacs"], &["hook", "codex", "--fast"]] {
        stand.quiet(arguments, raw.as_bytes());
        assert_eq!(stand.log().lines().count(), 1, "{arguments:?}: {}", stand.log());
        assert!(stand.log().contains("claude-code, codex"), "{}", stand.log());
        fs::remove_file(stand.state().join("hook.log")).expect("erased");
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn who_asks_for_help_has_lost_nothing() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    for arguments in [&["hook", "--help"][..], &["hook", "-h"], &["hook", "codex", "--help"]] {
        stand.quiet(arguments, b"");
        stand.quiet(arguments, document("s", 1).to_string().as_bytes());
        assert!(!stand.state().join("hook.log").exists(), "{arguments:?}: {}", stand.log());
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_person_at_a_terminal_is_told_how_it_is_meant_and_loses_nothing() {
    let log = |launch: &Launch| launch.folder().path().join("state/agent-runtime/hook.log");
    for line in [&["hook"][..], &["hook", "claude-code"], &["hook", "--help"]] {
        let launch = Launch::bare(fresh_folder()).arguments(line.iter().copied());
        let log = log(&launch);
        let (code, shown) = Terminal::new(120).run(launch).await;
        assert_eq!(code, Some(0), "{line:?}");
        assert!(shown.contains("what an agent runs") && shown.contains("setup claude-code"), "{line:?}: {shown}");
        assert!(!log.exists(), "{line:?}");
    }
}

#[test]
fn broken_json_is_no_failure() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    for raw in [&b"no json"[..], b"{\"a\":}", b"}", b"\xff\xfe{", b"{\"session_id\":\"s\",\"a\":tru}", b"[1,,2]"] {
        stand.hook("claude-code", raw);
        assert!(stand.log().contains("no JSON document"), "{raw:?}: {}", stand.log());
        fs::remove_file(stand.state().join("hook.log")).expect("erased");
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn what_has_no_address_to_go_to_waits_until_it_has_one() {
    let server = Recorder::start();
    let url = "AGENT_ORCHESTRATOR_SESSION_MANAGER_URL";
    for in_file in [false, true] {
        for by_hook in [false, true] {
            let stand = Stand::new("ftp://nope");
            let bad = if in_file {
                stand.clone().variable(url, "").configuration("server = \"ftp://nope\"\n")
            } else {
                stand.clone()
            };
            let before = server.requests().len();
            bad.report("s", 1);
            bad.report("s", 2);
            let told = "'ftp://nope' is no address of a server";
            assert!(bad.log().contains(told) && !bad.log().contains("nothing recorded"), "{}", bad.log());
            let status = bad.status();
            assert_eq!((&status["waiting"], &status["dropped"]), (&2.into(), &0.into()), "{status}");
            assert!(status["obstacle"].as_str().is_some_and(|told| told.contains("no address")), "{status}");
            assert!(status["server"].is_null(), "{status}");
            let shown = bad.command(super::stand::PROGRAM, &["spool", "status"]).output().expect("an end").stdout;
            assert!(shown.starts_with(b"no address yet\n"), "{}", String::from_utf8_lossy(&shown));
            let doctor = bad.command(super::stand::PROGRAM, &["doctor"]).output().expect("an end");
            let said = String::from_utf8_lossy(&doctor.stdout);
            assert!(
                said.contains(told) && said.contains("2 documents") && said.contains("wait for an address"),
                "{said}"
            );

            let good = stand.variable(url, server.url());
            let mut expected = vec![("s".to_owned(), 1), ("s".to_owned(), 2)];
            if by_hook {
                good.report("s", 3);
                expected.push(("s".to_owned(), 3));
            } else {
                assert!(good.flush().0);
            }
            assert_eq!(order(&server.requests()[before..]), expected, "in the file {in_file}, by a hook {by_hook}");
            assert_eq!(good.status()["waiting"], 0);
        }
    }
}

#[test]
fn a_state_folder_that_cannot_be_used_is_no_failure() {
    let (stand, _) = Stand::without_server();
    fs::write(stand.folder.path().join("state"), "a file").expect("written");
    stand.report("s", 1);
    assert_eq!(fs::read(stand.folder.path().join("state")).expect("a file"), b"a file");
}

#[test]
fn closed_outputs_are_no_failure() {
    let (stand, _) = Stand::without_server();
    let line = format!("'{}' hook codex >&- 2>&- <&-", super::stand::PROGRAM);
    assert_silent(&stand.command("/bin/sh", &["-c", &line]).output().expect("an end"));
}

#[test]
fn a_full_disk_is_no_failure_and_leaves_the_spool_whole() {
    let (stand, _) = Stand::without_server();
    let disk = stand.folder.path().join("state");
    fs::create_dir(&disk).expect("a folder");
    let mount = |arguments: &[&str]| Command::new("mount").args(arguments).arg(&disk).stderr(Stdio::null()).status();
    if !mount(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).is_ok_and(|status| status.success()) {
        println!("skipped: no small disk can be mounted");
        return;
    }
    let unmount = Unmount(&disk);
    stand.report("s", 1);
    fs::write(disk.join("rest"), vec![0; 1024 * 1024]).expect_err("the disk is full");
    stand.hook("codex", format!("{{\"session_id\":\"s\",\"text\":\"{}\"}}", "x".repeat(100_000)).as_bytes());
    stand.report("s", 2);
    fs::remove_file(disk.join("rest")).expect("room");
    stand.report("s", 3);
    assert_eq!(stand.status()["waiting"], 2, "{}", stand.log());
    drop(unmount);
}

#[test]
fn a_limit_on_the_size_of_files_is_no_failure() {
    let server = Recorder::start();
    let hook = format!("ulimit -f 0; exec '{}' hook claude-code", super::stand::PROGRAM);
    for (url, received) in [(server.url(), 1), (Stand::without_server().1.to_string(), 0)] {
        let before = server.requests().len();
        let stand = Stand::new(&url);
        let mut child = stand.command("/bin/sh", &["-c", &hook]).spawn().expect("a shell");
        let raw = document("s", 1).to_string();
        child.stdin.take().expect("an input").write_all(raw.as_bytes()).expect("written");
        assert_silent(&child.wait_with_output().expect("an end"));
        assert_eq!(server.requests().len(), before + received, "what needs no file is delivered");
    }
}

#[test]
fn nothing_is_recorded_when_that_is_wished() {
    let server = Recorder::start();
    let stand = Stand::new(&server.url());
    for off in ["off", "OFF", " Off ", "0", "false", "no", "never", "on?"] {
        stand.clone().variable("AGENT_RUNTIME_HOOK", off).report("s", 1);
        assert_eq!(server.requests().len(), 0, "{off:?}");
    }
    for on in ["", " ", "on", "1", "TRUE", "yes"] {
        let before = server.requests().len();
        stand.clone().variable("AGENT_RUNTIME_HOOK", on).report("v", 1);
        assert_eq!(server.requests().len(), before + 1, "{on:?}");
    }
    let home = stand.folder.path().join("home");
    let stand = stand.configuration("ignore = [\"~/clients/*\", \"/srv/secret\"]\n");
    for (folder, recorded) in [
        (home.join("clients/a"), false),
        (home.join("clients/a/src"), false),
        ("/srv/secret/x".into(), false),
        (home.join("clients"), true),
        ("/srv/secrets".into(), true),
    ] {
        let before = server.requests().len();
        let mut document = document("s", 1);
        document["cwd"] = serde_json::json!(folder);
        stand.hook("claude-code", document.to_string().as_bytes());
        assert_eq!(server.requests().len() - before, usize::from(recorded), "{}", folder.display());
        // The variable says it instead of the file, as with every setting.
        let elsewhere = stand.clone().variable("AGENT_RUNTIME_IGNORE", "/srv/other, ~/others/*");
        elsewhere.hook("claude-code", document.to_string().replace("\"s\"", "\"t\"").as_bytes());
        let listed = stand.clone().variable("AGENT_RUNTIME_IGNORE", "/srv/other,~/clients/*,/srv/secret");
        listed.hook("claude-code", document.to_string().replace("\"s\"", "\"u\"").as_bytes());
        assert_eq!(server.requests().len() - before, 1 + 2 * usize::from(recorded), "{}", folder.display());
    }
    assert_eq!(stand.log(), "");
    assert_eq!(super::stand::children(&stand.state()), [stand.state().join("unrecorded")], "and nothing else is kept");
}

#[test]
fn what_a_broken_configuration_means_for_another_server_goes_nowhere_else() {
    let server = Recorder::start();
    for broken in ["server = 5\n", "server = \"\"\n", "server = \n", "port = = 1\nserver = \"http://box\"\n"] {
        let stand = Stand::new("").configuration(&format!("{broken}token = \"t0ken\"\n"));
        stand.report("s", 1);
        assert!(stand.log().contains("nowhere to send it yet"), "{broken}: {}", stand.log());
        let status = stand.status();
        assert_eq!((&status["waiting"], &status["server"]), (&1.into(), &serde_json::Value::Null), "{broken}");
        let mended = stand.configuration(&format!("server = \"{}\"\n", server.url()));
        let before = server.requests().len();
        assert!(mended.flush().0);
        assert_eq!(order(&server.requests()[before..]), [("s".to_owned(), 1)], "{broken}");
    }
}

#[test]
fn a_configuration_that_may_forbid_it_but_cannot_be_read_forbids_it() {
    let server = Recorder::start();
    let stand = || Stand::new(&server.url());
    let forbidding = stand().configuration("ignore = [\"~/clients/*\"\nserver = ");
    forbidding.report("s", 1);
    assert_eq!(server.requests().len(), 0);
    assert!(forbidding.log().contains("may say what not to record"), "{}", forbidding.log());
    stand().configuration("port = = 1\n").report("s", 1);
    assert_eq!(server.requests().len(), 1, "a file that forbids nothing stops nothing");
    for misspelt in ["ingore = [\"/work\"]\n", "Ignored = \"/work\"\n"] {
        let forbidding = stand().configuration(misspelt);
        forbidding.report("s", 1);
        assert!(forbidding.log().contains("did you mean 'ignore'?"), "{misspelt}: {}", forbidding.log());
    }
    stand().configuration("ignore = [\"/elsewhere\"]\nignored = 1\n").report("s", 2);
    assert_eq!(server.requests().len(), 2, "where the key itself stands, it is known what not to record");
}

#[test]
fn a_misspelt_key_sends_nothing_to_the_server_that_nobody_named() {
    let server = Recorder::start();
    for misspelt in ["serve = \"http://box\"\n", "address = \"http://box\"\n"] {
        let stand = Stand::new("").configuration(misspelt);
        for number in 0..3 {
            stand.report("s", number);
        }
        let log = stand.log();
        assert!(log.contains("nowhere to send it yet") && log.contains("holds the unknown key '"), "{log}");
        let status = stand.status();
        assert_eq!((&status["waiting"], &status["server"]), (&3.into(), &serde_json::Value::Null), "{misspelt}");
        let (content, said) = stand.flush();
        assert!(!content && said.contains("unknown key"), "{said}");
        // Who names the server has named it, whatever else stands there.
        let mended = stand.configuration(&format!("server = \"{}\"\n{misspelt}", server.url()));
        let before = server.requests().len();
        assert!(mended.flush().0);
        assert_eq!(server.requests().len() - before, 3, "{misspelt}");
    }
}

#[tokio::test]
async fn the_server_starts_with_the_keys_of_hooks_in_its_file() {
    let stand = Stand::new("").configuration("server = \"http://a\"\ntoken_file = \"t\"\nignore = [\"~/x\"]\n");
    let server = Launch::on(stand.folder.clone()).start().await;
    server.stop().await;
}

#[test]
fn what_is_kept_is_for_the_user_alone() {
    let (stand, _) = Stand::without_server();
    stand.report("s", 1);
    stand.hook("nobody", b"{}");
    let mut seen = 0;
    let mut folders = vec![stand.state()];
    while let Some(folder) = folders.pop() {
        for path in super::stand::children(&folder) {
            let mode = fs::metadata(&path).expect("a mode").permissions().mode() & 0o777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            seen += 1;
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}
