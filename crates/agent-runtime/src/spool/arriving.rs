//! Documents that have come and have no number yet. Each is written without the lock, so that a crowd of hooks loses
//! none; whoever holds the lock gives them their numbers, in the order of their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files;
use super::waiting;

/// How the name of a document begins that is being written.
const UNFINISHED: &str = "unfinished-";
/// What is unfinished so long after others have come was left behind by a kill.
const ABANDONED_US: u64 = 60 * 60 * 1_000_000;

/// One document without a number.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The folder of its session.
    pub(super) session: String,
    pub(super) path: PathBuf,
    /// When it came, in microseconds since 1970.
    at_us: u64,
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
    list(spool).is_ok_and(|arrivals| arrivals.iter().any(|arrival| arrival.session == session))
}

/// Erases what kills left unfinished. The newest that came tells the time.
pub(super) fn sweep(spool: &Path, arrivals: &[Arrival]) {
    let Some(newest) = arrivals.last() else { return };
    for path in waiting::children(&folder(spool)).unwrap_or_default() {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(UNFINISHED));
        let Some((at_us, _)) = name.and_then(parts) else { continue };
        if at_us.saturating_add(ABANDONED_US) < newest.at_us {
            let _ = fs::remove_file(path);
        }
    }
}

fn arrival(path: PathBuf) -> Option<Arrival> {
    let (at_us, session) = parts(path.file_name()?.to_str()?)?;
    Some(Arrival { session: session.to_owned(), at_us, path })
}

/// The time and the session in a name.
fn parts(name: &str) -> Option<(u64, &str)> {
    let mut parts = name.split('-');
    let (at_us, session, random) = (parts.next()?, parts.next()?, parts.next()?);
    // Whatever a stranger puts here must not become the name of a folder.
    let sound =
        [session, random].iter().all(|part| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let at_us = (at_us.len() == 20 && sound && parts.next().is_none()).then(|| at_us.parse().ok())??;
    Some((at_us, session))
}
