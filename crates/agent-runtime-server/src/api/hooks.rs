//! Hooks: the documents of agents themselves, each as its agent wrote it.

use std::sync::Arc;

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::envelope::Envelope;
use agent_runtime_agents::hook::read_hook;
use agent_runtime_agents::report::{Options, TranscriptRef, Unreadable};
use agent_runtime_store::command::Outcome;
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::timestamp;
use axum::extract::State;
use axum::extract::rejection::ExtensionRejection;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answers::unexpected;
use crate::api::refusals;
use crate::app::App;
use crate::connection::Underneath;
use crate::error::ApiError;
use crate::extract::{self, JSON, JSON_OF_ANY_TYPE, Unread};
use crate::reports;

/// The header of our own command. Who sends it is told the truth; any other client is an agent, which must hear 200
/// and nothing else, or it shows its user an error.
const ENVELOPE: HeaderName = HeaderName::from_static("x-agent-runtime-envelope");

/// Where a proxy says for whom it asks (RFC 7239, section 4, and the older custom).
const FORWARDED: [&str; 2] = ["forwarded", "x-forwarded-for"];

/// The connection that a document comes on.
type Caller = Result<Extension<Underneath>, ExtensionRejection>;

/// Done; or, to an agent itself, nothing at all.
#[derive(Serialize, ToSchema)]
pub(crate) struct Heard {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ok: Option<bool>,
}

/// Take a document of Claude Code's hooks.
#[utoipa::path(post, path = "/hooks/claude-code", operation_id = "takeClaudeCodeDocument", tag = "hooks",
    request_body(content = Object, description = "The document as the agent wrote it"),
    params(("x-agent-runtime-envelope" = Option<String>, Header,
        description = "JSON: `id` and `at`, perhaps `host`, `pid`, `process_started`, `words` (false: read no transcript). Without it the answer is always `{}`")),
    responses((status = 200, description = "The document is stored, or was before; or an agent itself has sent it", body = Heard),
        refusals::Body, refusals::Write, refusals::Any))]
pub(crate) async fn claude_code(app: State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Unread) -> Response {
    take(&app, Agent::ClaudeCode, &caller, &headers, body).await
}

/// Take a document of Codex's hooks.
#[utoipa::path(post, path = "/hooks/codex", operation_id = "takeCodexDocument", tag = "hooks",
    request_body(content = Object, description = "The document as the agent wrote it"),
    params(("x-agent-runtime-envelope" = Option<String>, Header,
        description = "JSON: `id` and `at`, perhaps `host`, `pid`, `process_started`, `words` (false: read no transcript). Without it the answer is always `{}`")),
    responses((status = 200, description = "The document is stored, or was before; or an agent itself has sent it", body = Heard),
        refusals::Body, refusals::Write, refusals::Any))]
pub(crate) async fn codex(app: State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Unread) -> Response {
    take(&app, Agent::Codex, &caller, &headers, body).await
}

/// What became of a document that could be read.
enum Taken {
    Stored,
    /// Earlier documents of its session wait to be stored.
    Behind,
}

async fn take(app: &Arc<App>, agent: Agent, caller: &Caller, headers: &HeaderMap, body: Unread) -> Response {
    let is_ours = headers.contains_key(&ENVELOPE);
    let mut document = None;
    let taken = async {
        let envelope = envelope(app, headers)?;
        let is_here = envelope.words && is_here(app, &envelope, caller, headers);
        // Our own command sends again what finds no room; an agent does not.
        let share = if is_ours { app.bodies.share() } else { app.bodies.share_or(&app.spare_bodies) };
        let types = if is_ours { &JSON } else { &JSON_OF_ANY_TYPE };
        let body = extract::read_body_into(app, share, body, types, app.config.limits.hook_body_bytes).await?;
        document = Some((envelope.clone(), body.bytes()));
        if !is_ours && waits(app, body.bytes()).await {
            return Ok(Taken::Behind);
        }
        store(app, agent, envelope, is_here, body).await.map(|()| Taken::Stored)
    };
    let taken = taken.await;
    let became = match (&taken, document) {
        (Ok(Taken::Behind), Some((envelope, document))) => keep(app, agent, envelope, document).await,
        (Ok(_), _) => "stored",
        (Err(error), Some((envelope, document))) if !is_ours && error.is_passing() => {
            keep(app, agent, envelope, document).await
        }
        (Err(_), _) if is_ours => "refused",
        (Err(_), _) => "lost",
    };
    app.metrics.hooks.count(agent.as_str(), became);
    match taken {
        Ok(_) if is_ours => Json(Heard { ok: Some(true) }).into_response(),
        Err(error) if is_ours => error.into_response(),
        Ok(_) => Json(Heard { ok: None }).into_response(),
        Err(error) => {
            tracing::warn!(%error, agent = agent.as_str(), became, "a document of an agent was not stored");
            Json(Heard { ok: None }).into_response()
        }
    }
}

async fn store(
    app: &Arc<App>,
    agent: Agent,
    envelope: Envelope,
    is_here: bool,
    body: extract::ReadBody,
) -> Result<(), ApiError> {
    let options = Options {
        redacts: app.config.redacts,
        keeps_original_files: app.config.keeps_original_files,
        reads_transcripts: is_here,
    };
    let reader = Arc::clone(app);
    let parser = move |bytes: &[u8]| {
        let read = |options: &Options| read_hook(agent, &envelope, bytes, options).map_err(invalid);
        let mut report = read(&options)?;
        let is_elsewhere = |at: &TranscriptRef| !reader.words.may_be_read(at);
        if !is_here {
            // What lies on another machine cannot be read here.
            report.transcript = None;
        } else if report.transcript.as_ref().is_some_and(is_elsewhere) {
            // Nobody will read it: a turn's last words are taken from here.
            report = read(&Options { reads_transcripts: false, ..options })?;
        }
        let (transcript, counted) = (report.transcript.clone(), std::mem::take(&mut report.counted));
        Ok((reports::command(report, &envelope)?, transcript, counted))
    };
    let ((command, transcript, counted), share) = extract::parse(app, body, parser).await?;
    let outcome = app.journal.append(command, Some(share)).await?;
    app.metrics.taken_out.count(&counted);
    match outcome {
        Outcome::Stored { stored, duplicates } => {
            if stored == 0 && duplicates > 0 {
                app.metrics.hooks.repeated.inc();
            }
            if let Some(transcript) = transcript {
                app.words.look(agent, transcript);
            }
            Ok(())
        }
        Outcome::Forgotten => Ok(()),
        other => Err(unexpected(&other)),
    }
}

/// Whether the agent runs on this machine: by its own word, and by where the document comes from. A proxy here says
/// for whom it asks.
fn is_here(app: &App, envelope: &Envelope, caller: &Caller, headers: &HeaderMap) -> bool {
    let says_so = envelope.host.is_none() || app.config.host_name.is_none() || envelope.host == app.config.host_name;
    let is_near = caller.as_ref().is_ok_and(|Extension(underneath)| underneath.is_here);
    says_so && is_near && !FORWARDED.iter().any(|header| headers.contains_key(*header))
}

/// Whether a document must wait behind earlier ones of its session, to be stored in their order.
async fn waits(app: &Arc<App>, document: Bytes) -> bool {
    let Some(spool) = app.config.spool.clone() else { return false };
    tokio::task::spawn_blocking(move || spool.holds(&document)).await.unwrap_or(false)
}

/// Keeps a document until it can be stored, since the agent will not send it again.
async fn keep(app: &Arc<App>, agent: Agent, envelope: Envelope, document: Bytes) -> &'static str {
    let Some(spool) = app.config.spool.clone() else { return "lost" };
    let kept = tokio::task::spawn_blocking(move || spool.keep(agent.as_str(), &envelope.to_json(), &document)).await;
    match kept {
        Ok(Ok(())) => "kept",
        Ok(Err(error)) => {
            tracing::error!(%error, "a document could not be kept");
            "lost"
        }
        Err(error) => {
            tracing::error!(%error, "a document could not be kept");
            "lost"
        }
    }
}

/// What our own command says of the document; of one that an agent sends itself, only the time is known.
fn envelope(app: &App, headers: &HeaderMap) -> Result<Envelope, ApiError> {
    match headers.get(&ENVELOPE) {
        Some(header) => Envelope::parse(header.as_bytes()).map_err(|invalid| envelope_broken(&invalid)),
        None => Ok(Envelope {
            id: String::from("direct"),
            at: timestamp::format(app.config.clock.now_us()),
            host: app.config.host_name.clone(),
            pid: None,
            process_started: None,
            words: true,
        }),
    }
}

fn envelope_broken(invalid: &Invalid) -> ApiError {
    Invalid::field(ENVELOPE.as_str(), invalid).into()
}

fn invalid(unreadable: Unreadable) -> ApiError {
    match unreadable {
        Unreadable::NotAnObject(invalid) => invalid.into(),
        Unreadable::NoSession => Invalid::field("session_id", "is missing, or no session can have it").into(),
        Unreadable::Envelope(invalid) => envelope_broken(&invalid),
    }
}
