//! Where a server is, taken apart; and paths on it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::delivery::address::Address;
use crate::settings::values;

/// What a part of a path or of a query may hold as it is (RFC 3986, section 2.3).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Whether it speaks TLS.
    pub(super) secure: bool,
    /// Its name or address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// What `Host` holds.
    pub(super) authority: String,
    /// What stands before every path, without a slash at its end.
    prefix: String,
}

impl Place {
    /// Reads `http://HOST[:PORT][/PREFIX]` or the same with `https`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let address = values::server_address(text)?;
        let default_port = if address.encrypted { 443 } else { 80 };
        let authority = match (address.port == default_port, address.host.contains(':')) {
            (false, _) => address.authority(),
            (true, true) => format!("[{}]", address.host),
            (true, false) => address.host.clone(),
        };
        let Address { encrypted, host, port, path } = address;
        Ok(Self { secure: encrypted, host, port, authority, prefix: path })
    }

    /// What stands in the first line of a request for this path.
    pub(super) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The address, for people.
    pub(super) fn url(&self) -> String {
        format!("{}://{}{}", if self.secure { "https" } else { "http" }, self.authority, self.prefix)
    }
}

/// A path of these parts, with these parameters; both are encoded here.
pub(crate) fn path(parts: &[&str], parameters: &[(&str, &str)]) -> String {
    let encoded = |text| utf8_percent_encode(text, KEPT);
    let path = parts.iter().fold(String::new(), |path, part| format!("{path}/{}", encoded(part)));
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::{Place, path};

    #[test]
    fn addresses_are_taken_apart() {
        let read = |text| {
            let place = Place::parse(text).unwrap_or_else(|complaint| panic!("{complaint}"));
            (place.secure, place.host.clone(), place.port, place.authority.clone(), place.target("/ws"))
        };
        let own = |secure, host: &str, port, authority: &str, target: &str| {
            (secure, host.to_owned(), port, authority.to_owned(), target.to_owned())
        };
        assert_eq!(read("http://127.0.0.1:8765"), own(false, "127.0.0.1", 8765, "127.0.0.1:8765", "/ws"));
        assert_eq!(read("http://[::1]:81/"), own(false, "::1", 81, "[::1]:81", "/ws"));
        assert_eq!(read("https://box.lan/runs/"), own(true, "box.lan", 443, "box.lan", "/runs/ws"));
        assert_eq!(read("http://box"), own(false, "box", 80, "box", "/ws"));
        for bad in ["ftp://a", "a:80", "http://", "http://a:b", "http://a:99999", "http://a?b=c", "http://a:"] {
            assert!(Place::parse(bad).is_err(), "{bad}");
        }
        let complaint = Place::parse("http://me:secret@a").expect_err("no password belongs there");
        assert!(!complaint.contains("secret"), "{complaint}");
    }

    #[test]
    fn parts_and_parameters_are_encoded() {
        assert_eq!(path(&["sessions", "a/b ü%?#", "events"], &[]), "/sessions/a%2Fb%20%C3%BC%25%3F%23/events");
        assert_eq!(path(&["sessions"], &[("q", "a&b=c+d"), ("limit", "5")]), "/sessions?q=a%26b%3Dc%2Bd&limit=5");
    }
}
