//! A store over a fresh folder, and the few calls that every story makes.

use std::path::PathBuf;
use std::sync::Arc;

use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_store::error::{CommandError, StoreError};
use agent_runtime_store::read::{ChangeRange, PageLimits, Store};
use agent_runtime_store::write::{Committed, Writer};
use agent_runtime_store::{DatabaseUrl, Durability, OpenOptions, open};
use agent_runtime_types::event::NewEvent;
use agent_runtime_types::live::Change;
use agent_runtime_types::page::EventQuery;
use agent_runtime_types::session::NewSession;
use serde_json::{Value, json};

/// A page that holds everything in these stories.
pub const WHOLE: PageLimits = PageLimits { rows: 1_000_000, bytes: usize::MAX };

/// A store under test.
pub struct Opened {
    pub store: Arc<dyn Store>,
    pub writer: Box<dyn Writer>,
    pub folder: Arc<tempfile::TempDir>,
}

impl Opened {
    pub fn fresh() -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), Durability::Full, "first").unwrap()
    }

    pub fn over(folder: Arc<tempfile::TempDir>, durability: Durability, epoch: &str) -> Result<Self, StoreError> {
        let url = DatabaseUrl::Sqlite(file(&folder));
        let store = open(&url, &OpenOptions { durability, new_epoch: epoch.into() })?;
        let writer = store.writer().expect("the one writer");
        assert!(store.writer().is_none(), "a second writer");
        Ok(Self { store, writer, folder })
    }

    pub fn file(&self) -> PathBuf {
        file(&self.folder)
    }

    /// Ends cleanly and opens the same file again.
    pub fn reopen(self, durability: Durability, epoch: &str) -> Self {
        self.writer.close();
        drop(self.store);
        Self::over(self.folder, durability, epoch).unwrap()
    }

    /// Forgets everything without ending, as a killed process does, and opens the same file again.
    pub fn reopen_after_a_kill(self, durability: Durability, epoch: &str) -> Self {
        drop(self.writer);
        drop(self.store);
        Self::over(self.folder, durability, epoch).unwrap()
    }

    pub fn commit(&mut self, batch: Vec<Command>) -> Committed {
        self.writer.commit(batch)
    }

    pub fn one(&mut self, command: Command) -> Result<Outcome, CommandError> {
        self.commit(vec![command]).results.pop().expect("a result")
    }

    pub fn create(&mut self, id: &str) {
        assert!(matches!(self.one(create(id)), Ok(Outcome::Session(_))));
    }

    pub fn tidy(&mut self) {
        while self.writer.tidy() {}
    }

    /// Everything that the log still holds behind a position.
    pub async fn log_after(&self, after: i64) -> Vec<Change> {
        let head = self.store.log_bounds().await.unwrap().head;
        let range = ChangeRange { after, up_to: head, only: None };
        let page = self.store.changes(range, WHOLE).await.unwrap();
        assert_eq!(page.read_to, head);
        page.changes
    }

    pub async fn events(&self, id: &str, query: EventQuery) -> Vec<Value> {
        let mut next = Some(self.store.begin_events(id, query).await.unwrap());
        let mut events = Vec::new();
        while let Some(reading) = next {
            // Small pages, so that every story is told across their borders too.
            let page = self.store.read_events(reading, PageLimits { rows: 3, bytes: 2000 }).await.unwrap();
            let rows: Vec<Value> = serde_json::from_str(&format!("[{}]", page.rows)).unwrap();
            assert_eq!(rows.len(), page.count);
            events.extend(rows);
            next = page.rest;
        }
        events
    }
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("store.db")
}

pub fn create(id: &str) -> Command {
    let session = json!({"session_id": id, "session_name": id});
    let session = NewSession::parse(session.to_string().as_bytes()).unwrap();
    Command::CreateSession { session, created_us: 1_764_756_672_000_000 }
}

pub fn event(id: &str, event_type: &str, second: u32, extra: &Value) -> Arc<NewEvent> {
    let timestamp = format!("2025-12-03T10:{:02}:{:02}Z", second / 60, second % 60);
    let mut body = json!({"event_type": event_type, "session_id": id, "session_name": id, "timestamp": timestamp});
    for (key, value) in extra.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    Arc::new(NewEvent::parse(body.to_string().as_bytes()).unwrap())
}

pub fn append(id: &str, event_type: &str, second: u32) -> Command {
    Command::AppendEvent { event: event(id, event_type, second, &Value::Null), may_create: false }
}
