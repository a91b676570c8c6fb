//! From what an agent's document says to a command of the store. Whoever brings a document, a hook or a transcript,
//! comes through here.

use std::sync::Arc;

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::envelope::Envelope;
use agent_runtime_agents::report::{self as said, NameRank, TranscriptRef};
use agent_runtime_store::command::Command;
use agent_runtime_types::event::NewEvent;
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::report::{self as kept, Facts, Process, Report, Source, TranscriptNews};
use agent_runtime_types::timestamp;

/// The command that stores what a document says.
///
/// # Errors
/// When what was made of it breaks a rule of the wire.
pub(crate) fn command(report: said::Report, envelope: &Envelope) -> Result<Command, Invalid> {
    let said::Report { facts, events, subagent_ended, transcript, .. } = report;
    let ended = subagent_ended.map(|ended| ended.event);
    let events = events.into_iter().chain(ended).map(event).collect::<Result<_, _>>()?;
    let transcript = transcript.map(|TranscriptRef { path, .. }| TranscriptNews::Grows { path });
    Ok(Command::Report(Box::new(Report { facts: learnt(facts, envelope)?, events, of_process: None, transcript })))
}

/// An event that an agent's document reports.
///
/// # Errors
/// When it breaks a rule of the wire.
pub(crate) fn event(said: said::ReportedEvent) -> Result<kept::ReportedEvent, Invalid> {
    let event = Arc::new(NewEvent::of_agent(said.body.as_bytes())?);
    Ok(kept::ReportedEvent { event, also_keys: said.also_keys, between: said.between })
}

/// The word for an agent among the sources of sessions.
pub(crate) fn source(agent: Agent) -> Source {
    match agent {
        Agent::ClaudeCode => Source::ClaudeCode,
        Agent::Codex => Source::Codex,
    }
}

/// Where a name stands among the others. A title that a person gave in the agent may be changed there again.
pub(crate) fn name_rank(rank: NameRank) -> kept::NameRank {
    match rank {
        NameRank::Folder => kept::NameRank::Folder,
        NameRank::Prompt => kept::NameRank::Prompt,
        NameRank::Title => kept::NameRank::Title,
        NameRank::ChosenTitle => kept::NameRank::ChosenTitle,
    }
}

fn learnt(facts: said::Facts, envelope: &Envelope) -> Result<Facts, Invalid> {
    Ok(Facts {
        at_us: timestamp::parse("at", &envelope.at)?,
        at: envelope.at.clone(),
        process: envelope.pid.map(|pid| Process { pid, started: envelope.process_started }),
        parent_session_id: facts.parent_session_id.or(facts.continues),
        session_id: facts.session_id,
        session_name: facts.session_name,
        name_rank: name_rank(facts.name_rank),
        agent_name: facts.kind,
        project_dir: facts.project_dir,
        source: source(facts.source),
        host: facts.host,
        model: facts.model,
        branch: facts.branch,
        continues_process: facts.continues_process,
        is_start: facts.is_start,
    })
}
