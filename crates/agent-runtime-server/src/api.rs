//! The handlers: one noun, one file.

pub(crate) mod answers;
pub(crate) mod docs;
pub(crate) mod event_pages;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod hooks;
pub(crate) mod ingest;
pub(crate) mod live;
pub(crate) mod live_sse;
pub(crate) mod live_ws;
pub(crate) mod outline;
pub(crate) mod refusals;
pub(crate) mod sessions;
pub(crate) mod sign_in;
