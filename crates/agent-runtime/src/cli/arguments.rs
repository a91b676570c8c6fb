//! The flags of the commands that talk to a server.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// Where the server is.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Remote {
    /// Address of the server
    #[arg(long, value_name = "URL", help_heading = "Where the server is")]
    pub(crate) url: Option<String>,
    /// Configuration file
    #[arg(long, value_name = "FILE", help_heading = "Where the server is")]
    pub(crate) config: Option<String>,
}

/// A status, as the server knows it. Its words need no explaining, and with it the help would be twice as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    Running,
    Finished,
}

/// `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `sessions`.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    /// Only those that are running, or finished
    #[arg(long)]
    pub(crate) status: Option<Status>,
    /// Only those of exactly this agent: a name, or claude-code, codex, api
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// Only those in exactly this folder; one like . is meant from here
    #[arg(long, value_name = "FOLDER")]
    pub(crate) project: Option<PathBuf>,
    /// Only those with this text in id, name, folder or agent, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// At most so many, what needs you first [default: 50 on a terminal, else all]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// As many as there are, on a terminal too
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    /// Print NDJSON: one session a line, as the server sent it
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `show` and `result`.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `events`.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// Only events of this type, such as message
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) event_type: Option<String>,
    /// Only events of this tool
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// Only events behind this one, by its number
    #[arg(long, value_name = "EVENT", allow_negative_numbers = true)]
    pub(crate) after: Option<i64>,
    /// Only events before this one, by its number
    #[arg(long, value_name = "EVENT", allow_negative_numbers = true)]
    pub(crate) before: Option<i64>,
    /// At most the first so many, up to 10000
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: Option<u32>,
    /// At most the last so many, up to 10000
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, conflicts_with = "limit")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) last: Option<u32>,
    /// Print NDJSON: one event a line, as the server sent it
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The session: its id, the beginning of its id, or its name; without one, all
    #[arg(value_name = "ID", conflicts_with = "all")]
    pub(crate) session: Option<String>,
    /// All sessions, which is what it does without an ID
    #[arg(long)]
    pub(crate) all: bool,
    /// Begin with the last so many events of the session, up to 10000 [default: 10; none with --json or --since]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=10_000), requires = "session")]
    pub(crate) last: Option<u32>,
    /// Go on behind this cursor of an earlier --json
    #[arg(long, value_name = "CURSOR", conflicts_with = "last")]
    pub(crate) since: Option<String>,
    /// Print NDJSON: one message of the change log a line, with its cursor
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `wait`.
#[derive(Debug, Args)]
pub(crate) struct Wait {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// Wait for the end of the agent's turn only: an event `stop`, or the end of the session
    #[arg(long)]
    pub(crate) turn: bool,
    /// How long to wait at most: seconds, or a number with s, m or h
    #[arg(long, value_name = "TIME", value_parser = duration, allow_negative_numbers = true)]
    pub(crate) timeout: Option<Duration>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `rename`.
#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// Its new name, which must say something
    pub(crate) name: String,
    /// Print one JSON document: the session as it is now
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `delete`.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON document: what was deleted
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// The message; - reads it from stdin
    pub(crate) text: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The session: its id, the beginning of its id, or its name, where that is the only one
    #[arg(value_name = "ID")]
    pub(crate) session: String,
    /// Write to this file, for your eyes only, and only when all has arrived
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print NDJSON, which it does anyway
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.char_indices().next_back() {
        Some((end, 's')) => (&text[..end], 1.0),
        Some((end, 'm')) => (&text[..end], 60.0),
        Some((end, 'h')) => (&text[..end], 3600.0),
        _ => (text, 1.0),
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = number.parse::<f64>().ok().filter(|_| plain);
    let duration = number.and_then(|number| Duration::try_from_secs_f64(number * seconds).ok());
    duration.ok_or_else(|| "write seconds, as in 30, or a number with s, m or h, as in 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn times_are_seconds_minutes_or_hours() {
        for (text, seconds) in [("30", 30.0), ("0.5s", 0.5), ("5m", 300.0), ("2h", 7200.0), ("0", 0.0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for bad in ["", "s", "-1", "1d", "1e9", "inf", "NaN", "5 m", "9999999999999999999999"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
