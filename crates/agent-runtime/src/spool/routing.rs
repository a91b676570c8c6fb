//! The little that must be known of a document on this side: whose it is, and where its agent works.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;

/// What a document says about where it belongs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Routing {
    /// Empty when it names none; whether it should is for the server to say. Of two the last one counts, as there.
    pub(crate) session_id: String,
    /// `None` when it names none, or more than one.
    pub(crate) cwd: Option<String>,
}

impl Routing {
    /// Reads a document; `None` when it is no JSON.
    pub(crate) fn of(document: &[u8]) -> Option<Self> {
        match serde_json::from_slice(document) {
            Ok(routing) => Some(routing),
            // No object, but perhaps sound all the same.
            Err(error) if error.classify() == Category::Data => {
                serde_json::from_slice::<IgnoredAny>(document).ok().map(|_| Self::default())
            }
            Err(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Routing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

/// Goes over the members of a document.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Routing;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Routing, A::Error> {
        let text = |value: Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (mut routing, mut folders) = (Routing::default(), 0);
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "session_id" => routing.session_id = text(members.next_value()?).unwrap_or_default(),
                "cwd" => {
                    folders += 1;
                    routing.cwd = text(members.next_value()?).filter(|_| folders == 1);
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(routing)
    }
}

#[cfg(test)]
mod tests {
    use super::Routing;

    #[test]
    fn only_what_is_no_json_is_unreadable() {
        let routing = Routing::of(br#"{"x":[{"session_id":"no"}],"session_id":"s","cwd":"/a"}"#).expect("JSON");
        assert_eq!((routing.session_id.as_str(), routing.cwd.as_deref()), ("s", Some("/a")));
        for nameless in ["{}", "[]", "1", r#"{"session_id":7,"cwd":null}"#, r#"{"cwd":"/a","cwd":"/b"}"#] {
            assert_eq!(Routing::of(nameless.as_bytes()), Some(Routing::default()), "{nameless}");
        }
        let twice = Routing::of(br#"{"session_id":"s","cwd":"/a","session_id":"t"}"#).expect("JSON");
        assert_eq!(
            (twice.session_id.as_str(), twice.cwd.as_deref()),
            ("t", Some("/a")),
            "the last one, as in the server"
        );
        for broken in
            ["", "{", r#"{"session_id":"s"#, "hello", r#"{"session_id":"s"}x"#, r#"{"cwd":"","cwd":}"#, "[1,,2]"]
        {
            assert_eq!(Routing::of(broken.as_bytes()), None, "{broken}");
        }
    }
}
