//! Parts of a session's events, or of their outlines: what may be asked, and the answer, page by page.

use std::sync::Arc;

use agent_runtime_store::error::ReadError;
use agent_runtime_store::read::{EventPage, EventReading};
use agent_runtime_types::page::{EventDetail, EventQuery, parse_limit};
use agent_runtime_types::problem::Invalid;
use agent_runtime_types::search::Needle;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use tokio::task::JoinHandle;
use utoipa::IntoParams;

use crate::api::answers::json_text;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Parameters;

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
    /// Only those with this text in a string value or in a key of the client's own, in any case
    q: Option<String>,
    /// `true`: only those that tell of a failure
    errors: Option<bool>,
    /// `desc`: newest first; `asc`: oldest first
    order: Option<String>,
}

/// Reads which events are asked for.
pub(crate) fn query(parameters: &Parameters) -> Result<EventQuery, Invalid> {
    let owned = |name: &str| parameters.one(name).map(|value| value.map(str::to_owned));
    Ok(EventQuery {
        after: event_id(parameters, "after")?,
        before: event_id(parameters, "before")?,
        limit: parameters.one("limit")?.map(parse_limit).transpose()?,
        event_type: owned("event_type")?,
        tool_name: owned("tool_name")?,
        text: parameters.one("q")?.map(Needle::new),
        failures_only: match parameters.one("errors")? {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Invalid::field("errors", "must be 'true' or 'false'")),
        },
        descending: match parameters.one("order")? {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(Invalid::field("order", "must be 'asc' or 'desc'")),
        },
        detail: EventDetail::Whole,
    })
}

/// Answers with a list under `key`. It is sent while it is read; where the list is one of pages, each begins a line.
pub(crate) async fn answer(
    app: Arc<App>,
    session_id: String,
    query: EventQuery,
    key: &str,
) -> Result<Response, ApiError> {
    let detail = query.detail;
    let reading = app.store.begin_events(&session_id, query).await?;
    let mut page = app.store.read_events(reading, app.page_limits()).await?;
    page.rows.insert_str(0, &format!("{{\"{key}\":["));
    let Some(rest) = page.rest.take() else {
        end(&mut page);
        return Ok(json_text(page.rows));
    };
    // Should the database fail midway, the stream ends with an error, and the connection is cut: a short
    // answer must never look like a whole one.
    let between = if detail == EventDetail::OutlineColumns { ",\n" } else { "," };
    let pages = Pages { begun: page.count > 0, between, next: Some(read_ahead(&app, rest)), session_id, app };
    let first = Bytes::from(page.rows);
    let rest = stream::unfold(pages, |mut pages| async move { pages.next().await.map(|chunk| (chunk, pages)) });
    let body = futures_util::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], Body::from_stream(body)).into_response())
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
    between: &'static str,
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
            page.rows.insert_str(0, self.between);
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
