//! The program as its user meets it: the built binary, its lines, its exit codes, and what it does when killed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod completions;
mod demo;
mod disk_full;
mod doctor;
mod failed_fsync;
mod hook;
mod machine;
mod power_cut;
mod preload;
mod process;
mod refused_start;
mod sdk_page;
mod service;
mod settings;
mod setup_claude_code;
mod setup_codex;
mod setup_program;
mod setup_recorded;
mod setup_server;
mod signals;
mod start;
mod terminal;
mod torture;
mod uninstall;
mod words;
