//! The files of the page, as Node's tools have built them, each with its compressed copies. Inside the program in a
//! release; in a debug build read from the disk when the server starts.

use std::collections::HashMap;
use std::fmt::Write;

use bytes::Bytes;
use http::HeaderValue;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// Nothing built is committed: where nobody has built the page, there are no files.
#[derive(RustEmbed)]
#[folder = "../../dashboard/dist/"]
#[allow_missing = true]
struct Built;

/// Compressed copies stand beside their file, with the name of their coding and the ending of their name; the
/// smallest first.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Bytes of a digest that tell two files apart.
const TAG_BYTES: usize = 16;

/// The files of the page by their paths below `/ui/`.
#[derive(Default)]
pub struct Assets(HashMap<String, Asset>);

/// One file.
pub(crate) struct Asset {
    pub(crate) content_type: HeaderValue,
    pub(crate) plain: Copy,
    coded: Vec<(&'static str, Copy)>,
}

/// A file's bytes, as they are or compressed.
pub(crate) struct Copy {
    pub(crate) bytes: Bytes,
    pub(crate) tag: HeaderValue,
}

impl Assets {
    /// What was built together with this program; empty when nothing was.
    pub fn built() -> Self {
        let files = Built::iter().filter_map(|name| {
            let file = Built::get(&name)?;
            let bytes = match file.data {
                std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
            };
            Some((name.into_owned(), bytes))
        });
        Self::new(files)
    }

    /// These files, by their paths: `index.html`, `assets/page.js`, `assets/page.js.br`.
    pub fn new(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let mut files: HashMap<String, Copy> =
            files.into_iter().map(|(name, bytes)| (name, Copy::new(bytes))).collect();
        let is_copy = |name: &str| CODINGS.iter().any(|(_, ending)| name.ends_with(ending));
        let names: Vec<String> = files.keys().filter(|name| !is_copy(name)).cloned().collect();
        let assets = names.into_iter().filter_map(|name| {
            let plain = files.remove(&name)?;
            let coded = CODINGS.iter().filter_map(|(coding, ending)| {
                let copy = files.remove(&format!("{name}{ending}"))?;
                Some((*coding, copy))
            });
            let coded = coded.collect();
            let content_type = HeaderValue::from_static(content_type(&name));
            Some((name, Asset { content_type, plain, coded }))
        });
        Self(assets.collect())
    }

    /// The file at a path below `/ui/`.
    pub(crate) fn find(&self, path: &str) -> Option<&Asset> {
        self.0.get(path)
    }
}

impl Asset {
    /// The smallest copy among those that the client takes, with its coding.
    pub(crate) fn copy_for(&self, accepted: &str) -> (Option<&'static str>, &Copy) {
        let coded = self.coded.iter().find(|(coding, _)| accepts(accepted, coding));
        coded.map_or((None, &self.plain), |(coding, copy)| (Some(*coding), copy))
    }
}

impl Copy {
    fn new(bytes: Bytes) -> Self {
        let digest = Sha256::digest(&bytes);
        let mut tag = String::with_capacity(2 * TAG_BYTES + 2);
        tag.push('"');
        for byte in &digest[..TAG_BYTES] {
            // infallible: writing to memory
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        // infallible: digits and quotes
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { bytes, tag }
    }
}

/// Whether an `Accept-Encoding` names a coding without refusing it by a weight of zero.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
