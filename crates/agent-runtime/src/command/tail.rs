//! `agent-runtime tail`: what happens, while it happens, a line an event.

use std::collections::HashMap;
use std::process::ExitCode;

use agent_runtime_server::clock::{Clock, SystemClock};
use agent_runtime_types::timestamp;

use super::caller::Caller;
use super::events::not_an_event;
use crate::cli::arguments::Tail as Arguments;
use crate::client::follow::{Follower, Message, notice};
use crate::client::record::{Event, Recorded, Session};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::Output;
use crate::output::event_line::Lines;
use crate::output::moment::Moments;

/// How many events one session's tail begins with.
const BEGINS_WITH: u32 = 10;

/// Follows until it is ended.
///
/// # Errors
/// When there is no such session, the server cannot be reached at first, or it refuses.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
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
    let names = session.iter().map(named).collect();
    let several = session.is_none();
    let mut screen = Screen { output, moments, clock, lines, names, several, json: arguments.json };
    loop {
        match follower.next().await? {
            Message::Begin { sessions, cursor } => {
                screen.names = sessions.iter().map(|one| named(&one.record)).collect();
                let last = std::mem::take(&mut before);
                if let Some(session) = session.as_ref().filter(|_| last > 0) {
                    for event in before_it(&client, &session.session_id, last, &cursor).await? {
                        screen.event(&event, &as_message(&event, &cursor))?;
                    }
                }
            }
            message => screen.show(message)?,
        }
        screen.output.flush()?;
    }
}

/// The last events that stand before a cursor, the oldest first. What follows the cursor is told live.
async fn before_it(client: &Client, id: &str, count: u32, cursor: &str) -> Result<Vec<String>, Failure> {
    let limit = count.to_string();
    let mut list = client.list(&path(&["sessions", id, "events"], &[("order", "desc"), ("limit", &limit)])).await?;
    let position = cursor.rsplit_once(':').and_then(|(_, position)| position.parse::<i64>().ok());
    let mut events = Vec::new();
    while let Some(text) = list.next().await? {
        let event: Event = serde_json::from_str(&text).map_err(|error| not_an_event(&error))?;
        // An event's id is the position of its message.
        if position.is_none_or(|position| event.id <= position) {
            events.push(text);
        }
    }
    events.reverse();
    Ok(events)
}

/// The message that carried an event when it happened.
fn as_message(event: &str, cursor: &str) -> String {
    let id = serde_json::from_str::<Event>(event).map_or(0, |event| event.id);
    let epoch = cursor.rsplit_once(':').map_or("", |(epoch, _)| epoch);
    format!("{{\"type\":\"event\",\"data\":{event},\"cursor\":\"{epoch}:{id}\"}}")
}

fn named(session: &Session) -> (String, String) {
    (session.session_id.clone(), session.label().to_owned())
}

/// Where the lines go.
struct Screen {
    output: Output,
    moments: Moments,
    clock: SystemClock,
    lines: Lines,
    /// What the sessions are called now, by their ids.
    names: HashMap<String, String>,
    /// Whether lines of several sessions stand together.
    several: bool,
    json: bool,
}

impl Screen {
    fn show(&mut self, message: Message) -> Result<(), Failure> {
        match message {
            Message::Event { text, event } => self.event(&event, &text),
            Message::Session { text, session } => self.session(&text, session),
            Message::Deleted { text, session_id } => {
                let name = self.names.remove(&session_id).unwrap_or(session_id);
                self.about_session(&text, &name, "deleted", "")
            }
            Message::Reset { text, reason } => {
                notice(&format!(
                    "reset ({reason}): the place to go on from is no longer known there, so events may be missing \
                     before the next line; `agent-runtime events ID` shows all of a session"
                ));
                if self.json { self.output.line(&text) } else { Ok(()) }
            }
            Message::Other { text } if self.json => self.output.line(&text),
            Message::Other { .. } | Message::Begin { .. } => Ok(()),
        }
    }

    fn event(&mut self, event: &str, message: &str) -> Result<(), Failure> {
        if self.json {
            return self.output.line(message);
        }
        let event: Event = serde_json::from_str(event).map_err(|error| not_an_event(&error))?;
        let name = self.names.get(&event.session_id).map_or(event.session_name.as_str(), String::as_str);
        let when = self.moments.time(&event.timestamp);
        let line = self.lines.event(&event, &when, self.several.then_some(name));
        self.output.line(&line)
    }

    /// Of what happens to a session itself, a person wants to know the new name; the rest its events tell.
    fn session(&mut self, message: &str, session: String) -> Result<(), Failure> {
        let read: Option<Recorded<Session>> = Recorded::read(session);
        let Some(Recorded { record, .. }) = read.filter(|_| !self.json) else { return self.output_json(message) };
        let (id, name) = named(&record);
        match self.names.insert(id, name.clone()) {
            None => self.about_session(message, &name, "new", record.project_dir.as_deref().unwrap_or_default()),
            Some(before) if before != name => self.about_session(message, &before, "named", &name),
            Some(_) => Ok(()),
        }
    }

    fn about_session(&mut self, message: &str, name: &str, kind: &str, text: &str) -> Result<(), Failure> {
        if self.json {
            return self.output.line(message);
        }
        let when = self.moments.time(&timestamp::format(self.clock.now_us()));
        let line = self.lines.session(&when, self.several.then_some(name), kind, text);
        self.output.line(&line)
    }

    fn output_json(&mut self, message: &str) -> Result<(), Failure> {
        if self.json { self.output.line(message) } else { Ok(()) }
    }
}
