//! What was missing in the newest session: whatever its agent did not report, or could not be read.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::finding::Finding;
use super::server::Details;
use crate::client::record::Wrapped;
use crate::client::{Client, path};

/// How many of its newest events, and of its newest messages, are looked at.
const LOOKED_AT: usize = 300;
/// The reason by which the end of a session is marked whose process was gone.
const PROCESS_GONE: &str = "process_gone";

/// Events of a session, the newest first, as far as they are looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Events {
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are called as on the wire")]
struct Event {
    event_type: String,
    role: Option<String>,
    reason: Option<String>,
    tool_use_id: Option<Value>,
}

/// A session that was read for this.
pub(crate) struct Newest {
    id: String,
    name: String,
    finished: bool,
    /// Of every kind.
    events: Vec<Event>,
    /// Those with words: there may be many events behind the last of them.
    messages: Vec<Event>,
    /// Whether, and why, its transcript could not be read at some time.
    unread: Option<Event>,
}

/// Reads the session that was heard of last; `None` when there is none, or it cannot be read.
pub(crate) async fn read(client: &Client, details: &Details) -> Option<Newest> {
    let id = &details.agents.first()?.session_id;
    let session = client.get::<Wrapped>(&path(&["sessions", id], &[])).await.ok()?.unwrapped()?.record;
    let (name, finished) = (session.label().to_owned(), session.finished());
    let events = newest(client, id, LOOKED_AT, None).await?;
    let messages = newest(client, id, LOOKED_AT, Some("message")).await?;
    let unread = newest(client, id, 1, Some("transcript_unavailable")).await?.pop();
    Some(Newest { id: id.clone(), name, finished, events, messages, unread })
}

/// The newest events of a session, of one type or of all.
async fn newest(client: &Client, id: &str, most: usize, event_type: Option<&str>) -> Option<Vec<Event>> {
    let most = most.to_string();
    let mut parameters = vec![("order", "desc"), ("limit", most.as_str())];
    parameters.extend(event_type.map(|event_type| ("event_type", event_type)));
    let Events { events } = client.get(&path(&["sessions", id, "events"], &parameters)).await.ok()?;
    Some(events)
}

/// What is missing in it.
pub(crate) fn findings(newest: &Newest) -> Vec<Finding> {
    let is_whole = newest.events.len() < LOOKED_AT;
    let has = |event_type: &str| newest.events.iter().any(|event| event.event_type == event_type);
    // Where there are more messages than were looked at, somebody has said something.
    let is_silent = |role: &str| {
        let is_whole = newest.messages.len() < LOOKED_AT;
        is_whole && !newest.messages.iter().any(|event| event.role.as_deref() == Some(role))
    };
    let mut missing = Vec::new();
    if let Some(event) = &newest.unread {
        let reason = event.reason.as_deref().unwrap_or("no reason is told");
        missing.push(
            note(newest, "words", &format!("its transcript could not be read ({reason})"))
                .fix("have the server run on the machine of the agent, as a user who may read that file"),
        );
    } else if newest.finished && is_silent("assistant") {
        missing.push(
            note(newest, "words", "the agent said nothing")
                .fix("look whether it did: if so, the server could not read its transcript"),
        );
    }
    if is_whole && !has("session_start") {
        missing.push(
            note(newest, "start", "its start was not reported")
                .fix("none, if the agent was connected while it ran; else set the hooks up again"),
        );
    }
    if newest.finished && is_silent("user") {
        missing.push(note(newest, "prompt", "no prompt was reported").fix("none, if nobody said anything to it"));
    }
    let gone = |event: &Event| event.event_type == "session_stop" && event.reason.as_deref() == Some(PROCESS_GONE);
    if newest.finished && newest.events.iter().any(gone) {
        missing.push(
            note(newest, "end", "its end was not reported: its process was gone")
                .fix("none, if it was killed or the machine went down"),
        );
    }
    missing.extend(tools(newest));
    if missing.is_empty() {
        let message = format!("nothing is missing in the newest session, {}", newest.name);
        return vec![Finding::ok("session.complete", message).figure("session_id", newest.id.as_str())];
    }
    missing
}

/// Calls of tools of which one half is missing.
fn tools(newest: &Newest) -> Option<Finding> {
    let ids = |kind: &str| -> BTreeSet<String> {
        let events = newest.events.iter().filter(|event| event.event_type == kind);
        events.filter_map(|event| event.tool_use_id.as_ref().map(Value::to_string)).collect()
    };
    let (called, returned) = (ids("pre_tool"), ids("post_tool"));
    // One that runs has not come back yet; and what came back first may have been called before what is looked at.
    let open = if newest.finished { called.difference(&returned).count() } else { 0 };
    let uncalled = if newest.events.len() < LOOKED_AT { returned.difference(&called).count() } else { 0 };
    let words = match (open, uncalled) {
        (0, 0) => return None,
        (open, 0) => format!("{open} tool calls never came back"),
        (_, uncalled) => format!("{uncalled} results of tools came without a call"),
    };
    Some(
        note(newest, "tools", &words)
            .fix("none, if they were cancelled: then no hook is run; else set the hooks up again")
            .figure("open", open)
            .figure("uncalled", uncalled),
    )
}

fn note(newest: &Newest, what: &str, words: &str) -> Finding {
    let finding = Finding::note(format!("session.{what}"), format!("the newest session, {}: {words}", newest.name));
    finding.figure("session_id", newest.id.as_str())
}
