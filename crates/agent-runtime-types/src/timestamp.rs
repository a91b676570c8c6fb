//! Points in time, as clients write them and as the server writes its own.

use time::{Date, Month, OffsetDateTime};

use crate::problem::Invalid;

/// Bytes of a timestamp: room for any sensible fraction. It stands in every list of sessions.
pub const MAX_BYTES: usize = 64;

const US_PER_SECOND: i64 = 1_000_000;

/// Reads a timestamp: microseconds since 1970-01-01T00:00:00Z, digits beyond the sixth dropped.
///
/// `YYYY-MM-DD`, `T` or a blank, `HH:MM:SS`, an optional fraction, then nothing (UTC), `Z`, `±HH:MM` or
/// `±HHMM`; years 0001 to 9999; at most [`MAX_BYTES`].
///
/// # Errors
/// When the text is not of that form or names no such day or time; the error names `field`.
pub fn parse(field: &str, text: &str) -> Result<i64, Invalid> {
    read(text.as_bytes()).ok_or_else(|| {
        let rule = "must be a timestamp like 2025-12-03T10:11:12.123456+00:00";
        Invalid::field(field, rule)
    })
}

/// Writes a point in time the way the server writes its own: UTC, six digits, `+00:00`.
///
/// Microseconds outside the years 0001 to 9999, which no clock here shows, come out as 1970.
pub fn format(us: i64) -> String {
    let instant =
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(us) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (instant.year(), u8::from(instant.month()), instant.day());
    let (hour, minute, second, micro) = instant.time().as_hms_micro();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}+00:00")
}

fn read(text: &[u8]) -> Option<i64> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let (head, tail) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| head[*at] != *byte) || !matches!(head[10], b'T' | b' ') {
        return None;
    }
    let year = number(&head[0..4])?;
    let month = Month::try_from(u8::try_from(number(&head[5..7])?).ok()?).ok()?;
    let day = u8::try_from(number(&head[8..10])?).ok()?;
    if year == 0 {
        return None;
    }
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;
    let (hour, minute, second) = (number(&head[11..13])?, number(&head[14..16])?, number(&head[17..19])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, zone) = fraction(tail)?;
    let seconds = date.midnight().assume_utc().unix_timestamp() + hour * 3600 + minute * 60 + second - offset(zone)?;
    Some(seconds * US_PER_SECOND + micros)
}

/// Splits an optional fraction off, as microseconds.
fn fraction(tail: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = tail.strip_prefix(b".") else { return Some((0, tail)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at(length);
    let kept = &digits[..length.min(6)];
    let scale = 10_i64.pow(6 - u32::try_from(kept.len()).ok()?);
    Some((number(kept)? * scale, zone))
}

/// The zone's distance from UTC in seconds.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, digits) = match zone {
        [] | [b'Z'] => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |sum: i64, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_permitted_form() {
        let noon = 1_764_756_672 * US_PER_SECOND;
        for (text, us) in [
            ("2025-12-03T10:11:12", noon),
            ("2025-12-03 10:11:12Z", noon),
            ("2025-12-03T10:11:12.5+00:00", noon + 500_000),
            ("2025-12-03T10:11:12.1234567Z", noon + 123_456),
            ("2025-12-03T12:11:12+02:00", noon),
            ("2025-12-03T04:41:12-0530", noon),
            ("0001-01-01T00:00:00+23:59", -62_135_683_140 * US_PER_SECOND),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799 * US_PER_SECOND + 999_999),
            ("2024-02-29T00:00:00Z", 1_709_164_800 * US_PER_SECOND),
        ] {
            assert_eq!(parse("timestamp", text), Ok(us), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "now",
            "2025-12-03",
            "2025-12-03T10:11",
            "2025-12-03t10:11:12",
            "2025-12-03T10:11:12z",
            "2025-12-03T10:11:12.",
            "2025-12-03T10:11:12,5",
            "2025-12-03T10:11:12+2",
            "2025-12-03T10:11:12+02:60",
            "2025-12-03T10:11:12+24:00",
            "2025-12-03T24:00:00",
            "2025-12-03T10:60:00",
            "2025-12-03T10:11:60",
            "2025-13-03T10:11:12",
            "2025-02-29T10:11:12",
            "0000-01-01T00:00:00",
            "+2025-12-03T10:11:12",
            "2025-12-03T10:11:12 Z",
            "2025-12-03T10:11:12.000000000000000000000000000000000000000000000000",
            "２025-12-03T10:11:12",
            "2025-12-03T10:11:12+00:00x",
            "1764756672",
        ] {
            assert!(parse("timestamp", text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for us in [0, 1, -1, 1_764_756_672_123_456, -62_135_596_800_000_000, 253_402_300_799_999_999] {
            assert_eq!(parse("t", &format(us)), Ok(us));
        }
        assert_eq!(format(1_764_756_672_000_000), "2025-12-03T10:11:12.000000+00:00");
    }
}
