//! Files as they would be without us.

use std::path::Path;

use super::receipt::{Before, Change, Receipt, Record, What};
use super::{Agent, broken, files, json_edit, server, shell, text_of, toml_hooks};
use crate::failure::Failure;

/// The bytes that removal is to bring back: the old ones where a file is as we wrote it, else those of now without
/// our entries. `None` when there was no file.
///
/// # Errors
/// When the file is broken.
pub(crate) fn without_us(
    what: What,
    file: &Path,
    current: Option<&[u8]>,
    receipt: &Receipt,
) -> Result<Option<Vec<u8>>, Failure> {
    let Some(current) = current else { return Ok(None) };
    let record = receipt.of(file);
    let before = record.map_or(Ok(Before::Lost), |record| receipt.before(record))?;
    if let Some(record) = record
        && receipt.is_as_written(record, current)?
    {
        match before {
            Before::NoFile => return Ok(None),
            Before::Bytes(bytes) => return Ok(Some(bytes)),
            Before::Lost => {}
        }
    }
    let text = text_of(file, Some(current))?;
    let stripped = strip(what, file, &text, record, &before)?;
    let made_by_us = record.is_some_and(|record| record.made_file || record.made_at_first);
    let ours_alone = made_by_us && matches!(stripped.trim(), "" | "{}");
    Ok((!ours_alone).then(|| stripped.into_bytes()))
}

/// Plans the removal of us from a file; `None` when there is no such file any more.
///
/// # Errors
/// When the file cannot be read or is broken.
pub(crate) fn plan(what: What, file: &Path, receipt: &Receipt) -> Result<Option<Change>, Failure> {
    let Some(old) = files::read(file)? else { return Ok(None) };
    let new = without_us(what, file, Some(&old), receipt)?;
    let made = receipt.of(file).map(|record| record.made.clone()).unwrap_or_default();
    let (file, without_us) = (file.to_owned(), new.clone());
    Ok(Some(Change { what, file, old: Some(old), new, without_us, made, new_mode: files::PRIVATE }))
}

fn strip(what: What, file: &Path, text: &str, record: Option<&Record>, before: &Before) -> Result<String, Failure> {
    let agent = match what {
        What::ClaudeCode => Agent::ClaudeCode,
        What::Codex => Agent::Codex,
        // Without a record, what stands there was written by somebody else.
        What::Config if record.is_none() => return Ok(text.to_owned()),
        What::Config => return server::strip(text, before).map_err(|fault| broken(file, fault)),
        // All of it is ours, whatever was changed in it, unless there was one before.
        What::Service | What::Program if record.is_some_and(|record| record.made_file) => return Ok(String::new()),
        What::Service | What::Program => return Ok(text.to_owned()),
    };
    let is_ours = |command: &str| shell::is_ours(command, agent.as_str());
    if file.extension().is_some_and(|extension| extension == "toml") {
        return toml_hooks::remove(text, &is_ours).map_err(|fault| broken(file, fault));
    }
    if text.trim().is_empty() {
        return Ok(text.to_owned());
    }
    let made = record.map(|record| record.made.clone()).unwrap_or_default();
    json_edit::remove(text, &is_ours, &made).map_err(|fault| broken(file, fault))
}
