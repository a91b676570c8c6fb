//! Our configuration file, our folders, and what is said in the environment: whether they can be used, and by whom.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::cli::Flags;
use crate::hook::configuration::{Configuration, is_switched_off};
use crate::settings::sources::Environment;
use crate::settings::{Settings, places};
use crate::setup::{Home, files, shell};

/// Bytes that must be free for hooks to keep something: a document of the usual size, and a line in the log.
const LEAST_FREE: u64 = 256 * 1024;

/// Looks at the configuration file and what stands in it.
pub(crate) fn file(home: &Home, environment: Environment<'_>) -> Vec<Finding> {
    let check = "configuration.readable";
    let shown = home.config.display();
    let flags = Flags { config: home.config.to_str().map(str::to_owned), ..Flags::default() };
    let about = match fs::metadata(&home.config) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let message = format!("there is no {shown}: defaults and variables hold");
            return match Settings::load(&Flags::default(), &|name: &str| without_config(environment, name)) {
                Ok(_) => vec![Finding::ok(check, message)],
                Err(failure) => vec![Finding::problem(check, failure.reason()).fix("mend that setting")],
            };
        }
        other => other.ok(),
    };
    let settings = match Settings::load(&flags, environment) {
        Ok(settings) => settings,
        Err(failure) => return vec![Finding::problem(check, failure.reason()).fix("mend that setting")],
    };
    let mut findings = vec![Finding::ok(check, format!("{shown} can be read"))];
    let text = fs::read_to_string(&home.config).unwrap_or_default();
    let holds_token = text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("token"));
    if holds_token && about.is_some_and(|about| files::is_open_to_others(&about)) {
        findings.push(exposed(&home.config, "holds a token, and others may read it"));
    }
    if let Some(path) =
        settings.token_file.value.filter(|path| fs::metadata(path).is_ok_and(|it| files::is_open_to_others(&it)))
    {
        findings.push(exposed(&path, "is a token, and others may read it"));
    }
    findings
}

fn without_config(environment: Environment<'_>, name: &str) -> Option<std::ffi::OsString> {
    if name == "AGENT_RUNTIME_CONFIG" { None } else { environment(name) }
}

fn exposed(path: &Path, words: &str) -> Finding {
    Finding::problem("configuration.private", format!("{} {words}", path.display()))
        .fix("take it from their eyes; if others work on this machine, take another token")
        .command(format!("chmod 600 {}", shell::quote(&path.to_string_lossy())))
}

/// Whether hooks report to the server that was asked, and whether they report at all.
pub(crate) fn hooks(environment: Environment<'_>, asked: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is_switched_off(environment) {
        let wish = environment("AGENT_RUNTIME_HOOK").unwrap_or_default();
        let message =
            format!("AGENT_RUNTIME_HOOK={}: agents started from here are not recorded", wish.to_string_lossy().trim());
        findings.push(
            Finding::note("hooks.switched_on", message)
                .fix("take the variable away, to have them recorded")
                .command("unset AGENT_RUNTIME_HOOK"),
        );
    }
    match Configuration::read(environment).map(|configuration| configuration.destination) {
        Ok(Ok(destination)) => {
            let theirs = destination.address;
            let asked = asked.and_then(crate::delivery::address::Address::parse);
            if asked.as_ref().is_some_and(|asked| asked.folder_name() != theirs.folder_name()) {
                findings.push(
                    Finding::note(
                        "hooks.server",
                        format!("hooks report to {theirs}, which is not the server asked here"),
                    )
                    .fix("say where they are to report")
                    .command("agent-runtime setup --server URL"),
                );
            }
        }
        Ok(Err(bad)) => findings.push(
            Finding::problem("hooks.server", format!("hooks keep what they record and send it nowhere: {bad}"))
                .fix("mend that setting; all of it goes with the next hook"),
        ),
        Err(error) => findings
            .push(Finding::problem("hooks.server", format!("hooks record nothing: {error}")).fix("mend that setting")),
    }
    findings
}

/// Looks at our folders: hooks must be able to write there, and others need not look in.
pub(crate) fn folders(home: &Home) -> Vec<Finding> {
    let parent = |file: Option<PathBuf>| file.and_then(|file| file.parent().map(Path::to_owned));
    let data = parent(places::default_database());
    let all =
        [("state", Some(home.state.clone())), ("data", data), ("configuration", parent(Some(home.config.clone())))];
    let user = rustix::process::getuid().as_raw();
    let mut findings = Vec::new();
    for (name, folder) in all.into_iter().filter_map(|(name, folder)| Some((name, folder?))) {
        let (check, shown) = (format!("folders.{name}"), folder.display().to_string());
        let quoted = shell::quote(&shown);
        match fs::metadata(&folder) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => findings.push(
                Finding::problem(check, format!("{shown} cannot be looked at: {error}"))
                    .fix("give yourself the right to it, or run this as the user whose agents report"),
            ),
            Ok(about) if about.uid() != user => findings.push(
                Finding::problem(
                    check,
                    format!("{shown} belongs to another user: yours may not be able to write there"),
                )
                .fix("make it yours, as root, unless you look at another user's folders on purpose")
                .command(format!("chown -R {user} {quoted}")),
            ),
            Ok(about) if about.permissions().mode() & 0o700 != 0o700 => findings.push(
                Finding::problem(check, format!("you may not write in {shown}"))
                    .fix("give yourself the right to")
                    .command(format!("chmod u+rwx {quoted}")),
            ),
            // What is configured is no secret, unless it is a token, which is looked at by itself.
            Ok(about) if name != "configuration" && files::is_open_to_others(&about) => findings.push(
                Finding::note(check, format!("others may look into {shown}, where what agents did is kept"))
                    .fix("keep it for yourself")
                    .command(format!("chmod 700 {quoted}")),
            ),
            Ok(_) => {}
        }
    }
    findings.extend(fullness(&home.state));
    if findings.is_empty() {
        findings.push(Finding::ok("folders.private", "our folders are yours, and closed to others"));
    }
    findings
}

/// Whether the disk is full where hooks keep what no server takes: then their log cannot say so either.
fn fullness(state: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(state).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // Some file systems have no bound on files, and tell of none.
    let takes_files = disk.f_files == 0 || disk.f_favail > 0;
    let shown = state.display();
    (free < LEAST_FREE || !takes_files).then(|| {
        Finding::problem(
            "folders.room",
            format!("the disk is full where {shown} lies: what no server takes is lost there"),
        )
        .fix("make room; this shows how much there is")
        .command(format!("df -h {path} && df -i {path}", path = shell::quote(&shown.to_string())))
    })
}
