//! Answers that several nouns give.

use agent_runtime_store::command::Outcome;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use utoipa::ToSchema;

use crate::error::{ApiError, Cause};

/// Done.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this describes what `done` answers")]
pub(crate) struct Done {
    ok: bool,
}

/// The answer to an event that is stored: always the same, so that it is not made anew for each.
pub(crate) fn done() -> Response {
    let mut response = Response::new(Body::from(r#"{"ok":true}"#));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A store that answers another question than it was asked is a bug: said so, not hidden.
pub(crate) fn unexpected(outcome: &Outcome) -> ApiError {
    ApiError::Internal(Cause(format!("the store answered {outcome:?}")))
}

/// An answer that is JSON already.
pub(crate) fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}
