//! What an event or a patch does to its session. Pure, and the same for every database.

use agent_runtime_types::activity::{Activity, ActivityState, OpenTool, Signal};
use agent_runtime_types::event::{NewEvent, Turn};
use agent_runtime_types::report::{Facts, NameRank, Process, Source};
use agent_runtime_types::session::{
    MAX_DETAIL_BYTES, NewSession, Session, SessionPatch, SessionStatus, check_id, check_name,
};
use agent_runtime_types::timestamp;

use crate::error::CommandError;

/// A session as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The position at which it was created.
    pub session_key: i64,
    /// The instant of `created_at` in microseconds since 1970.
    pub created_us: i64,
    /// The instant of `first_event_at` in microseconds since 1970.
    pub first_event_us: Option<i64>,
    /// The instant of `last_event_at` in microseconds since 1970.
    pub last_event_us: Option<i64>,
    /// The newest assistant message that has a text: its instant, then its id.
    pub answer: Option<(i64, i64)>,
    /// The newest `session_start`: its instant.
    pub started_us: Option<i64>,
    /// When it last ended or was taken up again, as it was counted.
    pub turned_us: Option<i64>,
    /// Where its name comes from.
    pub name_rank: NameRank,
    /// The process that its agent runs in.
    pub process: Option<Process>,
    /// The instant of the event that last told of its activity.
    pub activity_us: Option<i64>,
    /// The calls that have not come back, or came back before they were known.
    pub open_tools: Vec<OpenTool>,
    /// What clients see.
    pub session: Session,
}

/// What must happen to the session before an event is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// It is created: `session_created` goes first.
    Create(Box<SessionRow>),
    /// It is resumed or finished: `session_updated` goes first.
    Update(SessionStatus),
    /// Nothing.
    None,
}

/// A session made by `POST /sessions` at the position `seq`.
pub fn created(new: NewSession, created_us: i64, seq: i64) -> SessionRow {
    let NewSession { session_id, session_name, project_dir, agent_name, parent_session_id } = new;
    let created_at = timestamp::format(created_us);
    let session = blank(session_id, session_name, created_at);
    let session = Session { project_dir, agent_name, parent_session_id, ..session };
    row(seq, created_us, NameRank::Person, session)
}

/// A session that an agent's document creates at the position `seq`.
pub fn reported(facts: &Facts, seq: i64) -> SessionRow {
    let session = blank(facts.session_id.clone(), facts.session_id.clone(), facts.at.clone());
    let session = Session { source: facts.source, ..session };
    let mut row = row(seq, facts.at_us, NameRank::Folder, session);
    if check_name(&facts.session_name).is_ok() {
        row.session.session_name.clone_from(&facts.session_name);
    }
    row.learn(facts);
    row
}

/// Whether this end belongs to an earlier stretch of the session: it was reported late, and the session has been
/// taken up again since.
pub fn is_late_end(row: &SessionRow, event: &NewEvent) -> bool {
    event.turn() == Turn::Stop && row.started_us.is_some_and(|started_us| event.instant_us < started_us)
}

/// What `event` does to its session, before it is stored itself. `seq` is the next free position.
///
/// # Errors
/// When there is no such session and the event may not create it.
pub fn before_event(
    row: Option<&SessionRow>,
    event: &NewEvent,
    may_create: bool,
    seq: i64,
) -> Result<SessionChange, CommandError> {
    Ok(match (row, event.turn()) {
        (None, Turn::Start) if may_create => {
            let session = blank(event.session_id.clone(), event.session_name.clone(), event.timestamp.clone());
            let created_us = event.instant_us;
            SessionChange::Create(Box::new(self::row(seq, created_us, NameRank::Person, session)))
        }
        (None, _) => return Err(CommandError::SessionNotFound),
        (Some(row), Turn::Start) => {
            let begun = row.session.status == SessionStatus::Finished || row.session.event_count > 0;
            if begun { SessionChange::Update(SessionStatus::Running) } else { SessionChange::None }
        }
        (Some(_), Turn::Stop) => SessionChange::Update(SessionStatus::Finished),
        (Some(_), Turn::None) => SessionChange::None,
    })
}

impl SessionRow {
    /// Carries out a [`SessionChange::Update`].
    pub fn turn(&mut self, status: SessionStatus, event: &NewEvent) {
        self.session.status = status;
        match status {
            SessionStatus::Running => {
                self.session.last_resumed_at = Some(event.timestamp.clone());
                self.session.ended_at = None;
                self.session.exit_code = None;
            }
            SessionStatus::Finished => {
                self.session.ended_at = Some(event.timestamp.clone());
                self.session.exit_code = event.exit_code;
            }
        }
    }

    /// When it began: at its earliest event, or when it was made, if that was before.
    pub fn began_us(&self) -> i64 {
        self.first_event_us.map_or(self.created_us, |first_us| first_us.min(self.created_us))
    }

    /// When an end, or a resume, counts that is said to have been at this instant: no earlier than what was counted
    /// before it, so that no two stretches of a session overlap.
    pub fn turns_us(&self, at_us: i64) -> i64 {
        self.turned_us.map_or(at_us, |turned_us| turned_us.max(at_us))
    }

    /// Counts an event that has been stored at the position `id`.
    pub fn count(&mut self, event: &NewEvent, id: i64) {
        self.session.event_count += 1;
        self.session.error_count += i64::from(event.is_error);
        if event.turn() == Turn::Start {
            self.started_us = self.started_us.max(Some(event.instant_us));
        }
        if event.is_answer {
            self.answer = self.answer.max(Some((event.instant_us, id)));
        }
        // Of two events at one instant the later stored stands later.
        if self.first_event_us.is_none_or(|oldest| event.instant_us < oldest) {
            self.first_event_us = Some(event.instant_us);
            self.session.first_event_at = Some(event.timestamp.clone());
        }
        if self.last_event_us.is_none_or(|newest| event.instant_us >= newest) {
            self.last_event_us = Some(event.instant_us);
            self.session.last_event_at = Some(event.timestamp.clone());
        }
    }

    /// Takes what an event, stored at the position `id`, says of the activity; tells whether that has changed.
    pub fn act(&mut self, event: &NewEvent, id: i64) -> bool {
        // The events of a client of the API follow no agent's rules, and their messages have the keys of the API.
        if self.session.source == Source::Api {
            return false;
        }
        // What comes late says nothing of now; but hooks run side by side, and a call that came back is not open.
        if self.activity_us.is_some_and(|known_us| event.instant_us < known_us) {
            if matches!(event.signal, Signal::ToolCalled { .. } | Signal::ToolReturned { .. } | Signal::Asks { .. }) {
                event.signal.follow(&mut self.open_tools);
            }
            return false;
        }
        let Some((state, tool)) = event.signal.follow(&mut self.open_tools) else { return false };
        self.activity_us = Some(event.instant_us);
        let is_same = |known: &Activity| {
            // Whoever asks once more need not say for which tool.
            let asks_again = state != ActivityState::Working && tool.is_none();
            known.state == state && (known.tool == tool || asks_again)
        };
        if self.session.activity.as_ref().is_some_and(is_same) {
            return false;
        }
        self.session.activity = Some(Activity { state, since: event.timestamp.clone(), event_id: Some(id), tool });
        true
    }

    /// Notes that the session has been silent since `last_event_us`; tells whether that is new. A tool may take as
    /// long as it likes.
    pub fn stall(&mut self, last_event_us: Option<i64>, since: &str) -> bool {
        let Some(activity) = &mut self.session.activity else { return false };
        let silent = self.last_event_us == last_event_us && !self.open_tools.iter().any(OpenTool::is_open);
        if !silent || activity.state != ActivityState::Working || activity.tool.is_some() {
            return false;
        }
        (activity.state, activity.since) = (ActivityState::Stalled, since.to_owned());
        true
    }

    /// Carries out a patch: what is not given stays.
    pub fn patch(&mut self, patch: SessionPatch) {
        let SessionPatch { session_name, project_dir, agent_name, last_resumed_at, parent_session_id } = patch;
        let session = &mut self.session;
        if let Some(name) = session_name {
            session.session_name = name;
            self.name_rank = NameRank::Person;
        }
        session.project_dir = project_dir.or(session.project_dir.take());
        session.agent_name = agent_name.or(session.agent_name.take());
        session.last_resumed_at = last_resumed_at.or(session.last_resumed_at.take());
        session.parent_session_id = parent_session_id.or(session.parent_session_id.take());
    }
}

/// What a session has learnt from a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// Nothing new.
    Nothing,
    /// Something that clients do not see.
    Hidden,
    /// Something that clients see.
    Shown,
}

impl SessionRow {
    /// Takes over what a document knows better.
    pub fn learn(&mut self, facts: &Facts) -> Learnt {
        let (shown, hidden) = (self.session.clone(), (self.name_rank, self.process));
        self.take_name(facts);
        // A document that was delivered late tells of a process that may have ended since.
        if self.started_us.is_none_or(|started_us| facts.at_us >= started_us) {
            self.process = facts.process.or(self.process);
        }
        let session = &mut self.session;
        let is_parent = |parent: &&String| **parent != facts.session_id && check_id("parent", parent).is_ok();
        keep_first(&mut session.parent_session_id, facts.parent_session_id.as_ref().filter(is_parent));
        keep_first(&mut session.project_dir, fit(facts.project_dir.as_ref()));
        keep_first(&mut session.agent_name, fit(facts.agent_name.as_ref()));
        for (known, said) in
            [(&mut session.host, &facts.host), (&mut session.model, &facts.model), (&mut session.branch, &facts.branch)]
        {
            if let Some(said) = fit(said.as_ref()) {
                *known = Some(said.clone());
            }
        }
        if *session != shown {
            Learnt::Shown
        } else if (self.name_rank, self.process) != hidden {
            Learnt::Hidden
        } else {
            Learnt::Nothing
        }
    }

    fn take_name(&mut self, facts: &Facts) {
        if facts.name_rank < self.name_rank
            || self.name_rank == NameRank::Person
            || check_name(&facts.session_name).is_err()
        {
            return;
        }
        // The first prompt names a session, and not the one that came last.
        if facts.name_rank > self.name_rank || facts.name_rank >= NameRank::Title {
            self.session.session_name.clone_from(&facts.session_name);
        }
        self.name_rank = facts.name_rank;
    }
}

fn keep_first(known: &mut Option<String>, said: Option<&String>) {
    if known.is_none() {
        *known = said.cloned();
    }
}

/// What stands in every list of sessions must be short.
fn fit(said: Option<&String>) -> Option<&String> {
    said.filter(|said| said.len() <= MAX_DETAIL_BYTES)
}

fn row(session_key: i64, created_us: i64, name_rank: NameRank, session: Session) -> SessionRow {
    SessionRow {
        session_key,
        created_us,
        first_event_us: None,
        last_event_us: None,
        answer: None,
        started_us: None,
        turned_us: None,
        name_rank,
        process: None,
        activity_us: None,
        open_tools: Vec::new(),
        session,
    }
}

fn blank(session_id: String, session_name: String, created_at: String) -> Session {
    Session {
        session_id,
        session_name,
        status: SessionStatus::Running,
        created_at,
        project_dir: None,
        agent_name: None,
        last_resumed_at: None,
        parent_session_id: None,
        first_event_at: None,
        last_event_at: None,
        event_count: 0,
        source: Source::Api,
        host: None,
        model: None,
        branch: None,
        ended_at: None,
        exit_code: None,
        error_count: 0,
        activity: None,
    }
}
