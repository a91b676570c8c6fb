//! What happened over time: how much is asked for, and the answer.

use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Invalid;
use crate::timestamp;

/// The most buckets of one answer.
pub const MAX_BUCKETS: i64 = 1000;

/// Seconds of a minute, an hour and a day: what is counted is kept for each.
pub const MINUTE: i64 = 60;
/// See [`MINUTE`].
pub const HOUR: i64 = 60 * MINUTE;
/// See [`MINUTE`].
pub const DAY: i64 = 24 * HOUR;

const US_PER_SECOND: i64 = 1_000_000;
const DEFAULT_BUCKET: i64 = 15 * MINUTE;

/// Which time is asked for, in seconds since 1970: whole buckets, on whole minutes, or whole hours when they are
/// longer than an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticsQuery {
    /// Where the first bucket begins.
    pub from: i64,
    /// Where the last one ends.
    pub to: i64,
    /// Seconds of a bucket.
    pub bucket: i64,
}

impl StatisticsQuery {
    /// Reads what was asked for; without anything the last 24 hours in quarters of an hour.
    ///
    /// # Errors
    /// When a value is none, or there would be more than [`MAX_BUCKETS`].
    pub fn parse(from: Option<&str>, to: Option<&str>, bucket: Option<&str>, now_us: i64) -> Result<Self, Invalid> {
        let bucket = bucket.map_or(Ok(DEFAULT_BUCKET), parse_bucket)?;
        let seconds = |field, text| timestamp::parse(field, text).map(|us| us.div_euclid(US_PER_SECOND));
        let to = match to {
            Some(to) => seconds("to", to)?,
            // The bucket that is being filled is part of it.
            None => (now_us.div_euclid(US_PER_SECOND).div_euclid(bucket) + 1) * bucket,
        };
        let from = match from {
            Some(from) => seconds("from", from)?,
            None => to - DAY.max(bucket),
        };
        let from = from.div_euclid(span(bucket)) * span(bucket);
        if from >= to {
            return Err(Invalid::field("from", "must be before 'to'"));
        }
        let buckets = (to - from + bucket - 1) / bucket;
        if buckets > MAX_BUCKETS {
            let rule = format_args!("must be so long that there are at most {MAX_BUCKETS}: these would be {buckets}");
            return Err(Invalid::field("bucket", rule));
        }
        Ok(Self { from, to: from + buckets * bucket, bucket })
    }

    /// Seconds of the longest stretch, a minute or an hour, of which every bucket has a whole number.
    pub fn span(&self) -> i64 {
        span(self.bucket)
    }
}

fn span(bucket: i64) -> i64 {
    if bucket < HOUR { MINUTE } else { HOUR }
}

fn parse_bucket(text: &str) -> Result<i64, Invalid> {
    let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let bucket = if digits { text.parse().unwrap_or(0) } else { 0 };
    if bucket < MINUTE || bucket % span(bucket) != 0 {
        let rule = "must be seconds: at least 60, a multiple of 60, and from 3600 on a multiple of 3600";
        return Err(Invalid::field("bucket", rule));
    }
    Ok(bucket)
}

/// What happened over time. It counts what was stored, by the events' own instants, and what was deleted since too.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Statistics {
    /// Where the first bucket begins.
    #[schema(example = "2025-12-03T10:00:00.000000+00:00")]
    pub from: String,
    /// Where the last bucket ends.
    pub to: String,
    /// Seconds of a bucket.
    pub bucket_seconds: i64,
    /// Positions of the log that are not counted yet: only for a while after a database of an older version was opened,
    /// or after very much came at once.
    pub uncounted: i64,
    /// One after the other, without a gap.
    pub buckets: Vec<StatisticsBucket>,
    /// The hundred projects with the most events, those first that have more. Over whole hours, and over whole days
    /// when more than two weeks are asked for.
    pub projects: Vec<ProjectStatistics>,
    /// The hundred tools with the most calls, in the same way.
    pub tools: Vec<ToolStatistics>,
}

/// What happened in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct StatisticsBucket {
    /// Where it begins.
    pub at: String,
    /// Sessions that ran at its end: started by then, and not ended.
    pub running: i64,
    /// Sessions that began or were taken up again.
    pub sessions_started: i64,
    /// Events.
    pub events: i64,
    /// Events `pre_tool`.
    pub tool_calls: i64,
    /// Events that tell of a failure, as `errors=true` of a session's events finds them.
    pub failures: i64,
    /// What half of the tools took at most that came back in it, in milliseconds, at most a tenth off.
    #[schema(required)]
    pub tool_p50_ms: Option<f64>,
    /// The same for 95 of 100.
    #[schema(required)]
    pub tool_p95_ms: Option<f64>,
}

/// What happened in one project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ProjectStatistics {
    /// Its folder.
    pub project_dir: String,
    /// Sessions that were created there or taken up again.
    pub sessions: i64,
    /// Events.
    pub events: i64,
    /// Events `pre_tool`.
    pub tool_calls: i64,
    /// Events that tell of a failure.
    pub failures: i64,
}

/// What one tool did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ToolStatistics {
    /// The tool.
    pub tool_name: String,
    /// Events `pre_tool`.
    pub calls: i64,
    /// Its events that tell of a failure.
    pub failures: i64,
    /// What half of its calls took at most, in milliseconds, at most a tenth off.
    #[schema(required)]
    pub p50_ms: Option<f64>,
    /// The same for 95 of 100.
    #[schema(required)]
    pub p95_ms: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_US: i64 = 1_764_756_672_000_000; // 2025-12-03T10:11:12Z

    fn parse(from: Option<&str>, to: Option<&str>, bucket: Option<&str>) -> Result<StatisticsQuery, String> {
        StatisticsQuery::parse(from, to, bucket, NOW_US).map_err(|error| error.to_string())
    }

    #[test]
    fn without_anything_it_is_the_last_day_in_quarters_of_an_hour() {
        let to = 1_764_756_900; // 10:15
        assert_eq!(parse(None, None, None), Ok(StatisticsQuery { from: to - DAY, to, bucket: 900 }));
        let week = Some("604800");
        let found = parse(None, None, week).expect("a query");
        assert_eq!((found.to - found.from, found.to > to), (604_800, true));
    }

    #[test]
    fn buckets_are_whole_and_begin_on_a_whole_minute_or_hour() {
        let (from, to) = (Some("2025-12-03T10:11:12Z"), Some("2025-12-03T12:00:01Z"));
        let at = 1_764_756_660; // 10:11
        assert_eq!(parse(from, to, Some("60")), Ok(StatisticsQuery { from: at, to: at + 110 * 60, bucket: 60 }));
        let hour = 1_764_756_000;
        assert_eq!(parse(from, to, Some("7200")), Ok(StatisticsQuery { from: hour, to: hour + 14_400, bucket: 7200 }));
    }

    #[test]
    fn what_makes_no_buckets_is_refused() {
        for bucket in ["", "0", "59", "61", "-60", "3660", "60.0", "99999999999999999999"] {
            assert!(parse(None, None, Some(bucket)).is_err_and(|error| error.starts_with("bucket: ")), "{bucket}");
        }
        let (early, late) = (Some("2025-12-03T10:00:00Z"), Some("2025-12-04T02:40:00Z"));
        assert!(parse(early, late, Some("60")).is_ok(), "a thousand minutes");
        assert!(
            parse(early, Some("2025-12-04T02:41:00Z"), Some("60")).is_err_and(|error| error.starts_with("bucket: "))
        );
        assert!(parse(late, early, None).is_err_and(|error| error.starts_with("from: ")));
        assert!(parse(Some("yesterday"), None, None).is_err_and(|error| error.starts_with("from: ")));
        assert!(parse(None, Some("now"), None).is_err_and(|error| error.starts_with("to: ")));
        assert!(parse(Some("0001-01-01T00:00:00Z"), Some("9999-12-31T23:59:59Z"), None).is_err());
    }
}
