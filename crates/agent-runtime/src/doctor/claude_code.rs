//! The hooks of Claude Code, in each scope: installed, trusted, last heard of.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::entries::{self, Place};
use super::finding::Finding;
use crate::setup::versions::{self, Version};
use crate::setup::{Agent, Home, files};

/// What an organisation decides for all its users.
const MANAGED: &str = if cfg!(target_os = "macos") {
    "/Library/Application Support/ClaudeCode/managed-settings.json"
} else {
    "/etc/claude-code/managed-settings.json"
};

/// Looks at all scopes. `state_file` is where Claude Code keeps which folders it was told to trust.
pub(crate) fn examine(home: &Home, state_file: &Path, version: Option<Version>) -> (Vec<Finding>, bool) {
    let look = |scope, path: PathBuf| Place::look(Agent::ClaudeCode, scope, &path);
    let user = look("user", home.claude.join("settings.json"));
    let mut places = vec![user];
    for (scope, name) in [("project", "settings.json"), ("local", "settings.local.json")] {
        let place = look(scope, home.project.join(".claude").join(name));
        // In the home folder, the settings of the project are those of the user.
        if place.file != places[0].file {
            places.push(place);
        }
    }
    let installed = places.iter().any(Place::has_ours);
    let is_used = version.is_some() || entries::holds_something(&home.claude);
    let expected: Vec<&'static str> =
        versions::events(versions::CLAUDE_CODE, version).map(|known| known.event).collect();
    let too_old = versions::without_hooks("Claude Code", versions::CLAUDE_CODE, version);
    let mut findings: Vec<Finding> = too_old.iter().map(|words| entries::too_old(Agent::ClaudeCode, words)).collect();
    for place in &places {
        if let Some(fault) = place.fault() {
            findings.push(fault);
        } else if place.has_ours() {
            findings.push(place.completeness(&expected));
            findings.extend(place.programs(home));
            findings.push(trust(place, home, state_file));
        } else if too_old.is_none() {
            findings.push(absence(place, installed, is_used));
        }
    }
    findings.extend(entries::duplicates(Agent::ClaudeCode, &places.iter().collect::<Vec<_>>()));
    findings.extend(places.iter().filter_map(|place| switched_off(&place.file, place.text()?, installed)));
    let managed = Path::new(MANAGED);
    if let Ok(Some(bytes)) = files::read(managed) {
        findings.extend(switched_off(managed, &String::from_utf8_lossy(&bytes), installed));
    }
    (findings, installed)
}

/// What it means that a scope has no hooks of ours.
fn absence(place: &Place, installed: bool, is_used: bool) -> Finding {
    let (check, file) = (place.check("installed"), place.file.display());
    match (place.scope, installed, is_used) {
        ("user", false, true) => Finding::problem(check, format!("no hooks in {file}: Claude Code reports nothing"))
            .fix("connect it")
            .command(place.set_up()),
        ("user", false, false) => Finding::ok(check, "Claude Code was not found here, and is not connected"),
        ("user", true, _) => {
            Finding::note(check, format!("no hooks in {file}: only sessions in this project are recorded"))
                .fix("connect all your sessions, if you want them recorded")
                .command(place.set_up())
        }
        _ => Finding::ok(check, format!("none in {file}, and none needed")),
    }
}

/// Whether Claude Code runs hooks of this place.
fn trust(place: &Place, home: &Home, state_file: &Path) -> Finding {
    let check = place.check("trusted");
    if place.scope == "user" {
        return Finding::ok(check, "hooks of the user need no trust");
    }
    let project = home.project.display().to_string();
    let state = files::read(state_file).ok().flatten();
    let state: Option<Value> = state.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(state) = state else {
        return Finding::note(
            check,
            format!("whether {project} is trusted cannot be told: no {}", state_file.display()),
        )
        .fix("start `claude` in that folder once: it asks whether to trust it");
    };
    if state["projects"][&project]["hasTrustDialogAccepted"] == true {
        Finding::ok(check, format!("{project} is trusted"))
    } else {
        Finding::note(
            check,
            format!("Claude Code was not told yet to trust {project}, and runs no hooks of it until then"),
        )
        .fix("start `claude` in that folder, and say that you trust it")
    }
}

/// Whether these settings switch hooks off.
fn switched_off(file: &Path, text: &str, installed: bool) -> Option<Finding> {
    let settings: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let key = ["disableAllHooks", "allowManagedHooksOnly"].into_iter().find(|key| settings[key] == true)?;
    // The second counts in the settings of an organisation only.
    if key == "allowManagedHooksOnly" && file != Path::new(MANAGED) {
        return None;
    }
    let message = format!("{key} is true in {}: no hook of ours is run", file.display());
    let make = if installed { Finding::problem } else { Finding::note };
    let finding = make("hooks.claude-code.switched_on".to_owned(), message);
    Some(if key == "disableAllHooks" && file != Path::new(MANAGED) {
        finding.fix("take that line out, if you want sessions recorded")
    } else {
        finding.fix("ask whoever looks after these settings to allow the hooks of agent-runtime")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MANAGED, switched_off};
    use crate::doctor::finding::Grade;

    #[test]
    fn an_organisation_may_switch_hooks_off_and_a_user_by_one_key_only() {
        let grade = |file: &str, text: &str| switched_off(Path::new(file), text, true).map(|finding| finding.grade);
        for key in ["disableAllHooks", "allowManagedHooksOnly"] {
            assert_eq!(grade(MANAGED, &format!("{{\"{key}\": true}}")), Some(Grade::Problem), "{key}");
            assert_eq!(grade(MANAGED, &format!("{{\"{key}\": false}}")), None, "{key}");
        }
        assert_eq!(grade("/a", "{\"disableAllHooks\": true}"), Some(Grade::Problem));
        assert_eq!(grade("/a", "{\"allowManagedHooksOnly\": true}"), None);
        assert_eq!(
            switched_off(Path::new("/a"), "{\"disableAllHooks\": true}", false).map(|it| it.grade),
            Some(Grade::Note)
        );
    }
}
