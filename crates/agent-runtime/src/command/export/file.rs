//! A file that appears under its name only when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What is written, and where it will be.
pub(super) struct Target {
    path: PathBuf,
    /// Where it is until it is whole; `None` for what is no file, such as a pipe, and is written to as it is.
    partial: Option<Partial>,
    file: BufWriter<File>,
}

impl Target {
    /// Opens it: what stands under the name stays until the new is whole.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        // A link stays a link: what it points to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let there = fs::metadata(&path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = OpenOptions::new().write(true).open(&path).map_err(|error| refused(&path, &error))?;
            return Ok(Self { path, partial: None, file: BufWriter::new(file) });
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = path.with_file_name(name);
        // What agents say and read is for their user's eyes alone.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        let file = file.map_err(|error| refused(&path, &error))?;
        let partial = Partial { path: partial, whole: false };
        if let Some(there) = there {
            file.set_permissions(there.permissions()).map_err(|error| refused(&path, &error))?;
        }
        Ok(Self { path, partial: Some(partial), file: BufWriter::new(file) })
    }

    /// Writes a line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| refused(&self.path, &error))
    }

    /// Gives it its name.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let flushed = self.file.flush();
        let named = flushed.and_then(|()| match &mut self.partial {
            None => Ok(()),
            Some(partial) => {
                self.file.get_ref().sync_all()?;
                fs::rename(&partial.path, &self.path).map(|()| partial.whole = true)
            }
        });
        named.map_err(|error| refused(&self.path, &error))
    }
}

/// A file that is removed again unless it became whole.
struct Partial {
    path: PathBuf,
    whole: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.whole {
            // What cannot be removed is named so that everybody sees what it is.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn refused(path: &Path, error: &std::io::Error) -> Failure {
    Failure::work(format!("cannot write {}: {error}", path.display()))
}
