//! The server as a service of the user: a systemd unit or a launchd agent, so that it runs after a reboot.

mod texts;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::ask::Unanswered;
use super::{Home, ask, shell};
use crate::failure::Failure;
use crate::settings::places;
use texts::{property_list, unit};

/// What looks after services on this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// systemd, for the user.
    Systemd,
    /// launchd, for the user of this number.
    Launchd(u32),
}

/// How a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// What the keeper says of its start: `enabled`, `disabled`.
    pub(crate) start: String,
    /// What it says of now: `active`, `inactive`, `failed`.
    pub(crate) now: String,
}

/// What a keeper that cannot be reached says of it.
const UNKNOWN: &str = "unknown";

impl Condition {
    /// Whether the keeper said anything.
    pub(crate) fn is_known(&self) -> bool {
        self.start != UNKNOWN || self.now != UNKNOWN
    }

    /// Whether the service runs, or is about to.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.now.as_str(), "active" | "activating" | "reloading")
    }
}

const UNIT: &str = "agent-runtime.service";
/// How long it may take to say how the service is.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take to start or stop it: a server that stops finishes what it was asked first.
const LONG_PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether an old service has gone.
const PAUSE: Duration = Duration::from_millis(100);
const LABEL: &str = "agent-runtime";

impl Keeper {
    /// That of the system this program was built for.
    pub(crate) fn of_system(home: &Home) -> Self {
        if cfg!(target_os = "macos") {
            Self::Launchd(std::fs::metadata(&home.folder).map_or(0, |folder| folder.uid()))
        } else {
            Self::Systemd
        }
    }

    /// The file that tells it of the service.
    pub(crate) fn file(&self, home: &Home) -> PathBuf {
        match self {
            Self::Systemd => places::user_configuration(&home.folder).join("systemd/user").join(UNIT),
            Self::Launchd(_) => home.folder.join(format!("Library/LaunchAgents/{LABEL}.plist")),
        }
    }

    /// What stands in that file.
    ///
    /// # Errors
    /// When the program's path cannot be written.
    pub(crate) fn text(&self, home: &Home) -> Result<String, Failure> {
        let program = home.program_text()?;
        match self {
            Self::Systemd => Ok(unit(program)),
            Self::Launchd(_) => Ok(property_list(program, &home.state.join("serve.log"))),
        }
    }

    /// The program by which it is spoken to.
    pub(crate) fn program(&self) -> &'static str {
        match self {
            Self::Systemd => "systemctl",
            Self::Launchd(_) => "launchctl",
        }
    }

    /// Makes it start the service now and at every login.
    ///
    /// # Errors
    /// When it is not there, cannot be reached, or refuses.
    pub(crate) fn start(&self, file: &Path) -> Result<(), Refusal> {
        match self {
            Self::Systemd => {
                self.order(&["--user", "daemon-reload"]).map_err(Refusal::at_first)?;
                self.order(&["--user", "enable", UNIT])?;
                self.order(&["--user", "restart", UNIT])
            }
            Self::Launchd(user) => {
                // One from before is not there, or goes; one that was switched off would not start.
                let _ = self.order(&["bootout", &target(*user)]);
                self.wait_for_its_end(*user);
                let _ = self.order(&["enable", &target(*user)]);
                let file = file.display().to_string();
                self.order(&["bootstrap", &format!("gui/{user}"), &file]).map_err(Refusal::of_bootstrap)
            }
        }
    }

    /// launchd answers before the old service is gone, and refuses a new one until then.
    fn wait_for_its_end(&self, user: u32) {
        let deadline = Instant::now() + LONG_PATIENCE;
        let is_known = || self.ask(&["print", &target(user)]).is_some_and(|answer| answer.success);
        while is_known() && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
    }

    /// Makes it stop the service and forget it.
    ///
    /// # Errors
    /// When it does not say that it has, which need not mean that the service runs.
    pub(crate) fn stop(&self) -> Result<(), Refusal> {
        match self {
            Self::Systemd => self.order(&["--user", "disable", "--now", UNIT]),
            Self::Launchd(user) => self.order(&["bootout", &target(*user)]),
        }
    }

    /// What to do where it looks after nobody's services.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Systemd => {
                "systemd looks after services of a user where that user is logged in, or lingers (`loginctl \
                 enable-linger`, then log in anew), and hardly ever in a container"
            }
            Self::Launchd(_) => "launchd looks after services of a user who is logged in at the screen",
        }
    }

    /// What to do when it knows of the service and does not start it.
    pub(crate) fn mending(&self, home: &Home) -> String {
        let again = "`agent-runtime service install` tries again, and `agent-runtime service remove` takes it away";
        match self {
            Self::Systemd => format!("`{}` shows why; {again}", self.log_command(home)),
            Self::Launchd(user) => format!(
                "an older one may be in the way, which `launchctl bootout {}` takes away, or the file be none of \
                 yours, which `plutil -lint {}` and `ls -l` show; {again}",
                target(*user),
                shell::quote(&self.file(home).to_string_lossy()),
            ),
        }
    }

    /// Tells it that the file has gone.
    pub(crate) fn reload(&self) {
        if *self == Self::Systemd {
            let _ = self.order(&["--user", "daemon-reload"]);
        }
    }

    /// The command that starts the service anew, for a person to type.
    pub(crate) fn restart_command(&self) -> String {
        match self {
            Self::Systemd => format!("systemctl --user restart {UNIT}"),
            Self::Launchd(user) => format!("launchctl kickstart -k {}", target(*user)),
        }
    }

    /// The command that shows what the server logged, for a person to type.
    pub(crate) fn log_command(&self, home: &Home) -> String {
        match self {
            Self::Systemd => format!("journalctl --user -u {UNIT} -n 50"),
            Self::Launchd(_) => format!("tail -n 50 {}", shell::quote(&home.state.join("serve.log").to_string_lossy())),
        }
    }

    /// How the service is; `None` when there is nobody to ask, or no answer in time.
    pub(crate) fn condition(&self) -> Option<Condition> {
        let first_line = |answer: ask::Answer| answer.said.lines().next().unwrap_or(UNKNOWN).trim().to_owned();
        match self {
            Self::Systemd => {
                let start = first_line(self.ask(&["--user", "is-enabled", UNIT])?);
                let now = first_line(self.ask(&["--user", "is-active", UNIT])?);
                Some(Condition { start, now })
            }
            Self::Launchd(user) => {
                let known = self.ask(&["print", &target(*user)])?;
                let running = known.said.contains("state = running");
                let (start, now) = (if known.success { "enabled" } else { "disabled" }, running);
                Some(Condition { start: start.to_owned(), now: if now { "active" } else { "inactive" }.to_owned() })
            }
        }
    }

    fn ask(&self, words: &[&str]) -> Option<ask::Answer> {
        ask::ask(self.program(), words, PATIENCE)
    }

    fn order(&self, words: &[&str]) -> Result<(), Refusal> {
        let program = self.program();
        let line = || format!("`{program} {}`", words.join(" "));
        match ask::order(program, words, LONG_PATIENCE) {
            Ok(answer) if answer.success => Ok(()),
            Ok(answer) => Err(Refusal::Told(format!("{} failed: {}", line(), answer.said.trim()))),
            Err(Unanswered::Absent) => Err(Refusal::Absent),
            Err(Unanswered::Late) => {
                Err(Refusal::Told(format!("{} did not end within {} seconds", line(), LONG_PATIENCE.as_secs())))
            }
        }
    }
}

/// Why a keeper did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not on this system.
    Absent,
    /// It cannot be spoken to at all, as in a container; its words.
    Unreached(String),
    /// It said no, or nothing; what was said to it, and its words.
    Told(String),
}

impl Refusal {
    /// What a refusal to take a service means: that launchd has no place for one of a user who is not logged in, or
    /// that it found fault with this one.
    fn of_bootstrap(self) -> Self {
        const NO_PLACE: [&str; 3] =
            ["Could not find domain", "Domain does not support specified action", "Could not find specified domain"];
        match self {
            Self::Told(words) if NO_PLACE.iter().any(|known| words.contains(known)) => Self::Unreached(words),
            other => other,
        }
    }

    /// What a refusal means to the first thing that is said, which asks for nothing that could be refused.
    fn at_first(self) -> Self {
        match self {
            Self::Told(words) => Self::Unreached(words),
            other => other,
        }
    }
}

fn target(user: u32) -> String {
    format!("gui/{user}/{LABEL}")
}

#[cfg(test)]
mod tests {
    use super::{Keeper, Refusal};
    use crate::setup::Home;

    #[test]
    fn what_launchd_refuses_is_told_with_commands_that_can_be_typed() {
        let folder = std::path::PathBuf::from("/Users/a b");
        let home = Home {
            program: folder.join("agent-runtime"),
            state: folder.clone(),
            config: folder.clone(),
            claude: folder.clone(),
            codex: folder.clone(),
            project: folder.clone(),
            folder,
        };
        let told = Keeper::Launchd(501).mending(&home);
        for command in [
            "`launchctl bootout gui/501/agent-runtime`",
            "`plutil -lint '/Users/a b/Library/LaunchAgents/agent-runtime.plist'`",
            "`agent-runtime service install`",
        ] {
            assert!(told.contains(command), "{command}: {told}");
        }
    }

    #[test]
    fn a_launchd_without_a_place_for_services_is_told_from_one_that_finds_fault() {
        for (words, is_unreached) in [
            ("Bootstrap failed: 125: Domain does not support specified action", true),
            ("Could not find domain for port", true),
            ("Bootstrap failed: 5: Input/output error", false),
            ("`launchctl bootstrap gui/501 x` did not end within 20 seconds", false),
        ] {
            let refusal = Refusal::Told(words.to_owned()).of_bootstrap();
            assert_eq!(matches!(refusal, Refusal::Unreached(_)), is_unreached, "{words}");
        }
    }
}
