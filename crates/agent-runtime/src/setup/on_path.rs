//! What a shell runs when it is told `agent-runtime`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Home, shell};

/// The first program of that name in the folders of a `PATH`.
pub(crate) fn found(path: Option<OsString>) -> Option<PathBuf> {
    let folders = path.map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    folders.iter().map(|folder| folder.join("agent-runtime")).find(|path| is_program(path))
}

/// Whether this is a program that can be run by a whole path.
pub(crate) fn is_program(path: &Path) -> bool {
    let runs = |about: fs::Metadata| about.is_file() && about.permissions().mode() & 0o111 != 0;
    path.is_absolute() && fs::metadata(path).is_ok_and(runs)
}

/// Whether two paths lead to one file.
pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}

/// The line of shell that puts the program's folder first.
pub(crate) fn export(home: &Home) -> String {
    let folder = home.program.parent().unwrap_or(&home.program);
    format!("export PATH={}:\"$PATH\"", shell::quote(&folder.to_string_lossy()))
}

/// How the program has to be called in a shell: by its name, or by its whole path where that name leads elsewhere.
pub(crate) fn word(home: &Home, path: Option<OsString>) -> String {
    if found(path).is_some_and(|found| same_file(&found, &home.program)) {
        return "agent-runtime".to_owned();
    }
    let word = home.program.to_string_lossy().into_owned();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
    if word.chars().all(is_plain) { word } else { shell::quote(&word) }
}
