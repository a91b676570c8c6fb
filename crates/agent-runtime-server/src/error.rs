//! The one place where a failure becomes a status and a sentence. Causes go to the log, never to the body.

use agent_runtime_store::error::{CommandError, ReadError};
use agent_runtime_types::problem::{Invalid, Problem};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("Host: this name is not served here; --allowed-host adds one")]
    ForeignHost,
    #[error("Origin: pages of this origin may not do this; CORS_ORIGINS lists those that may")]
    ForeignOrigin,
    #[error("Authorization: a valid bearer token is required")]
    Unauthorized,
    #[error("token: is not the one of this server")]
    WrongToken,
    #[error("Not Found")]
    NoSuchPath,
    #[error("Method Not Allowed")]
    MethodNotAllowed,
    #[error("Content-Type: must be {0}")]
    MediaType(&'static str),
    #[error("body: larger than {0} bytes")]
    TooLarge(usize),
    #[error("line {line}: longer than {limit} bytes")]
    LineTooLong { line: usize, limit: usize },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("Session not found")]
    SessionNotFound,
    #[error("No result found")]
    NoResult,
    #[error("Session not finished")]
    SessionNotFinished,
    #[error("session_id: differs from the one in the path")]
    IdsDiffer,
    #[error("Session already exists")]
    SessionExists,
    #[error("the server is busy: try again")]
    TooBusy,
    #[error("the server is stopping: try again")]
    Stopping,
    #[error("the disk is full: nothing was stored")]
    DiskFull,
    #[error("the database does not take writes at the moment: nothing was stored")]
    NotWriting,
    #[error("the body did not arrive whole")]
    BodyBroken,
    #[error("the server failed; its log says why")]
    Internal(Cause),
}

/// What the log is told of a failure that is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause(pub(crate) String);

impl ApiError {
    /// Whether the same request may be carried out another time.
    pub(crate) fn is_passing(&self) -> bool {
        self.status().is_server_error()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ForeignHost | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::Unauthorized | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NoSuchPath | Self::SessionNotFound | Self::NoResult => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) | Self::LineTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) | Self::SessionNotFinished | Self::IdsDiffer | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::SessionExists => StatusCode::CONFLICT,
            Self::TooBusy | Self::Stopping | Self::NotWriting => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(Problem { detail: self.to_string() })).into_response();
        let headers = response.headers_mut();
        match self {
            Self::Unauthorized | Self::WrongToken => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            // What is left of the body will not be read, so the connection can serve no other request.
            Self::TooLarge(_) | Self::LineTooLong { .. } | Self::BodyBroken => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Internal(cause) => {
                response.extensions_mut().insert(cause);
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::SessionExists => Self::SessionExists,
            CommandError::SessionNotFound => Self::SessionNotFound,
            CommandError::LineSessionNotFound(line) => {
                Self::Invalid(Invalid::field("session_id", "Session not found").at_line(line))
            }
            CommandError::DiskFull => Self::DiskFull,
            // The journal has logged the cause, once for the whole batch.
            CommandError::Failed(_) => Self::NotWriting,
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::SessionNotFound => Self::SessionNotFound,
            ReadError::NoSuchEvent(parameter) => {
                Self::Invalid(Invalid::field(parameter, "is no event of this session"))
            }
            ReadError::Failed(cause) => Self::Internal(Cause(cause)),
        }
    }
}
