//! New JSON in the style of the text it goes into.

use super::json_tree::Node;

/// A value to be written.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Text(String),
    Number(u32),
    List(Vec<Shape>),
    Object(Vec<(&'static str, Shape)>),
}

impl Shape {
    /// The value on one line, without blanks.
    pub(crate) fn compact(&self) -> String {
        let style = Layout { newline: "\n", unit: None, spaced: false };
        let mut out = String::new();
        style.write(self, None, &mut out);
        out
    }
}

/// How a text is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Layout<'a> {
    newline: &'static str,
    /// One step of indentation; `None` for a text that keeps to one line.
    unit: Option<&'a str>,
    /// Whether a blank follows colons and commas.
    spaced: bool,
}

impl<'a> Layout<'a> {
    /// The style of a whole text, as its outermost object shows it.
    pub(crate) fn of(text: &'a str, root: &Node) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let unit = match root.children().first() {
            None => Some("  "),
            Some(&(start, _)) => after_newline(&text[root.start + 1..start]),
        };
        Self { newline, unit, spaced: unit.is_some() || text.contains("\": ") }
    }

    /// The blanks at the beginning of the line on which a byte stands.
    pub(crate) fn line_indent(text: &str, offset: usize) -> &str {
        let line = &text[text[..offset].rfind('\n').map_or(0, |index| index + 1)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// What stands between the brackets of a container that was empty.
    pub(crate) fn alone(&self, outer: &str, key: Option<&str>, value: &Shape) -> String {
        let Some(unit) = self.unit else { return self.member(key, value, None) };
        let inner = format!("{outer}{unit}");
        let new = self.member(key, value, Some(&inner));
        format!("{newline}{inner}{new}{newline}{outer}", newline = self.newline)
    }

    /// What follows the last child of a container, whose own beginning was parted from what is before by `gap`.
    pub(crate) fn beside(&self, gap: &str, key: Option<&str>, value: &Shape) -> String {
        let gap = if gap.is_empty() && self.spaced { " " } else { gap };
        format!(",{gap}{}", self.member(key, value, self.unit.and(after_newline(gap))))
    }

    fn member(&self, key: Option<&str>, value: &Shape, indent: Option<&str>) -> String {
        let mut out = String::new();
        if let Some(key) = key {
            push_string(key, &mut out);
            out.push_str(self.colon());
        }
        self.write(value, indent, &mut out);
        out
    }

    fn colon(&self) -> &'static str {
        if self.spaced { ": " } else { ":" }
    }

    fn write(&self, value: &Shape, indent: Option<&str>, out: &mut String) {
        match value {
            Shape::Text(text) => push_string(text, out),
            Shape::Number(number) => out.push_str(&number.to_string()),
            Shape::List(elements) => {
                let elements: Vec<_> = elements.iter().map(|element| (None, element)).collect();
                self.container(['[', ']'], &elements, indent, out);
            }
            Shape::Object(members) => {
                let members: Vec<_> = members.iter().map(|(key, value)| (Some(*key), value)).collect();
                self.container(['{', '}'], &members, indent, out);
            }
        }
    }

    fn container(
        &self,
        [open, close]: [char; 2],
        children: &[(Option<&str>, &Shape)],
        indent: Option<&str>,
        out: &mut String,
    ) {
        out.push(open);
        let outer = indent.map(|indent| format!("{}{indent}", self.newline));
        let inner = outer.as_ref().map(|outer| format!("{outer}{}", self.unit.unwrap_or_default()));
        for (index, (key, value)) in children.iter().enumerate() {
            if index > 0 {
                out.push_str(if inner.is_none() && self.spaced { ", " } else { "," });
            }
            out.push_str(inner.as_deref().unwrap_or_default());
            let deeper = inner.as_deref().map(|inner| &inner[self.newline.len()..]);
            out.push_str(&self.member(*key, value, deeper));
        }
        if !children.is_empty() {
            out.push_str(outer.as_deref().unwrap_or_default());
        }
        out.push(close);
    }
}

/// The indentation that blanks end with; `None` when they hold no end of a line.
fn after_newline(blanks: &str) -> Option<&str> {
    blanks.rfind('\n').map(|index| &blanks[index + 1..])
}

fn push_string(text: &str, out: &mut String) {
    agent_runtime_types::json::push_string(text, out);
}
