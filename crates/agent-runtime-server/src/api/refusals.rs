//! The refusals, as the OpenAPI document lists them. What is said is made in `error.rs`.
#![expect(dead_code, reason = "the variants are read by the macro that describes them")]

use agent_runtime_types::problem::Problem;
use utoipa::IntoResponses;

/// What any request can be told.
#[derive(IntoResponses)]
pub(crate) enum Any {
    /// The bearer token is missing or wrong.
    #[response(status = 401)]
    Unauthorized(Problem),
    /// The `Host` or the `Origin` is not on the list.
    #[response(status = 403)]
    Foreign(Problem),
    /// The server failed; its log says why.
    #[response(status = 500)]
    Failed(Problem),
    /// The server is busy or stopping; `Retry-After` says when to try again.
    #[response(status = 503)]
    Busy(Problem),
}

/// What a request can be told that reads something by its parameters.
#[derive(IntoResponses)]
pub(crate) enum Parameters {
    /// A parameter breaks a rule; `detail` names it.
    #[response(status = 400)]
    Invalid(Problem),
}

/// What a request can be told that names a session.
#[derive(IntoResponses)]
pub(crate) enum Session {
    /// There is no such session.
    #[response(status = 404)]
    NotFound(Problem),
}

/// What a request can be told that writes.
#[derive(IntoResponses)]
pub(crate) enum Write {
    /// The disk is full; nothing was stored.
    #[response(status = 507)]
    DiskFull(Problem),
}

/// What a request can be told for its body.
#[derive(IntoResponses)]
pub(crate) enum Body {
    /// The body breaks a rule; `detail` names the field.
    #[response(status = 400)]
    Invalid(Problem),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(Problem),
    /// The body has another media type, or none.
    #[response(status = 415)]
    MediaType(Problem),
}
