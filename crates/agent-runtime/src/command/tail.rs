//! `agent-runtime tail`: what happens, while it happens, a line an event.

use std::collections::HashMap;
use std::process::ExitCode;

use agent_runtime_server::clock::{Clock, SystemClock};
use agent_runtime_types::cursor::Cursor;
use agent_runtime_types::timestamp;

use super::caller::Caller;
use crate::cli::arguments::Tail as Arguments;
use crate::client::follow::{Follower, Message};
use crate::client::record::{Event, Recorded, Session};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::event_line::Lines;
use crate::output::moment::Moments;
use crate::output::{Output, notice};

/// How many events one session's tail begins with.
const BEGINS_WITH: u32 = 10;

/// Follows until it is ended.
///
/// # Errors
/// When the place to go on from is none, there is no such session, the server cannot be reached at first, or it refuses.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    if let Some(since) = arguments.since.as_deref().filter(|since| since.parse::<Cursor>().is_err()) {
        let looks = "take the `cursor` of a line of `tail --json`, such as 3f2a9c:42";
        return Err(Failure::usage(format!("--since '{since}' is no cursor: {looks}")));
    }
    let caller = Caller::new(&arguments.remote)?;
    let session = match &arguments.session {
        Some(words) => Some(caller.session(words).await?.record),
        None => None,
    };
    let Caller { client, output, moments, clock } = caller;
    let by_default = if arguments.json || arguments.since.is_some() { 0 } else { BEGINS_WITH };
    let mut before = arguments.last.unwrap_or(by_default);
    let only = session.iter().map(|session| session.session_id.clone()).collect();
    let mut follower = Follower::new(&client, only, arguments.since);
    let lines = Lines { columns: output.line_columns(), style: output.style };
    let sessions = session.iter().map(known).collect();
    let several = session.is_none();
    let mut screen = Screen { output, moments, client: &client, clock, lines, sessions, several, json: arguments.json };
    loop {
        match follower.next().await? {
            Message::Begin { sessions, cursor } => {
                screen.sessions = sessions.iter().map(|one| known(&one.record)).collect();
                let last = std::mem::take(&mut before);
                if let Some(session) = session.as_ref().filter(|_| last > 0) {
                    for event in before_it(&client, &session.session_id, last, &cursor).await? {
                        screen.event(&event.record, &as_message(&event, &cursor))?;
                    }
                }
            }
            message => screen.show(message)?,
        }
        screen.output.flush()?;
    }
}

/// The last events that stand before a cursor, the oldest first. What follows the cursor is told live.
async fn before_it(client: &Client, id: &str, count: u32, cursor: &str) -> Result<Vec<Recorded<Event>>, Failure> {
    let limit = count.to_string();
    let mut list = client.list(&path(&["sessions", id, "events"], &[("order", "desc"), ("limit", &limit)])).await?;
    let position = cursor.rsplit_once(':').and_then(|(_, position)| position.parse::<i64>().ok());
    let mut events = Vec::new();
    while let Some(text) = list.next().await? {
        let event = client.event(&text)?;
        // An event's id is the position of its message.
        if position.is_none_or(|position| event.id <= position) {
            events.push(Recorded { text, record: event });
        }
    }
    events.reverse();
    Ok(events)
}

/// The message that carried an event when it happened.
fn as_message(event: &Recorded<Event>, cursor: &str) -> String {
    let epoch = cursor.rsplit_once(':').map_or("", |(epoch, _)| epoch);
    format!("{{\"type\":\"event\",\"data\":{},\"cursor\":\"{epoch}:{}\"}}", event.text, event.record.id)
}

/// What is remembered of a session, to see what changes.
struct Known {
    label: String,
    /// What it does, where the server knows.
    activity: Option<String>,
}

fn known(session: &Session) -> (String, Known) {
    let activity = session.activity.as_ref().map(|activity| activity.state.clone());
    (session.session_id.clone(), Known { label: session.label().to_owned(), activity })
}

/// Where the lines go.
struct Screen<'a> {
    client: &'a Client,
    output: Output,
    moments: Moments,
    clock: SystemClock,
    lines: Lines,
    /// The sessions as they are now, by their ids.
    sessions: HashMap<String, Known>,
    /// Whether lines of several sessions stand together.
    several: bool,
    json: bool,
}

impl Screen<'_> {
    fn show(&mut self, message: Message) -> Result<(), Failure> {
        match message {
            Message::Event { text, event, activity } => {
                let event = self.client.event(&event)?;
                if let (Some(now), Some(known)) = (activity, self.sessions.get_mut(&event.session_id)) {
                    known.activity = Some(now.state);
                }
                self.event(&event, &text)
            }
            Message::Session { text, session } => self.session(&text, session),
            Message::Deleted { text, session_id } => {
                let name = self.sessions.remove(&session_id).map_or(session_id, |known| known.label);
                self.about_session(&text, &name, "deleted", "")
            }
            Message::Reset { text, reason } => {
                notice(&format!(
                    "reset ({reason}): the place to go on from is no longer known there, so events may be missing \
                     before the next line; `agent-runtime events ID` shows all of a session"
                ));
                if self.json { self.output.json(&text) } else { Ok(()) }
            }
            Message::Other { text } if self.json => self.output.json(&text),
            Message::Other { .. } | Message::Begin { .. } => Ok(()),
        }
    }

    fn event(&mut self, event: &Event, message: &str) -> Result<(), Failure> {
        if self.json {
            return self.output.json(message);
        }
        let known = self.sessions.get(&event.session_id);
        let name = known.map_or(event.session_name.as_str(), |known| known.label.as_str());
        let when = self.moments.time(&event.timestamp);
        let line = self.lines.event(event, &when, self.several.then_some(name));
        self.output.line(&line)
    }

    /// Of what happens to a session itself, a person wants to know its new name, and what it does now where no event
    /// tells that: that it waits, or that its process is gone.
    fn session(&mut self, message: &str, session: String) -> Result<(), Failure> {
        if self.json {
            return self.output.json(message);
        }
        let Some(Recorded { record, .. }) = Recorded::<Session>::read(session) else { return Ok(()) };
        let (id, now) = known(&record);
        let (label, activity) = (now.label.clone(), now.activity.clone());
        let Some(before) = self.sessions.insert(id, now) else {
            return self.about_session(message, &label, "new", record.project_dir.as_deref().unwrap_or_default());
        };
        if before.label != label {
            self.about_session(message, &before.label, "named", &label)?;
        }
        match activity {
            Some(state) if before.activity.as_ref() != Some(&state) => {
                self.about_session(message, &label, "now", &state.replace('_', " "))
            }
            _ => Ok(()),
        }
    }

    fn about_session(&mut self, message: &str, name: &str, kind: &str, text: &str) -> Result<(), Failure> {
        if self.json {
            return self.output.json(message);
        }
        let when = self.moments.time(&timestamp::format(self.clock.now_us()));
        let line = self.lines.session(&when, self.several.then_some(name), kind, text);
        self.output.line(&line)
    }
}
