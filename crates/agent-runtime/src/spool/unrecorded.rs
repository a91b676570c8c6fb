//! Sessions of which something was not to be recorded: an empty file for each. Their transcripts are not read, since
//! what was said in an ignored folder stands there among everything else.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::waiting::folder_name;

/// Sessions that are remembered. With more, those go of which nothing was ignored for the longest time.
const MOST_SESSIONS: usize = 10_000;

/// The folder `unrecorded`.
pub(crate) struct Unrecorded {
    folder: PathBuf,
    most: usize,
}

impl Unrecorded {
    /// The one in the program's state folder. Nothing is made until something is added.
    pub(crate) fn inside(state: &Path) -> Self {
        Self { folder: state.join("unrecorded"), most: MOST_SESSIONS }
    }

    /// Whether a session is among them. What cannot be told counts as yes.
    pub(crate) fn holds(&self, session_id: &str) -> bool {
        self.holds_name(&folder_name(session_id))
    }

    /// Whether the session is among them whose documents wait in a folder of this name.
    pub(super) fn holds_name(&self, name: &str) -> bool {
        fs::symlink_metadata(self.folder.join(name)).map_or_else(|error| error.kind() != ErrorKind::NotFound, |_| true)
    }

    /// Adds a session of which something was ignored at `now_us`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn add(&self, session_id: &str, now_us: i64) -> io::Result<()> {
        let path = self.folder.join(folder_name(session_id));
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let is_new = !path.exists();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        let since_1970 = Duration::from_micros(u64::try_from(now_us).unwrap_or_default());
        file.set_modified(SystemTime::UNIX_EPOCH + since_1970)?;
        if is_new { self.limit() } else { Ok(()) }
    }

    fn limit(&self) -> io::Result<()> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            paths.push(entry?.path());
        }
        let surplus = paths.len().saturating_sub(self.most);
        if surplus == 0 {
            return Ok(());
        }
        paths.sort_by_cached_key(|path| fs::metadata(path).and_then(|file| file.modified()).ok());
        for path in paths.iter().take(surplus) {
            match fs::remove_file(path) {
                // Another hook makes room, too.
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Unrecorded;

    #[test]
    fn those_of_which_nothing_was_ignored_for_the_longest_time_go_first() {
        let state = tempfile::tempdir().expect("a folder");
        let unrecorded = Unrecorded { most: 3, ..Unrecorded::inside(state.path()) };
        assert!(!unrecorded.holds("first") && !unrecorded.folder.exists(), "a look makes nothing");
        for (session_id, now_us) in [("first", 1), ("second", 2), ("third", 3), ("first", 4)] {
            unrecorded.add(session_id, now_us).expect("added");
        }
        let held = || ["first", "second", "third", "fourth"].map(|session_id| unrecorded.holds(session_id));
        assert_eq!(held(), [true, true, true, false]);
        unrecorded.add("fourth", 5).expect("added");
        assert_eq!(held(), [true, false, true, true]);
    }

    #[test]
    fn what_cannot_be_told_counts_as_yes() {
        let state = tempfile::tempdir().expect("a folder");
        fs::write(state.path().join("unrecorded"), "a file").expect("written");
        let unrecorded = Unrecorded::inside(state.path());
        assert!(unrecorded.holds("s"));
        unrecorded.add("s", 1).expect_err("no folder");
    }
}
