//! The configuration file: TOML, one key a setting, nothing else.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::names::{self, Name};
use crate::failure::Failure;

/// A configuration file that has been read.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    table: Table,
}

impl File {
    /// Reads a file. One that is not there is none, unless it was asked for by name.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, or holds a key that is no setting.
    pub(crate) fn read(path: &Path, asked_for: bool) -> Result<Option<Self>, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if !asked_for && is_missing(error.kind()) => return Ok(None),
            Err(error) => {
                let reason = format!("cannot read the configuration file {}: {error}", path.display());
                return Err(Failure::Usage(reason));
            }
        };
        let table: Table = text.parse().map_err(|error| bad_toml(path, &text, &error))?;
        if let Some(key) = unknown_keys(&table).next() {
            let advice = match names::meant_by(key) {
                Some(meant) => format!("did you mean '{meant}'?"),
                None => format!("there are {}", names::keys().collect::<Vec<_>>().join(", ")),
            };
            let reason = format!("unknown key '{key}' in {}: {advice}", path.display());
            return Err(Failure::Usage(reason));
        }
        Ok(Some(Self { path: path.to_owned(), table }))
    }

    /// The key by which this file calls a setting.
    pub(crate) fn key(&self, name: &Name) -> &'static str {
        name.other_key.filter(|key| self.table.contains_key(*key)).unwrap_or(name.key)
    }

    /// The text of a setting, as if it had been given by a flag; a list is joined by commas.
    ///
    /// # Errors
    /// When it is of a kind that no setting has.
    pub(crate) fn text(&self, name: &Name) -> Result<Option<String>, Failure> {
        let key = self.key(name);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let text = match value {
            Value::Array(entries) => entries.iter().map(plain).collect::<Option<Vec<_>>>().map(|all| all.join(",")),
            single => plain(single),
        };
        text.map(Some).ok_or_else(|| {
            let kinds = "write a string, a whole number, true or false, or a list of strings";
            Failure::Usage(format!("{key} in {}: {kinds}", self.path.display()))
        })
    }
}

/// The keys of a file that are those of no setting.
pub(crate) fn unknown_keys(table: &Table) -> impl Iterator<Item = &str> {
    table.keys().map(String::as_str).filter(|key| names::keys().all(|name| name != *key))
}

/// A single value as a flag would give it; `None` for what no setting is.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A configuration folder that is no folder (`XDG_CONFIG_HOME=/dev/null`) holds no file either.
fn is_missing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The complaint without the excerpt that the parser would show: that line may hold the token.
fn bad_toml(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Failure::Usage(format!("{}, line {line}: {}", path.display(), error.message()))
}
