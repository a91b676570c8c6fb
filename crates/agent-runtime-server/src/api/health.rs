//! Is it alive, can it write, and what do its numbers say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::refusals;
use crate::app::App;
use crate::error::ApiError;
use crate::observe::Present;

/// Yes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Healthy {
    ok: bool,
}

/// Tell that the server runs.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()),
    responses((status = 200, description = "Yes", body = Healthy), refusals::Any))]
pub(crate) async fn alive() -> Json<Healthy> {
    Json(Healthy { ok: true })
}

/// Tell whether the server can write.
#[utoipa::path(get, path = "/readyz", tag = "server", security(()),
    responses((status = 200, description = "Yes", body = Healthy), refusals::Any))]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Healthy>, ApiError> {
    match app.journal.check().await {
        Ok(()) => Ok(Json(Healthy { ok: true })),
        // To whoever asks whether to send writes here, a full disk is one more reason for 'not now'.
        Err(ApiError::DiskFull) => Err(ApiError::NotWriting),
        Err(error) => Err(error),
    }
}

/// The server's numbers as Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "The numbers", content_type = "text/plain", body = String), refusals::Any))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let present = Present {
        head: app.hub.head(),
        queued_commands: app.journal.waiting(),
        database_bytes: app.store.size_bytes(),
        connections: app.tasks.len(),
    };
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], app.metrics.text(&present)).into_response()
}
