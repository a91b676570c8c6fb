//! Events: append one, list those of a session.

use std::sync::Arc;

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::ReadError;
use agent_runtime_store::read::{EventPage, EventReading};
use agent_runtime_types::event::{Event, EventBody, NewEvent};
use agent_runtime_types::page::{EventQuery, parse_limit};
use agent_runtime_types::problem::Invalid;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use serde::Serialize;
use tokio::task::JoinHandle;
use utoipa::{IntoParams, ToSchema};

use crate::api::answers::{Done, done, json_text, unexpected};
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

/// Which of a session's events are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "parameters are read one by one; this describes them")]
pub(crate) struct EventParameters {
    /// Only those that stand after this event of the session
    after: Option<i64>,
    /// Only those that stand before this event of the session
    before: Option<i64>,
    /// At most so many; more than 10,000 counts as 10,000
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Only those of this type
    event_type: Option<String>,
    /// Only those of this tool
    tool_name: Option<String>,
    /// `desc`: newest first; `asc`: oldest first
    order: Option<String>,
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
    let owned = |name: &str| parameters.one(name).map(|value| value.map(str::to_owned));
    let query = EventQuery {
        after: event_id(&parameters, "after")?,
        before: event_id(&parameters, "before")?,
        limit: parameters.one("limit")?.map(parse_limit).transpose()?,
        event_type: owned("event_type")?,
        tool_name: owned("tool_name")?,
        descending: match parameters.one("order")? {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(Invalid::field("order", "must be 'asc' or 'desc'").into()),
        },
    };
    let reading = app.store.begin_events(&id, query).await?;
    let mut page = app.store.read_events(reading, app.page_limits()).await?;
    page.rows.insert_str(0, "{\"events\":[");
    let Some(rest) = page.rest.take() else {
        end(&mut page);
        return Ok(json_text(page.rows));
    };
    // Should the database fail midway, the stream ends with an error, and the connection is cut: a short
    // answer must never look like a whole one.
    let pages = Pages { begun: page.count > 0, next: Some(read_ahead(&app, rest)), session_id: id, app };
    let first = Bytes::from(page.rows);
    let rest = stream::unfold(pages, |mut pages| async move { pages.next().await.map(|chunk| (chunk, pages)) });
    let body = futures_util::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], Body::from_stream(body)).into_response())
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

fn event_id(parameters: &Parameters, name: &str) -> Result<Option<i64>, Invalid> {
    let wrong = || Invalid::field(name, "must be the id of an event");
    parameters.one(name)?.map(|text| text.parse().map_err(|_| wrong())).transpose()
}

/// Ends the list behind its last page.
fn end(page: &mut EventPage) {
    page.rows.push(']');
    if let Some(next) = page.next {
        page.rows.push_str(",\"next\":");
        page.rows.push_str(&next.to_string());
    }
    page.rows.push('}');
}

/// The pages of a long answer behind its first. One is read while the one before is being sent; a client
/// that does not read holds up nothing but these two.
struct Pages {
    app: Arc<App>,
    session_id: String,
    begun: bool,
    next: Option<JoinHandle<Result<EventPage, ReadError>>>,
}

impl Pages {
    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        let page = match self.next.take()?.await {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return Some(Err(self.cut(&error))),
            Err(error) => return Some(Err(self.cut(&error))),
        };
        Some(Ok(self.chunk(page)))
    }

    /// The answer cannot go on: the connection is cut.
    fn cut(&self, error: &dyn std::fmt::Display) -> std::io::Error {
        tracing::warn!(%error, session_id = self.session_id, "a long answer was cut");
        std::io::Error::other(error.to_string())
    }

    fn chunk(&mut self, mut page: EventPage) -> Bytes {
        if self.begun && page.count > 0 {
            page.rows.insert(0, ',');
        }
        self.begun |= page.count > 0;
        match page.rest.take() {
            Some(rest) => self.next = Some(read_ahead(&self.app, rest)),
            None => end(&mut page),
        }
        Bytes::from(page.rows)
    }
}

fn read_ahead(app: &Arc<App>, rest: EventReading) -> JoinHandle<Result<EventPage, ReadError>> {
    let app = Arc::clone(app);
    tokio::spawn(async move { app.store.read_events(rest, app.page_limits()).await })
}
