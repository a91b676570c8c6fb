//! The door: who may come in, in the order of the contract, before any route is looked up.
//!
//! One service around the router instead of a stack of layers: every answer, refusals included, goes
//! through [`Door::answer`] and gets its headers there.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use tower_service::Service;

use crate::app::App;
use crate::config::{COOKIE, Config, Token};
use crate::connection::Underneath;
use crate::error::{ApiError, Cause};
use crate::origins::{FETCH_SITE, Origins, Standing, only};

/// Paths that tell nothing and are open to all who come in by a known name: monitors have no token, and a browser
/// shows its own only once the page is there.
const OPEN_PATHS: [&str; 6] = ["/healthz", "/readyz", "/", "/ui", "/sign-in", "/sign-out"];

/// Under it stand the files of the page, the same for everybody.
const PAGE: &str = "/ui/";

/// Paths whose answer does not end.
const STREAMS: [&str; 2] = ["/ws", "/stream"];

/// Under it stands what asks where its client is.
const HOOKS: &str = "/hooks/";

const REQUEST_ID: &str = "x-request-id";
/// Longest request id that is taken over from a client.
const MAX_REQUEST_ID_BYTES: usize = 64;

/// Checks every request and completes every answer.
pub(crate) struct Door {
    router: Router,
    app: Arc<App>,
    origins: Origins,
    requests: AtomicU64,
}

/// What a request is, as far as the door cares.
struct Visit<'a> {
    method: &'a Method,
    path: &'a str,
    headers: &'a HeaderMap,
    standing: Standing,
    is_preflight: bool,
}

impl Door {
    pub(crate) fn new(router: Router, app: Arc<App>, bound: &[SocketAddr]) -> Self {
        let Config { allowed_hosts, cors_origins, .. } = &app.config;
        let origins = Origins::new(allowed_hosts, cors_origins, bound);
        Self { router, app, origins, requests: AtomicU64::new(0) }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, mut request: Request<Body>, underneath: Underneath) -> Response {
        let started = Instant::now();
        let request_id = self.request_id(request.headers());
        drop_trailing_slash(&mut request);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let path = uri.path();
        let origin = only(request.headers(), header::ORIGIN).cloned();
        let standing = self.origins.standing(request.headers());
        let visit = Visit {
            method: &method,
            path,
            headers: request.headers(),
            standing,
            is_preflight: method == Method::OPTIONS
                && request.headers().contains_key(header::ORIGIN)
                && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
        };
        let is_preflight = visit.is_preflight;
        let mut response = if let Err(refusal) = self.check(&uri, &visit) {
            refusal.into_response()
        } else {
            if STREAMS.contains(&path) || path.starts_with(HOOKS) {
                request.extensions_mut().insert(underneath);
            }
            let answered = self.router.clone().call(request).await;
            let response = answered.unwrap_or_else(|never| match never {});
            answer_options(&method, is_preflight, response)
        };
        self.origins.allow(standing, origin.as_ref(), response.headers_mut());
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REQUEST_ID, request_id);
        self.note(&method, path, &response, started);
        response
    }

    /// The refusals that need no route: 403, then 401.
    fn check(&self, uri: &Uri, visit: &Visit<'_>) -> Result<(), ApiError> {
        if !self.origins.serves(uri, visit.headers) {
            return Err(ApiError::ForeignHost);
        }
        let is_harmless = matches!(*visit.method, Method::GET | Method::HEAD) && !STREAMS.contains(&visit.path);
        if !is_harmless && visit.is_from_elsewhere() {
            return Err(ApiError::ForeignOrigin);
        }
        match &self.app.config.token {
            Some(token) if !visit.is_preflight && !visit.is_open() => {
                if visit.shows(token)
                    || self.origins.may_use_cookie(visit.headers, is_harmless) && visit.has_cookie_of(token)
                {
                    Ok(())
                } else {
                    Err(ApiError::Unauthorized)
                }
            }
            _ => Ok(()),
        }
    }

    /// The client's own request id where it is a plain word, else a new one.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let is_plain = |id: &&HeaderValue| {
            let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            (1..=MAX_REQUEST_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(fits)
        };
        if let Some(id) = headers.get(REQUEST_ID).filter(is_plain) {
            return id.clone();
        }
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let prefix = &self.app.config.request_id_prefix;
        let mut id = BytesMut::with_capacity(prefix.len() + 17);
        // infallible: writing to memory
        let _ = write!(id, "{prefix}-{number:x}");
        HeaderValue::from_maybe_shared(id.freeze()).unwrap_or(HeaderValue::from_static("unknown"))
    }

    fn note(&self, method: &Method, path: &str, response: &Response, started: Instant) {
        let (status, took) = (response.status(), started.elapsed());
        self.app.metrics.requests.count(method, status, took);
        let request_id = || response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        if let Some(Cause(cause)) = response.extensions().get() {
            tracing::error!(request_id = request_id(), %method, path, status = status.as_u16(), cause, "a request failed");
        } else {
            let ms = took.as_secs_f64() * 1000.0;
            tracing::debug!(request_id = request_id(), %method, path, status = status.as_u16(), ms, "answered");
        }
    }
}

impl Visit<'_> {
    /// Whether a page sent this that is neither ours nor on the list.
    fn is_from_elsewhere(&self) -> bool {
        match self.standing {
            Standing::Own | Standing::Listed => false,
            Standing::Foreign => true,
            // A browser that leaves the origin out still says that the page is another site's.
            Standing::Absent => self.headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site"),
        }
    }

    /// Whether nobody is asked for a token here.
    fn is_open(&self) -> bool {
        OPEN_PATHS.contains(&self.path) || self.path.starts_with(PAGE)
    }

    /// Whether the browser has signed in with the token. There may be several cookies of our name: those of other
    /// ports of this machine come along.
    fn has_cookie_of(&self, token: &Token) -> bool {
        let cookies = self.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == COOKIE && token.matches_cookie(value))
    }

    /// Whether the request carries the token: as a bearer, or as a WebSocket subprotocol, since a browser
    /// can give a WebSocket no other header.
    fn shows(&self, token: &Token) -> bool {
        let text = |name| only(self.headers, name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| {
            let (scheme, shown) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(shown.trim())
        });
        if bearer.is_some_and(|shown| token.matches(shown)) {
            return true;
        }
        let offered =
            self.headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
        let mut offered =
            offered.flat_map(|value| value.split(',')).filter_map(|one| one.trim().strip_prefix("bearer."));
        self.path == "/ws" && offered.any(|shown| token.matches(shown))
    }
}

/// A path with a slash at its end names the same resource as without.
fn drop_trailing_slash(request: &mut Request<Body>) {
    let path = request.uri().path();
    let Some(shorter) = path.strip_suffix('/').filter(|shorter| !shorter.is_empty()) else { return };
    let target = match request.uri().query() {
        Some(query) => format!("{shorter}?{query}"),
        None => shorter.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = target.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// The router knows no OPTIONS: its refusal names the methods of the path, which is the answer.
fn answer_options(method: &Method, is_preflight: bool, mut response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let allow = allow.split(',').map(str::trim).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
    let allow = HeaderValue::try_from(allow).unwrap_or(HeaderValue::from_static("OPTIONS"));
    if is_preflight {
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PATCH, DELETE"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, authorization, last-event-id"),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        return (StatusCode::OK, headers).into_response();
    }
    if *method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response();
    }
    response.headers_mut().insert(header::ALLOW, allow);
    response
}
