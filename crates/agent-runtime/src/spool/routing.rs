//! The little that must be known of a document on this side: whose it is, and where its agent works.

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

/// What a document says about where it belongs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Routing {
    /// Empty when it names none; whether it should is for the server to say.
    pub(crate) session_id: String,
    pub(crate) cwd: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    session_id: Option<Value>,
    cwd: Option<Value>,
}

impl Routing {
    /// Reads a document; `None` when it is no JSON.
    pub(crate) fn of(document: &[u8]) -> Option<Self> {
        let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        match serde_json::from_slice::<Named>(document) {
            Ok(named) => Some(Self { session_id: text(named.session_id).unwrap_or_default(), cwd: text(named.cwd) }),
            // Sound, but not what it should be, such as a key that stands twice.
            Err(error) if error.classify() == Category::Data => Some(Self::default()),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Routing;

    #[test]
    fn only_what_is_no_json_is_unreadable() {
        let routing = Routing::of(br#"{"x":[{"session_id":"no"}],"session_id":"s","cwd":"/a"}"#).expect("JSON");
        assert_eq!((routing.session_id.as_str(), routing.cwd.as_deref()), ("s", Some("/a")));
        for nameless in ["{}", "[]", "1", r#"{"session_id":7,"cwd":null}"#] {
            assert_eq!(Routing::of(nameless.as_bytes()), Some(Routing::default()), "{nameless}");
        }
        for broken in ["", "{", r#"{"session_id":"s"#, "hello", r#"{"session_id":"s"}x"#] {
            assert_eq!(Routing::of(broken.as_bytes()), None, "{broken}");
        }
    }
}
