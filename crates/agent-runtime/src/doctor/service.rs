//! The service that keeps the server running: installed, running, and there before anybody logs in.

use std::time::Duration;

use super::finding::Finding;
use crate::setup::service::{Condition, Keeper};
use crate::setup::{Home, ask, files};

/// How long the system may take to say whether it starts services without a login.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the system said of the service.
pub(crate) struct State {
    is_installed: bool,
    is_ours: bool,
    condition: Option<Condition>,
    /// Whether services of this user run without a login; `None` where nobody tells.
    lingers: Option<bool>,
}

impl State {
    /// Asks the system.
    pub(crate) fn ask(home: &Home) -> Self {
        let keeper = Keeper::of_system(home);
        let file = keeper.file(home);
        let is_installed = file.exists();
        let text = files::read(&file).ok().flatten();
        let is_ours = keeper.text(home).is_ok_and(|ours| text.as_deref() == Some(ours.as_bytes()));
        let condition = if is_installed { keeper.condition() } else { None };
        let lingers = if is_installed && keeper == Keeper::Systemd { lingers() } else { None };
        Self { is_installed, is_ours, condition, lingers }
    }

    /// What is to be said of it. `answers` says whether the server does; `is_near`, whether it is on this machine.
    pub(crate) fn findings(&self, home: &Home, answers: bool, is_near: bool) -> Vec<Finding> {
        let keeper = Keeper::of_system(home);
        let check = "service.installed";
        if !self.is_installed {
            if !is_near {
                return vec![Finding::ok(check, "none is needed: the server is elsewhere")];
            }
            return vec![
                Finding::note(check, "the server is not started by itself, after a reboot for one")
                    .fix("have it started whenever you log in")
                    .command("agent-runtime service install"),
            ];
        }
        let file = keeper.file(home);
        let mut findings = vec![if self.is_ours {
            Finding::ok(check, format!("it is told in {}", file.display()))
        } else {
            Finding::note(check, format!("{} is not as this version writes it", file.display()))
                .fix("none, if you changed it; else write it anew")
                .command("agent-runtime service install")
        }];
        findings.push(self.running(&keeper, home, answers));
        if self.lingers == Some(false) {
            findings.push(
                Finding::note("service.linger", "the service stops when you log out, and starts when you log in")
                    .fix("have it run without a login, if agents run here meanwhile")
                    .command("loginctl enable-linger"),
            );
        } else if self.lingers == Some(true) {
            findings.push(Finding::ok("service.linger", "the service runs without a login"));
        }
        findings
    }

    fn running(&self, keeper: &Keeper, home: &Home, answers: bool) -> Finding {
        let check = "service.running";
        let Some(Condition { start, now }) = &self.condition else {
            let message =
                format!("there is no {} to ask, or it does not answer: nothing starts the server", keeper.program());
            return Finding::note(check, message).fix("run `agent-runtime serve` where you start your other programs");
        };
        let finding = if now != "active" && !answers {
            Finding::problem(check, format!("the service is {now}"))
                .fix("its log says why")
                .command(keeper.log_command(home))
        } else if now != "active" {
            Finding::note(check, format!("the service is {now}; another server answers in its place"))
                .fix("stop that one, then start the service")
                .command(keeper.restart_command())
        } else if start == "disabled" {
            Finding::note(check, "the service runs, and is not started at the next login")
                .fix("have it started")
                .command("agent-runtime service install")
        } else {
            Finding::ok(check, format!("the service is {start} and {now}"))
        };
        finding.figure("start", start.as_str()).figure("now", now.as_str())
    }
}

fn lingers() -> Option<bool> {
    let user = rustix::process::getuid().as_raw().to_string();
    let answer = ask::ask("loginctl", &["show-user", &user, "--property=Linger"], PATIENCE)?;
    match answer.said.trim() {
        "Linger=yes" => Some(true),
        "Linger=no" => Some(false),
        _ => None,
    }
}
