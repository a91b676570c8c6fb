//! `agent-runtime config`: what holds, and where it came from.

use std::fmt::Write;

use agent_runtime_server::config::{AllowedHost, CorsOrigins};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;
use crate::settings::names::{self, Name};
use crate::settings::sources::{Origin, Setting};
use crate::settings::values::{LogFormat, shown_database};

/// Columns to which values are filled up, so that where they came from stands in one line.
const VALUE_COLUMNS: usize = 48;

/// Prints all settings, as a table or as JSON.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn run(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let rows = rows(settings);
    output::print(&if as_json { object(&rows) } else { table(&rows) })
}

/// One setting as it is shown.
struct Row<'a> {
    key: &'static str,
    /// What the file may call it, too.
    other_key: Option<&'static str>,
    value: Value,
    origin: &'a Origin,
}

impl Row<'_> {
    /// Where it came from, and by which other name it may stand there.
    fn origin(&self) -> String {
        match (self.origin, self.other_key) {
            (Origin::File(_), Some(other)) => format!("{}, where it may be called {other}", self.origin),
            _ => self.origin.to_string(),
        }
    }
}

fn row<'a, T>(name: &Name, setting: &'a Setting<T>, value: impl FnOnce(&T) -> Value) -> Row<'a> {
    Row { key: name.key, other_key: name.other_key, value: value(&setting.value), origin: &setting.origin }
}

fn rows(settings: &Settings) -> Vec<Row<'_>> {
    // Taken apart, so that a setting that is not shown does not compile.
    let Settings {
        host,
        port,
        database,
        durability,
        max_body,
        max_ingest_body,
        redact,
        keep_original_files,
        token,
        allowed_hosts,
        insecure_no_token,
        cors_origins,
        log_format,
        debug_logging,
        log_filter,
        server_url,
        token_file,
        ignore,
        transcripts,
        config,
    } = settings;
    vec![
        row(&names::HOST, host, |host| json!(host.to_string())),
        row(&names::PORT, port, |port| json!(port)),
        row(&names::DATABASE, database, |database| json!(shown_database(database))),
        row(&names::DURABILITY, durability, |durability| json!(durability.as_str())),
        row(&names::MAX_BODY, max_body, |bytes| json!(bytes)),
        row(&names::MAX_INGEST_BODY, max_ingest_body, |bytes| json!(bytes)),
        row(&names::REDACT, redact, |redact| json!(redact)),
        row(&names::KEEP_ORIGINAL_FILES, keep_original_files, |keep| json!(keep)),
        row(&names::TOKEN, token, |token| json!(if token.is_some() { "set" } else { "not set" })),
        row(&names::ALLOWED_HOSTS, allowed_hosts, |hosts| hosts.iter().map(shown_host).collect()),
        row(&names::INSECURE_NO_TOKEN, insecure_no_token, |insecure| json!(insecure)),
        row(&names::CORS_ORIGINS, cors_origins, |origins| match origins {
            CorsOrigins::Any => json!(["*"]),
            CorsOrigins::Listed(origins) => json!(origins),
        }),
        row(&names::LOG_FORMAT, log_format, |format| match format {
            LogFormat::Human => json!("human"),
            LogFormat::Json => json!("json"),
        }),
        row(&names::DEBUG_LOGGING, debug_logging, |debug| json!(debug)),
        row(&names::LOG_FILTER, log_filter, |filter| json!(filter)),
        row(&names::SERVER_URL, server_url, |url| json!(url)),
        row(&names::TOKEN_FILE, token_file, |path| json!(path)),
        row(&names::IGNORE, ignore, |folders| json!(folders)),
        row(&names::TRANSCRIPTS, transcripts, |folders| json!(folders)),
        row(&names::CONFIG, config, |path| json!(path)),
    ]
}

fn shown_host(host: &AllowedHost) -> Value {
    match host {
        AllowedHost::Any => json!("*"),
        AllowedHost::Name(name) => json!(name),
        AllowedHost::NameAndPort(name, port) => json!(format!("{name}:{port}")),
    }
}

/// `{"port": {"value": 8765, "origin": "environment", "name": "AGENT_RUNTIME_PORT"}, …}`
fn object(rows: &[Row<'_>]) -> String {
    let entry = |row: &Row<'_>| {
        let (origin, name) = match row.origin {
            Origin::Flag(flag) => ("flag", json!(flag)),
            Origin::Environment(variable) => ("environment", json!(variable)),
            Origin::File(path) => ("file", json!(path)),
            Origin::Default => ("default", Value::Null),
        };
        (row.key.to_owned(), json!({"value": row.value, "origin": origin, "name": name}))
    };
    let object: Map<String, Value> = rows.iter().map(entry).collect();
    format!("{:#}\n", Value::Object(object))
}

/// One line a setting: what it is called, what holds, where it came from. Of a list each entry has its line.
fn table(rows: &[Row<'_>]) -> String {
    let lines: Vec<(&str, Vec<String>, String)> =
        rows.iter().map(|row| (row.key, texts(&row.value), row.origin())).collect();
    let keys = lines.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    let lengths = lines.iter().flat_map(|(_, values, _)| values).map(|value| value.chars().count());
    // A long one pushes its own line apart, not those of all others.
    let width = lengths.filter(|length| *length <= VALUE_COLUMNS).max().unwrap_or(0);
    let mut table = String::new();
    for (key, values, origin) in &lines {
        let (first, more) = values.split_first().map_or(("none", &[][..]), |(first, more)| (first, more));
        let _ = writeln!(table, "{key:keys$}  {first:width$}  {origin}");
        for value in more {
            let _ = writeln!(table, "{:keys$}  {value}", "");
        }
    }
    table
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(texts).collect(),
        single => vec![text(single)],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
