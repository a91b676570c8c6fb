//! Making a document fit to be kept.

use std::borrow::Cow;

use crate::redact::redact;
use crate::report::{Counted, Options};
use crate::shorten::{drop_original_file, shorten};

/// A text of JSON as an agent wrote it, fit to be kept.
pub(crate) struct Clean<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) counted: Counted,
}

/// The text of a document, with what no JSON reader could take back mended: JavaScript cuts strings in the middle of
/// a character and writes the half that is left as a lone surrogate.
pub(crate) fn mended(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => without_lone_surrogates(text),
        Cow::Owned(text) => Cow::Owned(without_lone_surrogates(&text).into_owned()),
    }
}

/// Takes out what must not be kept, then what is too long: in this order, since a cut could hide half a secret.
pub(crate) fn cleaned(text: Cow<'_, str>, options: Options) -> Clean<'_> {
    let mut clean = Clean { text, counted: Counted::default() };
    if !options.keeps_original_files {
        clean.apply(drop_original_file);
    }
    if options.redacts {
        clean.apply(redact);
    }
    clean.apply(shorten);
    clean
}

impl Clean<'_> {
    fn apply(&mut self, step: impl FnOnce(&str) -> (Cow<'_, str>, Counted)) {
        let (text, counted) = step(&self.text);
        self.counted.add(&counted);
        if let Cow::Owned(text) = text {
            self.text = Cow::Owned(text);
        }
    }
}

fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(slash) = memchr::memchr(b'\\', text.as_bytes().get(at..).unwrap_or_default()) {
        let escape = at + slash;
        at = escape + 2;
        match (unit(text, escape), unit(text, escape + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at = escape + 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str(&text[copied..escape]);
                out.push_str("\\ufffd");
                at = escape + 6;
                copied = at;
            }
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The number of an escape `\uXXXX` that begins at `at`.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}
