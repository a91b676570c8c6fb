//! `agent-runtime spool`: what waits for a server, and delivering it now.

use std::fmt::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cli::SpoolCommand;
use crate::failure::Failure;
use crate::hook::configuration::Configuration;
use crate::output;
use crate::settings::places;
use crate::settings::sources::Environment;
use crate::spool::flush::{Patience, Turn};
use crate::spool::{Contents, Spool, SpoolError};

/// How long one answer is waited for: here nobody stands still.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long another process that delivers is waited for, and how often it is looked whether it is done.
const BESIDE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// Carries one of the commands out.
///
/// # Errors
/// When the spool cannot be read, or something waits still, whoever is at it.
pub(crate) fn run(command: &SpoolCommand, environment: Environment<'_>) -> Result<(), Failure> {
    match command {
        SpoolCommand::Status { json } => status(*json),
        SpoolCommand::Flush => flush(environment),
    }
}

fn status(as_json: bool) -> Result<(), Failure> {
    let mut all = Vec::new();
    for spool in Spool::all(&state()?) {
        let server = |contents: &Contents| (!spool.is_unaddressed()).then(|| contents.server.clone());
        all.extend(spool.contents().map_err(failure)?.map(|contents| (server(&contents), contents)));
    }
    if as_json {
        return output::print(&format!(
            "{:#}\n",
            json!({"spools": all.iter().map(|(server, it)| object(server.as_deref(), it)).collect::<Vec<_>>()})
        ));
    }
    let mut text = String::new();
    for (server, contents) in &all {
        describe(server.as_deref(), contents, &mut text);
    }
    output::print(if all.is_empty() { "nothing waits\n" } else { &text })
}

fn flush(environment: Environment<'_>) -> Result<(), Failure> {
    let configuration = Configuration::read(environment).map_err(|error| Failure::usage(error.to_string()))?;
    let destination = configuration.destination.map_err(|error| Failure::usage(error.to_string()))?;
    let spool = Spool::of(&state()?, &destination.address);
    let (mut delivered, mut rejected) = (0, 0);
    let began = Instant::now();
    let (claimed, flushed, waiting) = loop {
        let claimed = spool.claim_unaddressed(&destination.address);
        let flushed = spool.flush(&destination, Turn::OnlyIfFree, Patience::Each(PATIENCE)).map_err(failure)?;
        (delivered, rejected) = (delivered + flushed.delivered, rejected + flushed.rejected);
        if flushed.obstacle.is_some() {
            // A hook that could not wait for all to be claimed has added its document to those without an address.
            break (claimed.and(spool.claim_unaddressed(&destination.address)), flushed, 0);
        }
        let goes_on = claimed.as_ref().is_ok_and(|some| *some || !flushed.busy);
        if goes_on && spool.has_unaddressed_beside() {
            continue;
        }
        // The other process may deliver them all meanwhile; one that hangs does not.
        let contents = if flushed.busy { spool.contents().map_err(failure)? } else { None };
        let waiting = contents.map_or(0, |contents| contents.waiting);
        if waiting == 0 || began.elapsed() > BESIDE {
            break (claimed, flushed, waiting);
        }
        thread::sleep(LOOK);
    };
    output::print(&format!("{delivered} delivered, {rejected} refused\n"))?;
    claimed.map_err(failure)?;
    let server = &destination.address;
    if let Some(obstacle) = flushed.obstacle {
        let reason = format!("documents for {server} still wait: {obstacle}; agent-runtime spool status tells more");
        return Err(Failure::work(reason));
    }
    if waiting == 0 {
        return Ok(());
    }
    let reason =
        format!("documents for {server} still wait ({waiting}): another process delivers them; try again later");
    Err(Failure::work(reason))
}

fn object(server: Option<&str>, contents: &Contents) -> serde_json::Value {
    let Contents { server: _, waiting, bytes, oldest, rejected, newest_reason, dropped, obstacle } = contents;
    json!({
        "server": server,
        "waiting": waiting,
        "bytes": bytes,
        "oldest": oldest,
        "rejected": rejected,
        "newest_reason": newest_reason,
        "dropped": dropped,
        "obstacle": obstacle,
    })
}

fn describe(server: Option<&str>, contents: &Contents, text: &mut String) {
    let Contents { server: _, waiting, bytes, oldest, rejected, newest_reason, dropped, obstacle } = contents;
    let since = oldest.as_ref().map_or(String::new(), |oldest| format!(", the oldest from {oldest}"));
    let reason = newest_reason.as_ref().map_or(String::new(), |reason| format!(", the newest because of: {reason}"));
    let _ = writeln!(text, "{}", server.unwrap_or("no address yet"));
    let _ = writeln!(text, "  waiting   {waiting} ({bytes} bytes{since})");
    if let Some(obstacle) = obstacle {
        let _ = writeln!(text, "            because {obstacle}");
    }
    let _ = writeln!(text, "  rejected  {rejected}{reason}");
    let _ = writeln!(
        text,
        "  dropped   {dropped}{}",
        if *dropped > 0 { ", because there was no more room, or no way to keep them" } else { "" }
    );
}

fn state() -> Result<PathBuf, Failure> {
    places::state().ok_or_else(|| Failure::work("you seem to have no home folder, where the spool would be"))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn failure(error: SpoolError) -> Failure {
    Failure::work(error.to_string())
}
