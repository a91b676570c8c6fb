//! The ears of Agent Runtime: what coding agents write, as events. Bytes in, words out; no IO, no async, no clock.
//!
//! Read in this order: a hook process wraps a document into an [`envelope`]; [`hook`] reads it, and [`transcript`] a
//! line of what the agent keeps itself, with the [`speaker`] in mind; both give a [`report`]. What they keep has gone through [`redact`] and
//! [`shorten`] before. Formats change without notice: what is unknown is kept, and nothing fails on it.

pub mod agent;
pub mod envelope;
pub mod report;

pub mod hook;
pub mod speaker;
pub mod transcript;

pub mod redact;
pub mod shorten;

mod claude_code;
mod codex;

mod clean;
mod document;
mod event_key;
mod event_text;
mod literals;
mod name;
