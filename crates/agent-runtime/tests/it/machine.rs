//! A machine of a user's own, in a temporary folder: a home, agents and a service manager that are scripts, and the
//! program where set-up puts it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Ended, Launch, fresh_folder};

/// The machine.
pub(crate) struct Machine {
    pub(crate) folder: Arc<TempDir>,
    home: PathBuf,
    variables: Vec<(String, String)>,
}

impl Machine {
    /// One on which the program is in its place.
    pub(crate) fn new() -> Self {
        Self::with_home("home")
    }

    /// The same, with a home folder of this name.
    pub(crate) fn with_home(name: &str) -> Self {
        let machine = Self::bare(name);
        let program = machine.program_path();
        fs::create_dir_all(program.parent().expect("a folder")).expect("made");
        let built = Path::new(env!("CARGO_BIN_EXE_agent-runtime"));
        // A second name costs nothing; across file systems there is only the copy.
        if fs::hard_link(built, &program).is_err() {
            fs::copy(built, &program).expect("copied");
        }
        machine
    }

    /// One that has never seen the program.
    pub(crate) fn bare(name: &str) -> Self {
        let folder = fresh_folder();
        // As the program will see it: without links.
        let home = fs::canonicalize(folder.path()).expect("a folder").join(name);
        for made in [home.clone(), folder.path().join("bin"), folder.path().join("config")] {
            fs::create_dir_all(made).expect("made");
        }
        Self { folder, home, variables: Vec::new() }
    }

    /// Sets a variable for every run from now on.
    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Puts a script on the `PATH`.
    pub(crate) fn script(self, name: &str, lines: &str) -> Self {
        let path = self.folder.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{lines}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
        self
    }

    /// Where set-up puts the program.
    pub(crate) fn program_path(&self) -> PathBuf {
        self.home.join(".local/bin/agent-runtime")
    }

    /// A path in the home folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    /// Writes a file in the home folder.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// The text of a file in the home folder.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A file in the home folder, as JSON.
    #[track_caller]
    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.read(path)).expect("JSON")
    }

    /// The program, about to be started where set-up puts it, in the home folder.
    pub(crate) fn launch(&self, line: &str) -> Launch {
        let program = self.program_path();
        let launch = Launch::bare(Arc::clone(&self.folder)).arguments(line.split_whitespace());
        let launch = if program.exists() { launch.program(&program) } else { launch };
        let bin = self.folder.path().join("bin");
        let launch = launch.variable("HOME", &self.home).variable("PATH", bin);
        let launch = launch.variable("XDG_STATE_HOME", self.home.join(".local/state"));
        self.variables.iter().fold(launch, |launch, (name, value)| launch.variable(name, value))
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, line: &str) -> Ended {
        self.launch(line).run().await
    }

    /// Runs it to its end, which must be good, and returns what it said.
    pub(crate) async fn must(&self, line: &str) -> String {
        let ended = self.run(line).await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{line}: {ended:#?}");
        ended.stdout.join("\n")
    }

    /// Every file and folder of the home folder, with its bytes and mode; without our own state and program.
    pub(crate) fn snapshot(&self) -> Vec<(PathBuf, u32, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.home.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                if entry.ends_with(".local") {
                    continue;
                }
                let about = fs::symlink_metadata(&entry).expect("there");
                if about.is_dir() {
                    folders.push(entry.clone());
                }
                let bytes = about.is_file().then(|| fs::read(&entry).expect("read"));
                found.push((entry, about.permissions().mode(), bytes));
            }
        }
        found.sort();
        found
    }
}

/// The commands of all hooks in settings, with their events.
pub(crate) fn hooks(settings: &Value) -> Vec<(String, Value)> {
    let events = settings["hooks"].as_object().expect("hooks");
    let groups = events.iter().flat_map(|(event, groups)| {
        groups.as_array().expect("a list").iter().map(move |group| (event.clone(), group.clone()))
    });
    groups
        .flat_map(|(event, group)| {
            let handlers = group["hooks"].as_array().expect("a list").clone();
            handlers.into_iter().map(move |handler| (event.clone(), handler))
        })
        .collect()
}
