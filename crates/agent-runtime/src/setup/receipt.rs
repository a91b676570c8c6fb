//! What set-up has done, so that it can be undone: a list in our state folder, with the old bytes of every file that
//! was changed, and the bytes that were put in their place.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;
use super::json_edit::Made;
use crate::failure::Failure;

/// What a file is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// Settings of Claude Code.
    ClaudeCode,
    /// Hooks or settings of Codex.
    Codex,
    /// Our own configuration file.
    Config,
    /// What starts the server after a reboot.
    Service,
    /// The program itself.
    Program,
}

/// One file that was changed or made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) what: What,
    pub(crate) file: PathBuf,
    /// The number under which its bytes are kept.
    number: u32,
    /// Whether there was no such file before, or nothing of anybody else's in it when it was last changed.
    pub(crate) made_file: bool,
    /// Whether there was no such file when it was first changed.
    #[serde(default)]
    pub(crate) made_at_first: bool,
    pub(crate) made_folders: Vec<PathBuf>,
    pub(crate) made: Made,
}

/// What a file was before it was first changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// There was none.
    NoFile,
    /// It held these bytes.
    Bytes(Vec<u8>),
    /// Nobody knows: the copy of it is gone.
    Lost,
}

/// A file to be changed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) what: What,
    pub(crate) file: PathBuf,
    /// Its bytes as they are now.
    pub(crate) old: Option<Vec<u8>>,
    /// Its bytes as they are to be; `None` deletes it.
    pub(crate) new: Option<Vec<u8>>,
    /// Its bytes as removal is to bring them back.
    pub(crate) without_us: Option<Vec<u8>>,
    pub(crate) made: Made,
    /// Who may read it, if it has to be made.
    pub(crate) new_mode: u32,
}

/// All records.
#[derive(Debug)]
pub(crate) struct Receipt {
    folder: PathBuf,
    /// The folders that had to be made for the list itself.
    made_folders: Vec<PathBuf>,
    records: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    made_folders: Vec<PathBuf>,
    records: Vec<Record>,
}

/// The only layout of the list so far.
const VERSION: u32 = 1;

impl Receipt {
    /// Reads the list; an empty one when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn load(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("receipt.json");
        let Some(bytes) = files::read(&path)? else {
            let made_folders = files::missing_folders(&path);
            return Ok(Self { folder: folder.to_owned(), made_folders, records: Vec::new() });
        };
        let written: Written = serde_json::from_slice(&bytes)
            .map_err(|error| Failure::work(format!("{} cannot be read: {error}", path.display())))?;
        Ok(Self { folder: folder.to_owned(), made_folders: written.made_folders, records: written.records })
    }

    /// All records, in the order in which the files were first changed.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// The record of a file.
    pub(crate) fn of(&self, file: &Path) -> Option<&Record> {
        self.records.iter().find(|record| record.file == file)
    }

    /// Whether a file is byte for byte what was last written there.
    ///
    /// # Errors
    /// When the copy of it cannot be read.
    pub(crate) fn is_as_written(&self, record: &Record, current: &[u8]) -> Result<bool, Failure> {
        Ok(files::read(&self.kept(record.number, "after"))?.as_deref() == Some(current))
    }

    /// What the file was before the first change.
    ///
    /// # Errors
    /// When the copy of it is there and cannot be read.
    pub(crate) fn before(&self, record: &Record) -> Result<Before, Failure> {
        if record.made_file {
            return Ok(Before::NoFile);
        }
        Ok(files::read(&self.kept(record.number, "before"))?.map_or(Before::Lost, Before::Bytes))
    }

    /// Keeps the old bytes, then changes a file.
    ///
    /// # Errors
    /// When something cannot be written. What was not changed yet stays.
    pub(crate) fn put(&mut self, change: &Change) -> Result<(), Failure> {
        let Some(new) = &change.new else { return self.take_back(change) };
        let folders = files::missing_folders(&change.file);
        let known = self.records.iter().position(|record| record.file == change.file);
        let (number, mut made_folders) = known.map_or_else(
            || (self.free_number(), Vec::new()),
            |index| (self.records[index].number, self.records[index].made_folders.clone()),
        );
        made_folders.extend(folders);
        let made_file = change.without_us.is_none();
        let made_at_first = known.map_or(made_file, |index| self.records[index].made_at_first);
        if let Some(bytes) = &change.without_us {
            files::write_private(&self.kept(number, "before"), bytes)?;
        }
        files::write_private(&self.kept(number, "after"), new)?;
        let made = change.made.clone();
        let (what, file) = (change.what, change.file.clone());
        let record = Record { what, file, number, made_file, made_at_first, made_folders, made };
        match known {
            Some(index) => self.records[index] = record,
            None => self.records.push(record),
        }
        self.save()?;
        files::replace(&change.file, change.old.as_deref(), new, change.new_mode)
    }

    /// Brings a file to what it is without us, and forgets it.
    ///
    /// # Errors
    /// When it cannot be written. It is still on the list then.
    pub(crate) fn take_back(&mut self, change: &Change) -> Result<(), Failure> {
        if change.old != change.new {
            match &change.new {
                Some(new) => files::replace(&change.file, change.old.as_deref(), new, change.new_mode)?,
                None => files::delete(&change.file, change.old.as_deref())?,
            }
        }
        self.forget(&change.file)
    }

    /// Takes a file off the list, and its folders away if they were made for it and are empty.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub(crate) fn forget(&mut self, file: &Path) -> Result<(), Failure> {
        let Some(index) = self.records.iter().position(|record| record.file == file) else { return Ok(()) };
        let record = self.records.remove(index);
        // Another file that lies in a folder of this one takes the folder over.
        for folder in &record.made_folders {
            if let Some(heir) = self.records.iter_mut().find(|other| other.file.starts_with(folder)) {
                heir.made_folders.push(folder.clone());
                heir.made_folders.sort();
                heir.made_folders.dedup();
            }
        }
        self.save()?;
        for kind in ["before", "after"] {
            let _ = fs::remove_file(self.kept(record.number, kind));
        }
        if self.records.is_empty() {
            let _ = fs::remove_dir(self.folder.join("backups"));
            files::delete_empty(&self.made_folders);
        }
        files::delete_empty(&record.made_folders);
        Ok(())
    }

    /// Puts the program on the list.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub(crate) fn note_program(&mut self, file: &Path, made_folders: Vec<PathBuf>) -> Result<(), Failure> {
        if self.of(file).is_some() {
            return Ok(());
        }
        let (number, made) = (self.free_number(), Made::default());
        let (what, file) = (What::Program, file.to_owned());
        let record = Record { what, file, number, made_file: true, made_at_first: true, made_folders, made };
        self.records.push(record);
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        let path = self.folder.join("receipt.json");
        if self.records.is_empty() {
            return files::delete(&path, files::read(&path)?.as_deref());
        }
        let written =
            Written { version: VERSION, made_folders: self.made_folders.clone(), records: self.records.clone() };
        let mut bytes = serde_json::to_vec_pretty(&written).map_err(|error| Failure::work(error.to_string()))?;
        bytes.push(b'\n');
        files::write_private(&path, &bytes)
    }

    fn free_number(&self) -> u32 {
        self.records.iter().map(|record| record.number).max().map_or(1, |most| most + 1)
    }

    fn kept(&self, number: u32, kind: &str) -> PathBuf {
        self.folder.join("backups").join(format!("{number:04}.{kind}"))
    }
}
