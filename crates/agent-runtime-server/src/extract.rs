//! Reading requests: path, query and body, each refused with a sentence that names what was wrong.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use agent_runtime_types::problem::Invalid;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderValue, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::Instant;

use crate::app::App;
use crate::budget::Share;
use crate::error::{ApiError, Cause};
use crate::limits::Limits;
use crate::origins::{FETCH_SITE, only};

/// The session id of a path, percent-decoded once.
pub(crate) struct SessionId(pub(crate) String);

impl FromRequestParts<Arc<App>> for SessionId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, app).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Invalid::field("session_id", "is not UTF-8 in the path").into()),
        }
    }
}

/// The parameters of a query, in their order.
pub(crate) struct Parameters(Vec<(String, Result<String, Invalid>)>);

impl FromRequestParts<Arc<App>> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(value)))
        });
        pairs.collect::<Result<_, Invalid>>().map(Self).map_err(ApiError::from)
    }
}

impl Parameters {
    /// A parameter that may stand there once.
    pub(crate) fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Invalid> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            return Err(Invalid::field(name, "stands twice in the query"));
        }
        value.transpose()
    }

    /// A parameter that may stand there several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Result<&'a str, Invalid>> {
        let named = self.0.iter().filter(move |(given, _)| given == name);
        named.map(|(_, value)| value.as_deref().map_err(Clone::clone))
    }
}

fn decoded(text: &str) -> Result<String, Invalid> {
    let text = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| Invalid::field("query", "is not UTF-8"))
}

/// The media types that a body may have.
pub(crate) struct MediaTypes {
    pub(crate) accepted: &'static [&'static str],
    pub(crate) in_words: &'static str,
    /// Whether only a page has to say so, whose form could send any other type without asking first.
    pub(crate) of_pages_only: bool,
}

/// A JSON object.
pub(crate) const JSON: MediaTypes =
    MediaTypes { accepted: &["application/json"], in_words: "application/json", of_pages_only: false };

/// A JSON object from a program that may not know how to say so, and would not hear that it should.
pub(crate) const JSON_OF_ANY_TYPE: MediaTypes = MediaTypes { of_pages_only: true, ..JSON };

/// Events, one a line.
pub(crate) const NDJSON: MediaTypes = MediaTypes {
    accepted: &["application/x-ndjson", "application/ndjson", "application/jsonl"],
    in_words: "application/x-ndjson, application/ndjson or application/jsonl",
    of_pages_only: false,
};

/// Bytes reserved at once for a body that is announced to be so large or larger.
const FIRST_RESERVED_BYTES: usize = 1024 * 1024;

/// A body that is still to be read, and what it is said to be.
pub(crate) struct Unread {
    content_type: Option<HeaderValue>,
    /// Whether a browser sent it for a page: all of them say one of the two of what they send elsewhere.
    is_of_page: bool,
    body: Body,
}

impl FromRequest<Arc<App>> for Unread {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Infallible> {
        // What is wanted of the headers: to be handed all of them, each would have to be copied.
        let headers = request.headers();
        let content_type = only(headers, header::CONTENT_TYPE).cloned();
        let is_of_page = headers.contains_key(header::ORIGIN) || headers.contains_key(FETCH_SITE);
        Ok(Self { content_type, is_of_page, body: request.into_body() })
    }
}

/// A request body, and its share of the memory for bodies.
pub(crate) struct ReadBody {
    bytes: Bytes,
    share: Share,
}

impl ReadBody {
    /// The bytes, shared and not copied.
    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// Reads a whole body: refused by media type, then by size, before anything is read that need not be.
pub(crate) async fn read_body(
    app: &App,
    unread: Unread,
    types: &MediaTypes,
    limit: usize,
) -> Result<ReadBody, ApiError> {
    read_body_into(app, app.bodies.share(), unread, types, limit).await
}

/// The same, with memory from this share.
pub(crate) async fn read_body_into(
    app: &App,
    mut share: Share,
    unread: Unread,
    types: &MediaTypes,
    limit: usize,
) -> Result<ReadBody, ApiError> {
    let Unread { content_type, is_of_page, mut body } = unread;
    let mut pace = Pace::new(&app.config.limits);
    let announced = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    // Only its first bytes show whether a body whose length was not announced is one at all.
    let mut first = if announced.is_none() { next_chunk(app, &mut body, &mut pace).await? } else { None };
    if announced == Some(0) || (announced.is_none() && first.is_none()) {
        return Ok(ReadBody { bytes: Bytes::new(), share });
    }
    let media_type = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_asked = is_of_page || !types.of_pages_only;
    if is_asked && !types.accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(media_type)) {
        return Err(ApiError::MediaType(types.in_words));
    }
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(ApiError::TooLarge(limit));
    }
    if first.is_none() {
        first = next_chunk(app, &mut body, &mut pace).await?;
    }
    let first = first.unwrap_or_default();
    // Memory is taken for what has come, not for what was announced: that costs a client nothing.
    if announced == Some(first.len()) {
        return if share.grow_to(first.len()) { Ok(ReadBody { bytes: first, share }) } else { Err(ApiError::TooBusy) };
    }
    let mut whole = BytesMut::with_capacity(first.len().max(announced.unwrap_or(0).min(FIRST_RESERVED_BYTES)));
    let mut chunk = Some(first);
    while let Some(bytes) = chunk {
        if whole.len() + bytes.len() > limit {
            return Err(ApiError::TooLarge(limit));
        }
        whole.extend_from_slice(&bytes);
        if !share.grow_to(whole.len()) {
            return Err(ApiError::TooBusy);
        }
        chunk = next_chunk(app, &mut body, &mut pace).await?;
    }
    Ok(ReadBody { bytes: whole.freeze(), share })
}

/// Holds a client to its pace: a body that comes too slowly would hold its memory for ever.
struct Pace {
    deadline: Instant,
    bytes: usize,
}

impl Pace {
    fn new(limits: &Limits) -> Self {
        Self { deadline: Instant::now() + limits.body_read_stall, bytes: 0 }
    }

    /// Gives the client more time once it has sent enough in what it had.
    fn count(&mut self, bytes: usize, limits: &Limits) {
        self.bytes += bytes;
        if self.bytes >= limits.body_read_pace_bytes {
            *self = Self::new(limits);
        }
    }
}

async fn next_chunk(app: &App, body: &mut Body, pace: &mut Pace) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = tokio::time::timeout_at(pace.deadline, body.frame()).await;
        match frame.map_err(|_| ApiError::BodyBroken)? {
            None => return Ok(None),
            Some(Err(_)) => return Err(ApiError::BodyBroken),
            // Trailers are not for us.
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    pace.count(bytes.len(), &app.config.limits);
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

/// Runs a parser over a body: at once when the body is small, else where it holds up nobody. The share of
/// memory goes on to whoever keeps what was parsed.
pub(crate) async fn parse<T, F>(app: &App, body: ReadBody, parser: F) -> Result<(T, Share), ApiError>
where
    T: Send + 'static,
    F: FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
{
    let ReadBody { bytes, share } = body;
    if bytes.len() <= app.config.limits.inline_scan_bytes {
        return Ok((parser(&bytes)?, share));
    }
    // The share goes along: a client that hangs up stops neither the parser nor its use of memory.
    let parsed = tokio::task::spawn_blocking(move || Ok((parser(&bytes)?, share))).await;
    parsed.map_err(|error| ApiError::Internal(Cause(error.to_string())))?
}
