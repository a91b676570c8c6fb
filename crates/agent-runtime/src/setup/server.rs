//! A server elsewhere, in our own configuration file: never in an agent's.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Key, value};

use super::json_edit::Made;
use super::receipt::{Before, Change, Receipt, What};
use super::{Home, broken, files, shell, text_of, toml_hooks, undo};
use crate::failure::Failure;
use crate::settings::values;

const SERVER: &str = "server";
/// An older name of the same, which goes when the server is set.
const SERVER_URL: &str = "server_url";
const TOKEN_FILE: &str = "token_file";

/// Plans the lines about a server; `None` when they are there.
///
/// # Errors
/// When the address or the file of the token cannot be used, or the configuration file is broken.
pub(crate) fn plan(
    home: &Home,
    url: Option<&str>,
    token_file: Option<&Path>,
    receipt: &Receipt,
) -> Result<Option<Change>, Failure> {
    let file = files::behind_links(&home.config)?;
    let old = files::read(&file)?;
    let text = text_of(&file, old.as_deref())?;
    let mut document = toml_hooks::read(&text).map_err(|fault| broken(&file, fault))?;
    if let Some(url) = url {
        values::server_url(url).map_err(|complaint| Failure::usage(format!("--server: {complaint}")))?;
        document.remove(SERVER_URL);
        document[SERVER] = value(url);
    }
    if let Some(path) = token_file {
        document[TOKEN_FILE] = value(checked_token_file(path)?);
    }
    let new = document.to_string();
    let without_us = undo::without_us(What::Config, &file, old.as_deref(), receipt)?;
    let change = Change {
        what: What::Config,
        file,
        new: Some(new.into_bytes()),
        old,
        without_us,
        made: Made::default(),
        new_mode: files::PRIVATE,
    };
    Ok((change.old != change.new).then_some(change))
}

/// The configuration without what we wrote about a server, and with the lines of the user's own that it replaced.
///
/// # Errors
/// When it is no TOML.
pub(crate) fn strip(text: &str, before: &Before) -> Result<String, String> {
    let mut document = toml_hooks::read(text)?;
    let before = match before {
        Before::Bytes(bytes) => std::str::from_utf8(bytes).ok().and_then(|text| toml_hooks::read(text).ok()),
        Before::NoFile | Before::Lost => None,
    };
    for key in [SERVER, SERVER_URL, TOKEN_FILE] {
        match before.as_ref().and_then(|before| before.get_key_value(key)) {
            Some((written, item)) => put_back(&mut document, written, item),
            // We write none, so that one which is there now is somebody else's.
            None if key == SERVER_URL => {}
            None => drop(document.remove(key)),
        }
    }
    Ok(document.to_string())
}

/// Puts a line in the place of the one of now; or, with the comments above it, behind all others.
fn put_back(document: &mut DocumentMut, key: &Key, item: &Item) {
    match document.get_mut(key.get()) {
        Some(current) => *current = item.clone(),
        None => drop(document.insert_formatted(key, item.clone())),
    }
}

/// What its owner should know of a file that holds a token, if others may read it too.
pub(crate) fn warning(token_file: &Path) -> Option<String> {
    let is_open = std::fs::metadata(token_file).is_ok_and(|about| files::is_open_to_others(&about));
    is_open.then(|| {
        let path = std::path::absolute(token_file).unwrap_or_else(|_| token_file.to_owned());
        let command = format!("chmod 600 {}", shell::quote(&path.to_string_lossy()));
        format!("Others on this machine can read the token: {command}; and take another one, if they may have read it.")
    })
}

/// The whole path of a file that holds a token.
fn checked_token_file(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path).map_err(|error| Failure::usage(format!("--token-file: {error}")))?;
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("--token-file: cannot read {}: {error}", path.display())))?;
    agent_runtime_server::config::Token::parse(text.trim())
        .map_err(|bad| Failure::usage(format!("--token-file: {}: {}", path.display(), bad.0)))?;
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Failure::usage("--token-file: its path is no UTF-8, so the configuration cannot name it"))
}
