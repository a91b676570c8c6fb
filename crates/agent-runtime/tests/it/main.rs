//! The program as its user meets it: the built binary, its lines, its exit codes, and what it does when killed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod demo;
mod disk_full;
mod failed_fsync;
mod power_cut;
mod preload;
mod process;
mod refused_start;
mod settings;
mod signals;
mod start;
mod terminal;
mod torture;
