//! Whose words a transcript holds. The file of a forked Codex session begins with a copy of its parent's lines, in
//! which every line has a new time and none says that it is a copy.

use crate::document::Document;

/// Digits of an id that are its time, and the place of the digit that says so (RFC 9562, section 5.7).
const TIME_DIGITS: usize = 12;
const VERSION_AT: usize = 12;

/// Who speaks in the lines that come next. Begin with the default, and read all lines of a file with the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaker {
    /// Nothing has told yet: what is said counts as the session's own.
    #[default]
    Untold,
    /// The session that this one was forked from.
    Parent,
    /// The session itself, from here on to the end of the file.
    Own,
}

impl Speaker {
    /// A number under which it is kept.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Reads that number; one that nobody wrote tells nothing.
    pub fn from_number(number: u8) -> Self {
        [Self::Parent, Self::Own].into_iter().find(|speaker| speaker.number() == number).unwrap_or_default()
    }

    /// Listens to a line of Codex; whether it is one of the session's own.
    ///
    /// A copy holds the `session_meta` of its parent, and turns that began before the session was there: both kinds of
    /// ids begin with their time. What cannot be told counts as the session's own, for words that are told twice are
    /// better than words that are lost.
    pub(crate) fn hears(&mut self, session_id: &str, line_type: &str, payload: &Document<'_>) -> bool {
        let own_id = session_id.rsplit(':').next().unwrap_or(session_id);
        if line_type == "session_meta" {
            let is_own = payload.text("id").is_none_or(|id| id == own_id);
            if !is_own && *self == Self::Untold {
                *self = Self::Parent;
            }
            return is_own;
        }
        let turn_id = payload.text("turn_id");
        if *self != Self::Own && (turn_id.is_some() || begins_turn(line_type, payload)) {
            let is_older = time(own_id).zip(turn_id.as_deref().and_then(time)).is_some_and(|(own, turn)| turn < own);
            *self = if is_older { Self::Parent } else { Self::Own };
        }
        *self != Self::Parent
    }
}

/// Older versions do not say which turn begins.
fn begins_turn(line_type: &str, payload: &Document<'_>) -> bool {
    line_type == "turn_context"
        || (line_type == "event_msg" && payload.text("type").is_some_and(|kind| kind == "task_started"))
}

/// When an id was made, in milliseconds; `None` for ids that do not tell.
fn time(id: &str) -> Option<u64> {
    let digits: String = id.chars().filter(|digit| *digit != '-').collect();
    let tells = digits.len() == 32 && digits.as_bytes().get(VERSION_AT) == Some(&b'7');
    tells.then(|| u64::from_str_radix(digits.get(..TIME_DIGITS)?, 16).ok()).flatten()
}
