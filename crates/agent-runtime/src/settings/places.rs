//! The user's own folders.

use std::path::PathBuf;

use directories::ProjectDirs;

/// The database when none is named; `None` for a user without a home.
pub(crate) fn default_database() -> Option<PathBuf> {
    folders().map(|folders| folders.data_dir().join("agent-runtime.db"))
}

/// The configuration file when none is named; `None` for a user without a home.
pub(crate) fn default_config() -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().join("config.toml"))
}

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "agent-runtime")
}
