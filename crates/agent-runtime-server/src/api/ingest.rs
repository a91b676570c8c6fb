//! Many events at once: one a line, all or nothing.

use std::sync::Arc;

use agent_runtime_agents::report::Counted;
use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_types::event::NewEvent;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answers::unexpected;
use crate::api::refusals;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::{self, NDJSON, Unread};
use crate::secrets;

/// What was stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ingested {
    ok: bool,
    /// Events stored.
    stored: u64,
    /// Events whose key was there already.
    duplicates: u64,
}

/// Append events, one JSON object a line, of any sessions, in order; a `session_start` creates its session.
#[utoipa::path(post, path = "/ingest", operation_id = "ingestEvents", tag = "events",
    request_body(content(
        (String = "application/x-ndjson"), (String = "application/ndjson"), (String = "application/jsonl"))),
    responses((status = 200, description = "All events are stored, or were before", body = Ingested), refusals::Body, refusals::Write, refusals::Any))]
pub(crate) async fn ingest(State(app): State<Arc<App>>, body: Unread) -> Result<Json<Ingested>, ApiError> {
    let body = extract::read_body(&app, body, &NDJSON, app.config.limits.ingest_body_bytes).await?;
    let max_line_bytes = app.config.limits.ingest_line_bytes;
    let redacts = app.config.redacts;
    let parser = move |bytes: &[u8]| lines(bytes, max_line_bytes, redacts);
    let ((events, counted), share) = extract::parse(&app, body, parser).await?;
    app.metrics.taken_out.count(&counted);
    match app.journal.append(Command::Ingest { events }, Some(share)).await? {
        Outcome::Stored { stored, duplicates } => Ok(Json(Ingested { ok: true, stored, duplicates })),
        other => Err(unexpected(&other)),
    }
}

/// Reads a body line by line; blank ones are allowed, and either end of a line.
type Lines = (Vec<(usize, Arc<NewEvent>)>, Counted);

fn lines(body: &[u8], max_line_bytes: usize, redacts: bool) -> Result<Lines, ApiError> {
    let (mut events, mut all) = (Vec::new(), Counted::default());
    for (index, line) in body.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > max_line_bytes {
            return Err(ApiError::LineTooLong { line: number, limit: max_line_bytes });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (event, counted) = secrets::parse_event(line, redacts).map_err(|invalid| invalid.at_line(number))?;
        all.add(&counted);
        events.push((number, Arc::new(event)));
    }
    Ok((events, all))
}
