//! Set-up that can be trusted: what is the user's stays to the byte, what is ours can be taken back.

pub(crate) mod ask;
pub(crate) mod claude_code;
pub(crate) mod codex;
pub(crate) mod consent;
pub(crate) mod difference;
pub(crate) mod entries;
pub(crate) mod files;
pub(crate) mod hooks;
pub(crate) mod install;
pub(crate) mod json_edit;
pub(crate) mod json_tree;
pub(crate) mod json_write;
pub(crate) mod masked;
pub(crate) mod on_path;
pub(crate) mod receipt;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod shell;
pub(crate) mod toml_hooks;
pub(crate) mod turn;
pub(crate) mod undo;
pub(crate) mod versions;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::settings::places;
use crate::settings::sources::Environment;
use receipt::Change;

/// An agent whose hooks can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Agent {
    /// Claude Code
    ClaudeCode,
    /// Codex
    Codex,
}

impl Agent {
    /// Its name in our commands.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
        }
    }
}

/// Whose sessions an agent's settings are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scope {
    /// Every session of this user
    #[default]
    User,
    /// This project, for everyone who works on it
    Project,
    /// This project, for this user
    Local,
}

/// The places that set-up knows.
#[derive(Debug)]
pub(crate) struct Home {
    /// The user's own folder.
    pub(crate) folder: PathBuf,
    /// Where the program is put.
    pub(crate) program: PathBuf,
    /// Where we keep what is neither data nor configuration.
    pub(crate) state: PathBuf,
    /// Our configuration file.
    pub(crate) config: PathBuf,
    /// Claude Code's folder.
    pub(crate) claude: PathBuf,
    /// Codex's folder.
    pub(crate) codex: PathBuf,
    /// The outermost folder of the project that the user is in.
    pub(crate) project: PathBuf,
}

impl Home {
    /// Finds them.
    ///
    /// # Errors
    /// When the user has no home folder, or is in a folder that is gone.
    pub(crate) fn find(environment: Environment<'_>) -> Result<Self, Failure> {
        let nowhere = || Failure::usage("you seem to have no home folder: set HOME");
        let folder = places::home().ok_or_else(nowhere)?;
        let working = std::env::current_dir()
            .map_err(|error| Failure::work(format!("cannot tell which folder this is: {error}")))?;
        let named = |variable: &str| environment(variable).filter(|path: &OsString| !path.is_empty());
        let agent = |variable: &str, default: &str| {
            named(variable).map_or_else(|| folder.join(default), |path| working.join(path))
        };
        let project = working.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&working).to_owned();
        let config = named("AGENT_RUNTIME_CONFIG").map(|path| working.join(path));
        Ok(Self {
            program: folder.join(".local/bin/agent-runtime"),
            state: places::state().ok_or_else(nowhere)?,
            config: config.or_else(places::default_config).ok_or_else(nowhere)?,
            claude: agent("CLAUDE_CONFIG_DIR", ".claude"),
            codex: agent("CODEX_HOME", ".codex"),
            project,
            folder,
        })
    }

    /// The settings that set-up may change, as their owners call them: each may be a link.
    fn settings(&self) -> [PathBuf; 6] {
        let of_project = |name| self.project.join(".claude").join(name);
        [
            self.claude.join("settings.json"),
            of_project("settings.json"),
            of_project("settings.local.json"),
            self.codex.join("hooks.json"),
            self.codex.join("config.toml"),
            self.config.clone(),
        ]
    }

    /// The program's path as it stands in settings.
    ///
    /// # Errors
    /// When no text can say it.
    pub(crate) fn program_text(&self) -> Result<&str, Failure> {
        let text = self.program.to_str();
        text.ok_or_else(|| {
            Failure::usage(format!("{} is no UTF-8, so no settings can name it", self.program.display()))
        })
    }
}

/// The text of a file.
///
/// # Errors
/// When it is no UTF-8.
pub(crate) fn text_of(file: &Path, bytes: Option<&[u8]>) -> Result<String, Failure> {
    let text = std::str::from_utf8(bytes.unwrap_or_default());
    text.map(str::to_owned).map_err(|error| {
        let reason = format!("broken UTF-8 at byte {}; nothing was written", error.valid_up_to());
        Failure::work(format!("{}: {reason}", file.display()))
    })
}

/// A file that cannot be changed as it is.
pub(crate) fn broken(file: &Path, fault: impl std::fmt::Display) -> Failure {
    Failure::work(format!("{}, {fault}; nothing was written", file.display()))
}

/// A change as it is shown before it is made.
pub(crate) fn shown(change: &Change, home: &Home) -> String {
    let leads_there = |path: &PathBuf| files::behind_links(path).is_ok_and(|file| file == change.file);
    let named = home.settings().into_iter().find(leads_there).unwrap_or_else(|| change.file.clone());
    let written = files::without_links(&change.file);
    let file = if written == named {
        named.display().to_string()
    } else {
        format!("{}, which leads to {}", named.display(), written.display())
    };
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let title = match (&change.old, &change.new) {
        (None, _) => format!("{file} (new)"),
        (_, None) => format!("{file} (deleted)"),
        _ => file,
    };
    format!("\n{title}\n{}", difference::lines(&text(&change.old), &text(&change.new)))
}
