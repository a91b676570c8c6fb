//! What the program is told: flags, then environment, then a TOML file, then defaults. Every value keeps where
//! it came from, and a bad one is refused under the name by which it was given.

pub(crate) mod file;
pub(crate) mod names;
pub(crate) mod places;
pub(crate) mod remote;
pub(crate) mod sources;
pub(crate) mod values;

use std::path::PathBuf;

use agent_runtime_server::config::{AllowedHost, CorsOrigins, Token};
use agent_runtime_server::limits::Limits;
use agent_runtime_store::{DatabaseUrl, Durability};

use crate::bind::Host;
use crate::cli::Flags;
use crate::failure::Failure;
use file::File;
use sources::{Environment, Origin, Setting, Sources};
use values::LogFormat;

/// All settings, read and checked. What each is for stands with its flag in `cli.rs`.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) host: Setting<Host>,
    pub(crate) port: Setting<u16>,
    pub(crate) database: Setting<DatabaseUrl>,
    pub(crate) durability: Setting<Durability>,
    pub(crate) max_body: Setting<usize>,
    pub(crate) max_ingest_body: Setting<usize>,
    pub(crate) redact: Setting<bool>,
    pub(crate) keep_original_files: Setting<bool>,
    pub(crate) token: Setting<Option<Token>>,
    pub(crate) allowed_hosts: Setting<Vec<AllowedHost>>,
    pub(crate) insecure_no_token: Setting<bool>,
    pub(crate) cors_origins: Setting<CorsOrigins>,
    pub(crate) log_format: Setting<LogFormat>,
    pub(crate) debug_logging: Setting<bool>,
    /// Which log lines are written, in the words of `RUST_LOG`.
    pub(crate) log_filter: Setting<String>,
    /// Where commands that talk to a server find it. Serving itself does not use it.
    pub(crate) server_url: Setting<String>,
    /// A file that holds the token which those commands show. Serving itself does not use it.
    pub(crate) token_file: Setting<Option<PathBuf>>,
    /// Folders whose sessions are not recorded.
    pub(crate) ignore: Setting<Vec<String>>,
    /// Folders in which the server reads agents' transcripts: those that it knows, and those that are named.
    pub(crate) transcripts: Setting<Vec<PathBuf>>,
    /// The configuration file; `None` when the user has no configuration folder.
    pub(crate) config: Setting<Option<PathBuf>>,
}

impl Settings {
    /// Reads all settings.
    ///
    /// # Errors
    /// When one of them cannot be used, or the configuration file cannot be read.
    pub(crate) fn load(flags: &Flags, environment: Environment<'_>) -> Result<Self, Failure> {
        let limits = Limits::default();
        let sources = Sources::without_file(environment);
        let path = |text: &str| Ok(Some(PathBuf::from(text)));
        let config = sources.pick(&names::CONFIG, flags.config.as_deref(), path, places::default_config)?;
        let asked_for = config.origin != Origin::Default;
        let file = config.value.as_deref().map_or(Ok(None), |path| File::read(path, asked_for))?;
        let sources = Sources { file, ..sources };

        let debug_logging = sources.pick(&names::DEBUG_LOGGING, None, values::boolean, || false)?;
        let debug = debug_logging.value;
        let allowed_hosts = flags.allowed_hosts.as_ref().map(|hosts| hosts.join(","));
        let insecure = flags.insecure_no_token.then_some("true");
        let keep_original_files = flags.keep_original_files.then_some("true");
        let database = sources.pick(
            &names::DATABASE,
            flags.database.as_deref(),
            |text| values::database(text).map(Some),
            || places::default_database().map(DatabaseUrl::Sqlite),
        )?;
        let known = || places::transcripts(environment);
        Ok(Self {
            host: sources.pick(&names::HOST, flags.host.as_deref(), Host::parse, || Host::Loopback)?,
            port: sources.pick(&names::PORT, flags.port.as_deref(), values::port, || 8765)?,
            database: database.required(|| {
                "you seem to have no home folder: say where to store, with --database sqlite:PATH".to_owned()
            })?,
            durability: sources
                .pick(&names::DURABILITY, flags.durability.as_deref(), values::durability, || Durability::Full)?,
            max_body: sources
                .pick(&names::MAX_BODY, flags.max_body.as_deref(), values::body_bytes, || limits.json_body_bytes)?,
            max_ingest_body: sources.pick(
                &names::MAX_INGEST_BODY,
                flags.max_ingest_body.as_deref(),
                values::body_bytes,
                || limits.ingest_body_bytes,
            )?,
            redact: sources.pick(&names::REDACT, flags.redact.as_deref(), values::decided, || true)?,
            keep_original_files: sources.pick(
                &names::KEEP_ORIGINAL_FILES,
                keep_original_files,
                values::boolean,
                || false,
            )?,
            token: sources.pick(
                &names::TOKEN,
                flags.token.as_deref(),
                |text| Token::parse(text).map(Some).map_err(|bad| bad.0),
                || None,
            )?,
            allowed_hosts: sources.pick(
                &names::ALLOWED_HOSTS,
                allowed_hosts.as_deref(),
                values::allowed_hosts,
                Vec::new,
            )?,
            insecure_no_token: sources.pick(&names::INSECURE_NO_TOKEN, insecure, values::boolean, || false)?,
            cors_origins: sources.pick(
                &names::CORS_ORIGINS,
                None,
                |text| CorsOrigins::parse(text).map_err(|bad| bad.0),
                CorsOrigins::default,
            )?,
            log_format: sources
                .pick(&names::LOG_FORMAT, flags.log_format.as_deref(), values::log_format, || LogFormat::Human)?,
            log_filter: sources
                .pick(&names::LOG_FILTER, None, values::log_filter, || values::default_log_filter(debug))?,
            server_url: sources.pick(&names::SERVER_URL, None, values::server_url, values::default_server)?,
            token_file: sources.pick(&names::TOKEN_FILE, None, path, || None)?,
            ignore: sources.pick(&names::IGNORE, None, values::folders, Vec::new)?,
            transcripts: sources.pick(&names::TRANSCRIPTS, None, |text| Ok(transcripts(text, environment)), known)?,
            debug_logging,
            config,
        })
    }
}

/// The folders that are named, and those that are known.
fn transcripts(named: &str, environment: Environment<'_>) -> Vec<PathBuf> {
    let named = named.split(',').map(str::trim).filter(|folder| !folder.is_empty());
    named.map(places::at_home).chain(places::transcripts(environment)).collect()
}

#[cfg(test)]
mod tests;
