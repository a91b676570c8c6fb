//! Outlines: all events of a session without their bodies.

use std::sync::Arc;

use agent_runtime_types::outline::Outline;
use agent_runtime_types::outline_columns::OutlineColumns;
use agent_runtime_types::page::{EventDetail, EventQuery};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::event_pages::{self, EventParameters};
use crate::api::refusals;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::{Parameters, SessionId};

/// The outlines of a session's events, in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutlineList {
    outline: Vec<Outline>,
    /// The last one's id, when there is more: to be given as `after`, or as `before` when descending.
    #[schema(nullable = false)]
    next: Option<i64>,
}

/// List a session's events without their bodies, oldest first: all of them, unless a parameter says less.
#[utoipa::path(get, path = "/sessions/{session_id}/outline", tag = "events",
    params(
        ("session_id" = String, Path, description = "The session's id, percent-encoded"),
        EventParameters,
    ),
    responses((status = 200, description = "The outlines", body = OutlineList), refusals::Parameters, refusals::Session, refusals::Any))]
pub(crate) async fn outline(
    State(app): State<Arc<App>>,
    SessionId(id): SessionId,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let query = EventQuery { detail: EventDetail::Outline, ..event_pages::query(&parameters)? };
    event_pages::answer(app, id, query, "outline").await
}

/// The same in columns, some hundreds of events after the other.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutlinePages {
    pages: Vec<OutlineColumns>,
    /// The last one's id, when there is more: to be given as `after`, or as `before` when descending.
    #[schema(nullable = false)]
    next: Option<i64>,
}

/// List a session's events without their bodies in columns: a fraction of the bytes, and quicker to read. Each page of columns
/// stands on a line of its own.
#[utoipa::path(get, path = "/sessions/{session_id}/outline/columns", tag = "events",
    params(
        ("session_id" = String, Path, description = "The session's id, percent-encoded"),
        EventParameters,
    ),
    responses((status = 200, description = "The outlines", body = OutlinePages), refusals::Parameters, refusals::Session, refusals::Any))]
pub(crate) async fn columns(
    State(app): State<Arc<App>>,
    SessionId(id): SessionId,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let query = EventQuery { detail: EventDetail::OutlineColumns, ..event_pages::query(&parameters)? };
    event_pages::answer(app, id, query, "pages").await
}
