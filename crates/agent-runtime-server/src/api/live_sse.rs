//! The change log as Server-Sent Events.

use std::collections::VecDeque;
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

/// Bytes from which a message is worth a write of its own rather than a copy for each client.
const SHARED_BYTES: usize = 8 * 1024;

/// Follow the change log as Server-Sent Events.
#[utoipa::path(get, path = "/stream", operation_id = "followByEventStream", tag = "live",
    params(
        ("since" = Option<String>, Query, description = "Go on behind this cursor instead of beginning with `init`"),
        ("session_id" = Option<Vec<String>>, Query, description = "Only these sessions; repeatable"),
        ("bodies" = Option<Vec<String>>, Query, description = "Whole events of these sessions only, outlines of all others; repeatable, empty means none"),
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
    let follower = Follower::begin(&app, wanted.since.as_deref(), wanted.wish).await?;
    app.metrics.live.event_streams.inc();
    let opening = format!("retry: {}\n\n", app.config.limits.retry.as_millis());
    let ready = VecDeque::from([Bytes::from(opening)]);
    let events = EventStream { counted: Counted(app), follower, underneath, ready };
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
    underneath: Underneath,
    /// What is to be sent next.
    ready: VecDeque<Bytes>,
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
        // Only now does the answer go out: a HEAD, or a refusal, leaves the connection what it was.
        self.underneath.progress.set_stream();
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            let app = &self.counted.0;
            tokio::select! {
                biased;
                () = app.shutdown.cancelled() => return None,
                frames = self.follower.next() => match frames {
                    Ok(frames) => {
                        note_lag(app, &frames);
                        self.ready = written(app.store.epoch(), frames);
                    }
                    Err(error) => {
                        tracing::error!(%error, "a live reader could not be served");
                        return None;
                    }
                },
                () = tokio::time::sleep(app.config.limits.comment_interval) => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
            }
        }
    }
}

/// The frames as events. Small ones are gathered; a large one is sent from the memory that all readers share.
fn written(epoch: &str, frames: Vec<Frame>) -> VecDeque<Bytes> {
    let (mut parts, mut text) = (VecDeque::new(), Vec::new());
    for Frame { seq, kind, text: data } in frames {
        // infallible: writing to memory
        let _ = write!(text, "id: {epoch}:{seq}\nevent: {}\ndata: ", kind.as_str());
        if data.len() < SHARED_BYTES {
            text.extend_from_slice(&data);
        } else {
            parts.extend([Bytes::from(std::mem::take(&mut text)), data]);
        }
        text.extend_from_slice(b"\n\n");
    }
    parts.push_back(Bytes::from(text));
    parts
}
