//! `agent-runtime serve`: from settings to a server that listens, and from a signal to a clean end.

mod spooled;
mod stop;

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use agent_runtime_server::clock::SystemClock;
use agent_runtime_server::config::{AllowedHost, Config, CorsOrigins};
use agent_runtime_server::limits::Limits;
use agent_runtime_store::error::StoreError;
use agent_runtime_store::{DatabaseUrl, Durability, OpenOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::spooled::OwnSpool;
use crate::bind::Host;
use crate::failure::Failure;
use crate::hook::ignored::IgnoredFolders;
use crate::machine::ThisMachine;
use crate::settings::sources::Origin;
use crate::settings::values::shown_database;
use crate::settings::{Settings, places};
use crate::setup::files;
use crate::{logging, machine, output, random};

/// Files that the server needs besides one for each connection: database, listeners, the runtime's own.
const FILES_BESIDE_CONNECTIONS: u64 = 128;
/// How long the end waits for what still runs in the background after everything is closed.
const LEFTOVERS: Duration = Duration::from_millis(200);

/// Serves until a signal asks it to stop.
///
/// # Errors
/// When it cannot start, or fails while it serves.
pub(crate) fn run(settings: Settings) -> Result<(), Failure> {
    let _log = logging::start(settings.log_format.value, &settings.log_filter.value)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::work(format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(serve(settings));
    runtime.shutdown_timeout(LEFTOVERS);
    outcome
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let mut warnings = Vec::new();
    let mut config = config(&settings, &mut warnings)?;
    let listeners = listen(&settings, &mut warnings).await?;
    let spool = OwnSpool::new(&listeners, &settings);
    config.spool = spool.clone().map(|spool| spool as Arc<dyn agent_runtime_server::config::Spool>);
    let store = open_store(&settings)?;
    // From here on a signal is a wish to stop cleanly; until here it ends the process at once.
    let shutdown = CancellationToken::new();
    stop::on_signals(&shutdown)?;
    announce(&listeners, &settings.database.value)?;
    if let Some(spool) = spool {
        spool.deliver();
    }
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let served = agent_runtime_server::serve(config, store, listeners, shutdown).await;
    served.map_err(|error| Failure::work(error.to_string()))?;
    tracing::info!("stopped");
    Ok(())
}

/// The settings in the server's own words.
fn config(settings: &Settings, warnings: &mut Vec<String>) -> Result<Config, Failure> {
    let mut allowed_hosts = settings.allowed_hosts.value.clone();
    // Who listens on a name is called by that name.
    if let Host::Name(name) = &settings.host.value {
        allowed_hosts.push(AllowedHost::Name(name.clone()));
    }
    if allowed_hosts.contains(&AllowedHost::Any) {
        warnings.push(
            "allowed host *: any name is answered to, so a web page can reach this server by DNS rebinding".into(),
        );
    }
    if settings.cors_origins.value == CorsOrigins::Any {
        warnings.push("CORS_ORIGINS is *: every web page that the user opens can read and write here".into());
    }
    if settings.durability.value == Durability::Normal {
        warnings.push("durability normal: a power cut may lose writes that were answered".into());
    }
    if !settings.redact.value {
        warnings.push("redact is off: keys and tokens that agents write are stored and shown as they are".into());
    }
    if settings.token.value.is_some() && readable_by_others(&settings.token.origin) {
        warnings.push("other users can read the configuration file, which holds the token: chmod 600 it".into());
    }
    let mut limits = Limits {
        json_body_bytes: settings.max_body.value,
        ingest_body_bytes: settings.max_ingest_body.value,
        // A line is an event: what may be posted alone may be ingested.
        ingest_line_bytes: settings.max_body.value,
        ..Limits::default()
    };
    limits.connections = connections(limits.connections, warnings);
    Ok(Config {
        token: settings.token.value.clone(),
        allowed_hosts,
        cors_origins: settings.cors_origins.value.clone(),
        limits,
        clock: Arc::new(SystemClock),
        program: std::env::current_exe().ok(),
        request_id_prefix: random::request_id_prefix()?,
        host_name: Some(machine::host_name()),
        processes: Some(Arc::new(ThisMachine)),
        ignored: Some(Arc::new(IgnoredFolders::new(&settings.ignore.value, places::home().as_deref()))),
        transcripts: settings.transcripts.value.clone(),
        redacts: settings.redact.value,
        keeps_original_files: settings.keep_original_files.value,
        ..Config::default()
    })
}

/// Raises the number of files that may be open as far as the system lets us, and returns how many connections
/// fit: one too many must be turned away at the door, not find that the database cannot open a file.
fn connections(wanted: usize, warnings: &mut Vec<String>) -> usize {
    let files = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => files,
        Err(error) => {
            warnings.push(format!("cannot raise the limit of open files: {error}"));
            return wanted;
        }
    };
    let fit = files.saturating_sub(FILES_BESIDE_CONNECTIONS).max(files / 2);
    let fit = usize::try_from(fit).unwrap_or(usize::MAX);
    if fit < wanted {
        warnings.push(format!("only {files} files may be open (ulimit -Hn): at most {fit} connections"));
    }
    wanted.min(fit)
}

/// Listens, unless everyone on the network could come in.
async fn listen(settings: &Settings, warnings: &mut Vec<String>) -> Result<Vec<TcpListener>, Failure> {
    let host = &settings.host.value;
    let addresses = host.resolve().await?;
    if let Some(address) = addresses.foreign() {
        let guarded = settings.token.value.is_some();
        if !guarded && !settings.insecure_no_token.value {
            return Err(Failure::usage(format!(
                "refusing to listen on {address} without a token: other machines could read and write everything; \
                 set AGENT_RUNTIME_TOKEN, or keep to loopback, or say --insecure-no-token if you mean it"
            )));
        }
        if !guarded {
            warnings.push(format!("no token on {address}: whoever reaches this machine can read and write everything"));
        }
    }
    let (listeners, missed) = addresses.listen(settings.port.value)?;
    warnings.extend(missed);
    Ok(listeners)
}

fn open_store(settings: &Settings) -> Result<Arc<dyn agent_runtime_store::read::Store>, Failure> {
    let options = OpenOptions { durability: settings.durability.value, new_epoch: random::epoch()? };
    agent_runtime_store::open(&settings.database.value, &options).map_err(|error| match error {
        StoreError::BadUrl(_) | StoreError::NoPostgres => Failure::Usage(error.to_string()),
        _ => Failure::Work(error.to_string()),
    })
}

/// Says on stdout where the server is and where it stores. Programs that start it wait for these lines.
fn announce(listeners: &[TcpListener], database: &DatabaseUrl) -> Result<(), Failure> {
    let mut lines = String::new();
    for listener in listeners {
        let address = listener.local_addr().map_err(|error| Failure::work(error.to_string()))?;
        let _ = writeln!(lines, "listening on http://{address}");
    }
    let place = match database {
        DatabaseUrl::Sqlite(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
        DatabaseUrl::Postgres(_) => shown_database(database),
    };
    let _ = writeln!(lines, "database {place}");
    output::print(&lines)
}

fn readable_by_others(origin: &Origin) -> bool {
    let Origin::File(path) = origin else { return false };
    std::fs::metadata(path).is_ok_and(|found| files::is_open_to_others(&found))
}
