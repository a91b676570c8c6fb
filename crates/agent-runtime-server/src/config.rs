//! What the server is told: parsed once, so that the rest never sees a bad setting.

use std::fmt::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use agent_runtime_types::report::Process;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::assets::Assets;
use crate::clock::{Clock, SystemClock};
use crate::limits::Limits;

/// The name of the cookie that stands for the token.
pub const COOKIE: &str = "agent_runtime";
/// What the cookie's value is made for: another use of the token must make another value.
const COOKIE_PURPOSE: &[u8] = b"agent-runtime: a browser that has signed in";

/// The server's settings. The program fills it from flags, environment and file; tests by hand.
#[derive(Clone)]
pub struct Config {
    /// The bearer token that every request must carry; `None` leaves the server open to local programs.
    pub token: Option<Token>,
    /// Names that `Host` may hold besides loopback and the bound address.
    pub allowed_hosts: Vec<AllowedHost>,
    /// Origins of pages that may call this server from a browser.
    pub cors_origins: CorsOrigins,
    /// The bounds within which the server works.
    pub limits: Limits,
    /// Where the server takes the time from.
    pub clock: Arc<dyn Clock>,
    /// The files of the page.
    pub assets: Arc<Assets>,
    /// Where the program lies, for who writes it into an agent's settings.
    pub program: Option<PathBuf>,
    /// A random prefix for request ids, so that those of two runs differ.
    pub request_id_prefix: String,
    /// The name of this machine, by which documents of its own agents are known.
    pub host_name: Option<String>,
    /// Who knows which processes run here.
    pub processes: Option<Arc<dyn Processes>>,
    /// Who keeps documents that agents will not send again.
    pub spool: Option<Arc<dyn Spool>>,
    /// Folders of this machine in which agents' transcripts are read; others are left alone.
    pub transcripts: Vec<PathBuf>,
    /// Whether secrets of known shapes are taken out before anything is stored.
    pub redacts: bool,
    /// Whether the whole files that edits carry along are stored.
    pub keeps_original_files: bool,
}

/// Tells which processes of this machine run.
pub trait Processes: Send + Sync + 'static {
    /// Whether it still runs, and is not another of the same number. `None`: the system does not tell.
    fn is_alive(&self, process: Process) -> Option<bool>;
}

/// Keeps documents until they can be stored.
pub trait Spool: Send + Sync + 'static {
    /// Keeps one: the agent's word, the envelope as JSON, and the document. It blocks.
    ///
    /// # Errors
    /// When it could not be kept, and is lost.
    fn keep(&self, agent: &str, envelope: &str, document: &[u8]) -> std::io::Result<()>;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            token: None,
            allowed_hosts: Vec::new(),
            cors_origins: CorsOrigins::default(),
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            assets: Arc::new(Assets::built()),
            program: None,
            request_id_prefix: String::from("r"),
            host_name: None,
            processes: None,
            spool: None,
            transcripts: Vec::new(),
            redacts: true,
            keeps_original_files: false,
        }
    }
}

/// A setting that cannot be used, in words for the person who set it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub String);

/// A secret that callers show. Compared in constant time and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token that can travel in a header and in a WebSocket subprotocol.
    ///
    /// # Errors
    /// When it is shorter than eight characters or holds others than those of an HTTP token
    /// (RFC 9110, section 5.6.2) and `/`, `=`, which bearer tokens use (RFC 6750, section 2.1).
    pub fn parse(text: &str) -> Result<Self, BadSetting> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~/=".contains(&byte);
        if text.len() < 8 {
            return Err(BadSetting("the token is too short: give at least 8 characters".into()));
        }
        if !text.bytes().all(fits) {
            return Err(BadSetting("the token may hold letters, digits and - . _ ~ + / = only".into()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret itself, for a request of our own.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `shown` is this token; takes the same time wherever they differ.
    pub fn matches(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// What a browser shows in its cookie instead: made from the token, so that it holds over a restart and no
    /// longer than the token does, and tells nobody the token.
    pub fn cookie(&self) -> String {
        let mut text = String::with_capacity(64);
        // infallible: a key of any length will do
        if let Ok(mut code) = <Hmac<Sha256> as Mac>::new_from_slice(self.0.as_bytes()) {
            code.update(COOKIE_PURPOSE);
            for byte in code.finalize().into_bytes() {
                // infallible: writing to memory
                let _ = write!(text, "{byte:02x}");
            }
        }
        text
    }

    /// Whether `shown` is the value of this token's cookie; takes the same time wherever they differ.
    pub fn matches_cookie(&self, shown: &str) -> bool {
        self.cookie().as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// One entry of the list of names that `Host` may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedHost {
    /// `*`: any name. It gives up the protection against DNS rebinding.
    Any,
    /// `NAME`: this name with any port.
    Name(String),
    /// `NAME:PORT`: exactly this.
    NameAndPort(String, u16),
}

impl AllowedHost {
    /// Reads one entry: `*`, `NAME`, `NAME:PORT`; an IPv6 address in brackets. Names become lower case.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Self, BadSetting> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let wrong =
            || BadSetting(format!("'{text}' is no host: write NAME, NAME:PORT or *, without a scheme or a path"));
        let (name, port) = split_host(text).ok_or_else(wrong)?;
        Ok(match port {
            Some(port) => Self::NameAndPort(name, port),
            None => Self::Name(name),
        })
    }
}

/// Splits `NAME`, `NAME:PORT` or `[V6]:PORT` into the name in lower case (brackets kept) and the port.
/// `None` when it is not of that form.
pub(crate) fn split_host(text: &str) -> Option<(String, Option<u16>)> {
    let end_of_name = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (name, rest) = text.split_at(end_of_name);
    let port = match rest.strip_prefix(':') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
        None if rest.is_empty() => None,
        _ => return None,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    (!name.is_empty() && name.bytes().all(fits)).then(|| (name.to_ascii_lowercase(), port))
}

/// The origins of pages that may call this server from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// `*`: every page of every site. It gives up the protection against other sites.
    Any,
    /// Exactly these.
    Listed(Vec<String>),
}

impl CorsOrigins {
    /// Reads a comma-separated list, blanks trimmed; `*` alone means any.
    ///
    /// # Errors
    /// When an entry is no origin (`scheme://host[:port]`, no path), or `*` stands among others.
    pub fn parse(text: &str) -> Result<Self, BadSetting> {
        let entries: Vec<&str> = text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        if entries == ["*"] {
            return Ok(Self::Any);
        }
        for entry in &entries {
            let host = entry.strip_prefix("http://").or_else(|| entry.strip_prefix("https://"));
            let custom = || entry.split_once("://").map(|(_, host)| host);
            if host.or_else(custom).and_then(split_host).is_none() {
                let hint = "write scheme://host or scheme://host:port, without a path, or * alone";
                return Err(BadSetting(format!("'{entry}' is no origin: {hint}")));
            }
        }
        Ok(Self::Listed(entries.into_iter().map(str::to_owned).collect()))
    }
}

impl Default for CorsOrigins {
    fn default() -> Self {
        Self::Listed(vec!["http://localhost:5173".into(), "http://localhost:3000".into()])
    }
}
