//! Is it alive, can it write, and what do its numbers say.

use std::sync::Arc;

use agent_runtime_types::timestamp;
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
#[utoipa::path(get, path = "/healthz", operation_id = "checkAlive", tag = "server", security(()),
    responses((status = 200, description = "Yes", body = Healthy), refusals::Any))]
pub(crate) async fn alive() -> Json<Healthy> {
    Json(Healthy { ok: true })
}

/// Tell whether the server can write.
#[utoipa::path(get, path = "/readyz", operation_id = "checkReady", tag = "server", security(()),
    responses((status = 200, description = "Yes", body = Healthy), refusals::Any))]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Healthy>, ApiError> {
    match app.journal.check().await {
        Ok(()) => Ok(Json(Healthy { ok: true })),
        // To whoever asks whether to send writes here, a full disk is one more reason for 'not now'.
        Err(ApiError::DiskFull) => Err(ApiError::NotWriting),
        Err(error) => Err(error),
    }
}

/// How the server is, for whoever looks after it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Details {
    /// The version of the server.
    version: &'static str,
    /// Where the running program lies, when the system tells.
    program: Option<String>,
    /// Since when it runs; what it counts, it counts since then.
    started_at: String,
    database: Database,
    /// Agents that were heard of, each on each of its machines, the latest first; among the newest 1,000 sessions.
    agents: Vec<HeardAgent>,
    documents: HookDocuments,
}

/// The database.
#[derive(Serialize, ToSchema)]
struct Database {
    /// Whether it takes writes. Tried only when the last one failed.
    writes: bool,
    /// Bytes of its files on disk.
    size_bytes: u64,
    /// Bytes that hold something.
    used_bytes: u64,
    /// Bytes that the disk still has beside it.
    disk_free_bytes: Option<u64>,
    /// Bytes that a day adds: an estimate, from the share of the log that was written in the last seven days.
    growth_bytes_per_day: u64,
    /// Over how many seconds that was measured.
    growth_seconds: u64,
}

/// An agent on a machine.
#[derive(Serialize, ToSchema)]
struct HeardAgent {
    /// `claude-code` or `codex`.
    source: &'static str,
    /// The machine, when its documents say so.
    host: Option<String>,
    /// Its session that was heard of last; no subagent's.
    session_id: String,
    /// The instant of that session's newest event.
    last_event_at: String,
}

/// Agents' own documents since the server was started.
#[derive(Serialize, ToSchema)]
struct HookDocuments {
    /// Those that had been stored before: copies of one hook, and replays.
    repeated: u64,
}

/// Tell how the server is.
#[utoipa::path(get, path = "/health/details", operation_id = "readHealthDetails", tag = "server",
    responses((status = 200, description = "How it is", body = Details), refusals::Any))]
pub(crate) async fn details(State(app): State<Arc<App>>) -> Result<Json<Details>, ApiError> {
    let footprint = app.store.footprint(app.config.clock.now_us()).await?;
    let agents = app.store.last_heard().await?.into_iter().map(|heard| HeardAgent {
        source: heard.source.as_str(),
        host: heard.host,
        session_id: heard.session_id,
        last_event_at: timestamp::format(heard.last_event_us),
    });
    Ok(Json(Details {
        version: env!("CARGO_PKG_VERSION"),
        program: app.config.program.as_ref().map(|path| path.display().to_string()),
        started_at: timestamp::format(app.started_us),
        database: Database {
            writes: app.journal.check().await.is_ok(),
            size_bytes: app.store.size_bytes(),
            used_bytes: footprint.used_bytes,
            disk_free_bytes: footprint.disk_free_bytes,
            growth_bytes_per_day: footprint.growth_bytes_per_day,
            growth_seconds: footprint.growth_seconds,
        },
        agents: agents.collect(),
        documents: HookDocuments { repeated: app.metrics.hooks.repeated.get() },
    }))
}

/// The server's numbers as Prometheus text.
#[utoipa::path(get, path = "/metrics", operation_id = "readMetrics", tag = "server",
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
