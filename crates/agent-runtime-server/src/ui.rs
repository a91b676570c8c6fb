//! The page: its files, from inside the program. No part of the API, and the same for everybody.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::app::App;
use crate::assets::{Asset, Assets};
use crate::error::ApiError;

/// What the page may do: run its own files, speak with its own server, and be part of no other page. `'self'` covers
/// the WebSocket too. Only pictures may stand in line, for the icon that counts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Where the page begins.
const INDEX: &str = "index.html";
/// Files below it have a digest of themselves in their names.
const HASHED: &str = "assets/";

/// For a file that never changes under its name, and for all others.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_FIRST: &str = "no-cache";

/// What is shown when the page was not built.
const NOT_BUILT: &str = include_str!("ui.html");

/// The way in for people. For a while only: what a browser was told for ever, it would not ask again.
pub(crate) async fn enter() -> Redirect {
    Redirect::temporary("/ui/")
}

/// The page's beginning.
pub(crate) async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    begin(&app.config.assets, &headers)
}

/// A file of the page. Every other path is a place in the page, which finds it itself.
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let assets = &app.config.assets;
    // What is no UTF-8 is no file.
    let path = path.map(|Path(path)| path).unwrap_or_default();
    match assets.find(&path) {
        Some(asset) => Ok(answer(asset, &headers, if path.starts_with(HASHED) { FOR_EVER } else { ASK_FIRST })),
        // A page of an older version asks for it: an answer of another type would only confuse it.
        None if path.starts_with(HASHED) => Err(ApiError::NoSuchPath),
        None => Ok(begin(assets, &headers)),
    }
}

fn begin(assets: &Assets, headers: &HeaderMap) -> Response {
    match assets.find(INDEX) {
        Some(asset) => answer(asset, headers, ASK_FIRST),
        None => guarded(([(header::CACHE_CONTROL, ASK_FIRST)], Html(NOT_BUILT)).into_response()),
    }
}

fn answer(asset: &Asset, headers: &HeaderMap, keep: &'static str) -> Response {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (coding, copy) = asset.copy_for(text(header::ACCEPT_ENCODING));
    let has_it = text(header::IF_NONE_MATCH).split(',').any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.trim_start_matches("W/") == copy.tag
    });
    let mut response = if has_it {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = ([(header::CONTENT_TYPE, asset.content_type.clone())], copy.bytes.clone()).into_response();
        if let Some(coding) = coding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    };
    let answered = response.headers_mut();
    answered.insert(header::ETAG, copy.tag.clone());
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    guarded(response)
}

/// With what the browser shall forbid the page, whatever comes into it.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
