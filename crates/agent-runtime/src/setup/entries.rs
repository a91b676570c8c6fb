//! Our entries in an agent's file, whichever way that is written.

use std::path::Path;

use super::{Agent, json_edit, shell, toml_hooks};

/// Event and command of each, in the order of the file.
///
/// # Errors
/// When the file is no sound JSON or TOML; where and why.
pub(crate) fn ours(agent: Agent, file: &Path, text: &str) -> Result<Vec<(String, String)>, String> {
    let is_ours = |command: &str| shell::is_ours(command, agent.as_str());
    if file.extension().is_some_and(|extension| extension == "toml") {
        toml_hooks::entries(text, &is_ours)
    } else if text.trim().is_empty() {
        Ok(Vec::new())
    } else {
        json_edit::ours(text, &is_ours).map_err(|fault| fault.to_string())
    }
}
