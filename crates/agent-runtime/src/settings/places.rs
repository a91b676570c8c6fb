//! The user's own folders.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

use super::sources::Environment;

/// The database when none is named; `None` for a user without a home.
pub(crate) fn default_database() -> Option<PathBuf> {
    folders().map(|folders| folders.data_dir().join("agent-runtime.db"))
}

/// The configuration file when none is named; `None` for a user without a home.
pub(crate) fn default_config() -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().join("config.toml"))
}

/// Where the program keeps what it must remember between runs; `None` for a user without a home.
pub(crate) fn state() -> Option<PathBuf> {
    // macOS knows no folder for state: what belongs to one machine alone lies in the local data folder there.
    folders().map(|folders| folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

/// The user's own folder; `None` for a user without one.
pub(crate) fn home() -> Option<PathBuf> {
    BaseDirs::new().map(|folders| folders.home_dir().to_owned())
}

/// Where programs keep their configuration on Linux, for a user with this home.
pub(crate) fn user_configuration(home: &Path) -> PathBuf {
    BaseDirs::new().map_or_else(|| home.join(".config"), |folders| folders.config_dir().to_owned())
}

/// A path as it is written in settings, where `~/` is the user's own folder.
pub(crate) fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// Where agents keep what was said: in their usual folders, and in those that they are told by the environment.
pub(crate) fn transcripts(environment: Environment<'_>) -> Vec<PathBuf> {
    let told = |variable: &str| environment(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    let usual = |folder: &str| home().map(|home| home.join(folder));
    let claude = [told("CLAUDE_CONFIG_DIR"), usual(".claude"), usual(".config/claude")];
    let codex = [told("CODEX_HOME"), usual(".codex")];
    let claude = claude.into_iter().flatten().map(|folder| folder.join("projects"));
    let codex =
        codex.into_iter().flatten().flat_map(|folder| [folder.join("sessions"), folder.join("archived_sessions")]);
    claude.chain(codex).collect()
}

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "agent-runtime")
}
