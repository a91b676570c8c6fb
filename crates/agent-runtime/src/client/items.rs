//! Takes a list apart while it comes in: `{"events":[…],"next":…}`, entry by entry, so that only one is held.

use std::collections::VecDeque;

use serde_json::{Map, Value};

/// The most bytes that stand beside the list.
const MOST_BESIDE: usize = 64 * 1024;

/// A list in parts. Entries are objects; the list is the first array of the document.
#[derive(Debug)]
pub(super) struct Items {
    /// The most bytes of one entry.
    most_bytes: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    listed: bool,
    /// The entry that has begun.
    entry: Vec<u8>,
    ready: VecDeque<Vec<u8>>,
    /// The document without its list.
    beside: Vec<u8>,
    wrong: Option<&'static str>,
}

impl Items {
    /// A list of which nothing has come in yet.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            depth: 0,
            in_string: false,
            escaped: false,
            listed: false,
            entry: Vec::new(),
            ready: VecDeque::new(),
            beside: Vec::new(),
            wrong: None,
        }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let inside = self.depth >= 3;
            if inside || self.opens_entry(byte) {
                self.entry.push(byte);
            } else if self.depth != 2 || byte == b']' {
                self.beside.push(byte);
            } else if self.wrong.is_none() && !matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n') {
                self.wrong = Some("no list of objects");
            }
            self.step(byte);
            if inside && self.depth == 2 {
                self.ready.push_back(std::mem::take(&mut self.entry));
            }
        }
        if self.beside.len() > MOST_BESIDE {
            self.wrong = Some("no list");
        }
        if self.entry.len() > self.most_bytes {
            self.wrong = Some("an entry without an end");
        }
    }

    /// The next whole entry.
    pub(super) fn next(&mut self) -> Result<Option<String>, String> {
        if let Some(wrong) = self.wrong {
            return Err(wrong.to_owned());
        }
        let Some(entry) = self.ready.pop_front() else { return Ok(None) };
        String::from_utf8(entry).map(Some).map_err(|_| "no UTF-8".to_owned())
    }

    /// Whether the document came to its end.
    pub(super) fn whole(&self) -> bool {
        self.listed && self.depth == 0
    }

    /// A member that stands beside the list.
    pub(super) fn member(&self, key: &str) -> Option<Value> {
        let members: Map<String, Value> = serde_json::from_slice(&self.beside).ok()?;
        members.get(key).filter(|value| !value.is_null()).cloned()
    }

    fn opens_entry(&self, byte: u8) -> bool {
        self.depth == 2 && self.listed && !self.in_string && byte == b'{'
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'[' | b'{' => {
                self.listed |= byte == b'[' && self.depth == 1;
                self.depth += 1;
            }
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Items;

    fn all(items: &mut Items) -> Vec<String> {
        std::iter::from_fn(|| items.next().expect("a list")).collect()
    }

    #[test]
    fn a_list_comes_apart_wherever_it_is_cut() {
        let entries = ["{\"a\":\"]}\\\"{[\"}", "{}", "{\"b\":[{\"c\":1e400},[]],\"ü\":\"\\\\\"}"];
        let text = format!("{{\"events\":[{}],\"next\":12}}", entries.join(", "));
        for cut in 0..text.len() {
            let mut items = Items::new(1000);
            let mut found = Vec::new();
            for part in [&text.as_bytes()[..cut], &text.as_bytes()[cut..]] {
                assert!(!items.whole());
                items.feed(part);
                found.extend(all(&mut items));
            }
            assert_eq!(found, entries, "cut at {cut}");
            assert!(items.whole());
            assert_eq!(items.member("next"), Some(12.into()));
        }
    }

    #[test]
    fn an_entry_without_an_end_is_not_held() {
        let mut items = Items::new(1000);
        items.feed(b"{\"events\":[{\"a\":\"");
        items.feed(&[b'x'; 900]);
        assert_eq!(items.next(), Ok(None));
        items.feed(&[b'x'; 100]);
        assert_eq!(items.next(), Err("an entry without an end".to_owned()));
    }

    #[test]
    fn an_empty_list_is_whole_and_has_no_next() {
        let mut items = Items::new(1000);
        items.feed(b"{\"sessions\":[]}");
        assert_eq!((items.next(), items.whole(), items.member("next")), (Ok(None), true, None));
    }

    #[test]
    fn what_is_no_list_is_refused_or_never_whole() {
        for text in ["{\"a\":[1]}", "{\"a\":[\"x\"]}", "{\"ok\":true}", "<html>", ""] {
            let mut items = Items::new(1000);
            items.feed(text.as_bytes());
            assert!(items.next().is_err() || !items.whole(), "{text}");
        }
    }
}
