//! The program: in its place, of this version, and found by shells.

use std::ffi::OsString;
use std::time::Duration;

use super::entries::fault_of;
use super::finding::Finding;
use crate::setup::on_path::{self, is_program, same_file};
use crate::setup::{Home, ask, install};

/// How long the installed program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the program that hooks and services run. `needed` says whether some do.
pub(crate) fn installed(home: &Home, needed: bool) -> Finding {
    let check = "program.installed";
    let (path, shown) = (&home.program, home.program.display());
    let set_up = |finding: Finding| finding.fix("put this program there").command("agent-runtime setup");
    let finding = if let Some(fault) = fault_of(path) {
        let make = if needed { Finding::problem } else { Finding::note };
        set_up(make(check.to_owned(), format!("hooks and services run {fault}")))
    } else if matches!(install::plan(path), Ok(None)) {
        Finding::ok(check, format!("{shown} is this program"))
    } else {
        let answer = path.to_str().and_then(|program| ask::ask(program, &["--version"], PATIENCE));
        let version = answer.and_then(|answer| answer.said.split_whitespace().last().map(str::to_owned));
        match version {
            Some(version) if version == env!("CARGO_PKG_VERSION") => {
                Finding::ok(check, format!("{shown} is of this version, {version}"))
            }
            Some(version) => {
                let ours = env!("CARGO_PKG_VERSION");
                set_up(Finding::note(check.to_owned(), format!("{shown} is {version}, and this program is {ours}")))
            }
            None => set_up(Finding::problem(check, format!("{shown} does not say its version"))),
        }
    };
    finding.figure("path", path.display().to_string())
}

/// Looks whether shells find the program.
pub(crate) fn on_path(home: &Home, path: Option<OsString>) -> Finding {
    let check = "program.path";
    let folder = home.program.parent().unwrap_or(&home.program);
    match on_path::found(path) {
        Some(found) if same_file(&found, &home.program) => {
            Finding::ok(check, format!("shells find {}", found.display()))
        }
        Some(found) if is_program(&home.program) => {
            Finding::note(check, format!("shells find {}, and hooks run {}", found.display(), home.program.display()))
                .fix("put the folder of the latter first, in the settings of your shell")
                .command(on_path::export(home))
        }
        Some(found) => Finding::ok(check, format!("shells find {}", found.display())),
        None => Finding::note(check, format!("{} is not on the PATH", folder.display()))
            .fix("add it, in the settings of your shell")
            .command(on_path::export(home)),
    }
}
