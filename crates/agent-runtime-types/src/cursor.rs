//! Positions in the change log.

use std::fmt;
use std::str::FromStr;

/// A place in the change log of one database: everything up to and including `seq` has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The random id of the database; positions of another epoch mean nothing here.
    pub epoch: String,
    /// The position; the first change has 1.
    pub seq: i64,
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct MalformedCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = MalformedCursor;

    fn from_str(text: &str) -> Result<Self, MalformedCursor> {
        let (epoch, seq) = text.split_once(':').ok_or(MalformedCursor)?;
        let plain = !seq.is_empty() && seq.bytes().all(|byte| byte.is_ascii_digit());
        if epoch.is_empty() || !epoch.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !plain {
            return Err(MalformedCursor);
        }
        let seq = seq.parse().map_err(|_| MalformedCursor)?;
        Ok(Self { epoch: epoch.to_owned(), seq })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let cursor = Cursor { epoch: "0a1b".into(), seq: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", ":", "a:", ":1", "a:-1", "a:+1", "a:1 ", "a:1:2", "a b:1", "a:99999999999999999999", "1"] {
            assert_eq!(text.parse::<Cursor>(), Err(MalformedCursor), "{text}");
        }
    }
}
