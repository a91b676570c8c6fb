//! `agent-runtime delete ID`: says what goes, asks once, and deletes it.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use http::Method;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use crate::cli::arguments::Delete as Arguments;
use crate::client::record::Session;
use crate::client::{find, path};
use crate::failure::Failure;
use crate::output::plain;

#[derive(Deserialize, Serialize)]
struct Answer {
    ok: bool,
    session_id: String,
    deleted: Deleted,
    /// What went along, as it stood just before: the server does not say.
    #[serde(default)]
    subagents: Vec<Subagent>,
}

#[derive(Deserialize, Serialize)]
struct Deleted {
    session: bool,
    events_count: u64,
}

/// A session that its parent's deletion takes along.
#[derive(Deserialize, Serialize)]
struct Subagent {
    session_id: String,
    events_count: u64,
}

/// Deletes it.
///
/// # Errors
/// When there is no such session, or nobody agreed.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let session = caller.session(&arguments.session).await?.record;
    let subagents: Vec<Subagent> = find::subagents(&caller.client, &session.session_id)
        .await?
        .into_iter()
        .map(|one| Subagent { session_id: one.session_id, events_count: one.event_count.unwrap_or_default() })
        .collect();
    let along = along(&subagents);
    if !arguments.yes && !agreed(&what_goes(&session, &along)).await? {
        return Err(Failure::work("nothing was deleted"));
    }
    let place = path(&["sessions", &session.session_id], &[]);
    let answer = caller.client.put_to(Method::DELETE, &place, None).await?;
    let answer = Answer { subagents, ..answer };
    if arguments.json {
        let document = serde_json::to_string(&answer).map_err(|error| Failure::work(error.to_string()))?;
        caller.output.json(&document)?;
    } else {
        let events = counted(answer.deleted.events_count);
        let words = format!("deleted '{}' ({}) with {events}{along}", session.label(), session.session_id);
        caller.output.line(&plain::line(&words))?;
    }
    caller.done()
}

fn what_goes(session: &Session, along: &str) -> String {
    let events = session.event_count.map_or("its events".to_owned(), counted);
    let running = if session.finished() { "" } else { "; it is still running" };
    let (name, id) = (session.label(), &session.session_id);
    let words = format!("'{name}' ({id}) and {events} are deleted for good{along}{running}");
    plain::line(&words)
}

/// `, and 2 subagents with 7 events`; nothing where there are none.
fn along(subagents: &[Subagent]) -> String {
    let events = counted(subagents.iter().map(|subagent| subagent.events_count).sum());
    match subagents.len() {
        0 => String::new(),
        1 => format!(", and 1 subagent with {events}"),
        several => format!(", and {several} subagents with {events}"),
    }
}

fn counted(events: u64) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

/// Asks, where there is somebody to ask.
async fn agreed(what_goes: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::usage(format!("{what_goes}: say --yes, as there is no terminal to ask on")));
    }
    let mut stderr = std::io::stderr();
    // Nobody is asked when stderr is gone, and nobody agrees.
    let _ = write!(stderr, "{what_goes}. Delete? [y/N] ").and_then(|()| stderr.flush());
    // On a thread of its own, so that Ctrl-C is heard while the question stands.
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(|error| Failure::work(error.to_string()))?;
    let answer = answer.map_err(|error| Failure::work(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
