//! The server as a service of the user: a systemd unit or a launchd agent, so that it runs after a reboot.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ask::Unanswered;
use super::{Home, ask, shell};
use crate::failure::Failure;
use crate::settings::places;

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
                // One from before is not there, or goes.
                let _ = self.order(&["bootout", &target(*user)]);
                let file = file.display().to_string();
                self.order(&["bootstrap", &format!("gui/{user}"), &file]).map_err(Refusal::at_first)
            }
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

fn unit(program: &str) -> String {
    // In a unit, these have a meaning of their own.
    let program = program.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!(
        "[Unit]\nDescription=Agent Runtime, the flight recorder for coding agents\n\n\
         [Service]\nExecStart=\"{program}\" serve\nRestart=on-failure\nRestartSec=2\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

fn property_list(program: &str, log: &Path) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (program, log) = (escaped(program), escaped(&log.display().to_string()));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
    <string>{program}</string>
    <string>serve</string>
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>StandardErrorPath</key>
  <string>{log}</string>
</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::{property_list, unit};
    use std::path::Path;

    #[test]
    fn a_unit_names_the_program_whatever_its_path() {
        let text = unit("/home/a b/100%/\"x\"/$HOME/agent-runtime");
        let line = "ExecStart=\"/home/a b/100%%/\\\"x\\\"/$$HOME/agent-runtime\" serve\n";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("WantedBy=default.target"), "{text}");
    }

    #[test]
    fn a_property_list_names_the_program_whatever_its_path() {
        let text = property_list("/Users/a & b/<c>/agent-runtime", Path::new("/log"));
        assert!(text.contains("<string>/Users/a &amp; b/&lt;c&gt;/agent-runtime</string>"), "{text}");
        assert!(text.contains("<key>RunAtLoad</key>\n  <true/>"), "{text}");
    }
}
