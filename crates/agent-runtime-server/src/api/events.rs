//! Events: append one, list those of a session.

use std::sync::Arc;

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_types::event::{Event, EventBody, NewEvent};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answers::{Done, done, unexpected};
use crate::api::event_pages::{self, EventParameters};
use crate::api::refusals;
use crate::app::App;
use crate::budget::Share;
use crate::error::ApiError;
use crate::extract::{self, JSON, Parameters, ReadBody, SessionId, Unread};
use crate::secrets;

/// The events of a session, in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventList {
    events: Vec<Event>,
    /// The last one's id, when there is more: to be given as `after`, or as `before` when descending.
    #[schema(nullable = false)]
    next: Option<i64>,
}

/// List a session's events, oldest first: all of them, unless a parameter says less.
#[utoipa::path(get, path = "/sessions/{session_id}/events", operation_id = "listEvents", tag = "events",
    params(
        ("session_id" = String, Path, description = "The session's id, percent-encoded"),
        EventParameters,
    ),
    responses((status = 200, description = "The events", body = EventList), refusals::Parameters, refusals::Session, refusals::Any))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    SessionId(id): SessionId,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let query = event_pages::query(&parameters)?;
    event_pages::answer(app, id, query, "events").await
}

/// The same as `GET /sessions/{session_id}/events`, under its older name.
#[utoipa::path(get, path = "/events/{session_id}", operation_id = "listEventsBySession", tag = "events",
    params(
        ("session_id" = String, Path, description = "The session's id, percent-encoded"),
        EventParameters,
    ),
    responses((status = 200, description = "The events", body = EventList), refusals::Parameters, refusals::Session, refusals::Any))]
pub(crate) async fn legacy_list(
    app: State<Arc<App>>,
    id: SessionId,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    list(app, id, parameters).await
}

/// Append an event to a session.
#[utoipa::path(post, path = "/sessions/{session_id}/events", operation_id = "appendEvent", tag = "events", request_body = EventBody,
    params(("session_id" = String, Path, description = "The session's id, percent-encoded")),
    responses((status = 200, description = "The event is stored, or was before", body = Done), refusals::Body, refusals::Session, refusals::Write, refusals::Any))]
pub(crate) async fn append(
    State(app): State<Arc<App>>,
    SessionId(id): SessionId,
    body: Unread,
) -> Result<Response, ApiError> {
    let body = extract::read_body(&app, body, &JSON, app.config.limits.json_body_bytes).await?;
    let (event, share) = read(&app, body).await?;
    if event.session_id != id {
        let exists = app.store.session(&id).await?.is_some();
        return Err(if exists { ApiError::IdsDiffer } else { ApiError::SessionNotFound });
    }
    let command = Command::AppendEvent { event: Arc::new(event), may_create: false };
    stored(&app.journal.append(command, Some(share)).await?)
}

/// Append an event to the session that it names; a `session_start` creates the session.
#[utoipa::path(post, path = "/events", operation_id = "appendEventBySession", tag = "events", request_body = EventBody,
    responses((status = 200, description = "The event is stored, or was before", body = Done), refusals::Body, refusals::Session, refusals::Write, refusals::Any))]
pub(crate) async fn legacy_append(State(app): State<Arc<App>>, body: Unread) -> Result<Response, ApiError> {
    let body = extract::read_body(&app, body, &JSON, app.config.limits.json_body_bytes).await?;
    let (event, share) = read(&app, body).await?;
    let command = Command::AppendEvent { event: Arc::new(event), may_create: true };
    stored(&app.journal.append(command, Some(share)).await?)
}

/// Reads an event, without the secrets in it.
async fn read(app: &App, body: ReadBody) -> Result<(NewEvent, Share), ApiError> {
    let redacts = app.config.redacts;
    let parser = move |bytes: &[u8]| Ok(secrets::parse_event(bytes, redacts)?);
    let ((event, counted), share) = extract::parse(app, body, parser).await?;
    app.metrics.taken_out.count(&counted);
    Ok((event, share))
}

fn stored(outcome: &Outcome) -> Result<Response, ApiError> {
    match outcome {
        Outcome::Stored { .. } => Ok(done()),
        other => Err(unexpected(other)),
    }
}
