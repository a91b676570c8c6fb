//! Moments, as a person wants to read them: how long ago, or by the clock on their wall.

use agent_runtime_types::timestamp;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const SECOND_US: i64 = 1_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Shows moments in one time zone.
pub(crate) struct Moments {
    zone: TimeZone,
    now_us: i64,
}

impl Moments {
    /// In the zone of this machine (`TZ` says another), seen from now.
    pub(crate) fn here(now_us: i64) -> Self {
        Self { zone: TimeZone::system(), now_us }
    }

    /// How long ago it was: `12s`, `3m`, `2h`, `5d`; nothing for what is no timestamp.
    pub(crate) fn ago(&self, text: &str) -> String {
        let Ok(then) = timestamp::parse("timestamp", text) else { return String::new() };
        let seconds = (self.now_us - then).max(0) / SECOND_US;
        match seconds {
            0..MINUTE => format!("{seconds}s"),
            MINUTE..HOUR => format!("{}m", seconds / MINUTE),
            HOUR..DAY => format!("{}h", seconds / HOUR),
            _ => format!("{}d", seconds / DAY),
        }
    }

    /// The time of day.
    pub(crate) fn time(&self, text: &str) -> String {
        self.formatted(text, "%H:%M:%S")
    }

    /// Day and time of day.
    pub(crate) fn day_and_time(&self, text: &str) -> String {
        self.formatted(text, "%Y-%m-%d %H:%M:%S")
    }

    fn formatted(&self, text: &str, format: &str) -> String {
        let us = timestamp::parse("timestamp", text).ok();
        let moment = us.and_then(|us| Timestamp::from_microsecond(us).ok());
        // What is no timestamp is shown as it was sent.
        moment.map_or_else(|| text.to_owned(), |moment| moment.to_zoned(self.zone.clone()).strftime(format).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Moments;
    use agent_runtime_types::timestamp;
    use jiff::tz::{TimeZone, offset};

    #[test]
    fn moments_are_told_from_here_and_now() {
        let now = timestamp::parse("now", "2026-01-02T03:04:05Z").expect("a time");
        let moments = Moments { zone: TimeZone::fixed(offset(-4)), now_us: now };
        for (then, ago) in [
            ("2026-01-02T03:04:05+00:00", "0s"),
            ("2026-01-02T03:03:06", "59s"),
            ("2026-01-02T04:03:05+01:00", "1m"),
            ("2026-01-02T00:04:06", "2h"),
            ("2025-12-30T03:04:06", "2d"),
            ("2027-01-01T00:00:00", "0s"),
            ("long ago", ""),
        ] {
            assert_eq!(moments.ago(then), ago, "{then}");
        }
        assert_eq!(moments.time("2026-01-02T03:04:05.9Z"), "23:04:05");
        assert_eq!(moments.day_and_time("2026-01-02T03:04:05Z"), "2026-01-01 23:04:05");
        assert_eq!(moments.time("long ago"), "long ago");
    }
}
