//! `agent-runtime show ID`: all that is known of a session.

use std::process::ExitCode;

use serde_json::Value;

use super::caller::Caller;
use crate::cli::arguments::One as Arguments;
use crate::client::record::{Event, Session};
use crate::client::{Client, Trouble, find, path};
use crate::failure::Failure;
use crate::output::plain;
use crate::output::style::{self, Tone};

/// Columns of what stands before the values.
const KEY_COLUMNS: usize = 14;

/// Shows it.
///
/// # Errors
/// When there is no such session, or it cannot be read.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let session = caller.session(&arguments.session).await?;
    if arguments.json {
        caller.output.json(&session.text)?;
        return caller.done();
    }
    let session = session.record;
    let end = if session.finished() { last_stop(&caller.client, &session.session_id).await? } else { None };
    let children = find::children(&caller.client, &session.session_id).await?;
    for (key, tone, value) in facts(&caller, &session, end.as_ref()).into_iter().chain(family(&children)) {
        if !value.is_empty() {
            let key = caller.output.style.paint(Tone::Quiet, &plain::padded(&key, KEY_COLUMNS));
            let value = caller.output.style.paint(tone, &plain::line(&value));
            caller.output.line(&format!("{key} {value}"))?;
        }
    }
    caller.done()
}

/// The event that ended a session last.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn last_stop(client: &Client, session_id: &str) -> Result<Option<Event>, Trouble> {
    let newest_stop = [("event_type", "session_stop"), ("order", "desc"), ("limit", "1")];
    let mut list = client.list(&path(&["sessions", session_id, "events"], &newest_stop)).await?;
    let text = list.next().await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// A line for each child, such as a subagent: what it does, its name and its id.
fn family(children: &[Session]) -> impl Iterator<Item = (String, Tone, String)> {
    children.iter().enumerate().map(|(place, child)| {
        let key = if place == 0 { "children" } else { "" };
        let value = format!("{}: {} ({})", child.state().replace('_', " "), child.label(), child.session_id);
        (key.to_owned(), style::of_state(child.state()), value)
    })
}

fn facts(caller: &Caller, session: &Session, end: Option<&Event>) -> Vec<(String, Tone, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let moment = |at: &str| format!("{} ({} ago)", caller.moments.day_and_time(at), caller.moments.ago(at));
    let some_moment = |at: &Option<String>| at.as_deref().map(moment).unwrap_or_default();
    let state = session.state().replace('_', " ");
    let since = session.activity.as_ref().and_then(|activity| activity.since.as_deref());
    let state = since.map_or(state.clone(), |since| format!("{state}, for {}", caller.moments.ago(since)));
    let known = [
        ("name", Tone::Strong, session.session_name.clone()),
        ("id", Tone::Plain, session.session_id.clone()),
        ("state", style::of_state(session.state()), state),
        ("status", Tone::Plain, if session.activity.is_some() { session.status.clone() } else { String::new() }),
        ("agent", Tone::Plain, text(&session.agent_name)),
        ("folder", Tone::Plain, text(&session.project_dir)),
        ("parent", Tone::Plain, text(&session.parent_session_id)),
        ("created", Tone::Plain, moment(&session.created_at)),
        ("resumed", Tone::Plain, some_moment(&session.last_resumed_at)),
        ("first event", Tone::Plain, some_moment(&session.first_event_at)),
        ("last event", Tone::Plain, some_moment(&session.last_event_at)),
        ("events", Tone::Plain, session.event_count.map_or(String::new(), |count| count.to_string())),
        ("exit code", Tone::Plain, end.and_then(|end| end.exit_code).map_or(String::new(), |code| code.to_string())),
        ("reason", Tone::Plain, end.and_then(|end| end.reason.clone()).unwrap_or_default()),
    ];
    let known = known.into_iter().map(|(key, tone, value)| (key.to_owned(), tone, value));
    // What other versions of a server know besides is shown as it is called.
    let more = session.more.iter().map(|(key, value)| {
        let value = match value {
            Value::Null => String::new(),
            Value::String(at) if key.ends_with("_at") => moment(at),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (plain::line(&key.replace('_', " ")), Tone::Plain, value)
    });
    known.chain(more).collect()
}
