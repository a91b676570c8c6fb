//! Whose document it is: which session, what it is called, and where its words are.

use agent_runtime_types::session::{MAX_DETAIL_BYTES, check_id};

use crate::agent::Agent;
use crate::claude_code;
use crate::document::Document;
use crate::envelope::Envelope;
use crate::name;
use crate::report::{Facts, NameRank, TranscriptRef, Unreadable};

/// What a document says of its session.
pub(super) fn facts(
    agent: Agent,
    envelope: &Envelope,
    document: &Document<'_>,
    event_name: &str,
) -> Result<Facts, Unreadable> {
    let own_id = document.text("session_id").filter(|id| is_id(id)).ok_or(Unreadable::NoSession)?;
    let project_dir = document.some_text("cwd").filter(|folder| folder.len() <= MAX_DETAIL_BYTES);
    let source = document.text("source").unwrap_or_default();
    let starts = event_name == "SessionStart" && source != "compact";
    let mut facts = Facts {
        session_name: name::of_folder(project_dir.as_deref(), agent.as_str(), &own_id),
        name_rank: NameRank::Folder,
        session_id: own_id.clone().into_owned(),
        parent_session_id: None,
        kind: document.some_text("agent_type"),
        project_dir,
        source: agent,
        host: envelope.host.clone(),
        model: model(document),
        branch: document.some_text("gitBranch"),
        is_start: starts,
        continues: document.some_text("forked_from_id").filter(|id| is_id(id)),
        continues_process: starts && matches!(&*source, "clear" | "fork"),
    };
    if let Some((session_id, agent_id)) = subagent(document, &own_id) {
        facts.session_name = name::of_subagent(facts.kind.as_deref(), &agent_id);
        facts.session_id = session_id;
        facts.parent_session_id = Some(own_id.into_owned());
        facts.is_start |= event_name == "SubagentStart";
        return Ok(facts);
    }
    let title = document.text("session_title").and_then(|title| name::of_title(&title));
    let prompt =
        || document.text("prompt").filter(|_| event_name == "UserPromptSubmit" && !super::is_own_notice(document));
    if let Some(title) = title {
        (facts.session_name, facts.name_rank) = (title, NameRank::Title);
    } else if let Some(name) = prompt().and_then(|prompt| name::of_prompt(&prompt)) {
        (facts.session_name, facts.name_rank) = (name, NameRank::Prompt);
    }
    Ok(facts)
}

/// The session of a subagent: `<parent>:<agent_id>`. An agent id that no session can have is passed over.
pub(super) fn subagent_id(parent: &str, agent_id: &str) -> Option<String> {
    let session_id = format!("{parent}:{agent_id}");
    (!agent_id.is_empty() && is_id(&session_id)).then_some(session_id)
}

/// Where the words of the document's session are kept.
pub(super) fn transcript(agent: Agent, document: &Document<'_>, facts: &Facts, at: &str) -> Option<TranscriptRef> {
    let of_session = document.some_text("transcript_path");
    let path = match document.text("agent_id").filter(|_| facts.parent_session_id.is_some()) {
        None => of_session?,
        // A subagent's documents name the file of its parent; only the last one names its own.
        Some(agent_id) => document.some_text("agent_transcript_path").or_else(|| match agent {
            Agent::ClaudeCode => claude_code::subagent_transcript(&of_session?, &agent_id),
            Agent::Codex => None,
        })?,
    };
    let (session_id, session_name) = (facts.session_id.clone(), facts.session_name.clone());
    Some(TranscriptRef { path, session_id, session_name, at: at.to_owned() })
}

fn subagent(document: &Document<'_>, parent: &str) -> Option<(String, String)> {
    let agent_id = document.some_text("agent_id")?;
    Some((subagent_id(parent, &agent_id)?, agent_id))
}

/// A model is named by a string, or by an object with its id.
fn model(document: &Document<'_>) -> Option<String> {
    document.some_text("model").or_else(|| document.object("model").some_text("id"))
}

fn is_id(id: &str) -> bool {
    check_id("session_id", id).is_ok()
}
