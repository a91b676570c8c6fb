//! One event on one line: when, whose, what, and as much of it as fits.

mod told;
mod value;

use super::plain;
use super::style::{Style, Tone};
use crate::client::record::Event;
use told::{Told, told};

/// Columns of the word that says what kind of event it is.
const KIND_COLUMNS: usize = 6;
/// Columns of a session's name, where several are shown.
const NAME_COLUMNS: usize = 20;
/// How lines are made.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    /// How many columns a line may have.
    pub(crate) columns: usize,
    /// How it is coloured.
    pub(crate) style: Style,
}

impl Lines {
    /// The line of an event; `name` is its session's, where lines of several stand together.
    pub(crate) fn event(self, event: &Event, when: &str, name: Option<&str>) -> String {
        let Told { kind, tone, text } = told(event);
        self.put_together(when, name, kind, tone, &text)
    }

    /// A line on something else that happened to a session.
    pub(crate) fn session(self, when: &str, name: Option<&str>, kind: &str, text: &str) -> String {
        self.put_together(when, name, kind, Tone::Strong, text)
    }

    fn put_together(self, when: &str, name: Option<&str>, kind: &str, tone: Tone, text: &str) -> String {
        let (when, kind) = (plain::line(when), plain::padded(&plain::line(kind), KIND_COLUMNS));
        let name = name.map(|name| plain::padded(&plain::cut(&plain::line(name), NAME_COLUMNS), NAME_COLUMNS));
        let taken = [Some(&when), name.as_ref(), Some(&kind)];
        let taken: usize = taken.into_iter().flatten().map(|part| plain::columns(part) + 2).sum();
        // However narrow the screen, something of the event is seen.
        let text = plain::cut(&plain::line(text), self.columns.saturating_sub(taken).max(10));
        let mut line = self.style.paint(Tone::Quiet, &when);
        for part in name.iter().map(|name| self.style.paint(Tone::Quiet, name)) {
            line = format!("{line}  {part}");
        }
        let text = if tone == Tone::Bad { self.style.paint(tone, &text) } else { text };
        let line = format!("{line}  {}  {text}", self.style.paint(tone, &kind));
        line.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Style};
    use crate::client::record::Event;
    use crate::output::plain;
    use serde_json::json;

    fn line(columns: usize, members: &serde_json::Value) -> String {
        let mut event = json!({"id": 1, "session_id": "s", "session_name": "n", "timestamp": "t"});
        let (Some(event), Some(members)) = (event.as_object_mut(), members.as_object()) else { panic!("objects") };
        event.extend(members.clone());
        let event: Event = serde_json::from_value(json!(event)).expect("an event");
        Lines { columns, style: Style { coloured: false } }.event(&event, "10:00:00", Some("name"))
    }

    #[test]
    fn a_line_says_what_happened() {
        for (members, said) in [
            (json!({"event_type": "session_start"}), "start"),
            (
                json!({"event_type": "pre_tool", "tool_name": "Bash", "tool_input": {"description": "d", "command": "cargo\n\ttest"}}),
                "tool    Bash: cargo test",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Bash", "tool_output": {"stdout": "ok"}, "duration_ms": 1240}),
                "done    Bash (1.2 s): ok",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Read", "tool_output": [1], "duration_ms": "odd"}),
                "done    Read: [1]",
            ),
            (json!({"event_type": "post_tool", "tool_name": "Bash", "error": "no"}), "failed  Bash: no"),
            (
                json!({"event_type": "message", "role": "user", "content": [{"type": "text", "text": "hello\x1b[2J"}, {"type": "image"}]}),
                "user    hello␛[2J [image]",
            ),
            (json!({"event_type": "message", "role": "assistant", "content": []}), "agent"),
            (json!({"event_type": "session_stop", "exit_code": 3, "reason": "logout"}), "end     exit code 3, logout"),
            (json!({"event_type": "notification", "reason": "idle"}), "note    idle"),
            (json!({"event_type": "anything_else", "reason": "why"}), "anything_else  why"),
        ] {
            assert_eq!(line(200, &members), format!("10:00:00  {}  {said}", plain::padded("name", 20)));
        }
    }

    #[test]
    fn what_agents_report_beside_tools_and_words_says_what_is_the_matter() {
        let of_agent = json!({"agent_id": "a1", "agent_type": "Explore"});
        let permission = json!({"tool_name": "Bash", "tool_input": {"command": "rm -r x", "description": "d"}});
        let blocks = json!([{"type": "text", "text": "Found\nit"}, {"type": "text", "text": "twice"}]);
        for (members, said) in [
            (
                json!({"event_type": "notification", "hook": {"message": "Claude needs you", "notification_type": "idle_prompt"}}),
                "note    Claude needs you",
            ),
            (
                json!({"event_type": "permission_request", "tool_name": "Bash", "hook": permission}),
                "asks    Bash: rm -r x",
            ),
            (
                json!({"event_type": "permission_denied", "tool_name": "Bash", "reason": "rule", "hook": permission}),
                "denied  Bash: rm -r x: rule",
            ),
            (json!({"event_type": "stop", "hook": {"background_tasks": []}}), "turn    over"),
            (
                json!({"event_type": "stop", "hook": {"background_tasks": [{}]}}),
                "turn    over, while 1 task goes on in the background",
            ),
            (
                json!({"event_type": "stop_failure", "error": "rate_limit", "hook": {"error_details": "soon"}}),
                "turn    failed: rate_limit, soon",
            ),
            (json!({"event_type": "interrupt", "content": []}), "turn    interrupted"),
            (
                json!({"event_type": "pre_compact", "hook": {"trigger": "auto"}}),
                "note    compacting what was said: auto",
            ),
            (json!({"event_type": "compact", "hook": {"source": "compact"}}), "note    what was said is compacted"),
            (json!({"event_type": "session_start", "hook": {"source": "resume"}}), "start   resume"),
            (json!({"event_type": "session_start", "hook": of_agent}), "start   subagent Explore"),
            (
                json!({"event_type": "session_stop", "reason": "completed", "hook": of_agent}),
                "end     subagent Explore, completed",
            ),
            (
                json!({"event_type": "message", "role": "assistant", "content": [{"type": "thinking", "thinking": "Hm"}]}),
                "thinks  Hm",
            ),
            (
                json!({"event_type": "task_notification", "hook": {"prompt": "<task-notification>\n<summary>Done</summary>"}}),
                "note    Done",
            ),
            (json!({"event_type": "cwd_changed", "hook": {"new_cwd": "/b", "old_cwd": "/a"}}), "cwd_changed  /b"),
            (
                json!({"event_type": "post_tool", "tool_name": "Agent", "tool_output": {"status": "completed", "prompt": "p", "content": blocks}}),
                "done    Agent: Found it twice",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Agent", "tool_output": {"status": "async_launched", "description": "d"}}),
                "done    Agent: goes on in the background",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "mcp__a__b", "tool_output": blocks}),
                "done    mcp__a__b: Found it twice",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Read", "tool_output": {"type": "text", "file": {"content": "…", "numLines": 1}}}),
                "done    Read: 1 line",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Bash", "tool_output": {"stdout": "", "stderr": "", "interrupted": false}}),
                "done    Bash: no output",
            ),
            (
                json!({"event_type": "pre_tool", "tool_name": "TodoWrite", "tool_input": {"todos": [
                    {"content": "a", "status": "completed"}, {"content": "b", "status": "in_progress"}]}}),
                "tool    TodoWrite: 1 of 2 done, now: b",
            ),
            (
                json!({"event_type": "post_tool", "tool_name": "Glob", "tool_output": {"filenames": ["/a"], "numFiles": 1}}),
                "done    Glob: 1 file",
            ),
        ] {
            assert_eq!(line(200, &members), format!("10:00:00  {}  {said}", plain::padded("name", 20)).trim_end());
        }
    }

    #[test]
    fn a_line_stays_within_its_columns_and_a_deep_value_is_no_obstacle() {
        let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
        let event = format!(
            "{{\"id\":1,\"session_id\":\"s\",\"session_name\":\"n\",\"timestamp\":\"t\",\"event_type\":\"pre_tool\",\
             \"tool_input\":{{\"a\":{deep}}},\"content\":[{deep}]}}"
        );
        let event: Event = serde_json::from_str(&event).expect("an event");
        let line = Lines { columns: 80, style: Style { coloured: false } }.event(&event, "10:00:00", None);
        assert!(line.contains("tool    tool: {\"a\":[[[") && plain::columns(&line) == 80, "{line}");
    }
}
