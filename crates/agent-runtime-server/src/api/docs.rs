//! The contract, published: as a document for programs, and as a page for people that needs no network.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::api::answers::json_text;
use crate::api::refusals;
use crate::app::App;
use crate::error::{ApiError, Cause};

/// The page. Its scripts are files of ours, so that the policy below can forbid all others.
const PAGE: &str = include_str!("docs.html");
const START: &str = include_str!("docs.js");

/// Scripts and connections of ours alone; the page sets styles and small pictures in line.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The files of the page that are served.
const ASSETS: [&str; 3] = ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"];

/// This API as an OpenAPI 3.1 document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "readDescription", tag = "server",
    responses((status = 200, description = "The document", body = Object), refusals::Any))]
pub(crate) async fn openapi(State(app): State<Arc<App>>) -> Response {
    json_text(app.openapi.clone())
}

/// A page to read this API and to try it.
#[utoipa::path(get, path = "/docs", operation_id = "showDescription", tag = "server",
    responses((status = 200, description = "The page", content_type = "text/html", body = String), refusals::Any))]
pub(crate) async fn page() -> Response {
    let policy = (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    ([policy], Html(PAGE)).into_response()
}

/// A file of the page; no part of the API, so the document does not list it.
pub(crate) async fn asset(path: Result<Path<String>, PathRejection>) -> Result<Response, ApiError> {
    let name =
        path.ok().map(|Path(name)| name).filter(|name| ASSETS.contains(&name.as_str())).ok_or(ApiError::NoSuchPath)?;
    if name == "start.js" {
        return Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript"))], START).into_response());
    }
    let file = utoipa_swagger_ui::serve(&name, Arc::new(Config::from("/openapi.json")));
    let file = file.map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = file.ok_or(ApiError::NoSuchPath)?;
    let mut response = ([(header::CONTENT_TYPE, content_type)], bytes.into_owned()).into_response();
    if gzpipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
