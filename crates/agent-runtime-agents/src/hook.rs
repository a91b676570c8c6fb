//! Hook documents. Both agents write the same shape: an object with `hook_event_name`, `session_id`, and what belongs
//! to that event.

mod session;
mod subagent;
mod tool;

use std::borrow::Cow;

use agent_runtime_types::timestamp;

use crate::agent::Agent;
use crate::clean::{Clean, cleaned, mended};
use crate::document::Document;
use crate::envelope::Envelope;
use crate::event_key::EventKey;
use crate::event_text::{EventText, Whose, block, event_type};
use crate::report::{Facts, Options, Report, ReportedEvent, Unreadable};

/// Members that every document has, or that say whose it is: what an event keeps of its document leaves them out, unless
/// it keeps the document whole.
const EVERYWHERE: [&str; 6] = ["hook_event_name", "session_id", "transcript_path", "cwd", "agent_id", "agent_type"];

/// Reads a hook document.
///
/// # Errors
/// When it is no sound JSON object, has no usable `session_id`, or its envelope has no time.
pub fn read_hook(agent: Agent, envelope: &Envelope, document: &[u8], options: &Options) -> Result<Report, Unreadable> {
    let at_us = timestamp::parse("at", &envelope.at).map_err(Unreadable::Envelope)?;
    let mended = mended(document);
    let Clean { text, counted } = cleaned(Cow::Borrowed(&mended), *options);
    let members = agent_runtime_types::json::inner_object(&text).map_err(Unreadable::NotAnObject)?;
    let document = Document { members };
    let event_name = document.text("hook_event_name").unwrap_or_default();
    let facts = session::facts(agent, envelope, &document, &event_name)?;
    let key = match document.text("tool_use_id").filter(|call| !call.is_empty()) {
        Some(call) => EventKey::of_call(&event_name, &call),
        None if options.redacts => EventKey::of_content(&event_name, &text, at_us),
        // What a hook spools holds no secrets, while its first attempt does: both have one key, whatever is stored.
        None => {
            let Clean { text, .. } = cleaned(Cow::Borrowed(&mended), Options { redacts: true, ..*options });
            EventKey::of_content(&event_name, &text, at_us)
        }
    };
    let reading = Reading {
        document: &document,
        text: &text,
        event_name: &event_name,
        key,
        whose: Whose { session_id: &facts.session_id, session_name: &facts.session_name, at: &envelope.at },
        answers_here: !options.reads_transcripts,
    };
    let transcript = session::transcript(agent, &document, &facts, &envelope.at);
    let events = reading.events(&facts, transcript.is_some());
    let subagent_ended = subagent::ended(&document, &event_name, &reading);
    Ok(Report { facts, events, transcript, subagent_ended, counted })
}

/// A document that is being read.
struct Reading<'a> {
    document: &'a Document<'a>,
    text: &'a str,
    event_name: &'a str,
    key: EventKey,
    whose: Whose<'a>,
    /// Whether a turn's last words are taken from the document even if there is a transcript.
    answers_here: bool,
}

/// How a prompt begins that Claude Code gives itself when a task in the background has ended.
const OWN_NOTICE: &str = "<task-notification>";

/// Whether a prompt is no person's.
fn is_own_notice(document: &Document<'_>) -> bool {
    document.text("prompt").is_some_and(|prompt| prompt.trim_start().starts_with(OWN_NOTICE))
}

impl Reading<'_> {
    fn events(&self, facts: &Facts, has_transcript: bool) -> Vec<ReportedEvent> {
        let is_subagent = facts.parent_session_id.is_some();
        let answer = || if has_transcript && !self.answers_here { None } else { self.answer() };
        match self.event_name {
            "SessionStart" if facts.is_start => vec![self.whole("session_start")],
            "SessionStart" => vec![self.whole("compact")],
            "SessionEnd" => vec![self.whole("session_stop")],
            "SubagentStart" if is_subagent => vec![self.whole("session_start")],
            "SubagentStop" if is_subagent => answer().into_iter().chain([self.whole("session_stop")]).collect(),
            "UserPromptSubmit" if is_own_notice(self.document) => vec![self.whole("task_notification")],
            "UserPromptSubmit" => vec![self.prompt().unwrap_or_else(|| self.other())],
            "PreToolUse" => vec![self.tool("pre_tool")],
            "PostToolUse" | "PostToolUseFailure" => vec![self.tool("post_tool")],
            "Stop" => answer().into_iter().chain([self.other()]).collect(),
            _ => vec![self.other()],
        }
    }

    /// Whatever has no words of its own on the wire, by its own name.
    fn other(&self) -> ReportedEvent {
        self.whole(&event_type(self.event_name))
    }

    /// An event that keeps its document whole. What the wire has a key for stands there too.
    fn whole(&self, event_type: &str) -> ReportedEvent {
        let mut event = EventText::new(event_type, self.whose);
        for key in ["tool_name", "tool_use_id", "error", "reason"] {
            event.raw_if(key, self.document.raw_string(key));
        }
        event.raw("hook", self.text);
        event.finish(self.key.clone())
    }

    fn prompt(&self) -> Option<ReportedEvent> {
        let prompt = self.document.raw_string("prompt")?;
        let mut event = EventText::message("user", self.whose, &block("text", prompt));
        self.push_rest(&mut event, &["prompt"]);
        Some(event.finish(self.key.clone()))
    }

    /// The last words of a turn.
    fn answer(&self) -> Option<ReportedEvent> {
        let words = self.document.raw_string("last_assistant_message").filter(|words| *words != "\"\"")?;
        let event = EventText::message("assistant", self.whose, &block("text", words));
        Some(event.finish(self.key.and("answer")))
    }

    /// Keeps under `hook` what of the document has no place in the event.
    fn push_rest(&self, event: &mut EventText, placed: &[&str]) {
        let mut rest = String::from("{");
        for member in &self.document.members {
            let key = &*member.key;
            if placed.contains(&key) || EVERYWHERE.contains(&key) {
                continue;
            }
            if rest.len() > 1 {
                rest.push(',');
            }
            rest.push_str(member.raw_key);
            rest.push(':');
            rest.push_str(member.value);
        }
        if rest.len() > 1 {
            rest.push('}');
            event.raw("hook", &rest);
        }
    }
}
