//! What the lines of a transcript say, as commands.

use std::sync::Arc;

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::report::{LineReport, NameRank, Options, TranscriptRef};
use agent_runtime_agents::speaker::Speaker;
use agent_runtime_agents::transcript::read_transcript_line;
use agent_runtime_store::command::Command;
use agent_runtime_types::event::NewEvent;
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::report::{Facts, Report, ReportedEvent, TranscriptNews, TranscriptPlace};
use agent_runtime_types::timestamp;

use crate::app::App;
use crate::reports;
use crate::words::Look;
use crate::words::roots::Missing;

/// Events stored in one go.
const EVENTS_PER_COMMAND: usize = 256;

/// Stands beside the speaker when the agent works in a folder of which nothing is recorded.
const UNRECORDED: u8 = 0x80;

/// The folder in which an agent works.
#[derive(Default)]
struct Folder {
    name: Option<String>,
    is_unrecorded: bool,
}

impl Folder {
    /// Follows the agent into the folder that a line names, if it does; whether nothing is recorded there.
    fn enter(&mut self, named: Option<&str>, app: &App) -> bool {
        if let (Some(named), Some(ignored)) = (named, &app.config.ignored)
            && self.name.as_deref() != Some(named)
        {
            // Links are resolved for it: asked once a folder, not once a line.
            self.is_unrecorded = ignored.covers(named);
            self.name = Some(named.to_owned());
        }
        self.is_unrecorded
    }
}

/// The commands that store what the lines say, and with the last of them the place they were read to. When they say
/// nothing there are none, unless the place is to be kept in any case.
///
/// # Errors
/// When something that was made of a line breaks a rule of the wire.
pub(super) fn said_in(
    look: &Look,
    lines: &[u8],
    place: &mut TranscriptPlace,
    keeps_place: bool,
    app: &App,
) -> Result<Vec<Command>, Invalid> {
    let (keeps_original_files, redacts) = (app.config.keeps_original_files, app.config.redacts);
    let options = Options { keeps_original_files, redacts, ..Options::default() };
    let mut commands = Vec::new();
    let (mut facts, mut events) = (facts(look)?, Vec::new());
    let nothing_known = facts.clone();
    let mut speaker = Speaker::from_number(place.speaker & !UNRECORDED);
    let mut folder = Folder { is_unrecorded: place.speaker & UNRECORDED != 0, ..Folder::default() };
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        // A line that is no JSON, or is unknown, says nothing; the document is the agent's own, and may change.
        let Ok(said) = read_transcript_line(look.agent, &look.transcript, &mut speaker, line, &options) else {
            continue;
        };
        if folder.enter(said.folder.as_deref(), app) {
            continue;
        }
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
            commands.push(command(facts.clone(), std::mem::take(&mut events), None));
        }
    }
    place.speaker = speaker.number() | if folder.is_unrecorded { UNRECORDED } else { 0 };
    if !commands.is_empty() || !events.is_empty() || facts != nothing_known || keeps_place {
        let read = TranscriptNews::Read { path: look.transcript.path.clone(), place: *place };
        commands.push(command(facts, events, Some(read)));
    }
    Ok(commands)
}

/// The command that notes that nothing more is expected.
///
/// # Errors
/// When the look has no sound time.
pub(super) fn settled(look: &Look, place: TranscriptPlace) -> Result<Command, Invalid> {
    let news = TranscriptNews::Settled { path: look.transcript.path.clone(), place };
    Ok(command(facts(look)?, Vec::new(), Some(news)))
}

/// The event that says that a session's words cannot be read.
///
/// # Errors
/// When the look has no sound time.
pub(super) fn unavailable(look: &Look, missing: Missing) -> Result<Command, Invalid> {
    let (TranscriptRef { session_id, session_name, at, .. }, why) = (&look.transcript, missing.to_string());
    let event = serde_json::json!({
        "event_type": "transcript_unavailable", "session_id": session_id, "session_name": session_name,
        "timestamp": at, "reason": why, "event_id": format!("transcript_unavailable {why}"),
    });
    let event = Arc::new(NewEvent::of_agent(event.to_string().as_bytes())?);
    Ok(command(facts(look)?, vec![ReportedEvent::new(event)], None))
}

/// Whose file it is; `None` for a source that keeps none.
pub(super) fn agent(source: agent_runtime_types::report::Source) -> Option<Agent> {
    [Agent::ClaudeCode, Agent::Codex].into_iter().find(|agent| reports::source(*agent) == source)
}

fn command(facts: Facts, events: Vec<ReportedEvent>, transcript: Option<TranscriptNews>) -> Command {
    Command::Report(Box::new(Report { facts, events, of_process: None, transcript }))
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
