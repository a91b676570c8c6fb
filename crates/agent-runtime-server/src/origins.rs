//! Whom the server answers: the names it goes by, and the pages that may call it.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use crate::config::{AllowedHost, CorsOrigins, split_host};

/// The names by which every server may be called on its own machine.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Where a browser says how the page that asks stands to what it asks of.
pub(crate) const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which `Host` and which `Origin` may come in.
pub(crate) struct Origins {
    /// Names that are ours whatever the settings, with any port: a tunnel may give us another.
    names: Vec<String>,
    /// What the settings add.
    added: Vec<AllowedHost>,
    /// `host:port` of our own pages.
    own: Vec<String>,
    cors: CorsOrigins,
}

/// What a request's `Origin` is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// None was given: no page sent this.
    Absent,
    /// A page of our own.
    Own,
    /// A page on the list.
    Listed,
    /// Any other page.
    Foreign,
}

impl Origins {
    /// The rules for a server bound to `bound`.
    pub(crate) fn new(allowed: &[AllowedHost], cors: &CorsOrigins, bound: &[SocketAddr]) -> Self {
        let mut names: Vec<String> = LOOPBACK_NAMES.map(str::to_owned).to_vec();
        names.extend(bound.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).map(|ip| match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        }));
        let own = bound.iter().flat_map(|address| names.iter().map(|name| format!("{name}:{}", address.port())));
        let own = own.collect();
        Self { names, added: allowed.to_vec(), own, cors: cors.clone() }
    }

    /// Whether the request names a host that is served here.
    pub(crate) fn serves(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        // In the absolute form the target counts, and not the header (RFC 9112, section 3.2.2).
        let named = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => only(headers, header::HOST).and_then(|host| host.to_str().ok()),
        };
        let Some((name, port)) = named.and_then(split_host) else { return false };
        let is_added = |host: &AllowedHost| match host {
            AllowedHost::Any => true,
            AllowedHost::Name(allowed) => *allowed == name,
            AllowedHost::NameAndPort(allowed, with) => *allowed == name && port.unwrap_or(80) == *with,
        };
        self.names.contains(&name) || self.added.iter().any(is_added)
    }

    /// What the request's `Origin` is to us.
    pub(crate) fn standing(&self, headers: &HeaderMap) -> Standing {
        if !headers.contains_key(header::ORIGIN) {
            return Standing::Absent;
        }
        let Some(origin) = only(headers, header::ORIGIN).and_then(|origin| origin.to_str().ok()) else {
            return Standing::Foreign;
        };
        match &self.cors {
            CorsOrigins::Any => return Standing::Listed,
            CorsOrigins::Listed(listed) if listed.iter().any(|listed| listed == origin) => return Standing::Listed,
            CorsOrigins::Listed(_) => {}
        }
        if self.is_own(origin) { Standing::Own } else { Standing::Foreign }
    }

    /// Whether what sent this may speak with the cookie that its browser adds unasked. Ports are no border for
    /// cookies: a page of another program of this machine sends ours as well, so `SameSite` is not enough.
    /// `CORS_ORIGINS=*` vouches for nobody.
    pub(crate) fn may_use_cookie(&self, headers: &HeaderMap, is_harmless: bool) -> bool {
        let text = |name| only(headers, name).and_then(|value| value.to_str().ok());
        if headers.contains_key(header::ORIGIN) {
            let is_listed = |origin: &str| match &self.cors {
                CorsOrigins::Any => false,
                CorsOrigins::Listed(listed) => listed.iter().any(|listed| listed == origin),
            };
            return text(header::ORIGIN).is_some_and(|origin| is_listed(origin) || self.is_own(origin));
        }
        if !headers.contains_key(FETCH_SITE) {
            // Browsers tell the site to https and loopback alone. A page cannot read another's plain GET.
            return is_harmless;
        }
        matches!(text(FETCH_SITE), Some("same-origin" | "none"))
    }

    /// The headers that let the page at `Origin` read the answer.
    pub(crate) fn allow(&self, standing: Standing, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        let allowed = match (&self.cors, standing) {
            (CorsOrigins::Any, _) => HeaderValue::from_static("*"),
            (CorsOrigins::Listed(_), standing) => {
                // Even an answer without these headers must not be kept for another page.
                answer.append(header::VARY, HeaderValue::from_static("origin"));
                match origin {
                    Some(origin) if standing == Standing::Listed => origin.clone(),
                    _ => return,
                }
            }
        };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        let exposed = HeaderValue::from_static("x-request-id, retry-after");
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }

    /// Our pages are at our own port under a name that is ours whatever the settings, and at every name
    /// that the settings add. Another port of this machine is another program.
    fn is_own(&self, origin: &str) -> bool {
        let (host, default_port) = match origin.split_once("://") {
            Some(("http", host)) => (host, 80),
            Some(("https", host)) => (host, 443),
            _ => return false,
        };
        let Some((name, port)) = split_host(host) else { return false };
        let port = port.unwrap_or(default_port);
        let with_port = format!("{name}:{port}");
        self.own.contains(&with_port)
            || self.added.iter().any(|host| match host {
                AllowedHost::Any => false,
                AllowedHost::Name(allowed) => *allowed == name,
                AllowedHost::NameAndPort(allowed, with) => *allowed == name && *with == port,
            })
    }
}

/// A header's value when it stands there exactly once.
pub(crate) fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
