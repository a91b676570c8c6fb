//! Follows the change log, across breaks of the connection and restarts of the server: behind every break it goes on
//! at its cursor, so that nothing is missed and nothing comes twice.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::{self, Activity, Recorded, Session};
use super::sent::{Reader, Sent};
use super::{Answer, Client, MOST_RECORD_BYTES, Trouble, path};
use crate::failure::Failure;
use crate::output::notice;

/// How soon a server that went away is called again, and the longest pause between two calls.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a follower is told.
pub(crate) enum Message {
    /// All sessions that are followed, as of the beginning.
    Begin {
        /// The sessions.
        sessions: Vec<Recorded<Session>>,
        /// The cursor behind which it goes on.
        cursor: String,
    },
    /// The place to go on from is no longer known: a `Begin` follows, and what lay between may be missing.
    Reset {
        /// The message.
        text: String,
        /// Why, in the server's word.
        reason: String,
    },
    /// An event: the message, and the event in it.
    Event {
        /// The message.
        text: String,
        /// The event in it, as JSON.
        event: String,
        /// What the agent does now, where the event changed that.
        activity: Option<Activity>,
    },
    /// A session was created or changed.
    Session {
        /// The message.
        text: String,
        /// The session in it, as JSON.
        session: String,
    },
    /// A session was deleted.
    Deleted {
        /// The message.
        text: String,
        /// Its id.
        session_id: String,
    },
    /// What this version does not know.
    Other {
        /// The message.
        text: String,
    },
}

/// One follower.
pub(crate) struct Follower<'a> {
    client: &'a Client,
    /// The ids of sessions it is told of; none means all.
    only: Vec<String>,
    cursor: Option<String>,
    open: Option<(Answer<'a>, Reader)>,
    /// Whether the server was ever reached: who never was is not waited for.
    reached: bool,
    /// How long the next pause is, while the server is away.
    pause: Option<Duration>,
}

impl<'a> Follower<'a> {
    /// Follows these sessions, or all when none is named; behind a cursor, or with a beginning.
    pub(crate) fn new(client: &'a Client, only: Vec<String>, cursor: Option<String>) -> Self {
        Self { client, only, cursor, open: None, reached: false, pause: None }
    }

    /// The next message. While the server is away it waits, and says so on stderr.
    ///
    /// # Errors
    /// When the server cannot be reached at first, or refuses.
    pub(crate) async fn next(&mut self) -> Result<Message, Failure> {
        loop {
            match self.try_next().await {
                Ok(message) => return Ok(message),
                Err(trouble) if self.reached && trouble.may_pass() => self.wait(&trouble).await,
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }

    async fn try_next(&mut self) -> Result<Message, Trouble> {
        loop {
            let Some((answer, reader)) = &mut self.open else {
                let answer = self.client.stream(&self.path()).await?;
                self.reached = true;
                if self.pause.take().is_some() {
                    notice("connected again");
                }
                self.open = Some((answer, Reader::new(MOST_RECORD_BYTES)));
                continue;
            };
            if let Some(sent) = reader.next() {
                let message = read(&sent).ok_or_else(|| self.client.foreign("no message"))?;
                // Behind a reset the cursor is that of the `init` which follows; until then nothing can be resumed.
                self.cursor = (sent.kind != "reset").then_some(sent.cursor);
                return Ok(message);
            }
            match answer.next().await? {
                Some(bytes) if reader.feed(&bytes) => {}
                Some(_) => return Err(self.client.foreign("a message without an end")),
                None => return Err(self.client.broken("the server closed it")),
            }
        }
    }

    fn path(&self) -> String {
        let mut parameters: Vec<(&str, &str)> = self.only.iter().map(|id| ("session_id", id.as_str())).collect();
        parameters.extend(self.cursor.as_deref().map(|cursor| ("since", cursor)));
        path(&["stream"], &parameters)
    }

    async fn wait(&mut self, trouble: &Trouble) {
        self.open = None;
        let pause = match self.pause {
            None => {
                notice(&format!("{}; waiting for it to come back", trouble.words()));
                FIRST_PAUSE
            }
            Some(before) => (before * 2).min(LONGEST_PAUSE),
        };
        self.pause = Some(pause);
        tokio::time::sleep(pause).await;
    }
}

/// The members of a message, whichever it is.
#[derive(Deserialize)]
struct Members {
    sessions: Option<Vec<Box<RawValue>>>,
    data: Option<Box<RawValue>>,
    session: Option<Box<RawValue>>,
    session_id: Option<String>,
    reason: Option<String>,
    #[serde(default, deserialize_with = "record::if_known")]
    activity: Option<Activity>,
}

fn read(sent: &Sent) -> Option<Message> {
    let members: Members = serde_json::from_str(&sent.data).ok()?;
    let text = sent.data.clone();
    Some(match sent.kind.as_str() {
        "init" => {
            let sessions = members.sessions?.into_iter().map(|raw| Recorded::read(raw.get().to_owned()));
            Message::Begin { sessions: sessions.collect::<Option<_>>()?, cursor: sent.cursor.clone() }
        }
        "reset" => Message::Reset { text, reason: members.reason? },
        "event" => Message::Event { text, event: members.data?.get().to_owned(), activity: members.activity },
        "session_created" | "session_updated" => Message::Session { text, session: members.session?.get().to_owned() },
        "session_deleted" => Message::Deleted { text, session_id: members.session_id? },
        _ => Message::Other { text },
    })
}
