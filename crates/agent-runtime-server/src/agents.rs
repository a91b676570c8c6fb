//! Looks after the agents that said they run: which process is gone, and which has been silent for long. No hook tells
//! of either.

use std::sync::Arc;

use agent_runtime_store::command::Command;
use agent_runtime_store::read::RunningAgent;
use agent_runtime_types::activity::{Activity, ActivityState, PROCESS_GONE};
use agent_runtime_types::event::NewEvent;
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::report::{Facts, NameRank, Process, Report, ReportedEvent};
use agent_runtime_types::session::Session;
use agent_runtime_types::timestamp;
use serde_json::json;
use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::config::Processes;
use crate::error::{ApiError, Cause};

const US_PER_SECOND: i64 = 1_000_000;

/// Looks at all of them again and again, until the server stops.
pub(crate) async fn watch(app: Arc<App>) {
    let mut ticks = tokio::time::interval(app.config.limits.agents_interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.shutdown.cancelled() => return,
        }
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "the agents that run could not be looked at");
        }
    }
}

async fn look(app: &App) -> Result<(), ApiError> {
    let agents = app.store.running_agents().await?;
    let now_us = app.config.clock.now_us();
    let silent_us = i64::try_from(app.config.limits.agent_silence.as_micros()).unwrap_or(i64::MAX);
    for agent in gone(app, &agents).await? {
        match ended(agent, now_us) {
            Ok(command) => app.journal.append(command, None).await.map(drop)?,
            // The others are looked after all the same.
            Err(error) => tracing::warn!(%error, session_id = agent.session.session_id, "an end could not be written"),
        }
    }
    let is_silent = |agent: &&RunningAgent| {
        let at_work = |activity: &Activity| activity.state == ActivityState::Working && activity.tool.is_none();
        agent.session.activity.as_ref().is_some_and(at_work)
            && agent.last_event_us.is_some_and(|last_us| now_us - last_us > silent_us)
    };
    for RunningAgent { session, last_event_us, .. } in agents.iter().filter(is_silent) {
        let (session_id, since) = (session.session_id.clone(), timestamp::format(now_us));
        let stall = Command::Stall { session_id, last_event_us: *last_event_us, since };
        match app.journal.append(stall, None).await {
            // It was deleted meanwhile.
            Ok(_) | Err(ApiError::SessionNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Those whose process is not there any more: on this machine, which alone can be asked. A subagent runs in its
/// parent's process, and ends with it.
async fn gone<'a>(app: &App, agents: &'a [RunningAgent]) -> Result<Vec<&'a RunningAgent>, ApiError> {
    let (Some(processes), Some(host)) = (&app.config.processes, &app.config.host_name) else { return Ok(Vec::new()) };
    let here = agents.iter().filter(|agent| agent.session.host.as_ref() == Some(host) && !is_subagent(&agent.session));
    let asked: Vec<(&RunningAgent, Process)> = here.filter_map(|agent| Some((agent, agent.process?))).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (processes, list) = (Arc::clone(processes), asked.iter().map(|(_, process)| *process).collect::<Vec<_>>());
    let answers = tokio::task::spawn_blocking(move || are_gone(&*processes, &list)).await;
    let answers = answers.map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
    Ok(asked.into_iter().zip(answers).filter(|(_, is_gone)| *is_gone).map(|((agent, _), _)| agent).collect())
}

fn are_gone(processes: &dyn Processes, list: &[Process]) -> Vec<bool> {
    // Where the system does not tell, nothing is concluded.
    list.iter().map(|process| processes.is_alive(*process) == Some(false)).collect()
}

fn is_subagent(session: &Session) -> bool {
    let parent = session.parent_session_id.as_deref();
    parent.is_some_and(|parent| session.session_id.strip_prefix(parent).is_some_and(|rest| rest.starts_with(':')))
}

/// The end of a session whose process is gone.
fn ended(agent: &RunningAgent, now_us: i64) -> Result<Command, Invalid> {
    let RunningAgent { session, process, last_event_us } = agent;
    // Not before what it did last, even if clocks differ.
    let at_us = last_event_us.map_or(now_us, |last_us| now_us.max(last_us.saturating_add(US_PER_SECOND / 1000)));
    let at = timestamp::format(at_us);
    let key = process.map_or_else(String::new, |process| format!("{}:{}", process.pid, process.started.unwrap_or(0)));
    let event = json!({
        "event_type": "session_stop", "session_id": session.session_id, "session_name": session.session_name,
        "timestamp": at, "reason": PROCESS_GONE, "event_id": format!("{PROCESS_GONE}:{key}:{}", session.event_count),
    });
    let event = Arc::new(NewEvent::parse(event.to_string().as_bytes())?);
    let facts = Facts {
        session_id: session.session_id.clone(),
        parent_session_id: None,
        session_name: session.session_name.clone(),
        name_rank: NameRank::Folder,
        agent_name: None,
        project_dir: None,
        source: session.source,
        host: None,
        model: None,
        branch: None,
        process: None,
        at,
        at_us,
        continues_process: false,
        is_start: false,
    };
    let events = vec![ReportedEvent::new(event)];
    Ok(Command::Report(Box::new(Report { facts, events, of_process: *process, transcript: None })))
}
