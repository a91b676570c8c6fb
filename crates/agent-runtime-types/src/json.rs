//! One pass over a JSON body: is it sound, and where does each member stand.
//!
//! Bodies are stored and sent on as the bytes they came in, so the scan must refuse whatever a reader
//! could not take back: broken UTF-8, lone surrogates, numbers beyond a double, bottomless nesting.
//! `serde_json` takes these as raw values, or rounds them; hence a scanner of our own (RFC 8259).

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;

use crate::problem::Invalid;

/// Levels of objects and arrays that a body may have, itself included.
pub const MAX_DEPTH: usize = 128;

/// Up to this many members are compared one by one for a repeated key; more go through a hash set.
const FEW_MEMBERS: usize = 16;

/// Digits that fit a double for certain; a longer number is converted to see whether it does.
const SAFE_DIGITS: usize = 300;

/// One member of an object, still as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The key with its escapes resolved.
    pub key: Cow<'a, str>,
    /// The key as it was written, with its quotes.
    pub raw_key: &'a str,
    /// The value as it was written.
    pub value: &'a str,
    /// Whether the value was written over several lines.
    pub has_newline: bool,
}

/// Scans a whole body that must be one object, and lists its members.
///
/// # Errors
/// When the body is not sound JSON, is no object, or has a key twice.
pub fn object(body: &[u8]) -> Result<Vec<Member<'_>>, Invalid> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Invalid::field("body", format_args!("broken UTF-8 at byte {}", error.valid_up_to())))?;
    let mut scanner = Scanner::new(text);
    scanner.blanks();
    match scanner.peek() {
        None => return Err(Invalid::field("body", "is empty, a JSON object is expected")),
        Some(b'{') => {}
        Some(_) => {
            scanner.value(0)?;
            scanner.end()?;
            return Err(Invalid::field("body", "must be a JSON object"));
        }
    }
    let mut members = Vec::with_capacity(FEW_MEMBERS);
    scanner.object(0, Some(&mut members))?;
    scanner.end()?;
    match repeated_key(&members) {
        Some(key) => Err(Invalid::field(&printable(key), "stands twice in the body")),
        None => Ok(members),
    }
}

/// Scans a whole text that must be one object, to stand as a value inside a body, and lists its members. A key that
/// stands twice is no fault there.
///
/// # Errors
/// When the text is not sound JSON, is no object, or would be nested too deep inside a body.
pub fn inner_object(text: &str) -> Result<Vec<Member<'_>>, Invalid> {
    let mut scanner = Scanner::new(text);
    scanner.blanks();
    if scanner.peek() != Some(b'{') {
        return Err(Invalid::field("body", "must be a JSON object"));
    }
    let mut members = Vec::with_capacity(FEW_MEMBERS);
    scanner.object(1, Some(&mut members))?;
    scanner.end()?;
    Ok(members)
}

/// The members of an object inside a body that has been scanned; empty for any other value.
pub fn members(scanned: &str) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    if scanned.starts_with('{') && Scanner::new(scanned).object(0, Some(&mut members)).is_err() {
        members.clear();
    }
    members
}

/// The members of an object that has been scanned, given from behind its opening brace.
pub fn members_behind_brace(scanned: &str) -> Vec<Member<'_>> {
    let mut members = Vec::with_capacity(FEW_MEMBERS);
    if Scanner::new(scanned).members(1, Some(&mut members)).is_err() {
        members.clear();
    }
    members
}

/// The elements of an array inside a body that has been scanned; `None` for any other value.
pub fn elements(scanned: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    (scanned.starts_with('[') && Scanner::new(scanned).array(0, Some(&mut elements)).is_ok()).then_some(elements)
}

/// The text of a scanned string value; `None` for any other value.
pub fn string(scanned: &str) -> Option<Cow<'_, str>> {
    let inner = scanned.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(scanned).ok().map(Cow::Owned)
}

/// Appends a scanned value without the blanks between its parts, so that it stands on one line.
pub fn push_compact(scanned: &str, out: &mut String) {
    let (mut in_string, mut escaped, mut start) = (false, false, 0);
    for (index, byte) in scanned.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {
                out.push_str(&scanned[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    out.push_str(&scanned[start..]);
}

/// Appends `text` as a JSON string.
pub fn push_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[start..index]);
        start = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                // infallible: writing to a String
                let _ = write!(out, "\\u{control:04x}");
            }
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

fn repeated_key<'m>(members: &'m [Member<'_>]) -> Option<&'m str> {
    if members.len() <= FEW_MEMBERS {
        let repeats = |(index, member): &(usize, &Member<'_>)| members[..*index].iter().any(|m| m.key == member.key);
        return members.iter().enumerate().find(repeats).map(|(_, member)| &*member.key);
    }
    let mut seen = HashSet::with_capacity(members.len());
    members.iter().map(|member| &*member.key).find(|key| !seen.insert(*key))
}

/// A key as it can stand in an error: short, and without control characters.
fn printable(key: &str) -> String {
    key.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Whether a line break stood between two tokens since this was last cleared.
    newline: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, newline: false }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn wrong(&self, what: &str) -> Invalid {
        Invalid::field("body", format_args!("not JSON: {what} at byte {}", self.at))
    }

    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.newline |= matches!(byte, b'\n' | b'\r');
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn end(&mut self) -> Result<(), Invalid> {
        self.blanks();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.wrong("more after the end")) }
    }

    fn value(&mut self, depth: usize) -> Result<(), Invalid> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(depth, None),
            Some(b'[') => self.array(depth, None),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(_) => Err(self.wrong("a value expected")),
            None => Err(self.wrong("it ends too early")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Invalid> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.wrong("a value expected"))
    }

    fn enter(&mut self, depth: usize) -> Result<usize, Invalid> {
        self.at += 1;
        self.blanks();
        if depth == MAX_DEPTH {
            return Err(Invalid::field("body", format_args!("nested more than {MAX_DEPTH} levels deep")));
        }
        Ok(depth + 1)
    }

    /// Scans an object whose `{` is next; `into` collects its members.
    fn object(&mut self, depth: usize, into: Option<&mut Vec<Member<'a>>>) -> Result<(), Invalid> {
        let depth = self.enter(depth)?;
        if self.take(b'}') { Ok(()) } else { self.members(depth, into) }
    }

    /// Scans what follows the `{` of an object that is not empty.
    fn members(&mut self, depth: usize, mut into: Option<&mut Vec<Member<'a>>>) -> Result<(), Invalid> {
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotes expected"));
            }
            let raw_key = self.string()?;
            self.blanks();
            if !self.take(b':') {
                return Err(self.wrong("':' expected"));
            }
            self.blanks();
            let newline_before = std::mem::take(&mut self.newline);
            let start = self.at;
            self.value(depth)?;
            if let Some(members) = into.as_deref_mut() {
                let key = string(raw_key).ok_or_else(|| self.wrong("a key that is no text"))?;
                let value = &self.text[start..self.at];
                members.push(Member { key, raw_key, value, has_newline: self.newline });
            }
            self.newline |= newline_before;
            self.blanks();
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.wrong("',' or '}' expected"));
            }
            self.blanks();
        }
    }

    /// Scans an array whose `[` is next; `into` collects its elements.
    fn array(&mut self, depth: usize, mut into: Option<&mut Vec<&'a str>>) -> Result<(), Invalid> {
        let depth = self.enter(depth)?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            let start = self.at;
            self.value(depth)?;
            if let Some(elements) = into.as_deref_mut() {
                elements.push(&self.text[start..self.at]);
            }
            self.blanks();
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.wrong("',' or ']' expected"));
            }
            self.blanks();
        }
    }

    /// Scans a string whose opening quote is next, and returns it with its quotes.
    fn string(&mut self) -> Result<&'a str, Invalid> {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(length) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                return Err(self.wrong("a text without its closing quote"));
            };
            // The least byte rather than `any`: without an early way out the compiler makes this loop wide.
            if rest[..length].iter().fold(u8::MAX, |least, byte| least.min(*byte)) < 0x20 {
                return Err(self.wrong("a control character inside a text"));
            }
            self.at += length + 1;
            if rest[length] == b'"' {
                return Ok(&self.text[start..self.at]);
            }
            self.escape()?;
        }
    }

    /// Scans what follows a backslash.
    fn escape(&mut self) -> Result<(), Invalid> {
        let kind = self.peek();
        self.at += 1;
        match kind {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.four_hex_digits()? {
                0xD800..=0xDBFF => {
                    let low = self.take(b'\\') && self.take(b'u');
                    match low.then(|| self.four_hex_digits()).transpose()? {
                        Some(0xDC00..=0xDFFF) => Ok(()),
                        _ => Err(self.wrong("a lone surrogate")),
                    }
                }
                0xDC00..=0xDFFF => Err(self.wrong("a lone surrogate")),
                _ => Ok(()),
            },
            _ => Err(self.wrong("an unknown escape")),
        }
    }

    fn four_hex_digits(&mut self) -> Result<u32, Invalid> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let number = digits.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?));
        match number {
            Some(number) if digits.len() == 4 => {
                self.at += 4;
                Ok(number)
            }
            _ => Err(self.wrong("four hexadecimal digits expected")),
        }
    }

    fn number(&mut self) -> Result<(), Invalid> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        } else if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.wrong("a number with a leading zero"));
        }
        if self.take(b'.') {
            self.digits()?;
        }
        let has_exponent = self.take(b'e') || self.take(b'E');
        if has_exponent {
            let _signed = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let number = &self.text[start..self.at];
        let fits = || number.parse::<f64>().is_ok_and(f64::is_finite);
        if (has_exponent || number.len() > SAFE_DIGITS) && !fits() {
            return Err(self.wrong("a number beyond what a double can hold"));
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Invalid> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("a digit expected")) } else { Ok(()) }
    }
}
