//! Where a server is, taken from its URL.

use std::fmt::{self, Write};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// The parts of a server's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) encrypted: bool,
    /// A name or an address, without brackets, in lower case.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What stands before every path, without a slash at its end.
    pub(crate) path: String,
}

impl Address {
    /// Reads `http://HOST[:PORT][/PATH]`, or the same with `https`.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let encrypted = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']')?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port != 0)?,
            None if port.is_empty() => {
                if encrypted {
                    443
                } else {
                    80
                }
            }
            None => return None,
        };
        // All of it goes into a request's head.
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte);
        let sound = !host.is_empty() && host.bytes().chain(path.bytes()).all(fits);
        let (host, path) = (host.to_ascii_lowercase(), path.trim_end_matches('/').to_owned());
        sound.then_some(Self { encrypted, host, port, path })
    }

    /// Whether an answer may be waited for: only a server on this machine, without encryption, is that near.
    pub(crate) fn is_near(&self) -> bool {
        !self.encrypted && self.is_loopback()
    }

    /// What a request says in `host`.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The addresses behind it, to be tried in turn.
    ///
    /// # Errors
    /// When a name has none.
    pub(crate) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        // The resolver is not asked for what everybody knows: it may be slow.
        if self.host == "localhost" {
            let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(both.map(|address| SocketAddr::new(address, self.port)).to_vec());
        }
        match self.host.parse::<IpAddr>() {
            Ok(address) => Ok(vec![SocketAddr::new(address, self.port)]),
            Err(_) => Ok((self.host.as_str(), self.port).to_socket_addrs()?.collect()),
        }
    }

    /// A name for a folder that belongs to this server alone. All loopback names are one server.
    pub(crate) fn folder_name(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        let host = if self.is_loopback() { "127.0.0.1" } else { &self.host };
        let mut name = format!("{scheme}-");
        for byte in format!("{host}-{}{}", self.port, self.path).bytes() {
            if byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-' {
                name.push(char::from(byte));
            } else {
                let _ = write!(name, "_{byte:02x}");
            }
        }
        name
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn address(url: &str) -> Address {
        Address::parse(url).unwrap_or_else(|| panic!("{url} is an address"))
    }

    #[test]
    fn urls_are_taken_apart() {
        for (url, shown) in [
            ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
            ("HTTP://LocalHost/", "http://localhost:80"),
            ("https://runs.example/team/", "https://runs.example:443/team"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(address(url).to_string(), shown);
        }
        let bad = [
            "",
            "127.0.0.1:8765",
            "ftp://a",
            "http://",
            "http://a:b",
            "http://a:99999",
            "http://a:0",
            "http://u:p@a/",
            "http://[::1",
        ];
        for url in bad.into_iter().chain(["http://a\r\nx: y", "http://a/b c", "http://a?x"]) {
            assert_eq!(Address::parse(url), None, "{url}");
        }
    }

    #[test]
    fn only_this_machine_is_near() {
        for url in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9:1"] {
            assert!(address(url).is_near(), "{url}");
        }
        for url in ["https://127.0.0.1:1", "http://10.0.0.1:1", "http://localhost.example:1", "http://0.0.0.0:1"] {
            assert!(!address(url).is_near(), "{url}");
        }
    }

    #[test]
    fn each_server_has_a_folder_of_its_own() {
        assert_eq!(address("http://localhost:8765/").folder_name(), "http-127.0.0.1-8765");
        assert_eq!(address("http://[::1]:8765").folder_name(), "http-127.0.0.1-8765");
        let others = ["https://a", "http://a", "http://a:8765", "http://a/b", "http://a/b/c", "http://a/b_2fc"];
        let mut names: Vec<String> = others.iter().map(|url| address(url).folder_name()).collect();
        assert!(names.iter().all(|name| !name.contains('/')), "{names:?}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), others.len(), "{names:?}");
    }
}
