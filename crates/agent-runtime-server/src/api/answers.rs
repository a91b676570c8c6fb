//! Answers that several nouns give.

use agent_runtime_store::command::Outcome;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use crate::error::{ApiError, Cause};

/// A store that answers another question than it was asked is a bug: said so, not hidden.
pub(crate) fn unexpected(outcome: &Outcome) -> ApiError {
    ApiError::Internal(Cause(format!("the store answered {outcome:?}")))
}

/// An answer that is JSON already.
pub(crate) fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}
