//! Lines of what agents keep themselves. The words between tool calls stand there and nowhere else.

use agent_runtime_types::{json, timestamp};

use crate::agent::Agent;
use crate::clean::{Clean, cleaned, mended};
use crate::document::Document;
use crate::event_key::EventKey;
use crate::event_text::{EventText, Whose, block};
use crate::report::{LineReport, Options, TranscriptRef, Unreadable};
use crate::speaker::Speaker;
use crate::{claude_code, codex};

/// Reads a whole line of a transcript. Lines that say nothing about the session give an empty report. The speaker goes
/// from line to line: that of a file's first is the default.
///
/// # Errors
/// When it is no sound JSON object: the last line of a file may be half written.
pub fn read_transcript_line(
    agent: Agent,
    transcript: &TranscriptRef,
    speaker: &mut Speaker,
    line: &[u8],
    options: &Options,
) -> Result<LineReport, Unreadable> {
    let text = mended(line);
    let members = json::inner_object(&text).map_err(Unreadable::NotAnObject)?;
    let reader = LineReader { transcript, options, text: &text, line: Document { members } };
    Ok(match agent {
        Agent::ClaudeCode => claude_code::read_line(&reader),
        Agent::Codex => codex::read_line(&reader, speaker),
    })
}

/// A line that is being read.
pub(crate) struct LineReader<'a> {
    transcript: &'a TranscriptRef,
    options: &'a Options,
    /// The line, for those that have no id.
    pub(crate) text: &'a str,
    pub(crate) line: Document<'a>,
}

impl LineReader<'_> {
    /// The session whose words the file holds.
    pub(crate) fn session_id(&self) -> &str {
        &self.transcript.session_id
    }

    /// Adds a message of the assistant, one for each block. Of a line, only what is kept is cleaned: most of it is the
    /// results of tools, which come from elsewhere.
    pub(crate) fn add_words(&self, report: &mut LineReport, kind: &str, raw_words: &str, key: EventKey) {
        if json::string(raw_words).is_none_or(|words| words.trim().is_empty()) {
            return;
        }
        let Clean { text, counted } = cleaned(raw_words.into(), *self.options);
        report.counted.add(&counted);
        let at = self.at();
        report.events.push(EventText::message("assistant", self.whose(&at), &block(kind, &text)).finish(key));
    }

    /// Adds an event that only the transcript tells of.
    pub(crate) fn add_event(&self, report: &mut LineReport, event_type: &str, key: EventKey) {
        let at = self.at();
        report.events.push(EventText::new(event_type, self.whose(&at)).finish(key));
    }

    /// A text without its secrets, for names.
    pub(crate) fn clean_text(&self, report: &mut LineReport, raw_text: &str) -> Option<String> {
        let Clean { text, counted } = cleaned(raw_text.into(), *self.options);
        report.counted.add(&counted);
        json::string(&text).map(std::borrow::Cow::into_owned)
    }

    /// A member's text without its secrets, unless it is empty.
    pub(crate) fn clean_member(&self, report: &mut LineReport, of: &Document<'_>, key: &str) -> Option<String> {
        let raw_text = of.raw_string(key)?;
        self.clean_text(report, raw_text).filter(|text| !text.is_empty())
    }

    fn whose<'w>(&'w self, at: &'w str) -> Whose<'w> {
        let TranscriptRef { session_id, session_name, .. } = self.transcript;
        Whose { session_id, session_name, at }
    }

    /// When the line was written.
    fn at(&self) -> String {
        let is_time = |at: &String| timestamp::parse("timestamp", at).is_ok();
        self.line.some_text("timestamp").filter(is_time).unwrap_or_else(|| self.transcript.at.clone())
    }
}
