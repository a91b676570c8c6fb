//! A JSON object of an agent, by its members.

use std::borrow::Cow;

use agent_runtime_types::json::{self, Member};

/// An object whose members are read when somebody asks, and kept as they were written.
pub(crate) struct Document<'a> {
    pub(crate) members: Vec<Member<'a>>,
}

impl<'a> Document<'a> {
    /// A value inside a text that has been scanned; empty for anything but an object.
    pub(crate) fn inside(scanned: &'a str) -> Self {
        Self { members: json::members(scanned) }
    }

    /// A value as it was written; `null` counts as missing, and of a repeated key the last one holds.
    pub(crate) fn raw(&self, key: &str) -> Option<&'a str> {
        let member = self.members.iter().rfind(|member| member.key == key)?;
        (member.value != "null").then_some(member.value)
    }

    /// A string as it was written, with its quotes.
    pub(crate) fn raw_string(&self, key: &str) -> Option<&'a str> {
        self.raw(key).filter(|value| value.starts_with('"'))
    }

    /// The text of a string.
    pub(crate) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        self.raw(key).and_then(json::string)
    }

    /// The text of a string that is not empty.
    pub(crate) fn some_text(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty()).map(Cow::into_owned)
    }

    /// A member that is an object itself; empty for anything else.
    pub(crate) fn object(&self, key: &str) -> Self {
        Self::inside(self.raw(key).unwrap_or_default())
    }

    /// The elements of an array; none for anything else.
    pub(crate) fn elements(&self, key: &str) -> Vec<&'a str> {
        self.raw(key).and_then(json::elements).unwrap_or_default()
    }

    /// Whether a member is `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.raw(key) == Some("true")
    }
}
