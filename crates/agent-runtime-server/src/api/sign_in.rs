//! Signing a browser in and out: the token once, and then a cookie that scripts cannot read.

use std::sync::Arc;

use agent_runtime_types::sign_in::SignIn;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use utoipa::ToSchema;

use crate::api::answers::{Done, done};
use crate::api::refusals;
use crate::app::App;
use crate::config::COOKIE;
use crate::error::{ApiError, Cause};
use crate::extract::{self, JSON, Unread};

/// Bytes of a body that holds a token: it is read before anybody has shown one.
const MAX_BODY_BYTES: usize = 4096;

/// For how long a browser stays signed in: a month.
const MAX_AGE_SECONDS: u32 = 30 * 24 * 60 * 60;

/// The token, once.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this describes what `SignIn::parse` reads")]
pub(crate) struct SignInBody {
    /// The server's token. Where it has none, any text will do.
    token: String,
}

/// Sign a browser in: its cookie is as good as the token from then on.
///
/// Guessing is neither slowed down nor counted here: the same guess can be made with any other request, as a bearer,
/// and a count for each address would shut out everybody behind it. The length of the token is what protects it.
#[utoipa::path(post, path = "/sign-in", operation_id = "signIn", tag = "server", security(()), request_body = SignInBody,
    responses((status = 200, description = "Signed in, or there is no token to show", body = Done,
            headers(("set-cookie" = String, description = "The cookie, where the server has a token"))),
        refusals::Body, refusals::Any))]
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response, ApiError> {
    let body = extract::read_body(&app, body, &JSON, MAX_BODY_BYTES).await?;
    let (sign_in, _share) = extract::parse(&app, body, |bytes| Ok(SignIn::parse(bytes)?)).await?;
    match &app.config.token {
        None => Ok(done()),
        Some(token) if token.matches(&sign_in.token) => with_cookie(&token.cookie(), MAX_AGE_SECONDS, &headers),
        Some(_) => Err(ApiError::WrongToken),
    }
}

/// Sign a browser out: it forgets its cookie.
#[utoipa::path(post, path = "/sign-out", operation_id = "signOut", tag = "server", security(()),
    responses((status = 200, description = "Signed out", body = Done,
            headers(("set-cookie" = String, description = "The cookie, run out"))),
        refusals::Any))]
pub(crate) async fn sign_out(headers: HeaderMap) -> Result<Response, ApiError> {
    with_cookie("", 0, &headers)
}

fn with_cookie(value: &str, max_age_seconds: u32, headers: &HeaderMap) -> Result<Response, ApiError> {
    // This server speaks no TLS itself: whether a proxy does, the page's own address says.
    let is_secure = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={max_age_seconds}{secure}");
    let cookie = HeaderValue::try_from(cookie).map_err(|error| ApiError::Internal(Cause(error.to_string())))?;
    let mut response = done();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    // What holds a secret is kept nowhere on the way.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
