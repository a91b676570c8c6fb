//! What the two ways of following have in common: where to begin, and whom to hear of.

use std::sync::Arc;

use agent_runtime_types::problem::Invalid;
use agent_runtime_types::session::MAX_ID_BYTES;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::hub::{Frame, Only};

/// Where a reader begins, and whom it wants to hear of.
pub(crate) struct Wanted {
    /// The cursor to go on from.
    pub(crate) since: Option<String>,
    /// The sessions to hear of.
    pub(crate) only: Only,
}

impl Wanted {
    pub(crate) fn read(app: &App, parameters: &Parameters) -> Result<Self, ApiError> {
        // A cursor that is no text is no cursor, and is answered like any other that cannot be honoured.
        let mut since = parameters.all("since").map(|since| since.unwrap_or_default().to_owned());
        let (since, another) = (since.next(), since.next());
        if another.is_some() {
            return Err(Invalid::field("since", "stands twice in the query").into());
        }
        let ids = parameters.all("session_id").map(|id| id.map(str::to_owned));
        let mut ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        let limit = app.config.limits.filter_sessions;
        if ids.len() > limit {
            return Err(Invalid::field("session_id", format_args!("must stand at most {limit} times")).into());
        }
        if ids.iter().any(|id| id.is_empty() || id.len() > MAX_ID_BYTES) {
            return Err(Invalid::field("session_id", format_args!("must be 1 to {MAX_ID_BYTES} bytes long")).into());
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self { since, only: (!ids.is_empty()).then(|| Arc::from(ids)) })
    }
}

/// Counts how far behind the log a reader is when it is sent to.
pub(crate) fn note_lag(app: &App, frames: &[Frame]) {
    if let Some(first) = frames.first() {
        #[expect(clippy::cast_precision_loss, reason = "a histogram needs no exact count of positions")]
        app.metrics.live.lag.observe((app.hub.head() - first.seq).max(0) as f64);
    }
}
