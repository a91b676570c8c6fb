//! Folders that nothing is recorded of.

use std::path::{Component, Path, PathBuf};

/// A folder and all that lies in it; `*` stands for any part of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    path: PathBuf,
}

/// The folders that the settings name, for a server that reads transcripts.
pub(crate) struct IgnoredFolders(Vec<Pattern>);

impl IgnoredFolders {
    /// Reads the patterns.
    pub(crate) fn new(patterns: &[String], home: Option<&Path>) -> Self {
        Self(patterns.iter().map(|pattern| Pattern::new(pattern, home)).collect())
    }
}

impl agent_runtime_server::config::Ignored for IgnoredFolders {
    fn covers(&self, folder: &str) -> bool {
        self.0.iter().any(|pattern| pattern.covers(Path::new(folder)))
    }
}

impl Pattern {
    /// Reads a pattern; `~` at its beginning is the user's home.
    pub(super) fn new(text: &str, home: Option<&Path>) -> Self {
        let rest = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let path = match (rest, home) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            _ => PathBuf::from(text),
        };
        Self { path }
    }

    /// Whether a folder is meant, by its name or by the place where links lead it.
    pub(super) fn covers(&self, folder: &Path) -> bool {
        let real = folder.canonicalize().ok();
        let patterns = [Some(self.path.clone()), self.real_path()];
        let folders = [Some(folder.to_owned()), real];
        let pairs = patterns.iter().flatten().flat_map(|one| folders.iter().flatten().map(move |two| (one, two)));
        pairs.into_iter().any(|(pattern, folder)| begins_with(folder, pattern))
    }

    /// The pattern with the links resolved that lie before its first `*`.
    fn real_path(&self) -> Option<PathBuf> {
        let starred = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains('*');
        let plain: PathBuf = self.path.components().take_while(|part| !starred(part)).collect();
        let rest: PathBuf = self.path.components().skip_while(|part| !starred(part)).collect();
        plain.canonicalize().ok().map(|plain| plain.join(rest))
    }
}

fn begins_with(folder: &Path, pattern: &Path) -> bool {
    let mut names = folder.components();
    let mut parts = pattern.components();
    parts.clone().next().is_some()
        && parts.all(|part| {
            let name = names.next().map(|name| name.as_os_str().to_string_lossy().into_owned());
            name.is_some_and(|name| fits(name.as_bytes(), part.as_os_str().to_string_lossy().as_bytes()))
        })
}

fn fits(name: &[u8], pattern: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|skipped| fits(&name[skipped..], rest)),
        Some((byte, rest)) => name.split_first().is_some_and(|(first, tail)| first == byte && fits(tail, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;
    use std::path::Path;

    #[test]
    fn a_pattern_covers_what_lies_in_the_folders_it_names() {
        let home = Path::new("/home/me");
        let covers = |pattern: &str, folder: &str| Pattern::new(pattern, Some(home)).covers(Path::new(folder));
        for folder in ["/home/me/clients/a", "/home/me/clients/a/src", "/home/me/clients/a/"] {
            assert!(covers("~/clients/*", folder), "{folder}");
        }
        for folder in ["/home/me/clients", "/home/me/clientsx/a", "/home/you/clients/a", "/"] {
            assert!(!covers("~/clients/*", folder), "{folder}");
        }
        assert!(covers("~/clients", "/home/me/clients") && covers("~", "/home/me/x"));
        assert!(covers("/srv/*-secret", "/srv/a-secret/b") && !covers("/srv/*-secret", "/srv/a-secret-b"));
        assert!(!covers("", "/home/me") && !covers("~you/x", "/home/me/x"));
    }

    #[test]
    fn links_lead_to_the_same_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real/client"), folder.path().join("link"));
        std::fs::create_dir_all(&real).expect("made");
        std::os::unix::fs::symlink(folder.path().join("real"), &link).expect("linked");
        let pattern = |path: &Path| Pattern::new(&path.join("*").to_string_lossy(), None);
        assert!(pattern(&folder.path().join("real")).covers(&link.join("client")));
        assert!(pattern(&link).covers(&real));
    }
}
