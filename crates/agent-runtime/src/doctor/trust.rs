//! What Codex itself says of the hooks that it has read: only it knows which of them it was told to trust. It is asked
//! as its own editor extensions ask it, over a pipe.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::setup::ask;

/// How long it may take to start and to answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// The number of the question.
const QUESTION: u64 = 2;

/// A hook as Codex lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    #[serde(rename = "eventName")]
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) command: String,
    #[serde(rename = "sourcePath")]
    pub(crate) file: PathBuf,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    trust_status: String,
}

fn yes() -> bool {
    true
}

impl Listed {
    /// Whether Codex runs it.
    pub(crate) fn runs(&self) -> bool {
        self.enabled && matches!(self.trust_status.as_str(), "trusted" | "managed")
    }
}

/// The hooks that Codex runs, or passes over, in a folder; `None` when it could not be asked.
pub(crate) fn list(folder: &Path) -> Option<Vec<Listed>> {
    let client = json!({"name": "agent-runtime", "title": "Agent Runtime", "version": env!("CARGO_PKG_VERSION")});
    let questions = [
        json!({"id": 1, "method": "initialize", "params": {"clientInfo": client}}),
        json!({"method": "initialized"}),
        json!({"id": QUESTION, "method": "hooks/list", "params": {"cwds": [folder]}}),
    ];
    let lines = questions.map(|question| format!("{question}\n")).concat();
    read(&ask::converse("codex", &["app-server"], &lines, is_answer, PATIENCE)?)
}

fn is_answer(line: &str) -> bool {
    serde_json::from_str::<Value>(line).is_ok_and(|message| message["id"] == QUESTION)
}

fn read(line: &str) -> Option<Vec<Listed>> {
    let mut answer: Value = serde_json::from_str(line).ok()?;
    let Value::Array(folders) = answer["result"]["data"].take() else { return None };
    let hooks = folders.into_iter().flat_map(|mut folder| match folder["hooks"].take() {
        Value::Array(hooks) => hooks,
        _ => Vec::new(),
    });
    // A hook of another kind, such as one that runs no command, is none of ours.
    Some(hooks.filter_map(|hook| serde_json::from_value(hook).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::{is_answer, read};

    /// As Codex 0.169.0 answers, without what is not read.
    fn answer(status: &str) -> String {
        format!(
            r#"{{"id":2,"result":{{"data":[{{"cwd":"/p","hooks":[{{"eventName":"stop","command":"'/x/agent-runtime' hook codex","sourcePath":"/h/hooks.json","enabled":true,"trustStatus":"{status}"}}]}}]}}}}"#
        )
    }

    #[test]
    fn only_hooks_that_are_trusted_run() {
        for (status, runs) in [("trusted", true), ("managed", true), ("untrusted", false), ("modified", false)] {
            let hooks = read(&answer(status)).expect("a list");
            assert_eq!((hooks.len(), hooks[0].runs()), (1, runs), "{status}");
        }
    }

    #[test]
    fn an_answer_is_known_by_its_number() {
        assert!(is_answer(&answer("trusted")));
        assert!(!is_answer(r#"{"id":1,"result":{}}"#) && !is_answer("warning") && !is_answer(r#"{"method":"x"}"#));
        assert_eq!(read(r#"{"id":2,"error":{"code":-32601}}"#), None);
    }
}
