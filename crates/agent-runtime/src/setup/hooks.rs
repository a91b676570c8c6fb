//! The hooks of ours in an agent's file, before a change and behind it: what the change does, and what is recorded then.

use std::path::Path;

use super::{Agent, entries};

/// What is recorded where there are hooks for all of these events. Of lines about the same event the first that fits
/// holds.
const RECORDED: [(&[&str], &str); 10] = [
    (&["SessionStart", "SessionEnd"], "when sessions start and end"),
    (&["SessionStart"], "when sessions start"),
    (&["SessionEnd"], "when sessions end"),
    (&["UserPromptSubmit"], "prompts"),
    (&["PreToolUse", "PostToolUse"], "tool calls with what goes in and comes out"),
    (&["PreToolUse"], "tool calls with what goes in"),
    (&["PostToolUse"], "tool calls with what goes in and comes out, once they are over"),
    (&["PermissionRequest"], "requests for permission"),
    (&["Notification"], "notifications"),
    (&["Stop"], "when turns end"),
];

/// Events, each with the command that runs for it.
type Entries = Vec<(String, String)>;

/// Our hooks before and after.
#[derive(Debug)]
pub(crate) struct Hooks {
    before: Entries,
    after: Entries,
}

impl Hooks {
    /// Reads both. A text that cannot be read has none.
    pub(crate) fn of(agent: Agent, file: &Path, before: &str, after: &str) -> Self {
        let read = |text| entries::ours(agent, file, text).unwrap_or_default();
        Self { before: read(before), after: read(after) }
    }

    /// What becomes of hooks that were there before; nothing where none were.
    pub(crate) fn change(&self) -> Option<String> {
        if self.before.is_empty() {
            return None;
        }
        let has = |entries: &Entries, event: &str| entries.iter().any(|(known, _)| known == event);
        let named = |entries: Vec<&(String, String)>| {
            entries.iter().map(|(event, _)| event.as_str()).collect::<Vec<_>>().join(", ")
        };
        let (new, old): (Vec<_>, Vec<_>) = self.after.iter().partition(|(event, _)| !has(&self.before, event));
        let (same, updated): (Vec<_>, Vec<_>) = old.into_iter().partition(|entry| self.before.contains(entry));
        let gone: Vec<_> = self.before.iter().filter(|(event, _)| !has(&self.after, event)).collect();
        let doubled = (self.before.len() - gone.len()).saturating_sub(same.len() + updated.len());
        let mut parts = vec![format!("{} stay as they are", same.len())];
        for (entries, what) in [(new, "added"), (updated, "brought up to date"), (gone, "taken out")] {
            if !entries.is_empty() {
                parts.push(format!("{} {what} ({})", entries.len(), named(entries)));
            }
        }
        if doubled > 0 {
            parts.push(format!("{doubled} taken out that stood there twice"));
        }
        Some(format!("Hooks of agent-runtime that are there already: {}.", parts.join(", ")))
    }

    /// What is recorded by the hooks that are there then.
    pub(crate) fn recorded(&self) -> String {
        let mut told: Vec<&str> = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for (events, words) in RECORDED {
            let all = events.iter().all(|event| self.after.iter().any(|(known, _)| known == event));
            if all && !events.iter().any(|event| seen.contains(event)) {
                told.push(words);
                seen.extend(events);
            }
        }
        match told.split_last() {
            None => "nothing that is known here".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{}, and {last}", others.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hooks;

    fn hooks(before: &[(&str, &str)], after: &[(&str, &str)]) -> Hooks {
        let owned = |entries: &[(&str, &str)]| {
            entries.iter().map(|(event, command)| ((*event).to_owned(), (*command).to_owned())).collect()
        };
        Hooks { before: owned(before), after: owned(after) }
    }

    #[test]
    fn what_was_there_is_told_from_what_is_new() {
        assert_eq!(hooks(&[], &[("Stop", "a")]).change(), None);
        let before = [("Stop", "a"), ("Stop", "a"), ("PreToolUse", "old"), ("Gone", "a")];
        let after = [("Stop", "a"), ("PreToolUse", "a"), ("SessionEnd", "a"), ("Setup", "a")];
        assert_eq!(
            hooks(&before, &after).change().expect("words"),
            "Hooks of agent-runtime that are there already: 1 stay as they are, 2 added (SessionEnd, Setup), \
             1 brought up to date (PreToolUse), 1 taken out (Gone), 1 taken out that stood there twice."
        );
    }

    #[test]
    fn no_more_is_said_to_be_recorded_than_there_are_hooks_for() {
        let all = [("SessionStart", ""), ("SessionEnd", ""), ("PreToolUse", ""), ("PostToolUse", ""), ("Stop", "")];
        assert_eq!(
            hooks(&[], &all).recorded(),
            "when sessions start and end, tool calls with what goes in and comes out, and when turns end"
        );
        assert_eq!(hooks(&[], &[("SessionStart", "")]).recorded(), "when sessions start");
        assert_eq!(hooks(&[], &[]).recorded(), "nothing that is known here");
    }
}
