//! Every route on one screen.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{docs, events, health, hooks, ingest, live_sse, live_ws, outline, sessions, sign_in, statistics};
use crate::app::App;
use crate::config::COOKIE;
use crate::error::ApiError;
use crate::ui;

/// The routes with their handlers. The OpenAPI document is made from the same list.
fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(sessions::list, sessions::create))
        .routes(routes!(sessions::show, sessions::delete))
        .routes(routes!(sessions::status))
        .routes(routes!(sessions::result))
        .routes(routes!(sessions::patch))
        .routes(routes!(events::list, events::append))
        .routes(routes!(events::legacy_list))
        .routes(routes!(events::legacy_append))
        .routes(routes!(outline::outline))
        .routes(routes!(outline::columns))
        .routes(routes!(ingest::ingest))
        .routes(routes!(hooks::claude_code))
        .routes(routes!(hooks::codex))
        .routes(routes!(statistics::statistics))
        .routes(routes!(live_ws::follow))
        .routes(routes!(live_sse::follow))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::details))
        .routes(routes!(health::metrics))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::page))
        .route("/docs/{file}", get(docs::asset))
        .route("/", get(ui::enter))
        .route("/ui", get(ui::index))
        .route("/ui/{*path}", get(ui::file))
}

/// The router of one server.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .fallback(async || ApiError::NoSuchPath)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(app)
}

/// The OpenAPI document, indented.
pub(crate) fn openapi_json() -> String {
    let (_, mut document) = routes().split_for_parts();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))));
    // infallible: the document is made of strings, numbers and maps with string keys
    let text = document.to_pretty_json().unwrap_or_default();
    format!("{text}\n")
}

/// What the document says of itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Agent Runtime",
        description = "The flight recorder for coding agents: sessions, their events, and all of it live.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    security((), ("bearer" = []), ("cookie" = [])),
    tags(
        (name = "sessions", description = "One run of one agent each"),
        (name = "events", description = "What the agents did"),
        (name = "hooks", description = "Documents of the agents themselves"),
        (name = "live", description = "The change log as it grows"),
        (name = "statistics", description = "What happened over time"),
        (name = "server", description = "The server itself"),
    ),
)]
struct Description;
