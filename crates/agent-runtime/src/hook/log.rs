//! The log of what a hook could not do, since it must not tell its caller. It stays small whatever happens.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use agent_runtime_types::timestamp;

/// A file of this size is put aside, over the one that was put aside before.
const MOST_BYTES: u64 = 256 * 1024;
/// The longest line.
const MOST_LINE_BYTES: usize = 1024;

/// How a line begins that tells of a document that nobody will see.
pub(crate) const LOST: &str = "nothing recorded";

/// The file `hook.log`.
pub(super) struct Log {
    path: PathBuf,
}

impl Log {
    /// The log in the program's state folder.
    pub(super) fn inside(state: &Path) -> Self {
        Self { path: state.join("hook.log") }
    }

    /// Adds a line. Nobody is left to be told when that fails.
    pub(super) fn add(&self, now_us: i64, reason: &str) {
        if let Some(folder) = self.path.parent() {
            let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        if fs::metadata(&self.path).is_ok_and(|file| file.len() >= MOST_BYTES) {
            let _ = fs::rename(&self.path, self.path.with_extension("log.1"));
        }
        let mut line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        line.truncate(line.floor_char_boundary(MOST_LINE_BYTES));
        let line = format!("{} {line}\n", timestamp::format(now_us));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path);
        // One write a line: several hooks may end at the same time.
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

/// The newest lines of a log in the state folder, the oldest of them first; none when there is no log.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn lines(state: &Path) -> std::io::Result<Vec<String>> {
    match fs::read(state.join("hook.log")) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, MOST_BYTES, MOST_LINE_BYTES};
    use std::fs;

    #[test]
    fn it_never_grows_beyond_two_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::inside(&folder.path().join("state"));
        for number in 0..1200 {
            log.add(number, &format!("{number} {}", "é".repeat(MOST_LINE_BYTES)));
        }
        let files: Vec<_> = fs::read_dir(folder.path().join("state")).expect("files").flatten().collect();
        let sizes: Vec<u64> = files.iter().map(|file| file.metadata().expect("a size").len()).collect();
        assert_eq!(sizes.len(), 2, "{files:?}");
        let most = MOST_BYTES + u64::try_from(MOST_LINE_BYTES).expect("small") + 64;
        assert!(sizes.iter().all(|size| *size <= most), "{sizes:?}");
        let newest = fs::read_to_string(&log.path).expect("text");
        assert!(newest.lines().last().expect("a line").contains(" 1199 "), "{newest}");
    }
}
