//! The words of the wire, checked against a JSON reader that is not ours.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

mod body;
mod event_body;
