//! What every setting is called: as a flag, in the environment, in the configuration file. One table.

/// How much like a key, from 0 to 1, a word must be that may stand for it: a letter more, less, or in another place.
const LIKENESS: f64 = 0.85;

/// The names of one setting.
#[derive(Debug)]
pub(crate) struct Name {
    /// The flag, with its two dashes.
    pub(crate) flag: Option<&'static str>,
    /// The environment variable.
    pub(crate) variable: &'static str,
    /// The key in the configuration file, and in what `agent-runtime config` prints.
    pub(crate) key: &'static str,
    /// Whether the configuration file may hold it.
    pub(crate) in_file: bool,
    /// Whether an empty variable says something, and does not count as not set.
    pub(crate) may_be_empty: bool,
    /// Another key by which the configuration file may call it.
    pub(crate) other_key: Option<&'static str>,
    /// What holds when nothing is said, in words for the help.
    pub(crate) default: Option<&'static str>,
}

pub(crate) static HOST: Name = Name::new("AGENT_RUNTIME_HOST", "host").flag("--host").default("loopback");
pub(crate) static PORT: Name = Name::new("AGENT_RUNTIME_PORT", "port").flag("--port").default("8765");
pub(crate) static DATABASE: Name =
    Name::new("AGENT_RUNTIME_DATABASE", "database").flag("--database").default("agent-runtime.db in your data folder");
pub(crate) static DURABILITY: Name =
    Name::new("AGENT_RUNTIME_DURABILITY", "durability").flag("--durability").default("full");
pub(crate) static MAX_BODY: Name =
    Name::new("AGENT_RUNTIME_MAX_BODY", "max_body").flag("--max-body").default("16777216");
pub(crate) static MAX_INGEST_BODY: Name =
    Name::new("AGENT_RUNTIME_MAX_INGEST_BODY", "max_ingest_body").flag("--max-ingest-body").default("67108864");
pub(crate) static REDACT: Name = Name::new("AGENT_RUNTIME_REDACT", "redact").flag("--redact").default("true");
pub(crate) static KEEP_ORIGINAL_FILES: Name = Name::new("AGENT_RUNTIME_KEEP_ORIGINAL_FILES", "keep_original_files")
    .flag("--keep-original-files")
    .default("false");
pub(crate) static TOKEN: Name = Name::new("AGENT_RUNTIME_TOKEN", "token").flag("--token");
pub(crate) static ALLOWED_HOSTS: Name =
    Name::new("AGENT_RUNTIME_ALLOWED_HOSTS", "allowed_hosts").flag("--allowed-host");
pub(crate) static INSECURE_NO_TOKEN: Name =
    Name::new("AGENT_RUNTIME_INSECURE_NO_TOKEN", "insecure_no_token").flag("--insecure-no-token");
pub(crate) static CORS_ORIGINS: Name =
    Name::new("CORS_ORIGINS", "cors_origins").default("http://localhost:5173,http://localhost:3000").may_be_empty();
pub(crate) static LOG_FORMAT: Name =
    Name::new("AGENT_RUNTIME_LOG_FORMAT", "log_format").flag("--log-format").default("human");
pub(crate) static DEBUG_LOGGING: Name = Name::new("DEBUG_LOGGING", "debug_logging").default("false");
pub(crate) static LOG_FILTER: Name = Name::new("RUST_LOG", "log_filter").not_in_file();
pub(crate) static SERVER_URL: Name = Name::new("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", "server_url")
    .flag("--url")
    .other_key("server")
    .default("http://127.0.0.1:8765");
pub(crate) static TOKEN_FILE: Name = Name::new("AGENT_RUNTIME_TOKEN_FILE", "token_file");
pub(crate) static IGNORE: Name = Name::new("AGENT_RUNTIME_IGNORE", "ignore");
pub(crate) static TRANSCRIPTS: Name =
    Name::new("AGENT_RUNTIME_TRANSCRIPTS", "transcripts").default("where Claude Code and Codex keep theirs");
pub(crate) static CONFIG: Name = Name::new("AGENT_RUNTIME_CONFIG", "config")
    .flag("--config")
    .default("agent-runtime/config.toml in your configuration folder")
    .not_in_file();

/// All of them.
pub(crate) static ALL: [&Name; 20] = [
    &HOST,
    &PORT,
    &DATABASE,
    &DURABILITY,
    &MAX_BODY,
    &MAX_INGEST_BODY,
    &REDACT,
    &KEEP_ORIGINAL_FILES,
    &TOKEN,
    &ALLOWED_HOSTS,
    &INSECURE_NO_TOKEN,
    &CORS_ORIGINS,
    &LOG_FORMAT,
    &DEBUG_LOGGING,
    &LOG_FILTER,
    &SERVER_URL,
    &TOKEN_FILE,
    &IGNORE,
    &TRANSCRIPTS,
    &CONFIG,
];

/// Every key that the configuration file may hold.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|name| name.in_file).flat_map(|name| [Some(name.key), name.other_key]).flatten()
}

/// The key that is most like one which is none, if any is at all like it.
pub(crate) fn meant_by(unknown: &str) -> Option<&'static str> {
    let unknown = unknown.to_lowercase();
    let likeness = |key: &&'static str| strsim::jaro_winkler(&unknown, key);
    let nearest = keys().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    nearest.filter(|key| likeness(key) > LIKENESS)
}

impl Name {
    const fn new(variable: &'static str, key: &'static str) -> Self {
        Self { flag: None, variable, key, in_file: true, may_be_empty: false, other_key: None, default: None }
    }

    const fn flag(self, flag: &'static str) -> Self {
        Self { flag: Some(flag), ..self }
    }

    const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    const fn may_be_empty(self) -> Self {
        Self { may_be_empty: true, ..self }
    }

    const fn other_key(self, key: &'static str) -> Self {
        Self { other_key: Some(key), ..self }
    }

    const fn not_in_file(self) -> Self {
        Self { in_file: false, ..self }
    }
}
