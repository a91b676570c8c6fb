//! The user's own folders.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

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

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "agent-runtime")
}
