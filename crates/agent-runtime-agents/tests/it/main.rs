//! What agents write, and what becomes of it.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

mod any_document;
mod copies;
mod envelope;
mod forks;
mod harness;
mod hook;
mod names;
mod page;
mod recorded;
mod redact;
mod shorten;
mod subagent;
mod transcript;
