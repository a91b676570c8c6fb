//! The server: whether it answers, which it is, and how its database is.

use std::time::Duration;

use serde::Deserialize;

use super::finding::Finding;
use super::size;
use crate::client::{Client, Trouble};
use crate::delivery::address::Address;
use crate::output::moment::Moments;
use crate::settings::remote::Remote;
use crate::setup::Home;
use crate::setup::service::Keeper;

/// How long all questions to the server may take together.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// With less room on its disk than this, a database may stop any day.
const LITTLE_ROOM_BYTES: u64 = 1024 * 1024 * 1024;
/// With room for fewer days than these, it is told.
const FEW_DAYS: u64 = 30;
/// A daily growth above which it is told.
const MUCH_BYTES_PER_DAY: u64 = 1024 * 1024 * 1024;

/// What a server tells of itself. What is missing, an older or newer one does not tell.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Details {
    version: String,
    started_at: String,
    database: Database,
    #[serde(default)]
    pub(crate) agents: Vec<Heard>,
    #[serde(default)]
    documents: Documents,
}

#[derive(Clone, Debug, Deserialize)]
struct Database {
    writes: bool,
    size_bytes: u64,
    disk_free_bytes: Option<u64>,
    growth_bytes_per_day: u64,
    growth_seconds: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Documents {
    repeated: u64,
}

/// An agent that the server has heard of.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Heard {
    pub(crate) source: String,
    pub(crate) host: Option<String>,
    pub(crate) session_id: String,
    pub(crate) last_event_at: String,
}

/// What became of the question.
pub(crate) enum Reached {
    /// It answered.
    Told(Details),
    /// It is one that does not know the question.
    Older,
    /// It did not answer well.
    Failed(Trouble),
    /// It did not answer in time.
    Late,
    /// It could not be asked; why.
    Unusable(String),
}

/// Asks a server how it is.
pub(crate) async fn ask(client: &Client) -> Reached {
    match tokio::time::timeout(PATIENCE, client.get::<Details>("/health/details")).await {
        Ok(Ok(details)) => Reached::Told(details),
        Ok(Err(trouble)) if trouble.says(404, "Not Found") => Reached::Older,
        Ok(Err(trouble)) => Reached::Failed(trouble),
        Err(_) => Reached::Late,
    }
}

/// What is to be said of the server.
pub(crate) fn findings(reached: &Reached, remote: &Remote, home: &Home, moments: &Moments) -> Vec<Finding> {
    let url = &remote.url;
    let keeper = Keeper::of_system(home);
    let is_near = Address::parse(url).is_some_and(|address| address.is_near());
    let is_service = keeper.file(home).exists();
    let check = "server.reachable";
    match reached {
        Reached::Told(details) => {
            let since = moments.ago(&details.started_at);
            let mut findings =
                vec![Finding::ok(check, format!("{url} answers, and has for {since}")).figure("url", url.as_str())];
            findings.push(version(&details.version));
            findings.extend(database(&details.database));
            findings.push(repeated(details.documents.repeated, &since));
            findings
        }
        Reached::Older => vec![
            Finding::ok(check, format!("{url} answers")).figure("url", url.as_str()),
            Finding::note("server.version", "the server is older than this program, and does not tell how it is")
                .fix("bring it to this version; one that runs as a service is started anew by")
                .command("agent-runtime service install"),
        ],
        Reached::Late => {
            let message = format!("{url} takes connections, and does not answer in {} seconds", PATIENCE.as_secs());
            let finding = Finding::problem(check, message).figure("url", url.as_str());
            vec![if is_near && is_service {
                finding.fix("start it anew; if it happens again, its log says why").command(keeper.restart_command())
            } else {
                finding.fix("start it anew; if it happens again, its log says why")
            }]
        }
        Reached::Unusable(reason) => {
            vec![Finding::problem(check, reason.as_str()).fix("mend that").figure("url", url.as_str())]
        }
        Reached::Failed(Trouble::Refused { status: status @ (401 | 403), .. }) => {
            let Reached::Failed(trouble) = reached else { return Vec::new() };
            let check = if *status == 401 { "server.token" } else { check };
            vec![Finding::problem(check, trouble.words()).fix(trouble.advice()).figure("url", url.as_str())]
        }
        Reached::Failed(trouble) => {
            let finding = Finding::problem(check, trouble.words()).figure("url", url.as_str());
            vec![match trouble {
                Trouble::Unreachable { .. } if is_near && is_service => {
                    finding.fix("start it; if it does not stay, its log says why").command(keeper.restart_command())
                }
                Trouble::Unreachable { .. } if is_near => finding
                    .fix("have it run by itself (or run `agent-runtime serve` for once)")
                    .command("agent-runtime service install"),
                Trouble::Unreachable { .. } => finding.fix("see that it runs, and that this machine reaches it"),
                other => finding.fix(other.advice()),
            }]
        }
    }
}

fn version(theirs: &str) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    let finding = if theirs == ours {
        Finding::ok("server.version", format!("{theirs}, as this program"))
    } else {
        Finding::note("server.version", format!("the server is {theirs}, and this program {ours}"))
            .fix("bring both to the same version; a server that runs as a service is started anew by")
            .command("agent-runtime service install")
    };
    finding.figure("server", theirs).figure("program", ours)
}

fn database(database: &Database) -> [Finding; 2] {
    let Database { writes, size_bytes, disk_free_bytes, growth_bytes_per_day, growth_seconds } = database;
    let room = disk_free_bytes.map_or(String::new(), |free| format!(", and the disk has {} left", size::shown(free)));
    let health = if *writes {
        Finding::ok("database.writes", "the database takes writes")
    } else {
        Finding::problem("database.writes", format!("the database takes no writes{room}"))
            .fix("make room on its disk, if that is full; else the server's log says why. It goes on by itself")
    };
    let (check, growth) = ("database.size", size::shown(*growth_bytes_per_day));
    let message = format!("{}, grows about {growth} a day{room}", size::shown(*size_bytes));
    let days = disk_free_bytes.and_then(|free| free.checked_div(*growth_bytes_per_day));
    let is_tight =
        disk_free_bytes.is_some_and(|free| free < LITTLE_ROOM_BYTES) || days.is_some_and(|days| days < FEW_DAYS);
    let size = if is_tight || *growth_bytes_per_day > MUCH_BYTES_PER_DAY {
        Finding::note(check, message).fix("make room, or delete sessions that nobody needs: agent-runtime delete ID")
    } else {
        Finding::ok(check, message)
    };
    let size = size.figure("size_bytes", *size_bytes).figure("growth_bytes_per_day", *growth_bytes_per_day);
    [health, size.figure("growth_seconds", *growth_seconds).figure("disk_free_bytes", *disk_free_bytes)]
}

fn repeated(documents: u64, since: &str) -> Finding {
    let message = match documents {
        0 => "no document of an agent came twice".to_owned(),
        _ => format!("{documents} documents came again in {since}, and were stored once: copies of a hook, or replays"),
    };
    Finding::ok("server.repeated", message).figure("documents", documents)
}

/// When an agent was last heard of: on this machine, or elsewhere.
pub(crate) fn heard(details: &Details, agent: &str, installed: bool, host: &str, moments: &Moments) -> Option<Finding> {
    let check = format!("hooks.{agent}.heard");
    let is_here = |heard: &&Heard| heard.host.as_deref().is_none_or(|name| name == host);
    let mut heard = details.agents.iter().filter(|heard| heard.source == agent);
    if let Some(last) = heard.clone().find(is_here) {
        let ago = moments.ago(&last.last_event_at);
        let finding = Finding::ok(check, format!("last heard of {ago} ago, in {}", last.session_id));
        return Some(finding.figure("at", last.last_event_at.as_str()).figure("session_id", last.session_id.as_str()));
    }
    if !installed {
        return None;
    }
    let elsewhere = heard.next().and_then(|other| other.host.as_deref());
    let elsewhere = elsewhere.map_or(String::new(), |name| format!("; it was on {name}"));
    Some(
        Finding::note(check, format!("never heard of on this machine{elsewhere}"))
            .fix("start a new session of it: those that ran before it was connected may not know the hooks"),
    )
}
