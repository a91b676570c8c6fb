//! Tool calls: before, after, and after a failure.

use agent_runtime_types::json;

use super::Reading;
use crate::event_text::EventText;
use crate::report::ReportedEvent;

impl Reading<'_> {
    /// A tool call. A value of a type that the wire does not allow stays under `hook`.
    pub(super) fn tool(&self, event_type: &str) -> ReportedEvent {
        let document = self.document;
        let is_over = event_type == "post_tool";
        let input = document.raw("tool_input").filter(|value| value.starts_with('{'));
        let duration = document.raw("duration_ms").filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
        let error = self.error();
        // The key on the wire, the member of the document, and its value.
        let places = [
            ("tool_name", "tool_name", document.raw_string("tool_name")),
            ("tool_use_id", "tool_use_id", document.raw_string("tool_use_id")),
            ("tool_input", "tool_input", input),
            ("tool_output", "tool_response", document.raw("tool_response").filter(|_| is_over)),
            ("error", "error", error.as_deref().filter(|_| is_over)),
            ("duration_ms", "duration_ms", duration.filter(|_| is_over)),
        ];
        let mut event = EventText::new(event_type, self.whose);
        let mut used = Vec::with_capacity(places.len());
        for (key, member, value) in places {
            if let Some(value) = value {
                event.raw(key, value);
                used.push(member);
            }
        }
        self.push_rest(&mut event, &used);
        event.finish(self.key.clone())
    }

    /// What went wrong, as a string on the wire: one that is no string is written out. A failure is never without one.
    fn error(&self) -> Option<String> {
        match self.document.raw("error") {
            Some(text) if text.starts_with('"') => Some(text.to_owned()),
            Some(value) => Some(quoted(value)),
            None => (self.event_name == "PostToolUseFailure").then(|| quoted("failed")),
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    json::push_string(text, &mut quoted);
    quoted
}
