//! The texts of settings, read. A complaint says what was wrong and what to write instead; whoever calls adds
//! the name of the setting.

use agent_runtime_agents::redact::redact;
use agent_runtime_server::config::AllowedHost;
use agent_runtime_store::error::StoreError;
use agent_runtime_store::{DatabaseUrl, Durability};
use tracing_subscriber::EnvFilter;

use crate::delivery::address::Address;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// The most that one request body may be set to: more than a server holds at once would never be let in.
const MOST_BODY_BYTES: usize = 512 * 1024 * 1024;
/// The least: smaller ones would refuse ordinary events.
const LEAST_BODY_BYTES: usize = 1024;

pub(crate) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("'{text}' is no port: write a number from 0 to 65535"))
}

pub(crate) fn body_bytes(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().filter(|bytes| (LEAST_BODY_BYTES..=MOST_BODY_BYTES).contains(bytes));
    bytes.ok_or_else(|| {
        format!("'{text}' is no size: write a number of bytes from {LEAST_BODY_BYTES} to {MOST_BODY_BYTES}")
    })
}

pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(format!("'{text}' is neither yes nor no: write true or false")),
    }
}

/// Yes or no, where saying nothing must not mean no.
pub(crate) fn decided(text: &str) -> Result<bool, String> {
    if text.trim().is_empty() { Err("write true or false".to_owned()) } else { boolean(text) }
}

pub(crate) fn durability(text: &str) -> Result<Durability, String> {
    match text {
        "full" => Ok(Durability::Full),
        "normal" => Ok(Durability::Normal),
        _ => Err(format!("'{text}' is no durability: write full or normal")),
    }
}

pub(crate) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("'{text}' is no log format: write human or json")),
    }
}

pub(crate) fn allowed_hosts(text: &str) -> Result<Vec<AllowedHost>, String> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| AllowedHost::parse(entry).map_err(|bad| bad.0)).collect()
}

/// A list of patterns of folders.
#[expect(clippy::unnecessary_wraps, reason = "every setting is read by a function that may refuse it")]
pub(crate) fn folders(text: &str) -> Result<Vec<String>, String> {
    Ok(text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect())
}

pub(crate) fn log_filter(text: &str) -> Result<String, String> {
    let hint = "write a level (error, warn, info, debug, trace) or target=level, separated by commas";
    EnvFilter::try_new(text).map_err(|error| format!("'{text}' is no log filter ({error}): {hint}"))?;
    Ok(text.to_owned())
}

/// Our own lines from `debug` or `info` on, and those of libraries from `info` on.
pub(crate) fn default_log_filter(debug: bool) -> String {
    let own = "agent_runtime=debug,agent_runtime_server=debug,agent_runtime_store=debug";
    if debug { format!("info,{own}") } else { "info".to_owned() }
}

/// The address of a server: what this refuses is an address nowhere, neither to hooks nor to commands.
pub(crate) fn server_address(text: &str) -> Result<Address, String> {
    // What looks like an address with a password must not be repeated in a complaint.
    if text.contains('@') {
        return Err("the server's address must not hold a user or a password: put its token into a file, and say \
                    `agent-runtime setup --token-file FILE`, or set AGENT_RUNTIME_TOKEN"
            .to_owned());
    }
    Address::parse(text).ok_or_else(|| {
        // A token may stand in a query.
        let (address, end) = text.split_once('?').map_or((text, ""), |(address, _)| (address, "?…"));
        let shown = redact(address).0;
        format!("'{shown}{end}' is no address of a server: write http://HOST:PORT or https://HOST:PORT")
    })
}

/// The text of such an address, as it was written.
pub(crate) fn server_url(text: &str) -> Result<String, String> {
    server_address(text).map(|_| text.trim().to_owned())
}

/// Where a server is that was started without any setting.
pub(crate) fn default_server() -> String {
    "http://127.0.0.1:8765".to_owned()
}

pub(crate) fn database(text: &str) -> Result<DatabaseUrl, String> {
    text.parse().map_err(|error: StoreError| {
        // What looks like an address with a password must not be repeated in a complaint.
        if text.contains('@') { "this is no database: write sqlite:PATH".to_owned() } else { error.to_string() }
    })
}

/// A database as it may be shown: a password in its address is left out.
pub(crate) fn shown_database(database: &DatabaseUrl) -> String {
    match database {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => without_password(url),
    }
}

/// An address without its user and password, and without parameters, which may hold a password too.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    // A password may hold any character: what stands before the last `@` is cut first.
    let place = rest.rsplit_once('@').map_or(rest.to_owned(), |(_, host)| format!("…@{host}"));
    let place = place.split_once('?').map_or(place.clone(), |(host, _)| format!("{host}?…"));
    format!("{scheme}://{place}")
}

#[cfg(test)]
mod tests {
    use super::{allowed_hosts, body_bytes, boolean, decided, log_filter, port, server_url, without_password};

    #[test]
    fn yes_and_no_have_many_names() {
        for yes in ["true", "1", "yes", "TRUE", "Yes", "on"] {
            assert_eq!(boolean(yes), Ok(true), "{yes}");
        }
        for no in ["false", "0", "no", "", "off"] {
            assert_eq!(boolean(no), Ok(false), "{no}");
        }
        assert!(boolean("maybe").is_err());
        assert_eq!((decided("off"), decided("on")), (Ok(false), Ok(true)));
        assert!(decided(" ").is_err() && decided("maybe").is_err());
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert_eq!(port("0"), Ok(0));
        for bad in ["65536", "-1", "", "80 ", "http"] {
            assert!(port(bad).is_err(), "{bad}");
        }
        assert_eq!(body_bytes("1024"), Ok(1024));
        for bad in ["1023", "536870913", "16MiB", "-5", "99999999999999999999999"] {
            assert!(body_bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_are_separated_by_commas_and_blanks_trimmed() {
        assert_eq!(allowed_hosts(" a , b:80 ,").map(|hosts| hosts.len()), Ok(2));
        assert!(allowed_hosts("a,http://b").is_err());
    }

    #[test]
    fn a_filter_that_the_log_cannot_use_is_refused() {
        assert!(log_filter("info,hyper=warn").is_ok());
        assert!(log_filter("agent_runtime=loud").is_err());
    }

    #[test]
    fn an_address_that_nothing_can_use_is_refused_without_what_is_secret_in_it() {
        assert_eq!(server_url(" https://box.lan/runs/ "), Ok("https://box.lan/runs/".to_owned()));
        for bad in ["box.lan", "http://", "http://box:99999", "http://box:", "http://box?a=b", "ftp://box"] {
            assert!(server_url(bad).is_err_and(|complaint| complaint.contains("write http://HOST:PORT")), "{bad}");
        }
        for secret in ["http://me:s3cret@box", "http://s3cret@box", "http://me:s3 cret@box", "me:s3cret@box"] {
            let complaint = server_url(secret).expect_err(secret);
            assert!(complaint.contains("--token-file") && !complaint.contains("cret"), "{complaint}");
        }
        let complaint = server_url("http://box?token=s3cret").expect_err("a query");
        assert!(complaint.contains("'http://box?…'") && !complaint.contains("cret"), "{complaint}");
    }

    #[test]
    fn no_password_is_shown() {
        assert_eq!(without_password("postgres://me:p@ss@db:5432/runs"), "postgres://…@db:5432/runs");
        assert_eq!(without_password("postgres://db/runs?user=me&password=secret"), "postgres://db/runs?…");
        assert_eq!(without_password("postgres://me:p?ss@db/runs"), "postgres://…@db/runs");
    }
}
