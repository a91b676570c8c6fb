//! Subagents that end with the tool call that started them: their own last document may never come.

use super::Reading;
use super::session::subagent_id;
use crate::document::Document;
use crate::event_text::{EventText, Whose};
use crate::name;
use crate::report::SubagentEnded;

/// The subagent whose tool call has come to its end with this document. One that goes on in the background has not.
pub(super) fn ended(document: &Document<'_>, event_name: &str, reading: &Reading<'_>) -> Option<SubagentEnded> {
    let is_agent = document.text("tool_name").is_some_and(|tool| matches!(&*tool, "Agent" | "Task"));
    if event_name != "PostToolUse" || !is_agent {
        return None;
    }
    let response = document.object("tool_response");
    if response.text("status").as_deref() != Some("completed") {
        return None;
    }
    let agent_id = response.text("agentId")?;
    // Whoever started it, all documents carry the id of the session that people started.
    let session_id = subagent_id(&document.text("session_id")?, &agent_id)?;
    let kind = document.object("tool_input").text("subagent_type");
    let session_name = name::of_subagent(kind.as_deref(), &agent_id);
    let whose = Whose { session_id: &session_id, session_name: &session_name, at: reading.whose.at };
    let mut event = EventText::new("session_stop", whose);
    event.text("reason", "completed");
    event.raw_if("tool_use_id", document.raw_string("tool_use_id"));
    let event = event.finish(reading.key.and("subagent"));
    Some(SubagentEnded { session_id, event })
}
