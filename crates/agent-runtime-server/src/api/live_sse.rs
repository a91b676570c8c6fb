//! The change log as Server-Sent Events.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State, rejection::ExtensionRejection};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};

use crate::api::live::{Wanted, note_lag};
use crate::api::refusals;
use crate::app::App;
use crate::connection::Underneath;
use crate::error::{ApiError, Cause};
use crate::extract::Parameters;
use crate::follow::Follower;
use crate::hub::Frame;

/// Follow the change log as Server-Sent Events.
#[utoipa::path(get, path = "/stream", tag = "live",
    params(
        ("since" = Option<String>, Query, description = "Go on behind this cursor instead of beginning with `init`"),
        ("session_id" = Option<Vec<String>>, Query, description = "Only these sessions; repeatable"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same as `since`, and wins over it"),
    ),
    responses((status = 200, description = "Messages follow", content_type = "text/event-stream", body = String),
        refusals::Parameters, refusals::Any))]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    parameters: Parameters,
    headers: HeaderMap,
    underneath: Result<Extension<Underneath>, ExtensionRejection>,
) -> Result<Response, ApiError> {
    let mut wanted = Wanted::read(&app, &parameters)?;
    if let Some(last) = headers.get("last-event-id") {
        // What is no text is no cursor either, and is answered as such.
        wanted.since = Some(String::from_utf8_lossy(last.as_bytes()).into_owned());
    }
    let Extension(underneath) = underneath.map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
    underneath.progress.set_stream();
    let follower = Follower::begin(&app, wanted.since.as_deref(), wanted.only).await?;
    app.metrics.live.event_streams.inc();
    let opening = format!("retry: {}\n\n", app.config.limits.retry.as_millis());
    let events = EventStream { counted: Counted(app), follower, opening: Some(opening) };
    let body = stream::unfold(events, |mut events| async move {
        events.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), events))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // A proxy that collects the answer before it passes it on would hold the stream back.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// One client's stream.
struct EventStream {
    counted: Counted,
    follower: Follower,
    opening: Option<String>,
}

/// Counts an open stream until it is dropped.
struct Counted(Arc<App>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.live.event_streams.dec();
    }
}

impl EventStream {
    /// What to send next; `None` ends the stream, and the client comes back with its last id.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(Bytes::from(opening));
        }
        let app = &self.counted.0;
        tokio::select! {
            biased;
            () = app.shutdown.cancelled() => None,
            messages = self.follower.next() => match messages {
                Ok(messages) => {
                    note_lag(app, &messages);
                    Some(written(app.store.epoch(), &messages))
                }
                Err(error) => {
                    tracing::error!(%error, "a live reader could not be served");
                    None
                }
            },
            () = tokio::time::sleep(app.config.limits.comment_interval) => Some(Bytes::from_static(b": still here\n\n")),
        }
    }
}

fn written(epoch: &str, frames: &[Frame]) -> Bytes {
    let bytes = frames.iter().map(|frame| frame.text.len() + epoch.len() + 64).sum();
    let mut text = Vec::with_capacity(bytes);
    for Frame { seq, kind, text: data } in frames {
        // infallible: writing to memory
        let _ = write!(text, "id: {epoch}:{seq}\nevent: {}\ndata: ", kind.as_str());
        text.extend_from_slice(data);
        text.extend_from_slice(b"\n\n");
    }
    Bytes::from(text)
}
