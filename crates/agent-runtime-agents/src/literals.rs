//! The strings inside a JSON text, found without reading the rest.

use std::ops::Range;

/// A string as it stands in a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Where it stands, with its quotes.
    pub(crate) range: Range<usize>,
    /// Whether it is a key.
    pub(crate) is_key: bool,
    /// The key that it is the value of, as written, with its quotes.
    pub(crate) key: Option<Range<usize>>,
}

/// The strings of a JSON text, in order. Of a text that is no sound JSON, some.
pub(crate) fn literals(text: &str) -> Literals<'_> {
    Literals { bytes: text.as_bytes(), at: 0, key: None }
}

/// See [`literals`].
pub(crate) struct Literals<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The last key; its value begins where the search goes on, if that is a string.
    key: Option<Range<usize>>,
}

impl Iterator for Literals<'_> {
    type Item = Literal;

    fn next(&mut self) -> Option<Literal> {
        let start = self.at + memchr::memchr(b'"', self.bytes.get(self.at..)?)?;
        let is_next = self.bytes[self.at..start].iter().all(u8::is_ascii_whitespace);
        let key = self.key.take().filter(|_| is_next);
        let end = end_of_string(self.bytes, start)?;
        let blanks = self.bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let is_key = self.bytes.get(end + blanks) == Some(&b':');
        self.at = end + blanks + usize::from(is_key);
        self.key = is_key.then_some(start..end);
        Some(Literal { range: start..end, is_key, key })
    }
}

/// The place behind the closing quote of a string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}
