//! Documents that have come and have no number yet. Each is written without the lock, so that a crowd of hooks loses
//! none; whoever holds the lock gives them their numbers, in the order of their names: that of the machine's clock, for
//! one session tells one thing at a time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files;
use super::waiting;

/// How the name of a document begins that is being written.
const UNFINISHED: &str = "unfinished-";
/// What is unfinished so long after others have come was left behind by a kill.
const ABANDONED: Duration = Duration::from_hours(1);

/// One document without a number.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The folder of its session.
    pub(super) session: String,
    pub(super) path: PathBuf,
}

impl Arrival {
    /// Bytes of its file.
    pub(super) fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

/// The folder where they lie.
pub(super) fn folder(spool: &Path) -> PathBuf {
    spool.join("arriving")
}

/// A name for a document of the session whose folder is called `session`: by name they stand in the order in which they
/// came, and `random` tells those of one moment apart.
pub(super) fn file_name(at_us: i64, session: &str, random: &str) -> String {
    format!("{:020}-{session}-{random}", at_us.max(0))
}

/// Writes a file that is there whole or not at all, whoever else writes; `name` is nobody else's.
pub(super) fn put(spool: &Path, name: &str, path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder(spool);
    files::make_folder(&folder)?;
    files::put_by_way_of(&folder.join(format!("{UNFINISHED}{name}")), path, content)
}

/// All of them, in order.
///
/// # Errors
/// When the folder cannot be read; one that is not there holds nothing.
pub(super) fn list(spool: &Path) -> io::Result<Vec<Arrival>> {
    let mut arrivals: Vec<Arrival> = waiting::children(&folder(spool))?.into_iter().filter_map(arrival).collect();
    arrivals.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(arrivals)
}

/// Whether one of this session is among them.
pub(super) fn holds(spool: &Path, session: &str) -> bool {
    names(spool).any(|name| session_in(&name) == Some(session))
}

/// How many there are.
pub(super) fn count(spool: &Path) -> usize {
    names(spool).count()
}

/// Whether there are more than so many, which a look at more than these need not tell.
pub(super) fn are_more_than(spool: &Path, most: usize) -> bool {
    names(spool).nth(most).is_some()
}

/// Their names, in no order: there may be thousands, and an agent may wait.
fn names(spool: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder(spool)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| session_in(name).is_some())
}

/// Erases what kills left unfinished. The file of the newest that came tells the time.
pub(super) fn sweep(spool: &Path, arrivals: &[Arrival]) {
    let written = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
    let Some(Ok(newest)) = arrivals.last().map(|arrival| written(&arrival.path)) else { return };
    for path in waiting::children(&folder(spool)).unwrap_or_default() {
        let is_unfinished =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()));
        let age = || written(&path).ok().and_then(|written| newest.duration_since(written).ok());
        if is_unfinished && age().is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(path);
        }
    }
}

fn arrival(path: PathBuf) -> Option<Arrival> {
    let session = session_in(path.file_name()?.to_str()?)?.to_owned();
    Some(Arrival { session, path })
}

/// The session in a name.
fn session_in(name: &str) -> Option<&str> {
    let mut parts = name.split('-');
    let (at_us, session, random) = (parts.next()?, parts.next()?, parts.next()?);
    // Whatever a stranger puts here must not become the name of a folder.
    let sound =
        [session, random].iter().all(|part| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_time = at_us.len() == 20 && at_us.bytes().all(|byte| byte.is_ascii_digit());
    (is_time && sound && parts.next().is_none()).then_some(session)
}
