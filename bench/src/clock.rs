//! The one place that asks the system for the time of day: an event posted by one process and received by another
//! can only be timed by a clock that both share.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970, as every process of this machine sees them.
#[expect(clippy::disallowed_methods, reason = "a measurement wants the real time, never one handed in")]
pub(crate) fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
