//! The hooks of Codex: installed, trusted, last heard of.

use super::entries::{self, Place};
use super::finding::Finding;
use super::trust::{self, Listed};
use crate::setup::on_path::same_file;
use crate::setup::versions::{self, Version};
use crate::setup::{Agent, Home, shell, toml_hooks};

/// What was looked at, before Codex itself is asked.
pub(crate) struct Places {
    /// The user's own file, then those of the project.
    places: Vec<Place>,
    is_off: bool,
}

impl Places {
    /// Looks at all files.
    pub(crate) fn look(home: &Home) -> Self {
        let project = home.project.join(".codex");
        let mut folders = vec![("user", home.codex.clone())];
        if project != home.codex {
            folders.push(("project", project));
        }
        let files = folders.iter().flat_map(|(scope, folder)| {
            ["hooks.json", "config.toml"].map(|name| Place::look(Agent::Codex, scope, &folder.join(name)))
        });
        let places: Vec<Place> = files.collect();
        let config = places.iter().find(|place| place.scope == "user" && place.file.ends_with("config.toml"));
        let is_off = config.and_then(Place::text).is_some_and(|text| toml_hooks::switched_off(text).unwrap_or(false));
        Self { places, is_off }
    }

    /// Whether Codex has hooks of ours.
    pub(crate) fn installed(&self) -> bool {
        self.places.iter().any(Place::has_ours)
    }

    /// What is to be said of them. `listed` is what Codex itself says, if it was asked and answered.
    pub(crate) fn findings(&self, home: &Home, version: Option<Version>, listed: Option<&[Listed]>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.places.iter().filter_map(Place::fault).collect();
        if let Some(words) = versions::without_hooks("Codex", versions::CODEX, version) {
            findings.push(entries::too_old(Agent::Codex, &words));
        }
        let expected: Vec<&'static str> = versions::events(versions::CODEX, version).map(|known| known.event).collect();
        for place in self.places.iter().filter(|place| place.has_ours()) {
            findings.push(place.completeness(&expected));
            findings.extend(place.programs(home));
            findings.push(trusted(place, listed));
        }
        if !self.installed() && findings.is_empty() {
            findings.push(absence(&self.places[0], version.is_some() || entries::holds_something(&home.codex)));
        }
        findings.extend(entries::duplicates(Agent::Codex, &self.places.iter().collect::<Vec<_>>()));
        if self.is_off {
            let file = home.codex.join("config.toml");
            let message = format!("hooks are switched off in {}: Codex reports nothing", file.display());
            let make = if self.installed() { Finding::problem } else { Finding::note };
            findings.push(
                make("hooks.codex.switched_on".to_owned(), message)
                    .fix("take `hooks = false` out of its [features], if you want sessions recorded"),
            );
        }
        findings
    }
}

fn absence(place: &Place, is_used: bool) -> Finding {
    let check = place.check("installed");
    if is_used {
        let folder = place.file.parent().unwrap_or(&place.file).display();
        Finding::problem(check, format!("no hooks in {folder}: Codex reports nothing"))
            .fix("connect it, then tell Codex to trust it: type /hooks there")
            .command(place.set_up())
    } else {
        Finding::ok(check, "Codex was not found here, and is not connected")
    }
}

/// Whether Codex runs the hooks of this place.
fn trusted(place: &Place, listed: Option<&[Listed]>) -> Finding {
    let check = place.check("trusted");
    let by_hand = "start `codex`, type /hooks, and trust the entries of agent-runtime";
    let Some(listed) = listed else {
        return Finding::note(check, "Codex could not be asked whether it trusts the hooks; it runs no others")
            .fix(format!("look yourself: {by_hand}"));
    };
    let agent = place.agent.as_str();
    let ours = listed.iter().filter(|hook| same_file(&hook.file, &place.file) && shell::is_ours(&hook.command, agent));
    let ours: Vec<&Listed> = ours.collect();
    let refused: Vec<&str> = ours.iter().filter(|hook| !hook.runs()).map(|hook| hook.event.as_str()).collect();
    let finding = if ours.is_empty() {
        Finding::problem(check, format!("Codex does not list the hooks in {}", place.file.display()))
            .fix("start `codex` and type /hooks: it says what it has read")
    } else if refused.is_empty() {
        Finding::ok(check, format!("Codex trusts all {} hooks", ours.len()))
    } else {
        let message = format!("Codex passes over {} of {} hooks, which it does not trust", refused.len(), ours.len());
        Finding::problem(check, message).fix(by_hand)
    };
    finding.figure("listed", ours.len()).figure("refused", refused)
}

/// What Codex says of the hooks, asked only where there are some of ours.
pub(crate) fn ask(home: &Home, places: &Places) -> Option<Vec<Listed>> {
    if places.installed() { trust::list(&home.project) } else { None }
}
