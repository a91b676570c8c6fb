//! The words of Agent Runtime: what crosses the wire, read and written in one place.
//!
//! Read in this order: a body is scanned ([`json`]), checked field by field into an [`event`] or a
//! [`session`], gets a position in the change log ([`cursor`]) and leaves as a [`live`] message.
//! No IO and no async: bytes in, words out.

pub mod json;
pub mod problem;
pub mod timestamp;

pub mod activity;
pub mod event;
pub mod outline;
pub mod outline_columns;
pub mod report;
pub mod search;
pub mod session;
pub mod sign_in;

pub mod cursor;
pub mod live;
pub mod page;
pub mod statistics;
