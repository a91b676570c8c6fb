//! Where each value of a JSON text stands, so that a text can be changed without being written anew.

use std::fmt;

use serde_json::Value;

/// One value, and the bytes it takes up.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
}

/// What a value is, as far as settings are concerned.
#[derive(Debug)]
pub(crate) enum Kind {
    Object(Vec<Member>),
    Array(Vec<Node>),
    Text(String),
    Other,
}

/// One key of an object, and its value.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) key_start: usize,
    pub(crate) value: Node,
}

/// Why a text cannot be changed, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) reason: String,
}

/// What is the matter with a comment, and what to do.
const COMMENT: &str = "this is a comment, and JSON has none: the agent itself does not read settings with one, so take \
                       it out";

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl Fault {
    /// A fault at a byte of the text.
    pub(crate) fn at(text: &str, offset: usize, reason: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
        Self { line, column, reason: reason.into() }
    }
}

impl Node {
    /// The value of a key. The last one counts where a key stands twice, as it does for whoever reads the file.
    pub(crate) fn member(&self, key: &str) -> Option<&Node> {
        let Kind::Object(members) = &self.kind else { return None };
        members.iter().rfind(|member| member.key == key).map(|member| &member.value)
    }

    /// The elements of a list; none for any other value.
    pub(crate) fn elements(&self) -> &[Node] {
        if let Kind::Array(elements) = &self.kind { elements } else { &[] }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// Where each element, or each member with its key, begins and ends.
    pub(crate) fn children(&self) -> Vec<(usize, usize)> {
        match &self.kind {
            Kind::Object(members) => members.iter().map(|member| (member.key_start, member.value.end)).collect(),
            Kind::Array(elements) => elements.iter().map(|element| (element.start, element.end)).collect(),
            Kind::Text(_) | Kind::Other => Vec::new(),
        }
    }
}

/// Reads a whole text.
///
/// # Errors
/// When it is no sound JSON.
pub(crate) fn read(text: &str) -> Result<Node, Fault> {
    // Editors of another system begin a file with this mark; it stays where it is.
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    // The parser of the library says what is wrong and where, and bounds the nesting.
    if let Err(error) = serde_json::from_str::<Value>(&text[mark..]) {
        let (line, column) = (error.line().max(1), error.column().max(1));
        if is_comment(&text[mark..], line, column) {
            return Err(Fault { line, column, reason: COMMENT.to_owned() });
        }
        let told = error.to_string();
        let reason = told.split(" at line ").next().unwrap_or(&told).to_owned();
        return Err(Fault { line, column, reason });
    }
    let mut reader = Reader { text, at: mark };
    reader.value().ok_or_else(|| Fault::at(text, reader.at, "this is no JSON"))
}

/// Whether a comment begins there, as editors allow it in settings of their own.
fn is_comment(text: &str, line: usize, column: usize) -> bool {
    let line = text.lines().nth(line - 1).unwrap_or_default();
    line.get(column - 1..).is_some_and(|rest| rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#'))
}

/// Goes over a text that has been found sound.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let start = self.at;
        let kind = match first {
            b'{' => self.object()?,
            b'[' => self.array()?,
            b'"' => Kind::Text(self.string()?),
            _ => {
                let rest = &self.text[start..];
                let length = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                self.at += length;
                Kind::Other
            }
        };
        Some(Node { start, end: self.at, kind })
    }

    fn object(&mut self) -> Option<Kind> {
        self.at += 1;
        let mut members = Vec::new();
        while !self.take(b'}') {
            self.take(b',');
            self.peek()?;
            let key_start = self.at;
            let key = self.string()?;
            if !self.take(b':') {
                return None;
            }
            members.push(Member { key, key_start, value: self.value()? });
        }
        Some(Kind::Object(members))
    }

    fn array(&mut self) -> Option<Kind> {
        self.at += 1;
        let mut elements = Vec::new();
        while !self.take(b']') {
            self.take(b',');
            elements.push(self.value()?);
        }
        Some(Kind::Array(elements))
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while *bytes.get(self.at)? != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, read};

    #[test]
    fn a_value_knows_where_it_stands() {
        let text = "\u{feff} { \"a\\\"\" : [1 ,\"x\\\\\"], \"b\":{} }";
        let root = read(text).expect("sound");
        let list = root.member("a\"").expect("a member");
        assert_eq!(&text[list.start..list.end], "[1 ,\"x\\\\\"]");
        assert_eq!(list.elements()[1].text(), Some("x\\"));
        let spans: Vec<&str> = root.children().iter().map(|&(start, end)| &text[start..end]).collect();
        assert_eq!(spans, ["\"a\\\"\" : [1 ,\"x\\\\\"]", "\"b\":{}"]);
    }

    #[test]
    fn a_fault_has_its_line_and_column() {
        let fault = read("{\n  \"a\": 1,\n  \"b\" 2\n}").expect_err("broken");
        assert_eq!((fault.line, fault.column), (3, 7));
        assert_eq!(fault.reason, "expected `:`");
        for (text, line, column) in [
            ("// mine\n{}", 1, 1),
            ("{\n  // mine\n  \"a\": 1\n}", 2, 3),
            ("{\n  \"a\": 1, /* mine */\n  \"b\": 2\n}", 2, 11),
            ("{\n  \"a\": 1 // mine\n}", 2, 10),
            ("{} # mine", 1, 4),
        ] {
            let fault = read(text).expect_err("a comment");
            assert_eq!((fault.line, fault.column, fault.reason.as_str()), (line, column, super::COMMENT), "{text}");
        }
        assert!(!read("{\"a\": \"//\" x}").expect_err("broken").reason.contains("comment"));
        assert_eq!(Fault::at("a\nbc", 3, "x"), Fault { line: 2, column: 2, reason: "x".to_owned() });
    }
}
