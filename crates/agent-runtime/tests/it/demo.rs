//! `make demo` as its user meets it: the example, built beside the tests, with the program under test as its server.

use std::path::Path;
use std::process::{Command, Output};

use crate::process;

/// The demo's own files, so that the tests in them run: an example is either run or tested, and this one is run.
#[allow(dead_code)]
#[path = "../../examples/demo"]
mod example {
    mod compare;
    mod live;
}

#[test]
fn the_own_recording_is_stored_and_seen_alike() {
    let output = demo(&[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text.lines().last(), Some("equal"), "{text}");
    assert_eq!(text.matches("  equal\n").count(), 3, "three sessions, each equal: {text}");
    assert!(!text.contains("detail"), "every request of the recording is a good one: {text}");
}

#[test]
fn bad_recordings_are_named_by_file_and_line() {
    let folder = process::fresh_folder();
    let good = r#"{"method":"GET","path":"/sessions"}"#;
    for (name, text, words) in [
        ("none.ndjson", None, "cannot read"),
        ("empty.ndjson", Some(String::new()), "empty.ndjson holds no requests"),
        ("cut.ndjson", Some(format!("{good}\n\n{{\"method\":\"GET\"")), "cut.ndjson:3: no recorded request"),
        ("pathless.ndjson", Some(format!("{good}\n{{\"method\":\"GET\"}}")), "pathless.ndjson:2: no recorded request"),
        ("relative.ndjson", Some(good.replace("/sessions", "sessions")), "relative.ndjson:1: no recorded request"),
        ("idle.ndjson", Some(good.to_owned()), "nothing was stored"),
    ] {
        let file = folder.path().join(name);
        if let Some(text) = text {
            std::fs::write(&file, text).expect("a recording");
        }
        let output = demo(&[file.to_str().expect("a plain path")]);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}

#[test]
fn a_server_that_does_not_start_is_named() {
    for (program, words) in [("/bin/false", "/bin/false did not start"), ("/no/program", "cannot start /no/program")] {
        let output = command().args(["--server", program]).output().expect("the demo runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

fn demo(arguments: &[&str]) -> Output {
    let server = env!("CARGO_BIN_EXE_agent-runtime");
    command().args(["--server", server]).args(arguments).output().expect("the demo runs")
}

fn command() -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_agent-runtime")).with_file_name("examples").join("demo");
    assert!(program.exists(), "{} is built with the tests", program.display());
    Command::new(program)
}
