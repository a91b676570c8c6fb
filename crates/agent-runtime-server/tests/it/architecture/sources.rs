//! Reading the workspace: its manifests and sources, as plain text.

use std::fs;
use std::path::{Path, PathBuf};

/// One crate of the workspace.
pub(super) struct Package {
    /// Its folder, from the workspace's root: `crates/agent-runtime-store`, `bench`.
    pub(super) folder: String,
    /// What its program or library depends on, those of its tests left out.
    pub(super) dependencies: Vec<String>,
    /// Its sources, those of its tests left out.
    pub(super) sources: Vec<Source>,
}

/// One source file.
pub(super) struct Source {
    /// Its path below `src`: `api/events.rs`.
    pub(super) path: String,
    /// Its code, without comments and without what is compiled for tests only, so that a rule reads nothing
    /// but what runs. Line numbers are those of the file.
    pub(super) code: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), code: code_that_runs(text) }
    }

    /// The module that the file belongs to: `api` for `api.rs` and `api/events.rs`.
    pub(super) fn module(&self) -> &str {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        path.split_once('/').map_or(path, |(module, _)| module)
    }

    /// Where a word stands, each with its line number. It is found as a whole word only: `hub` is not part of
    /// `github`.
    pub(super) fn lines_with(&self, word: &str) -> Vec<usize> {
        let numbered = self.code.lines().enumerate();
        numbered.filter(|(_, line)| has_word(line, word)).map(|(index, _)| index + 1).collect()
    }
}

/// All crates of the workspace.
pub(super) fn workspace() -> Vec<Package> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = folders_in(&root.join("crates"));
    folders.push(root.join("bench"));
    let mut packages: Vec<_> = folders.iter().map(|folder| package(&root, folder)).collect();
    packages.sort_by(|a, b| a.folder.cmp(&b.folder));
    packages
}

/// The crate in a folder.
pub(super) fn find<'a>(packages: &'a [Package], folder: &str) -> &'a Package {
    packages.iter().find(|package| package.folder == folder).unwrap_or_else(|| panic!("there is no {folder}"))
}

/// The crates under `[dependencies]` of a manifest.
pub(super) fn dependencies(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            if let Some(name) = section.strip_prefix("dependencies.") {
                names.push(name.to_owned());
            }
        } else if section == "dependencies" {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            names.push(name.trim_matches('"').to_owned());
        }
    }
    names
}

/// All code below a folder, tests included, as one text.
pub(super) fn all_code(folder: &Path) -> String {
    let mut code = String::new();
    for entry in entries(folder) {
        if entry.is_dir() {
            code.push_str(&all_code(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&read(&entry));
        }
    }
    code
}

/// The text of a file.
pub(super) fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn package(root: &Path, folder: &Path) -> Package {
    let manifest = read(&folder.join("Cargo.toml"));
    let source_folder = folder.join("src");
    let mut files = Vec::new();
    collect(&source_folder, &mut files);
    files.sort();
    let sources = files.iter().map(|file| Source::new(&below(&source_folder, file), &read(file))).collect();
    Package { folder: below(root, folder), dependencies: dependencies(&manifest), sources }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in entries(folder) {
        if entry.is_dir() {
            collect(&entry, files);
        } else if entry.extension().is_some_and(|extension| extension == "rs") && !entry.ends_with("tests.rs") {
            files.push(entry);
        }
    }
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|entry| entry.join("Cargo.toml").is_file()).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    listed.map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path()).collect()
}

fn below(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// Empties the lines that are comments, and ends where the tests begin: by the custom of this workspace they
/// stand last, in `mod tests`. A single item for tests ends at the next line that stands as far left as it.
fn code_that_runs(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            if lines.peek().is_some_and(|next| next.trim().starts_with("mod tests")) {
                break;
            }
            let indent = line.len() - line.trim_start().len();
            code.push('\n');
            for skipped in lines.by_ref() {
                code.push('\n');
                let ends = skipped.len() - skipped.trim_start().len() == indent;
                if ends && (skipped.trim_end().ends_with(';') || skipped.trim() == "}") {
                    break;
                }
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            code.push_str(line);
        }
        code.push('\n');
    }
    code
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back().is_some_and(is_part) && word.starts_with(is_part);
        let after = line[start + word.len()..].chars().next().is_some_and(is_part) && word.ends_with(is_part);
        !before && !after
    })
}
