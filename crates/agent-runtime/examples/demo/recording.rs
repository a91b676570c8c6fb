//! Recorded requests, read from a file.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One request to send.
pub(crate) struct Request {
    /// Where it stands: `FILE:LINE`.
    pub(crate) place: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The body's bytes as recorded, so that nothing is rounded on the way.
    pub(crate) body: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    method: String,
    path: String,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// Reads a recording; blank lines are skipped.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Request>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut requests = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{}:{}", file.display(), index + 1);
        requests.push(parse(line, &place).with_context(|| format!("{place}: no recorded request"))?);
    }
    if requests.is_empty() {
        bail!("{} holds no requests", file.display());
    }
    Ok(requests)
}

fn parse(line: &str, place: &str) -> anyhow::Result<Request> {
    let line: Line<'_> = serde_json::from_str(line).map_err(|error| {
        let (text, column) = (error.to_string(), error.column());
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
        anyhow!("{what}, column {column}")
    })?;
    let method = Method::from_bytes(line.method.as_bytes()).context("`method` is none")?;
    if !line.path.starts_with('/') {
        bail!("`path` must begin with a slash, but is {:?}", line.path);
    }
    let body = line.body.map(RawValue::get).filter(|body| *body != "null").map(str::to_owned);
    Ok(Request { place: place.to_owned(), method, path: line.path, body })
}
