//! What every request handler can reach.

use std::sync::{Arc, LazyLock};

use agent_runtime_store::read::{PageLimits, Store};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ServeError;
use crate::budget::Budget;
use crate::config::Config;
use crate::hub::Hub;
use crate::journal::{self, Journal, RunningJournal};
use crate::observe::Metrics;
use crate::snapshots::Snapshots;
use crate::words::Words;

/// The parts of one running server.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) journal: Journal,
    pub(crate) hub: Arc<Hub>,
    pub(crate) snapshots: Snapshots,
    /// Where transcripts are asked to be read.
    pub(crate) words: Words,
    pub(crate) metrics: Arc<Metrics>,
    /// Since when the numbers count.
    pub(crate) started_us: i64,
    /// Bytes of request bodies that may be held at once.
    pub(crate) bodies: Budget,
    /// The same beside it, for what would not be sent again.
    pub(crate) spare_bodies: Budget,
    /// Pages of history that may be read for live readers at once.
    pub(crate) replays: Arc<Semaphore>,
    /// The OpenAPI document, made when it is first asked for.
    pub(crate) openapi: LazyLock<String>,
    /// Cancelled when the server begins to stop.
    pub(crate) shutdown: CancellationToken,
    /// Every connection and stream that must end before the server has stopped.
    pub(crate) tasks: TaskTracker,
}

impl App {
    pub(crate) async fn start(
        config: Config,
        store: Arc<dyn Store>,
        words: Words,
        openapi: fn() -> String,
        shutdown: CancellationToken,
    ) -> Result<(Arc<Self>, RunningJournal), ServeError> {
        let limits = &config.limits;
        let metrics = Arc::new(Metrics::new());
        let hub = Arc::new(Hub::new(store.log_bounds().await?.head, limits));
        let writer = store.writer().ok_or(ServeError::WriterTaken)?;
        let (journal, running) =
            journal::start(writer, store.epoch(), Arc::clone(&hub), Arc::clone(&metrics), limits, shutdown.clone())?;
        let app = Self {
            journal,
            hub,
            snapshots: Snapshots::new(limits.snapshots),
            words,
            metrics,
            started_us: config.clock.now_us(),
            bodies: Budget::new(limits.bodies_in_flight_bytes),
            spare_bodies: Budget::new(limits.spare_bodies_bytes),
            replays: Arc::new(Semaphore::new(limits.replays)),
            openapi: LazyLock::new(openapi),
            shutdown,
            tasks: TaskTracker::new(),
            store,
            config,
        };
        Ok((Arc::new(app), running))
    }

    /// How much of the store is read at once.
    pub(crate) fn page_limits(&self) -> PageLimits {
        PageLimits { rows: self.config.limits.page_rows, bytes: self.config.limits.page_bytes }
    }
}
