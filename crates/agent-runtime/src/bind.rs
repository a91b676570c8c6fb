//! Which addresses to listen on, whether that is safe, and the listening itself.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use crate::failure::Failure;

/// Connections that the system may keep waiting for us: many clients come back at the same moment.
const BACKLOG: u32 = 4096;

/// Where the user wants to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// `127.0.0.1`, and `[::1]` where the machine has it.
    Loopback,
    /// One address.
    Address(IpAddr),
    /// A name, to be resolved.
    Name(String),
}

impl Host {
    /// Reads an address, with or without brackets, or a name.
    ///
    /// # Errors
    /// When it is neither, such as one with a port or a scheme.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("localhost") || text == "loopback" {
            return Ok(Self::Loopback);
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            // An IPv4 address in IPv6 clothes is that IPv4 address: it must not pass for a foreign or a local one.
            return Ok(Self::Address(address.to_canonical()));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if text.is_empty() || !text.bytes().all(fits) {
            return Err(format!("'{text}' is no address and no name: write one alone, without a port or a scheme"));
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }

    /// The addresses behind it: those that must be listened on, then those that may be.
    ///
    /// # Errors
    /// When a name has no address.
    pub(crate) async fn resolve(&self) -> Result<Addresses, Failure> {
        let (needed, wished) = match self {
            Self::Loopback => (vec![Ipv4Addr::LOCALHOST.into()], vec![Ipv6Addr::LOCALHOST.into()]),
            Self::Address(address) => (vec![*address], vec![]),
            Self::Name(name) => (resolved(name).await?, vec![]),
        };
        Ok(Addresses { needed, wished })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("loopback"),
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Addresses to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Without any one of these there is no start.
    needed: Vec<IpAddr>,
    /// Failing on one of these is a warning.
    wished: Vec<IpAddr>,
}

impl Addresses {
    /// The first address that other machines may reach, if there is one.
    pub(crate) fn foreign(&self) -> Option<IpAddr> {
        self.needed.iter().chain(&self.wished).find(|address| !address.is_loopback()).copied()
    }

    /// Listens on all of them with one port. Port 0 takes a free one. Returns what to warn of, too.
    ///
    /// # Errors
    /// When a needed address cannot be listened on.
    pub(crate) fn listen(&self, port: u16) -> Result<(Vec<TcpListener>, Vec<String>), Failure> {
        let (mut listeners, mut warnings, mut port) = (Vec::new(), Vec::new(), port);
        for (address, needed) in self
            .needed
            .iter()
            .map(|address| (*address, true))
            .chain(self.wished.iter().map(|address| (*address, false)))
        {
            let place = SocketAddr::new(address, port);
            match listen_on(place) {
                Ok(listener) => {
                    port = listener.local_addr().map_err(|error| Failure::work(error.to_string()))?.port();
                    listeners.push(listener);
                }
                Err(error) if needed => return Err(Failure::work(refusal(place, &error))),
                Err(error) => warnings.push(format!("not listening on {place}: {error}")),
            }
        }
        Ok((listeners, warnings))
    }
}

async fn resolved(name: &str) -> Result<Vec<IpAddr>, Failure> {
    let advice = "check the name, or give an address with --host";
    let found = tokio::net::lookup_host((name, 0)).await;
    let found = found.map_err(|error| Failure::work(format!("{name} has no address ({error}): {advice}")))?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|place| place.ip().to_canonical()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    // With port 0 the first takes a free port for all: the same family first, whatever the resolver's order.
    addresses.sort_by_key(IpAddr::is_ipv6);
    if addresses.is_empty() {
        return Err(Failure::work(format!("{name} has no address: {advice}")));
    }
    Ok(addresses)
}

fn listen_on(place: SocketAddr) -> io::Result<TcpListener> {
    let socket = if place.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the connections of the server before.
    socket.set_reuseaddr(true)?;
    socket.bind(place)?;
    socket.listen(BACKLOG)
}

fn refusal(place: SocketAddr, error: &io::Error) -> String {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there: stop it, or choose another port with --port",
        ErrorKind::PermissionDenied => "choose a port above 1023 with --port",
        ErrorKind::AddrNotAvailable => "this machine has no such address: choose another with --host",
        _ => "choose another address with --host or another port with --port",
    };
    format!("cannot listen on {place}: {error}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Host};

    fn foreign(text: &str) -> bool {
        let Ok(Host::Address(address)) = Host::parse(text) else { panic!("{text} is an address") };
        Addresses { needed: vec![address], wished: vec![] }.foreign().is_some()
    }

    #[test]
    fn only_loopback_is_at_home() {
        for home in ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"] {
            assert!(!foreign(home), "{home}");
        }
        for abroad in ["0.0.0.0", "::", "[::]", "192.168.1.5", "::ffff:0.0.0.0", "::ffff:10.0.0.1", "::127.0.0.1"] {
            assert!(foreign(abroad), "{abroad}");
        }
    }

    #[test]
    fn names_are_told_from_addresses() {
        assert_eq!(Host::parse("LocalHost"), Ok(Host::Loopback));
        assert_eq!(Host::parse("Build-Box.lan"), Ok(Host::Name("build-box.lan".into())));
        for bad in ["", "http://a", "a:80", "127.0.0.1:80", "[::1]:80", "a b", "a/b", "*"] {
            assert!(Host::parse(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_name_that_means_a_foreign_address_is_foreign() {
        // The resolver reads a bare number as an address: 0 is 0.0.0.0.
        let Ok(addresses) = Host::Name("0".into()).resolve().await else { panic!("0 is an address") };
        assert!(addresses.foreign().is_some(), "{addresses:?}");
    }
}
