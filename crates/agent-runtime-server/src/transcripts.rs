//! The words between tool calls, which no hook carries: read from the transcripts that agents keep on this machine.
//!
//! After each document its session's transcript is looked at, and for a while after: agents write it when they get to
//! it. New lines become events whose keys come from the lines, so that reading one twice stores nothing twice.

mod file;

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use agent_runtime_agents::report::{LineReport, NameRank, Options, TranscriptRef};
use agent_runtime_agents::speaker::Speaker;
use agent_runtime_agents::transcript::read_transcript_line;
use agent_runtime_store::command::Command;
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::report::{Facts, Report, ReportedEvent};
use agent_runtime_types::timestamp;
use lru::LruCache;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::app::App;
use crate::error::{ApiError, Cause};
use crate::reports;
use crate::words::Look;

use self::file::{Missing, Place, Read};

/// Transcripts whose place is remembered. One that was forgotten is read again from its beginning.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);
/// How often a transcript is looked at again, and for how long after the last document.
const AGAIN: Duration = Duration::from_millis(500);
const AGAIN_FOR: Duration = Duration::from_secs(10);
/// How long a transcript may be missing before its session says so.
const MISSING_FOR: Duration = Duration::from_mins(1);
/// Events stored in one go.
const EVENTS_PER_COMMAND: usize = 256;

/// Reads transcripts until the server stops.
pub(crate) async fn read(app: Arc<App>, mut looks: mpsc::Receiver<Look>) {
    let mut reader = Reader { app: Arc::clone(&app), places: LruCache::new(REMEMBERED), again: VecDeque::new() };
    loop {
        let again = reader.again.front().map(|(when, _)| *when);
        tokio::select! {
            look = looks.recv() => match look {
                Some(look) => reader.begin(look).await,
                None => return,
            },
            () = tokio::time::sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => reader.look_again().await,
            () = app.shutdown.cancelled() => break,
        }
    }
    // The last words of a turn may have been written since: who starts next would not look for them.
    while let Ok(look) = looks.try_recv() {
        reader.begin(look).await;
    }
    for _ in 0..reader.again.len() {
        reader.look_again().await;
    }
}

struct Reader {
    app: Arc<App>,
    places: LruCache<String, Followed>,
    /// When which transcript is looked at again, in the order of time.
    again: VecDeque<(Instant, String)>,
}

/// A transcript, and how far it was read.
struct Followed {
    look: Look,
    place: Place,
    /// Who spoke last, there.
    speaker: Speaker,
    until: Instant,
    waits: bool,
    missing_since: Option<Instant>,
}

impl Reader {
    async fn begin(&mut self, look: Look) {
        let (path, until) = (look.transcript.path.clone(), Instant::now() + AGAIN_FOR);
        if let Some(followed) = self.places.get_mut(&path) {
            // Nobody looked for a while: whether it was missing all that time is not known.
            if followed.until < Instant::now() {
                followed.missing_since = None;
            }
            (followed.look, followed.until) = (look, until);
        } else {
            let (place, speaker) = (Place::default(), Speaker::default());
            self.places.put(path.clone(), Followed { look, place, speaker, until, waits: false, missing_since: None });
        }
        self.look_at(path).await;
    }

    async fn look_again(&mut self) {
        let Some((_, path)) = self.again.pop_front() else { return };
        if let Some(followed) = self.places.peek_mut(&path) {
            followed.waits = false;
        }
        self.look_at(path).await;
    }

    async fn look_at(&mut self, path: String) {
        let Some(mut followed) = self.places.pop(&path) else { return };
        if let Err(error) = self.take_new_lines(&mut followed).await {
            tracing::debug!(%error, path, "a transcript is read on later");
        }
        let again = Instant::now() + AGAIN;
        if !followed.waits && again < followed.until {
            followed.waits = true;
            self.again.push_back((again, path.clone()));
        }
        self.places.put(path, followed);
    }

    /// Stores what is new; what could not be stored is read again.
    async fn take_new_lines(&self, followed: &mut Followed) -> Result<(), ApiError> {
        loop {
            let (transcript, place) = (followed.look.transcript.clone(), followed.place);
            let read = tokio::task::spawn_blocking(move || file::read_on(&transcript, place)).await;
            match read {
                Ok(Ok(Read { lines, place, has_more })) => {
                    followed.missing_since = None;
                    followed.speaker = self.store(&followed.look, lines, followed.speaker).await?;
                    followed.place = place;
                    if !has_more {
                        return Ok(());
                    }
                }
                Ok(Err(missing)) => return self.miss(followed, missing).await,
                Err(error) => return Err(ApiError::Internal(Cause(error.to_string()))),
            }
        }
    }

    async fn store(&self, look: &Look, lines: Vec<u8>, mut speaker: Speaker) -> Result<Speaker, ApiError> {
        // Scanning takes its time, and a worker of the runtime has others to serve.
        let (look, app) = (look.clone(), Arc::clone(&self.app));
        let said = tokio::task::spawn_blocking(move || (said_in(&look, &lines, &mut speaker, &app), speaker)).await;
        let (said, speaker) = said.map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
        for said in said? {
            self.app.journal.append(said, None).await?;
        }
        Ok(speaker)
    }

    /// Has the session say, once, that its words cannot be read.
    async fn miss(&self, followed: &mut Followed, missing: Missing) -> Result<(), ApiError> {
        let since = *followed.missing_since.get_or_insert_with(Instant::now);
        if missing == Missing::NotYet && since.elapsed() < MISSING_FOR {
            return Ok(());
        }
        self.app.journal.append(unavailable(&followed.look, &missing.to_string())?, None).await?;
        Ok(())
    }
}

/// The commands that store what the lines say.
fn said_in(look: &Look, lines: &[u8], speaker: &mut Speaker, app: &App) -> Result<Vec<Command>, Invalid> {
    let (keeps_original_files, redacts) = (app.config.keeps_original_files, app.config.redacts);
    let options = Options { keeps_original_files, redacts, ..Options::default() };
    let mut commands = Vec::new();
    let (mut facts, mut events) = (facts(look)?, Vec::new());
    let nothing_known = facts.clone();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        // A line that is no JSON, or is unknown, says nothing; the document is the agent's own, and may change.
        let Ok(said) = read_transcript_line(look.agent, &look.transcript, speaker, line, &options) else { continue };
        app.metrics.taken_out.count(&said.counted);
        let LineReport { events: new, model, branch, title, continues, parent_session_id, .. } = said;
        facts.model = model.or(facts.model);
        facts.branch = branch.or(facts.branch);
        facts.parent_session_id = parent_session_id.or(continues).or(facts.parent_session_id);
        if let Some((title, rank)) = title {
            (facts.session_name, facts.name_rank) = (title, reports::name_rank(rank));
        }
        for event in new {
            events.push(reports::event(event)?);
        }
        if events.len() >= EVENTS_PER_COMMAND {
            commands.push(command(facts.clone(), std::mem::take(&mut events)));
        }
    }
    if !events.is_empty() || facts != nothing_known {
        commands.push(command(facts, events));
    }
    Ok(commands)
}

fn command(facts: Facts, events: Vec<ReportedEvent>) -> Command {
    Command::Report(Box::new(Report { facts, events, of_process: None }))
}

/// What is known of the session without having read anything: nothing new.
fn facts(look: &Look) -> Result<Facts, Invalid> {
    let TranscriptRef { session_id, session_name, at, .. } = &look.transcript;
    Ok(Facts {
        session_id: session_id.clone(),
        parent_session_id: None,
        session_name: session_name.clone(),
        name_rank: reports::name_rank(NameRank::Folder),
        agent_name: None,
        project_dir: None,
        source: reports::source(look.agent),
        host: None,
        model: None,
        branch: None,
        process: None,
        at: at.clone(),
        at_us: timestamp::parse("at", at)?,
        continues_process: false,
        is_start: false,
    })
}

/// The event that says that a session's words cannot be read.
pub(crate) fn unavailable(look: &Look, why: &str) -> Result<Command, Invalid> {
    let TranscriptRef { session_id, session_name, at, .. } = &look.transcript;
    let event = serde_json::json!({
        "event_type": "transcript_unavailable", "session_id": session_id, "session_name": session_name,
        "timestamp": at, "reason": why, "event_id": format!("transcript_unavailable {why}"),
    });
    let said = agent_runtime_agents::report::ReportedEvent { body: event.to_string(), also_keys: Vec::new() };
    Ok(command(facts(look)?, vec![reports::event(said)?]))
}
