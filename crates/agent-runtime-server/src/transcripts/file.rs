//! Reading a transcript on from where it was left.

use std::fs::File;
use std::io::{Read as _, Seek, SeekFrom};
use std::path::PathBuf;

use agent_runtime_agents::report::TranscriptRef;
use agent_runtime_types::report::TranscriptPlace;

use crate::words::roots::{self, Missing, unreadable};

/// Bytes read at once, and of the longest line that is still read.
const SLICE_BYTES: u64 = 1024 * 1024;
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// Whole lines.
    pub(super) lines: Vec<u8>,
    pub(super) place: TranscriptPlace,
    pub(super) has_more: bool,
}

/// Reads the next whole lines.
pub(super) fn read_on(
    folders: &[PathBuf],
    transcript: &TranscriptRef,
    mut place: TranscriptPlace,
) -> Result<Read, Missing> {
    let path = roots::find(folders, transcript)?;
    let mut file = File::open(&path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if !found.is_file() {
        return Err(Missing::Foreign);
    }
    let identity = identity(&found);
    if place.file != Some(identity) || found.len() < place.offset {
        place = TranscriptPlace { file: Some(identity), ..TranscriptPlace::default() };
    }
    file.seek(SeekFrom::Start(place.offset)).map_err(unreadable)?;
    let mut lines = Vec::new();
    let mut wanted = SLICE_BYTES;
    loop {
        let read = (&mut file).take(wanted).read_to_end(&mut lines).map_err(unreadable)?;
        let is_all = (read as u64) < wanted;
        if let Some(end) = memchr::memrchr(b'\n', &lines) {
            lines.truncate(end + 1);
            place.offset += lines.len() as u64;
            return Ok(Read { lines, place, has_more: !is_all });
        }
        if is_all {
            return Ok(Read { lines: Vec::new(), place, has_more: false });
        }
        if lines.len() as u64 >= MAX_LINE_BYTES {
            tracing::warn!(path = transcript.path, "a line of a transcript is too long and is passed over");
            place.offset += lines.len() as u64;
            return Ok(Read { lines: Vec::new(), place, has_more: true });
        }
        wanted = lines.len() as u64;
    }
}

#[cfg(unix)]
fn identity(found: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::{Missing, Read};
    use agent_runtime_agents::report::TranscriptRef;
    use agent_runtime_types::report::TranscriptPlace as Place;
    use std::io::Write;

    fn transcript(folder: &tempfile::TempDir, name: &str) -> TranscriptRef {
        let path = folder.path().join(name).display().to_string();
        TranscriptRef { path, session_id: "abc".into(), session_name: "n".into(), at: "2025-12-03T10:00:00Z".into() }
    }

    fn read_on(transcript: &TranscriptRef, place: Place) -> Result<Read, Missing> {
        super::read_on(&[std::env::temp_dir()], transcript, place)
    }

    fn append(transcript: &TranscriptRef, text: &[u8]) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&transcript.path).unwrap();
        file.write_all(text).unwrap();
    }

    #[test]
    fn whole_lines_are_read_once_and_half_ones_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let transcript = transcript(&folder, "abc.jsonl");
        assert_eq!(read_on(&transcript, Place::default()), Err(Missing::NotYet));
        append(&transcript, b"one\ntwo\nthr");
        let first = read_on(&transcript, Place::default()).unwrap();
        assert_eq!(first.lines, b"one\ntwo\n");
        let nothing = read_on(&transcript, first.place).unwrap();
        assert_eq!((nothing.lines.len(), nothing.place), (0, first.place));
        append(&transcript, b"ee\n");
        let second = read_on(&transcript, first.place).unwrap();
        assert_eq!(second.lines, b"three\n");
    }

    #[test]
    fn a_file_that_was_replaced_or_cut_is_read_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let transcript = transcript(&folder, "abc.jsonl");
        append(&transcript, b"old line\n");
        let old = read_on(&transcript, Place::default()).unwrap();
        std::fs::write(&transcript.path, b"new\n").unwrap();
        assert_eq!(read_on(&transcript, old.place).unwrap().lines, b"new\n", "cut");
        let other = folder.path().join("other");
        std::fs::write(&other, b"another file, longer than before\n").unwrap();
        std::fs::rename(&other, &transcript.path).unwrap();
        assert_eq!(read_on(&transcript, old.place).unwrap().lines, b"another file, longer than before\n", "replaced");
    }

    #[test]
    fn lines_of_any_length_come_whole() {
        let folder = tempfile::tempdir().unwrap();
        let transcript = transcript(&folder, "abc.jsonl");
        let long = "x".repeat(5 * 1024 * 1024);
        append(&transcript, format!("{long}\nshort\n").as_bytes());
        let (mut place, mut lines) = (Place::default(), Vec::new());
        loop {
            let read = read_on(&transcript, place).unwrap();
            lines.extend(read.lines);
            place = read.place;
            if !read.has_more {
                break;
            }
        }
        assert_eq!(lines.len(), long.len() + 7);
    }

    #[test]
    fn only_files_named_after_the_session_are_read() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["other.jsonl", "xabc.jsonl", "abc.txt", "abc"] {
            let transcript = transcript(&folder, name);
            std::fs::write(&transcript.path, b"secret\n").unwrap();
            assert_eq!(read_on(&transcript, Place::default()), Err(Missing::Foreign), "{name}");
        }
        std::os::unix::fs::symlink(folder.path().join("other.jsonl"), folder.path().join("x-abc.jsonl")).unwrap();
        assert_eq!(read_on(&transcript(&folder, "x-abc.jsonl"), Place::default()), Err(Missing::Foreign), "a link");
        std::fs::create_dir(folder.path().join("abc.jsonl")).unwrap();
        assert_eq!(read_on(&transcript(&folder, "abc.jsonl"), Place::default()), Err(Missing::Foreign), "a folder");
        let relative = TranscriptRef { path: "abc.jsonl".into(), ..transcript(&folder, "abc.jsonl") };
        assert_eq!(read_on(&relative, Place::default()), Err(Missing::Foreign));
    }

    #[test]
    fn only_files_in_the_folders_are_read_wherever_links_lead() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders = [inside.path().to_owned()];
        let own = transcript(&inside, "abc.jsonl");
        append(&own, b"line\n");
        assert_eq!(super::read_on(&folders, &own, Place::default()).unwrap().lines, b"line\n");
        let foreign = transcript(&outside, "abc.jsonl");
        append(&foreign, b"secret\n");
        let around = format!("{}/../{}/abc.jsonl", inside.path().display(), name_of(&outside));
        let link = inside.path().join("link");
        std::os::unix::fs::symlink(outside.path(), &link).unwrap();
        for path in [foreign.path.clone(), around, link.join("abc.jsonl").display().to_string()] {
            let named = TranscriptRef { path, ..foreign.clone() };
            assert_eq!(super::read_on(&folders, &named, Place::default()), Err(Missing::Outside), "{}", named.path);
            assert_eq!(super::read_on(&[], &named, Place::default()), Err(Missing::Outside), "no folders");
        }
        let linked = [link];
        assert!(super::read_on(&linked, &foreign, Place::default()).is_ok(), "a folder may be a link");
    }

    fn name_of(folder: &tempfile::TempDir) -> String {
        folder.path().file_name().unwrap().display().to_string()
    }
}
