//! Which events an agent knows, by its version. On older versions of Claude Code one unknown name voids the whole
//! settings file, rules about permissions included, so nothing is written that a version may not know.
//!
//! As of 2026-11-24. Where the version that brought an event is not known, a later one stands that has it. Tried with
//! Claude Code 1.0.62, 1.0.85, 2.0.44, 2.0.45, 2.1.10, 2.1.33, 2.1.49, 2.1.69, 2.1.76, 2.1.78, 2.1.84, 2.1.89, 2.1.152,
//! 2.1.220 and 2.1.328 themselves, each of which ran the hooks written for it (with one name more, 1.0.85 ran none);
//! and with Codex 0.169.0, which lists all of them without a warning.

use std::time::Duration;

use super::ask;

/// How long an agent may take to say its version.
const PATIENCE: Duration = Duration::from_secs(2);

/// The version of an agent: `2.1.328`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

/// An event, and since when it is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) event: &'static str,
    since: Version,
    /// Whether hooks for it say which tools they are for.
    pub(crate) about_tools: bool,
    /// Whether it is taken when the version is not known.
    always: bool,
}

const fn known(event: &'static str, since: Version) -> Known {
    Known { event, since, about_tools: false, always: false }
}

impl Known {
    const fn about_tools(self) -> Self {
        Self { about_tools: true, ..self }
    }

    const fn always(self) -> Self {
        Self { always: true, ..self }
    }
}

/// Left out on purpose: `WorktreeCreate` (a hook replaces what it is about), `MessageDisplay` (it holds up every
/// piece of text), `FileChanged` (it must name files), `PostToolBatch` (it repeats what each `PostToolUse` said).
pub(crate) static CLAUDE_CODE: &[Known] = &[
    known("SessionStart", Version(1, 0, 62)).always(),     // 2025-07
    known("SessionEnd", Version(1, 0, 85)).always(),       // 2025-08
    known("Setup", Version(2, 1, 10)),                     // 2026-01
    known("UserPromptSubmit", Version(1, 0, 54)).always(), // 2025-07
    known("UserPromptExpansion", Version(2, 1, 152)),      // by 2026-06
    known("PreToolUse", Version(1, 0, 38)).about_tools().always(), // 2025-06
    known("PermissionRequest", Version(2, 0, 45)).about_tools(), // 2025-11
    known("PermissionDenied", Version(2, 1, 89)).about_tools(), // 2026-04
    known("PostToolUse", Version(1, 0, 38)).about_tools().always(), // 2025-06
    known("PostToolUseFailure", Version(2, 1, 33)).about_tools(), // by 2026-02
    known("Notification", Version(1, 0, 38)).always(),     // 2025-06
    known("Stop", Version(1, 0, 38)).always(),             // 2025-06
    known("StopFailure", Version(2, 1, 78)),               // 2026-03
    known("SubagentStart", Version(2, 0, 43)),             // 2025-11
    known("SubagentStop", Version(1, 0, 41)).always(),     // 2025-07
    known("TaskCreated", Version(2, 1, 84)),               // 2026-03
    known("TaskCompleted", Version(2, 1, 33)),             // 2026-02
    known("TeammateIdle", Version(2, 1, 33)),              // 2026-02
    known("InstructionsLoaded", Version(2, 1, 69)),        // 2026-03
    known("ConfigChange", Version(2, 1, 49)),              // 2026-02
    known("CwdChanged", Version(2, 1, 83)),                // 2026-03
    known("DirectoryAdded", Version(2, 1, 220)),           // 2026-08
    known("WorktreeRemove", Version(2, 1, 50)),            // 2026-02
    known("PreCompact", Version(1, 0, 48)),                // 2025-07
    known("PostCompact", Version(2, 1, 76)),               // 2026-03
    known("Elicitation", Version(2, 1, 76)),               // 2026-03
    known("ElicitationResult", Version(2, 1, 76)),         // 2026-03
];

/// Codex passes over events that it does not know.
pub(crate) static CODEX: &[Known] = &[
    known("SessionStart", Version(0, 114, 0)).always(),     // 2026-03
    known("SessionEnd", Version(0, 145, 0)),                // by 2026-07
    known("UserPromptSubmit", Version(0, 116, 0)).always(), // 2026-03
    known("PreToolUse", Version(0, 117, 0)).about_tools().always(), // 2026-03
    known("PermissionRequest", Version(0, 124, 0)).about_tools(), // 2026-04
    known("PostToolUse", Version(0, 117, 0)).about_tools().always(), // 2026-03
    known("SubagentStart", Version(0, 134, 0)),             // 2026-05
    known("SubagentStop", Version(0, 134, 0)),              // 2026-05
    known("Stop", Version(0, 114, 0)).always(),             // 2026-03
    known("Interrupt", Version(0, 153, 0)),                 // by 2026-10
    known("PreCompact", Version(0, 131, 0)),                // 2026-05
    known("PostCompact", Version(0, 131, 0)),               // 2026-05
];

/// The events of a table that an agent of this version knows.
pub(crate) fn events(table: &'static [Known], version: Option<Version>) -> impl Iterator<Item = &'static Known> {
    table.iter().filter(move |known| version.map_or(known.always, |version| version >= known.since))
}

/// That an agent of this version has no hooks at all, in words; `None` when it has, or its version is not known.
pub(crate) fn without_hooks(agent: &str, table: &'static [Known], version: Option<Version>) -> Option<String> {
    let (version, first) = (version?, table.iter().map(|known| known.since).min()?);
    (version < first).then(|| format!("{agent} {version} has no hooks and cannot report: they came with {first}"))
}

/// Asks a program on the `PATH` for its version; `None` when there is none, or it does not answer in time.
pub(crate) fn ask(program: &str) -> Option<Version> {
    read(&ask::ask(program, &["--version"], PATIENCE)?.said)
}

/// The first version in a text: `2.1.328 (Claude Code)`, `codex-cli 0.169.0-alpha.1`.
fn read(text: &str) -> Option<Version> {
    text.split(|letter: char| !letter.is_ascii_digit() && letter != '.').find_map(|word| {
        let mut parts = word.split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch))) = (parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        Some(Version(major, minor, patch))
    })
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::{CLAUDE_CODE, CODEX, Version, events, read, without_hooks};

    fn names(version: Option<Version>) -> Vec<&'static str> {
        events(CLAUDE_CODE, version).map(|known| known.event).collect()
    }

    #[test]
    fn an_unknown_version_gets_the_short_list() {
        let expected = [
            "SessionStart",
            "SessionEnd",
            "UserPromptSubmit",
            "PreToolUse",
            "PostToolUse",
            "Notification",
            "Stop",
            "SubagentStop",
        ];
        assert_eq!(names(None), expected);
    }

    #[test]
    fn no_version_gets_an_event_that_it_does_not_know() {
        assert_eq!(names(Some(Version(1, 0, 38))), ["PreToolUse", "PostToolUse", "Notification", "Stop"]);
        assert!(!names(Some(Version(2, 0, 44))).contains(&"PermissionRequest"));
        assert!(names(Some(Version(2, 0, 45))).contains(&"PermissionRequest"));
        assert_eq!(names(Some(Version(3, 0, 0))).len(), CLAUDE_CODE.len());
    }

    #[test]
    fn versions_before_all_hooks_are_known_as_such() {
        let words = |table, version| without_hooks("It", table, Some(version));
        assert_eq!(
            words(CLAUDE_CODE, Version(1, 0, 37)).as_deref(),
            Some("It 1.0.37 has no hooks and cannot report: they came with 1.0.38")
        );
        assert!(words(CODEX, Version(0, 113, 9)).is_some_and(|words| words.ends_with("with 0.114.0")));
        assert_eq!((words(CLAUDE_CODE, Version(1, 0, 38)), words(CODEX, Version(0, 114, 0))), (None, None));
        assert_eq!(without_hooks("It", CODEX, None), None);
    }

    #[test]
    fn what_replaces_or_slows_behaviour_is_never_asked_for() {
        let all = CLAUDE_CODE.iter().chain(CODEX).map(|known| known.event);
        assert!(all.clone().all(|event| !["WorktreeCreate", "MessageDisplay"].contains(&event)));
        assert!(all.clone().count() > 30);
    }

    #[test]
    fn a_version_is_found_in_what_agents_say() {
        assert_eq!(read("2.1.328 (Claude Code)\n"), Some(Version(2, 1, 328)));
        assert_eq!(read("codex-cli 0.169.0-alpha.1"), Some(Version(0, 169, 0)));
        assert_eq!(read("codex-cli"), None);
    }
}
