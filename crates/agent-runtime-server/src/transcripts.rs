//! The words between tool calls, which no hook carries: read from the transcripts that agents keep on this machine.
//!
//! After each document its session's transcript is looked at, for a while after, and as long as the session is at
//! work: agents write it when they get to it. New lines become events whose keys come from the lines, so that reading
//! one twice stores nothing twice. How far each file was read stands in the store, with what it said: who starts next
//! reads on.

mod file;
mod lines;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use agent_runtime_agents::report::TranscriptRef;
use agent_runtime_store::command::Outcome;
use agent_runtime_types::activity::ActivityState;
use agent_runtime_types::report::TranscriptPlace;
use agent_runtime_types::session::SessionStatus;
use agent_runtime_types::timestamp;
use lru::LruCache;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::App;
use crate::error::{ApiError, Cause};
use crate::words::Look;
use crate::words::roots::Missing;

use self::file::Read;

/// How often a transcript is looked at again after a document.
const AGAIN: Duration = Duration::from_millis(500);
/// How often after that, as long as there may be more.
const LATER: Duration = Duration::from_secs(2);

/// Reads transcripts until the server stops.
pub(crate) async fn read(app: Arc<App>, mut looks: mpsc::Receiver<Look>) {
    let followed = LruCache::new(app.config.limits.transcripts_followed);
    let mut reader = Reader { app: Arc::clone(&app), followed, again: BinaryHeap::new() };
    reader.go_on().await;
    loop {
        let again = reader.again.peek().map(|Reverse((when, _))| *when);
        tokio::select! {
            look = looks.recv() => match look {
                Some(look) => reader.begin(look).await,
                None => return,
            },
            // More came at once than waits here: the store knows all of them.
            () = app.words.missed() => reader.go_on().await,
            () = tokio::time::sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {
                reader.look_again().await;
            }
            () = app.shutdown.cancelled() => break,
        }
    }
    // The last words of a turn may have been written since: shown now, they need not wait for the next start.
    while let Ok(look) = looks.try_recv() {
        reader.begin(look).await;
    }
    for _ in 0..reader.again.len() {
        reader.look_again().await;
    }
    // A long file is read on by whoever starts next.
}

struct Reader {
    app: Arc<App>,
    /// By session.
    followed: LruCache<String, Followed>,
    /// When which session's transcript is looked at again.
    again: BinaryHeap<Reverse<(Instant, String)>>,
}

/// A transcript, and how far it was read.
struct Followed {
    look: Look,
    place: TranscriptPlace,
    /// Until when it is looked at often.
    until: Instant,
    /// When it is looked at again, if that is settled.
    due: Option<Instant>,
    missing_since: Option<Instant>,
}

/// What a look at a transcript found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Everything that was there was read.
    End,
    /// A slice was read, and there is more.
    More,
    /// It is not there yet.
    NotYet,
    /// It cannot be read, and its session says so.
    Unreadable,
    /// Its session was deleted.
    Forgotten,
}

impl Reader {
    /// Takes up what was being read when the server stopped.
    async fn go_on(&mut self) {
        let open = match self.app.store.open_transcripts().await {
            Ok(open) => open,
            Err(error) => return tracing::warn!(%error, "transcripts are read on after their next document"),
        };
        for open in open {
            let Some(agent) = lines::agent(open.source) else { continue };
            let (session_id, at) = (open.session_id.clone(), timestamp::format(open.asked_us));
            let transcript = TranscriptRef { path: open.path, session_id, session_name: open.session_name, at };
            if !self.followed.contains(&open.session_id) {
                self.follow(Look { agent, transcript }, open.place);
            }
            self.look_at(open.session_id).await;
        }
    }

    async fn begin(&mut self, look: Look) {
        let TranscriptRef { session_id, path, .. } = &look.transcript;
        let session_id = session_id.clone();
        let is_followed = |followed: &&mut Followed| followed.look.transcript.path == *path;
        if let Some(followed) = self.followed.get_mut(&session_id).filter(is_followed) {
            (followed.look, followed.until) = (look, Instant::now() + self.app.config.limits.transcript_followed);
        } else {
            // Where the place is not known, it is read from its beginning: nothing is stored twice.
            let place = self.app.store.transcript_place(&session_id, path).await.ok().flatten().unwrap_or_default();
            self.follow(look, place);
        }
        self.look_at(session_id).await;
    }

    fn follow(&mut self, look: Look, place: TranscriptPlace) {
        let session_id = look.transcript.session_id.clone();
        let until = Instant::now() + self.app.config.limits.transcript_followed;
        self.followed.put(session_id, Followed { look, place, until, due: None, missing_since: None });
    }

    async fn look_again(&mut self) {
        let Some(Reverse((when, session_id))) = self.again.pop() else { return };
        // Otherwise it had to make room meanwhile, or is looked at another time.
        if let Some(followed) = self.followed.peek_mut(&session_id).filter(|followed| followed.due == Some(when)) {
            followed.due = None;
            self.look_at(session_id).await;
        }
    }

    async fn look_at(&mut self, session_id: String) {
        let Some(mut followed) = self.followed.pop(&session_id) else { return };
        let again = match self.take_new_lines(&mut followed).await {
            Ok(Found::Forgotten) => return,
            // The others come in between: this one may be as long as it likes.
            Ok(Found::More) => Duration::ZERO,
            Ok(found) if Instant::now() >= followed.until => match self.is_over(&mut followed, found).await {
                Ok(true) => return,
                Ok(false) => LATER,
                Err(error) => later(&error, &session_id),
            },
            Ok(_) => AGAIN,
            Err(error) => later(&error, &session_id),
        };
        let due = Instant::now() + again;
        if followed.due.is_none_or(|settled| settled > due) {
            followed.due = Some(due);
            self.again.push(Reverse((due, session_id.clone())));
        }
        self.followed.put(session_id, followed);
    }

    /// Stores what is new, a slice of it; what could not be stored is read again.
    async fn take_new_lines(&self, followed: &mut Followed) -> Result<Found, ApiError> {
        let (transcript, place, app) = (followed.look.transcript.clone(), followed.place, Arc::clone(&self.app));
        let read = move || file::read_on(&app.config.transcripts, &transcript, place);
        match tokio::task::spawn_blocking(read).await.map_err(|error| broken(&error))? {
            Ok(Read { lines, place, has_more }) => {
                followed.missing_since = None;
                let Some(place) = self.store(&followed.look, lines, place, has_more).await? else {
                    return Ok(Found::Forgotten);
                };
                followed.place = place;
                Ok(if has_more { Found::More } else { Found::End })
            }
            Err(Missing::NotYet) => Ok(Found::NotYet),
            Err(missing) => {
                self.app.journal.append(lines::unavailable(&followed.look, missing)?, None).await?;
                Ok(Found::Unreadable)
            }
        }
    }

    /// Stores what the lines say, and the place they lead to: `None` when their session was deleted.
    async fn store(
        &self,
        look: &Look,
        lines: Vec<u8>,
        mut place: TranscriptPlace,
        keeps_place: bool,
    ) -> Result<Option<TranscriptPlace>, ApiError> {
        // Scanning takes its time, and a worker of the runtime has others to serve.
        let (look, app) = (look.clone(), Arc::clone(&self.app));
        let read = move || (lines::said_in(&look, &lines, &mut place, keeps_place, &app), place);
        let (said, place) = tokio::task::spawn_blocking(read).await.map_err(|error| broken(&error))?;
        for said in said? {
            if self.app.journal.append(said, None).await? == Outcome::Forgotten {
                return Ok(None);
            }
        }
        Ok(Some(place))
    }

    /// Whether a transcript that was looked at long enough needs no further look; then this is noted.
    async fn is_over(&self, followed: &mut Followed, found: Found) -> Result<bool, ApiError> {
        let Followed { look, place, missing_since, .. } = followed;
        match found {
            Found::NotYet => {
                let since = *missing_since.get_or_insert_with(Instant::now);
                if since.elapsed() < self.app.config.limits.transcript_missing {
                    return Ok(false);
                }
                self.app.journal.append(lines::unavailable(look, Missing::NotYet)?, None).await?;
            }
            // Words may come as long as it works, and no document tells when a person breaks in.
            Found::End if self.is_at_work(&look.transcript.session_id).await? => return Ok(false),
            Found::End | Found::More | Found::Unreadable | Found::Forgotten => {}
        }
        self.app.journal.append(lines::settled(look, *place)?, None).await?;
        Ok(true)
    }

    async fn is_at_work(&self, session_id: &str) -> Result<bool, ApiError> {
        let session = self.app.store.session(session_id).await?;
        Ok(session
            .filter(|session| session.status == SessionStatus::Running)
            .is_some_and(|session| session.activity.is_some_and(|activity| activity.state != ActivityState::Idle)))
    }
}

fn later(error: &ApiError, session_id: &str) -> Duration {
    tracing::debug!(%error, session_id, "a transcript is read on later");
    LATER
}

fn broken(error: &tokio::task::JoinError) -> ApiError {
    ApiError::Internal(Cause(error.to_string()))
}
