//! The real server on a free port, spoken to over the wire.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

// Requests and answers.
mod bad_input;
mod delete;
mod event_model;
mod event_search;
mod events;
mod first_clients;
mod forks;
mod health;
mod hooks;
mod idempotency;
mod ingest;
mod large_session;
mod legacy_faults;
mod lifecycle;
mod outline;
mod paging;
mod refusals;
mod result;
mod sessions;
mod timestamps;

// Followers.
mod bodies;
mod filters;
mod live_sse;
mod live_ws;
mod resume;
mod slow_readers;
mod snapshot;

// The door and its limits.
mod cors;
mod door;
mod limits;
mod sign_in;
mod token;
mod transcripts;
mod ui;

// The code and its contract.
mod api_page;
mod architecture;
mod openapi;
