//! What waits for a server, what it refused, what had to be dropped, and what hooks could not do.

use agent_runtime_types::timestamp;

use super::finding::Finding;
use super::size;
use crate::delivery::address::Address;
use crate::hook::log;
use crate::output::moment::Moments;
use crate::output::plain;
use crate::setup::{Home, shell};
use crate::spool::{Contents, Reason, Spool};

const HOUR_US: i64 = 60 * 60 * 1_000_000;
/// Documents that wait longer than this wait for something that does not come by itself.
const LONG_US: i64 = HOUR_US;
/// How long what hooks could not do is news.
const NEWS_US: i64 = 24 * HOUR_US;

/// Looks at all spools. `server` is the address that hooks report to now.
pub(crate) fn spools(home: &Home, server: Option<&Address>, now_us: i64, moments: &Moments) -> Vec<Finding> {
    let mut findings = Vec::new();
    for spool in Spool::all(&home.state) {
        match spool.glance() {
            Ok(None) => {}
            Ok(Some((contents, reasons))) => {
                let is_current = server.is_some_and(|server| spool.folder() == Spool::of(&home.state, server).folder());
                let place = if spool.is_unaddressed() {
                    Place::Nowhere
                } else if is_current {
                    Place::Here
                } else {
                    Place::Elsewhere
                };
                findings.extend(waiting(&contents, place, now_us, moments));
                findings.extend(rejected(&spool, &contents, &reasons, moments));
                findings.extend(dropped(&spool, &contents));
            }
            Err(error) => findings.push(
                Finding::problem("spool.readable", error.to_string())
                    .fix("give yourself the right to it, or run this as the user whose agents report"),
            ),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("spool.waiting", "no document waits, and none was refused or dropped"));
    }
    findings
}

/// Where documents are to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// To the server that hooks report to now.
    Here,
    /// To another one.
    Elsewhere,
    /// Nobody knows.
    Nowhere,
}

fn waiting(contents: &Contents, place: Place, now_us: i64, moments: &Moments) -> Option<Finding> {
    let Contents { server, waiting, bytes, oldest, obstacle, .. } = contents;
    if *waiting == 0 && obstacle.is_none() {
        return None;
    }
    let oldest = oldest.as_deref().unwrap_or_default();
    let age_us = timestamp::parse("at", oldest).map_or(0, |then| now_us - then);
    let many = format!("{waiting} documents ({})", size::shown(*bytes));
    let because = obstacle.as_ref().map_or(String::new(), |obstacle| format!(": {obstacle}"));
    let whom = if place == Place::Nowhere { "an address" } else { server };
    let message = format!("{many} wait for {whom}, the oldest for {}{because}", moments.ago(oldest));
    let finding = if age_us > LONG_US || place != Place::Here || obstacle.is_some() {
        Finding::problem("spool.waiting", message)
    } else {
        Finding::note("spool.waiting", message)
    };
    let flush = "agent-runtime spool flush";
    let finding = match place {
        Place::Here => finding.fix("deliver them, once the server answers").command(flush),
        Place::Nowhere => finding.fix("mend the server's address in the settings, then deliver them").command(flush),
        Place::Elsewhere => finding
            .fix("hooks report elsewhere now: deliver them there, if that server is still to be had")
            .command(format!("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL={} {flush}", shell::quote(server))),
    };
    let server = (place != Place::Nowhere).then_some(server.as_str());
    Some(finding.figure("server", server).figure("documents", *waiting).figure("oldest", oldest))
}

fn rejected(spool: &Spool, contents: &Contents, reasons: &[Reason], moments: &Moments) -> Option<Finding> {
    let newest = reasons.iter().map(|reason| reason.newest_us).max()?;
    let shown = reasons.iter().take(3).map(|reason| format!("{} because of: {}", reason.documents, reason.words));
    let message = format!(
        "{} refused {} documents, the newest {} ago; {}",
        contents.server,
        contents.rejected,
        moments.ago(&timestamp::format(newest)),
        plain::cut(&shown.collect::<Vec<_>>().join("; "), 300),
    );
    let folder = spool.folder().join("rejected");
    let listed: Vec<serde_json::Value> = reasons
        .iter()
        .map(|reason| serde_json::json!({"reason": reason.words, "documents": reason.documents}))
        .collect();
    Some(
        Finding::problem("spool.rejected", message)
            .fix("they are not recorded: look at them, then delete them")
            .command(format!("rm -r {}", shell::quote(&folder.to_string_lossy())))
            .figure("server", contents.server.as_str())
            .figure("documents", contents.rejected)
            .figure("reasons", listed),
    )
}

fn dropped(spool: &Spool, contents: &Contents) -> Option<Finding> {
    (contents.dropped > 0).then(|| {
        let server = (!spool.is_unaddressed()).then_some(contents.server.as_str());
        let message = format!(
            "{} documents for {} are lost: too many waited, or were refused, or they were too long, or could not be written",
            contents.dropped,
            server.unwrap_or("an address that was not known")
        );
        let file = |name| shell::quote(&spool.folder().join(name).to_string_lossy());
        Finding::problem("spool.dropped", message)
            .fix("keep a server running; what is lost cannot be had again; to have it counted from nothing on:")
            .command(format!("rm -f {} {}", file("totals"), file("lost")))
            .figure("server", server)
            .figure("documents", contents.dropped)
    })
}

/// Looks at what hooks could not do.
pub(crate) fn hook_log(home: &Home, now_us: i64, moments: &Moments) -> Finding {
    let (check, file) = ("hooks.log", home.state.join("hook.log"));
    let lines = match log::lines(&home.state) {
        Ok(lines) => lines,
        Err(error) => {
            return Finding::problem(check, format!("{} cannot be read: {error}", file.display()))
                .fix("give yourself the right to read it, or run this as the user whose agents report");
        }
    };
    let news = |line: &&String| {
        let at = line.split(' ').next().unwrap_or_default();
        timestamp::parse("at", at).is_ok_and(|then| now_us - then < NEWS_US)
    };
    let news: Vec<&String> = lines.iter().filter(news).collect();
    // What was not recorded weighs more than what only takes longer.
    let lost: Vec<&String> = news.iter().copied().filter(|line| line.contains(log::LOST)).collect();
    let (told, did) = if lost.is_empty() { (&news, "complained") } else { (&lost, "lost something") };
    let Some(newest) = told.last() else {
        return Finding::ok(check, "hooks complained of nothing in the last day").figure("lines", 0);
    };
    let (at, words) = newest.split_once(' ').unwrap_or((newest, ""));
    let (words, ago) = (plain::cut(words, 200), moments.ago(at));
    let message = format!("hooks {did} {} times in the last day, {ago} ago: {words}", told.len());
    let finding = if lost.is_empty() { Finding::note(check, message) } else { Finding::problem(check, message) };
    finding
        .fix(if lost.is_empty() {
            "read what they say"
        } else {
            "mend what they say; what is lost cannot be had again"
        })
        .command(format!("tail {}", shell::quote(&file.to_string_lossy())))
        .figure("lines", news.len())
        .figure("lost", lost.len())
        .figure("newest", newest.as_str())
}
