//! Sessions and events as a server sends them. What later versions add is kept, and what is missing is missed by
//! nobody: these commands must work with servers older and newer than themselves.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A record, beside the text in which it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded<T> {
    /// The JSON, as it was sent.
    pub(crate) text: String,
    /// What it says.
    pub(crate) record: T,
}

impl<T: DeserializeOwned> Recorded<T> {
    /// Reads it; `None` when it is no such record.
    pub(crate) fn read(text: String) -> Option<Self> {
        let record = serde_json::from_str(&text).ok()?;
        Some(Self { text, record })
    }
}

/// A session.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are called as on the wire")]
pub(crate) struct Session {
    pub(crate) session_id: String,
    pub(crate) session_name: String,
    pub(crate) status: String,
    pub(crate) created_at: String,
    pub(crate) project_dir: Option<String>,
    pub(crate) agent_name: Option<String>,
    pub(crate) last_resumed_at: Option<String>,
    pub(crate) parent_session_id: Option<String>,
    pub(crate) first_event_at: Option<String>,
    pub(crate) last_event_at: Option<String>,
    pub(crate) event_count: Option<u64>,
    /// What the agent does now, where the server knows it.
    #[serde(default, deserialize_with = "if_known")]
    pub(crate) activity: Option<Activity>,
    /// All that else stands there.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl Session {
    /// Whether it has come to its end.
    pub(crate) fn finished(&self) -> bool {
        self.status == "finished"
    }

    /// What it does now, in one word: its activity, else its status.
    pub(crate) fn state(&self) -> &str {
        self.activity.as_ref().map_or(&self.status, |activity| &activity.state)
    }

    /// The last moment at which something is known to have happened, as its timestamp.
    pub(crate) fn last_seen(&self) -> &str {
        self.last_event_at.as_deref().unwrap_or(&self.created_at)
    }

    /// Where it comes from: the kind of agent whose hooks report it, or `api`; empty where the server does not say.
    pub(crate) fn source(&self) -> &str {
        self.more.get("source").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its agent, by the best name there is; a client of the API that does not say one has none.
    pub(crate) fn agent(&self) -> &str {
        let source = self.source();
        self.agent_name.as_deref().unwrap_or(if source == "api" { "" } else { source })
    }

    /// A name to show: the id where there is none.
    pub(crate) fn label(&self) -> &str {
        if self.session_name.trim().is_empty() { &self.session_id } else { &self.session_name }
    }
}

/// What an agent does.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Activity {
    pub(crate) state: String,
    pub(crate) since: Option<String>,
}

/// A value, unless it is of a shape that only another version knows.
pub(super) fn if_known<'de, D: Deserializer<'de>, T: DeserializeOwned>(value: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(value)?).ok())
}

/// An event. Values of any shape are kept as text and read where they are shown: what is stored may nest deeper
/// than a reader of ours goes.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are called as on the wire")]
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) event_type: String,
    pub(crate) session_id: String,
    pub(crate) session_name: String,
    pub(crate) timestamp: String,
    pub(crate) tool_name: Option<String>,
    pub(crate) tool_input: Option<Box<RawValue>>,
    pub(crate) tool_output: Option<Box<RawValue>>,
    pub(crate) error: Option<String>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) content: Option<Box<RawValue>>,
    /// Which agents add to what a tool did.
    pub(crate) duration_ms: Option<Box<RawValue>>,
    /// What else stood in an agent's document.
    pub(crate) hook: Option<Box<RawValue>>,
}

impl Event {
    /// The texts of its content, one after the other.
    pub(crate) fn words(&self) -> String {
        words_of(&self.blocks())
    }

    /// The blocks of its content.
    pub(crate) fn blocks(&self) -> Vec<Value> {
        self.content.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }
}

/// The texts of blocks, one after the other.
pub(crate) fn words_of(blocks: &[Value]) -> String {
    let text = |block: &Value| {
        let texts = ["text", "thinking"].iter().find_map(|key| block[key].as_str());
        texts.map_or_else(|| format!("[{}]", block["type"].as_str().unwrap_or("block")), str::to_owned)
    };
    blocks.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// An error of the API.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) detail: String,
}

/// One session, as answers wrap it.
#[derive(Debug, Deserialize)]
pub(crate) struct Wrapped {
    session: Box<RawValue>,
}

impl Wrapped {
    /// The session itself.
    pub(crate) fn unwrapped(self) -> Option<Recorded<Session>> {
        Recorded::read(self.session.get().to_owned())
    }
}
