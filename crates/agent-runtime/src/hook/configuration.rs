//! Where the server of hooks is, and what is not recorded: environment, then the configuration file, then the default.
//! Read tolerantly, for nobody sees a complaint: what cannot be used counts as not said.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agent_runtime_agents::redact::redact;
use toml::{Table, Value};

use super::ignored::Pattern;
use crate::delivery::Destination;
use crate::delivery::address::Address;
use crate::settings::file::{plain, unknown_keys};
use crate::settings::names::meant_by;
use crate::settings::places;
use crate::settings::sources::Environment;
use crate::settings::values::{boolean, decided};

const DEFAULT_SERVER: &str = "http://127.0.0.1:8765";

/// What hooks and the spool are told.
pub(crate) struct Configuration {
    /// Where documents go, unless what stands there is no address.
    pub(crate) destination: Result<Destination, BadAddress>,
    /// How long a hook waits for an answer, when the user says so.
    pub(super) patience: Option<Duration>,
    /// Whether secrets are taken out of what waits in the spool. What is not said, or unreadable, means yes.
    pub(super) redacts: bool,
    ignore: Vec<Pattern>,
    /// The folder that the agent was started in, when it says so.
    project: Option<PathBuf>,
}

/// What the user wishes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// That it is recorded.
    Record,
    /// That it is not.
    Ignore,
    /// It cannot be told, since the document does not say where its agent works.
    Unknown,
}

/// Why nothing may be recorded: a file may say so, and it is not clear what.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MayIgnore {
    #[error("{} cannot be read, and may say what not to record", .0.display())]
    Unreadable(PathBuf),
    #[error("{0}, which may say what not to record: did you mean 'ignore'?")]
    UnknownKey(UnknownKey),
}

/// A key of the configuration file that is that of no setting.
#[derive(Debug, thiserror::Error)]
#[error("{} holds the unknown key '{key}'", .path.display())]
pub(crate) struct UnknownKey {
    path: PathBuf,
    key: String,
}

/// Why it is not known where the server is, though somebody has said so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadAddress {
    #[error("'{0}' is no address of a server: write http://HOST:PORT")]
    Written(String),
    #[error("{} cannot be read, and may say where the server is: mend it", .0.display())]
    Unreadable(PathBuf),
    #[error("{0}, which may say where the server is: mend it, or name the `server`")]
    UnknownKey(UnknownKey),
}

impl BadAddress {
    /// What was written, without the password and other secrets that may stand in it: it goes into a log.
    fn of(url: &str) -> Self {
        let (scheme, rest) = url.find("://").map_or(("", url), |at| url.split_at(at + "://".len()));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        Self::Written(redact(&format!("{scheme}{host}")).0.into_owned())
    }
}

/// Whether the user wishes that nothing is recorded. Who sets the variable wishes something: what is no plain yes means
/// no.
pub(crate) fn is_switched_off(environment: Environment<'_>) -> bool {
    let wish = environment("AGENT_RUNTIME_HOOK").unwrap_or_default();
    let said = wish.to_str().map(str::trim);
    said != Some("") && said.is_none_or(|said| boolean(said) != Ok(true))
}

impl Configuration {
    /// Reads it.
    ///
    /// # Errors
    /// When what must not be recorded cannot be known.
    pub(crate) fn read(environment: Environment<'_>) -> Result<Self, MayIgnore> {
        let said = |name: &str| {
            let text = environment(name).filter(|text| !text.is_empty()).map(OsString::into_string);
            text.and_then(Result::ok)
        };
        let path = environment("AGENT_RUNTIME_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = path.or_else(places::default_config);
        let table = path.as_deref().map_or(Ok(Some(Table::new())), table)?;
        let broken = path.clone().filter(|_| table.is_none());
        let table = table.unwrap_or_default();
        let unknown = |is_meant: &dyn Fn(&str) -> bool| {
            let key = unknown_keys(&table).find(|key| is_meant(key))?;
            Some(UnknownKey { path: path.clone()?, key: redact(key).0.into_owned() })
        };
        let text = |key: &str| table.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());

        // Whatever stands there was meant to be another server than the default, which must not get what is meant for it.
        let in_table = table.get("server").or_else(|| table.get("server_url"));
        let in_table = in_table.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let url = said("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL").or(in_table);
        let address = match (url, broken) {
            (Some(url), _) => Address::parse(&url).ok_or_else(|| BadAddress::of(&url)),
            (None, Some(path)) => Err(BadAddress::Unreadable(path)),
            // Somebody may have meant another server by it.
            (None, None) => match unknown(&|_| true) {
                Some(key) => Err(BadAddress::UnknownKey(key)),
                None => Address::parse(DEFAULT_SERVER).ok_or_else(|| BadAddress::of(DEFAULT_SERVER)),
            },
        };

        let home = environment("HOME").map(PathBuf::from);
        let in_file = |path: &str| std::fs::read_to_string(at_home(path, home.as_deref())).ok();
        let token = said("AGENT_RUNTIME_TOKEN");
        let token = token.or_else(|| said("AGENT_RUNTIME_TOKEN_FILE").and_then(|path| in_file(&path)));
        let token = token.or_else(|| text("token").map(str::to_owned));
        let token = token.or_else(|| text("token_file").and_then(in_file));
        // It goes into a request's head.
        let token = token.map(|token| token.trim().to_owned());
        let token = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));

        let listed = said("AGENT_RUNTIME_IGNORE").map(Value::String);
        let listed = listed.as_ref().or_else(|| table.get("ignore"));
        if let Some(key) = unknown(&|key| meant_by(key) == Some("ignore")).filter(|_| listed.is_none()) {
            return Err(MayIgnore::UnknownKey(key));
        }
        let ignore = match listed {
            Some(Value::Array(patterns)) => patterns.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(listed)) => entries(listed),
            _ => Vec::new(),
        };
        let ignore = ignore.into_iter().map(|entry| Pattern::new(entry, home.as_deref())).collect();
        let patience = said("AGENT_RUNTIME_HOOK_PATIENCE_MS").and_then(|text| text.parse().ok());
        let patience = patience.map(Duration::from_millis);
        let redact = said("AGENT_RUNTIME_REDACT").or_else(|| table.get("redact").and_then(plain));
        let redacts = redact.and_then(|text| decided(&text).ok()).unwrap_or(true);
        let project = environment("CLAUDE_PROJECT_DIR").filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Self {
            destination: address.map(|address| Destination { address, token }),
            patience,
            redacts,
            ignore,
            project,
        })
    }

    /// What is to become of a document of an agent that works in this folder.
    pub(super) fn wish(&self, folder: Option<&str>) -> Wish {
        let folder = folder.map(Path::new);
        let mut folders = folder.into_iter().chain(self.project.as_deref());
        if folders.any(|folder| self.ignore.iter().any(|pattern| pattern.covers(folder))) {
            Wish::Ignore
        } else if folder.is_none() && !self.ignore.is_empty() {
            Wish::Unknown
        } else {
            Wish::Record
        }
    }
}

/// The keys of the file. One that is not there has none; `None` when they cannot be read, and forbid nothing.
fn table(path: &Path) -> Result<Option<Table>, MayIgnore> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Some(Table::new()));
        }
        Err(_) => return Err(MayIgnore::Unreadable(path.to_owned())),
    };
    let text = String::from_utf8_lossy(&bytes);
    match text.parse() {
        Ok(table) => Ok(Some(table)),
        Err(_) if text.contains("ignore") => Err(MayIgnore::Unreadable(path.to_owned())),
        Err(_) => Ok(None),
    }
}

/// A list in one text, as all settings have it.
fn entries(listed: &str) -> Vec<&str> {
    listed.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

fn at_home(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
