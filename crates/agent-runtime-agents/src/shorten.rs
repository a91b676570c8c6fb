//! Strings too long to be worth keeping whole, and whole files that edits carry along.

use std::borrow::Cow;
use std::fmt::Write;

use agent_runtime_types::json;
use sha2::{Digest, Sha256};

use crate::literals::literals;
use crate::report::Counted;

/// Bytes of a string that is kept whole.
pub const MAX_STRING_BYTES: usize = 1 << 20;
/// Bytes that are kept of the beginning, and of the end, of a longer one.
pub const KEPT_BYTES: usize = 32 << 10;

/// Of each string value over [`MAX_STRING_BYTES`] in a sound JSON text leaves head and tail, with size and SHA-256 of
/// the whole between them, and counts it.
pub fn shorten(json_text: &str) -> (Cow<'_, str>, Counted) {
    let mut counted = Counted::default();
    if json_text.len() <= MAX_STRING_BYTES {
        return (Cow::Borrowed(json_text), counted);
    }
    let mut out = String::new();
    let mut copied = 0;
    for string in literals(json_text).filter(|string| !string.is_key && string.range.len() > MAX_STRING_BYTES) {
        let Some(whole) = json::string(&json_text[string.range.clone()]) else { continue };
        if whole.len() <= MAX_STRING_BYTES {
            continue;
        }
        out.push_str(&json_text[copied..string.range.start]);
        json::push_string(&head_and_tail(&whole), &mut out);
        copied = string.range.end;
        counted.shortened += 1;
    }
    if copied == 0 {
        return (Cow::Borrowed(json_text), counted);
    }
    out.push_str(&json_text[copied..]);
    (Cow::Owned(out), counted)
}

/// Takes `originalFile` out of the `tool_response` of a document, and counts it.
pub fn drop_original_file(document: &str) -> (Cow<'_, str>, Counted) {
    let whole = (Cow::Borrowed(document), Counted::default());
    if memchr::memmem::find(document.as_bytes(), b"\"originalFile\"").is_none() {
        return whole;
    }
    let members = json::members(document);
    let Some(response) = members.iter().rfind(|member| member.key == "tool_response") else { return whole };
    let (dropped, kept): (Vec<_>, Vec<_>) =
        json::members(response.value).into_iter().partition(|member| member.key == "originalFile");
    if dropped.iter().all(|member| member.value == "null") {
        return whole;
    }
    let mut out = String::with_capacity(document.len());
    push_object(&mut out, members.iter().map(|member| (member.raw_key, member.value)), |key, out| {
        key == response.raw_key && {
            push_object(out, kept.iter().map(|member| (member.raw_key, member.value)), |_, _| false);
            true
        }
    });
    (Cow::Owned(out), Counted { original_files: 1, ..Counted::default() })
}

/// Writes an object of raw keys and values; `instead` may write another value for a key.
fn push_object<'a>(
    out: &mut String,
    members: impl Iterator<Item = (&'a str, &'a str)>,
    instead: impl Fn(&str, &mut String) -> bool,
) {
    out.push('{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(key);
        out.push(':');
        if !instead(key, out) {
            out.push_str(value);
        }
    }
    out.push('}');
}

fn head_and_tail(whole: &str) -> String {
    let head = &whole[..whole.floor_char_boundary(KEPT_BYTES)];
    let tail = &whole[whole.ceil_char_boundary(whole.len() - KEPT_BYTES)..];
    let mut text = String::with_capacity(2 * KEPT_BYTES + 128);
    text.push_str(head);
    // infallible: writing to a String
    let _ = write!(text, "\n[shortened: {} bytes, SHA-256 {}]\n", whole.len(), hex(&Sha256::digest(whole)));
    text.push_str(tail);
    text
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // infallible: writing to a String
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
