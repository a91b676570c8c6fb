//! What may go wrong between us and a server, and what to do about it.

use crate::failure::Failure;

/// Why a request had no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No answer began.
    Unreachable {
        /// The server.
        url: String,
        /// Why.
        reason: String,
    },
    /// Somebody took the connection, and said nothing.
    Silent {
        /// The server.
        url: String,
        /// How long that was waited for.
        seconds: u64,
    },
    /// The answer ended too early.
    Broken {
        /// The server.
        url: String,
        /// How.
        reason: String,
    },
    /// The answer is none of the API.
    Foreign {
        /// Whoever answers there.
        url: String,
        /// What is strange about it.
        reason: String,
    },
    /// The server said no.
    Refused {
        /// The server.
        url: String,
        /// The status.
        status: u16,
        /// Its words, when they were those of the API.
        detail: Option<String>,
        /// Whether a token was shown.
        token: bool,
    },
}

impl Trouble {
    /// Whether the server knows no such session.
    pub(crate) fn is_unknown_session(&self) -> bool {
        self.says(404, "Session not found")
    }

    /// Whether it is this refusal.
    pub(crate) fn says(&self, wanted: u16, words: &str) -> bool {
        matches!(self, Self::Refused { status, detail: Some(detail), .. } if *status == wanted && detail == words)
    }

    /// Whether the same request may be answered later: the server is away, or has too much to do.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Broken { .. } => true,
            Self::Refused { status, .. } => matches!(status, 429 | 500..=599),
            Self::Foreign { .. } => false,
        }
    }

    /// What happened, without what to do.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Unreachable { url, reason } => format!("no server answers at {url} ({reason})"),
            Self::Silent { url, seconds } => {
                format!("{url} listens, but does not answer (not within {seconds} seconds)")
            }
            Self::Broken { url, reason } => format!("the connection to {url} broke ({reason})"),
            Self::Foreign { url, reason } => format!("{url} answered what this program does not know ({reason})"),
            Self::Refused { url, status, detail: Some(detail), .. } => format!("{url} answered {status}: {detail}"),
            Self::Refused { url, status, detail: None, .. } => format!("{url} answered {status}"),
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Unreachable { url, .. } if url.starts_with("https:") => {
                "check the address in --url or AGENT_ORCHESTRATOR_SESSION_MANAGER_URL, and the server's certificate; \
                 an authority of your own is named in SSL_CERT_FILE"
            }
            Self::Unreachable { .. } => {
                "start one with `agent-runtime`, or say where it is with --url or \
                 AGENT_ORCHESTRATOR_SESSION_MANAGER_URL"
            }
            Self::Silent { .. } => {
                "see `agent-runtime doctor`; a server that hangs has to be started anew, and its log says why"
            }
            Self::Broken { .. } => "try again; if it stays so, the server's log says why",
            Self::Refused { status: 401, token: false, .. } => {
                "put the server's token into AGENT_RUNTIME_TOKEN, or as token = \"…\" into the configuration file"
            }
            Self::Refused { status: 401, token: true, .. } => {
                "the token in AGENT_RUNTIME_TOKEN or in the configuration file is not that of this server"
            }
            Self::Refused { status: 403, .. } => {
                "call it by a name that it knows: start it with --allowed-host NAME, or use another in --url"
            }
            Self::Refused { status: 300..=399, .. } => "redirects are not followed: give the final address in --url",
            Self::Foreign { .. } | Self::Refused { detail: None, .. } => "is it agent-runtime that listens there?",
            Self::Refused { status: 500..=599, .. } => "try again in a moment; the server's log says why",
            Self::Refused { .. } => "check what was asked for",
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let line = format!("{}: {}", trouble.words(), trouble.advice());
        if trouble.is_unknown_session() { Self::Unknown(line) } else { Self::Work(line) }
    }
}
