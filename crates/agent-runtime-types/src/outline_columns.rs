//! Outlines by columns: the same as a list of them, in a fraction of the bytes, and quicker to read.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::event::{is_failure, value};
use crate::json::{self, Member};
use crate::outline::{event_heading_bytes, is_number, is_thinking, telling};

/// Some outlines, column by column: the first of each column belong together, and so on.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutlineColumns {
    /// What stands in the columns of places, each once; the first is `null`.
    words: Vec<Option<String>>,
    /// The events' ids.
    id: Vec<i64>,
    /// The first one's instant in microseconds since 1970; then how many later each is than the one before.
    at: Vec<i64>,
    /// Places among the words. `null` where it is the instant in UTC with milliseconds: `2025-12-03T10:00:00.000Z`.
    timestamp: Vec<usize>,
    /// Places among the words.
    event_type: Vec<usize>,
    /// Places among the words.
    tool_name: Vec<usize>,
    /// Places among the words.
    tool_use_id: Vec<usize>,
    /// Places among the words.
    role: Vec<usize>,
    /// Places among the words.
    text: Vec<usize>,
    /// How long the tool took, where the agent said so.
    #[schema(value_type = Vec<Option<f64>>)]
    duration_ms: Vec<Option<serde_json::Number>>,
    /// Bytes of each whole event, as it is shown.
    bytes: Vec<usize>,
    /// Which of them tell of a failure, counted from 0.
    errors: Vec<usize>,
    /// In which of them the agent only thinks, counted from 0.
    thoughts: Vec<usize>,
    #[serde(skip)]
    places: HashMap<String, usize>,
    #[serde(skip)]
    word_bytes: usize,
    #[serde(skip)]
    last_us: i64,
}

/// Bytes that one row takes at most besides its words, as the numbers of a long session are.
const ROW_BYTES: usize = 96;

impl OutlineColumns {
    /// Columns without a row.
    pub fn new() -> Self {
        Self {
            words: vec![None],
            id: Vec::new(),
            at: Vec::new(),
            timestamp: Vec::new(),
            event_type: Vec::new(),
            tool_name: Vec::new(),
            tool_use_id: Vec::new(),
            role: Vec::new(),
            text: Vec::new(),
            duration_ms: Vec::new(),
            bytes: Vec::new(),
            errors: Vec::new(),
            thoughts: Vec::new(),
            places: HashMap::new(),
            word_bytes: 0,
            last_us: 0,
        }
    }

    /// Adds the outline of a stored event, whose body has the members given.
    pub fn push(&mut self, id: i64, instant_us: i64, body: &str, members: &[Member<'_>]) {
        let row = self.id.len();
        self.id.push(id);
        self.at.push(instant_us - self.last_us);
        self.last_us = instant_us;
        let text = |key| value(members, key).and_then(json::string);
        let timestamp = text("timestamp").filter(|written| !is_instant_itself(written));
        let place = self.place(timestamp.as_deref());
        self.timestamp.push(place);
        let place = self.place(text("event_type").as_deref());
        self.event_type.push(place);
        let place = self.place(text("tool_name").as_deref());
        self.tool_name.push(place);
        let place = self.place(text("tool_use_id").as_deref());
        self.tool_use_id.push(place);
        let place = self.place(text("role").as_deref());
        self.role.push(place);
        let place = self.place(telling(members).as_deref());
        self.text.push(place);
        let duration = value(members, "duration_ms").filter(|value| is_number(value));
        self.duration_ms.push(duration.and_then(|number| number.parse().ok()));
        self.bytes.push(event_heading_bytes(id) + body.len());
        if is_failure(members) {
            self.errors.push(row);
        }
        if is_thinking(members) {
            self.thoughts.push(row);
        }
    }

    /// About how long they are when they are written.
    pub fn written_bytes(&self) -> usize {
        self.word_bytes + ROW_BYTES * self.id.len()
    }

    /// Writes them on one line.
    pub fn write(&self) -> String {
        // infallible: texts and numbers only
        serde_json::to_string(self).unwrap_or_default()
    }

    fn place(&mut self, word: Option<&str>) -> usize {
        let Some(word) = word else { return 0 };
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        let place = self.words.len();
        self.words.push(Some(word.to_owned()));
        self.places.insert(word.to_owned(), place);
        self.word_bytes += word.len() + 3;
        place
    }
}

impl Default for OutlineColumns {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a sound timestamp is written as everybody would write its instant: in UTC, with milliseconds.
fn is_instant_itself(written: &str) -> bool {
    matches!(written.as_bytes(), [.., b'.', _, _, _, b'Z'] if written.len() == 24 && written.as_bytes()[10] == b'T')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{NewEvent, stored_members};
    use crate::outline::{Outline, push_outline};
    use serde_json::{Value, json};

    fn read(columns: &Value) -> Vec<Value> {
        let at = |key: &str, row: usize| columns[key][row].clone();
        let holds = |key: &str, row: usize| columns[key].as_array().expect("a list").contains(&json!(row));
        let place = |key: &str, row: usize| at(key, row).as_u64().and_then(|place| usize::try_from(place).ok());
        let word = |key: &str, row: usize| columns["words"][place(key, row).expect("a place")].clone();
        let mut instant_us = 0;
        let rows = 0..columns["id"].as_array().expect("ids").len();
        rows.map(|row| {
            instant_us += at("at", row).as_i64().expect("an instant");
            let timestamp = match word("timestamp", row) {
                Value::Null => json!(format!("{}Z", &crate::timestamp::format(instant_us)[..23])),
                written => written,
            };
            json!({"id": at("id", row), "event_type": word("event_type", row), "timestamp": timestamp,
                "tool_name": word("tool_name", row), "tool_use_id": word("tool_use_id", row), "role": word("role", row),
                "is_error": holds("errors", row), "is_thinking": holds("thoughts", row),
                "duration_ms": at("duration_ms", row), "bytes": at("bytes", row), "text": word("text", row)})
        })
        .collect()
    }

    #[test]
    fn they_say_what_outlines_say() {
        let mut columns = OutlineColumns::new();
        let mut outlines = Vec::new();
        for (row, extra) in [
            json!({"event_type": "message", "role": "user", "content": [{"type": "text", "text": "say \"hi\"\n"}]}),
            json!({"event_type": "pre_tool", "tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "ls"}}),
            json!({"event_type": "post_tool", "tool_name": "Bash", "tool_use_id": "t", "duration_ms": 12.5,
                "tool_input": {"command": "ls"}, "timestamp": "2025-12-03T10:00:01.5Z", "error": "no"}),
            json!({"event_type": "message", "content": [{"type": "thinking", "thinking": "so"}], "timestamp": "2025-12-03 10:00:01.123Z"}),
            json!({"timestamp": "2025-12-03T11:00:00.123+01:00", "tool_use_id": 5, "role": "\u{fc}\u{1}"}),
            json!({"timestamp": "2025-12-03T09:59:59.123456+00:00"}),
            json!({"timestamp": "2025-12-03T10:00:01.123456"}),
        ]
        .iter()
        .enumerate()
        {
            let mut event = json!({"event_type": "x", "session_id": "s", "session_name": "n", "timestamp": "2025-12-03T10:00:00.001Z"});
            event.as_object_mut().expect("an object").extend(extra.as_object().expect("members").clone());
            let (id, event) = (40 + i64::try_from(row).expect("a small one"), NewEvent::parse(event.to_string().as_bytes()).expect("an event"));
            let mut text = String::new();
            push_outline(id, &event.body, &stored_members(&event.body), &mut text);
            let outline: Outline = serde_json::from_str(&text).expect("an outline");
            let instant_us = crate::timestamp::parse("timestamp", &outline.timestamp).expect("an instant");
            columns.push(id, instant_us, &event.body, &stored_members(&event.body));
            outlines.push(serde_json::to_value(outline).expect("JSON"));
        }
        let written = columns.write();
        assert!(!written.contains('\n') && written.len() <= columns.written_bytes() + 512, "{written}");
        let columns: Value = serde_json::from_str(&written).expect("JSON");
        assert_eq!(read(&columns), outlines);
        assert_eq!(columns["words"].as_array().expect("words").iter().filter(|word| **word == "ls").count(), 1);
    }
}
