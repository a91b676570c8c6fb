//! Sessions: list, create, show, status, result, change, delete.

use std::sync::Arc;

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_types::page::{SessionOrder, SessionPlace, SessionQuery, parse_limit};
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::session::{NewSession, Session, SessionPatch, SessionStatus};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answers::{json_text, unexpected};
use crate::api::refusals;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::{self, JSON, Parameters, SessionId, Unread};

/// A list of sessions, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    sessions: Vec<Session>,
    /// Where to go on, when there is more: to be given as `before`.
    #[schema(nullable = false)]
    next: Option<String>,
}

/// One session.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneSession {
    session: Session,
}

/// A session that was created or changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedSession {
    ok: bool,
    session: Session,
}

/// How a session stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusAnswer {
    status: KnownStatus,
}

/// The status of a session that need not exist.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KnownStatus {
    Running,
    Finished,
    NotExistent,
}

/// What an agent answered last.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResultAnswer {
    result: String,
}

/// A session that was deleted.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedSession {
    ok: bool,
    session_id: String,
    deleted: Deleted,
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    session: bool,
    events_count: i64,
}

/// The body of `POST /sessions`. Unknown keys are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "bodies are read field by field; this describes them")]
pub(crate) struct CreateBody {
    /// The client's own id: no control characters, not `.` or `..`.
    #[schema(min_length = 1, max_length = 256, example = "abc-123")]
    session_id: String,
    /// What people call it.
    #[schema(max_length = 1024, example = "My Session")]
    session_name: String,
    /// The folder it works in.
    project_dir: Option<String>,
    /// The agent that runs it.
    agent_name: Option<String>,
    /// The session that started this one.
    #[schema(min_length = 1, max_length = 256)]
    parent_session_id: Option<String>,
}

/// The body of `PATCH /sessions/{session_id}/metadata`: at least one field. Unknown keys are ignored.
#[derive(ToSchema)]
#[schema(min_properties = 1)]
#[expect(dead_code, reason = "bodies are read field by field; this describes them")]
pub(crate) struct PatchBody {
    /// What people call it.
    #[schema(max_length = 1024)]
    session_name: Option<String>,
    /// The folder it works in.
    project_dir: Option<String>,
    /// The agent that runs it.
    agent_name: Option<String>,
    /// When it was taken up again.
    #[schema(example = "2025-12-03T10:11:12.123456+00:00")]
    last_resumed_at: Option<String>,
    /// The session that started this one.
    #[schema(min_length = 1, max_length = 256)]
    parent_session_id: Option<String>,
}

/// List sessions, newest first: all of them, unless a parameter says less.
#[utoipa::path(get, path = "/sessions", tag = "sessions",
    params(
        ("status" = Option<SessionStatus>, Query, description = "Only those of this status"),
        ("agent_name" = Option<String>, Query, description = "Only those of exactly this agent"),
        ("project_dir" = Option<String>, Query, description = "Only those in exactly this folder"),
        ("q" = Option<String>, Query, description = "Only those with this text in id, name, folder or agent, in any case"),
        ("order" = Option<String>, Query, description = "`activity`: with the newest event first; `creation`: created last, first"),
        ("limit" = Option<i64>, Query, minimum = 1, description = "At most so many; more than 10,000 counts as 10,000"),
        ("before" = Option<String>, Query, description = "Go on at an earlier answer's `next`"),
    ),
    responses((status = 200, description = "The sessions", body = SessionList), refusals::Parameters, refusals::Any))]
pub(crate) async fn list(State(app): State<Arc<App>>, parameters: Parameters) -> Result<Response, ApiError> {
    let owned = |name: &str| parameters.one(name).map(|value| value.map(str::to_owned));
    let status = parameters.one("status")?.map(|word| {
        let wrong = || Invalid::field("status", "must be 'running' or 'finished'");
        SessionStatus::parse(word).ok_or_else(wrong)
    });
    let order = match parameters.one("order")? {
        None | Some("creation") => SessionOrder::Creation,
        Some("activity") => SessionOrder::Activity,
        Some(_) => return Err(Invalid::field("order", "must be 'creation' or 'activity'").into()),
    };
    let query = SessionQuery {
        status: status.transpose()?,
        agent_name: owned("agent_name")?,
        project_dir: owned("project_dir")?,
        text: owned("q")?,
        limit: parameters.one("limit")?.map(parse_limit).transpose()?,
        order,
        before: parameters.one("before")?.map(|text| SessionPlace::parse(text, order)).transpose()?,
    };
    let page = app.store.sessions(query).await?;
    let mut text = page.sessions;
    text.insert_str(0, "{\"sessions\":");
    if let Some(next) = page.next {
        text.push_str(",\"next\":\"");
        text.push_str(&next.to_text(order));
        text.push('"');
    }
    text.push('}');
    Ok(json_text(text))
}

/// Create a session.
#[utoipa::path(post, path = "/sessions", tag = "sessions", request_body = CreateBody,
    responses(
        (status = 200, description = "Done, and the session as it is now", body = ChangedSession),
        (status = 409, description = "There is a session of this id", body = agent_runtime_types::problem::Problem),
        refusals::Body, refusals::Write, refusals::Any,
    ))]
pub(crate) async fn create(State(app): State<Arc<App>>, body: Unread) -> Result<Json<ChangedSession>, ApiError> {
    let body = extract::read_body(&app, body, &JSON, app.config.limits.json_body_bytes).await?;
    let (session, share) = extract::parse(&app, body, |bytes| Ok(NewSession::parse(bytes)?)).await?;
    let created_us = app.config.clock.now_us();
    changed(app.journal.append(Command::CreateSession { session, created_us }, Some(share)).await?)
}

/// Show a session.
#[utoipa::path(get, path = "/sessions/{session_id}", tag = "sessions",
    params(("session_id" = String, Path, description = "The session's id, percent-encoded")),
    responses((status = 200, description = "The session", body = OneSession), refusals::Parameters, refusals::Session, refusals::Any))]
pub(crate) async fn show(State(app): State<Arc<App>>, SessionId(id): SessionId) -> Result<Json<OneSession>, ApiError> {
    let session = app.store.session(&id).await?.ok_or(ApiError::SessionNotFound)?;
    Ok(Json(OneSession { session }))
}

/// Tell a session's status; one that does not exist has the status `not_existent`.
#[utoipa::path(get, path = "/sessions/{session_id}/status", tag = "sessions",
    params(("session_id" = String, Path, description = "The session's id, percent-encoded")),
    responses((status = 200, description = "The status", body = StatusAnswer), refusals::Parameters, refusals::Any))]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    SessionId(id): SessionId,
) -> Result<Json<StatusAnswer>, ApiError> {
    let status = match app.store.session(&id).await?.map(|session| session.status) {
        None => KnownStatus::NotExistent,
        Some(SessionStatus::Running) => KnownStatus::Running,
        Some(SessionStatus::Finished) => KnownStatus::Finished,
    };
    Ok(Json(StatusAnswer { status }))
}

/// Get the text of a finished session's last assistant message.
#[utoipa::path(get, path = "/sessions/{session_id}/result", tag = "sessions",
    params(("session_id" = String, Path, description = "The session's id, percent-encoded")),
    responses(
        (status = 200, description = "The result", body = ResultAnswer),
        (status = 400, description = "The session is not finished, or a parameter breaks a rule",
            body = agent_runtime_types::problem::Problem),
        (status = 404, description = "There is no such session, or it has no result",
            body = agent_runtime_types::problem::Problem),
        refusals::Any,
    ))]
pub(crate) async fn result(
    State(app): State<Arc<App>>,
    SessionId(id): SessionId,
) -> Result<Json<ResultAnswer>, ApiError> {
    match app.store.answer(&id).await? {
        (SessionStatus::Running, _) => Err(ApiError::SessionNotFinished),
        (SessionStatus::Finished, None) => Err(ApiError::NoResult),
        (SessionStatus::Finished, Some(result)) => Ok(Json(ResultAnswer { result })),
    }
}

/// Change a session's metadata.
#[utoipa::path(patch, path = "/sessions/{session_id}/metadata", tag = "sessions", request_body = PatchBody,
    params(("session_id" = String, Path, description = "The session's id, percent-encoded")),
    responses((status = 200, description = "Done, and the session as it is now", body = ChangedSession), refusals::Body, refusals::Session, refusals::Write, refusals::Any))]
pub(crate) async fn patch(
    State(app): State<Arc<App>>,
    SessionId(session_id): SessionId,
    body: Unread,
) -> Result<Json<ChangedSession>, ApiError> {
    let body = extract::read_body(&app, body, &JSON, app.config.limits.json_body_bytes).await?;
    let id = session_id.clone();
    let (patch, share) = extract::parse(&app, body, move |bytes| Ok(SessionPatch::parse(bytes, &id)?)).await?;
    changed(app.journal.append(Command::PatchSession { session_id, patch }, Some(share)).await?)
}

/// Delete a session and all its events.
#[utoipa::path(delete, path = "/sessions/{session_id}", tag = "sessions",
    params(("session_id" = String, Path, description = "The session's id, percent-encoded")),
    responses((status = 200, description = "The session is gone", body = DeletedSession), refusals::Parameters, refusals::Session, refusals::Write, refusals::Any))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    SessionId(session_id): SessionId,
) -> Result<Json<DeletedSession>, ApiError> {
    match app.journal.append(Command::DeleteSession { session_id: session_id.clone() }, None).await? {
        Outcome::Deleted { events_count } => {
            Ok(Json(DeletedSession { ok: true, session_id, deleted: Deleted { session: true, events_count } }))
        }
        other => Err(unexpected(&other)),
    }
}

fn changed(outcome: Outcome) -> Result<Json<ChangedSession>, ApiError> {
    match outcome {
        Outcome::Session(session) => Ok(Json(ChangedSession { ok: true, session: *session })),
        other => Err(unexpected(&other)),
    }
}
