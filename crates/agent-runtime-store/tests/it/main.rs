//! The contract of a store: one story per file, run on every database.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

mod footprint;
mod harness;

mod batches;
mod deletion;
mod events;
mod log_size;
mod older_files;
mod opening;
mod order;
mod positions;
mod reports;
mod rollups;
mod running;
mod sessions;
mod transcripts;
