//! What an agent's own document says, in the words of this server: facts of its session, and events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::NewEvent;

/// Where a session comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A client of the API.
    #[default]
    Api,
    /// The hooks of Claude Code.
    ClaudeCode,
    /// The hooks of Codex.
    Codex,
}

impl Source {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Api, Self::ClaudeCode, Self::Codex].into_iter().find(|source| source.as_str() == word)
    }
}

/// Where a session's name comes from. A later one replaces what stands before it in this list, and its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRank {
    /// Made from the folder and the id.
    Folder = 0,
    /// The beginning of the first prompt.
    Prompt = 1,
    /// The agent's own title for it.
    Title = 2,
    /// A title that a person gave in the agent.
    ChosenTitle = 3,
    /// A person here, or a client of the API: nothing replaces it but the same.
    Person = 4,
}

impl NameRank {
    /// Reads the number under which it is stored.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Folder, Self::Prompt, Self::Title, Self::ChosenTitle, Self::Person]
            .into_iter()
            .find(|rank| *rank as i64 == number)
    }
}

/// What one document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of its session, which it creates where it is missing.
    pub facts: Facts,
    /// What happened, in order.
    pub events: Vec<ReportedEvent>,
    /// Only while the session runs in this process; with another, it says nothing.
    pub of_process: Option<Process>,
    /// What is new of the file in which the agent keeps the session's words.
    pub transcript: Option<TranscriptNews>,
}

/// What is new of a session's transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TranscriptNews {
    /// A document names it: there may be new words in it.
    Grows {
        /// The file.
        path: String,
    },
    /// It was read.
    Read {
        /// The file.
        path: String,
        /// How far.
        place: TranscriptPlace,
    },
    /// It was read, and nobody looks at it again until the next document. If one came since, it is to be read on.
    Settled {
        /// The file.
        path: String,
        /// How far.
        place: TranscriptPlace,
    },
}

/// How far a transcript was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TranscriptPlace {
    /// Bytes that were read.
    pub offset: u64,
    /// Which file it was, device and number: another may stand under its name.
    pub file: Option<(u64, u64)>,
    /// Who spoke there last, as whoever reads the lines counts them.
    pub speaker: u8,
}

/// Facts of a session. What is `None` is not known from this document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The session.
    pub session_id: String,
    /// The session that started it.
    pub parent_session_id: Option<String>,
    /// The best name that the document has for it.
    pub session_name: String,
    /// Where that name comes from.
    pub name_rank: NameRank,
    /// The agent's kind, of a subagent.
    pub agent_name: Option<String>,
    /// The folder it works in.
    pub project_dir: Option<String>,
    /// Whose document it is.
    pub source: Source,
    /// The machine it runs on.
    pub host: Option<String>,
    /// The model that it asks.
    pub model: Option<String>,
    /// The branch of its folder.
    pub branch: Option<String>,
    /// The process that the agent runs in.
    pub process: Option<Process>,
    /// When the document came, as it is shown.
    pub at: String,
    /// The same in microseconds since 1970.
    pub at_us: i64,
    /// Whether it goes on from what the same process ran before, where the document does not name it.
    pub continues_process: bool,
    /// Whether the agent says that the session starts: only then does one that was deleted come back.
    pub is_start: bool,
}

/// A process on the machine that a session's `host` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in the system's own units: numbers are used again.
    pub started: Option<u64>,
}

/// An event that a document reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEvent {
    /// The event; it has a key.
    pub event: Arc<NewEvent>,
    /// Other keys under which the same report may have been stored.
    pub also_keys: Vec<String>,
    /// What tells a second one of the same key from a copy of the first.
    pub between: Option<Between>,
}

impl ReportedEvent {
    /// One that is known by its own key alone.
    pub fn new(event: Arc<NewEvent>) -> Self {
        Self { event, also_keys: Vec::new(), between: None }
    }
}

/// What lies between two happenings that say the same, and never between copies of one, which an agent has reported
/// before it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// The end of a turn: between two prompts.
    TurnEnd,
    /// A prompt: between two ends of turns.
    Prompt,
}
