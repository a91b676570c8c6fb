//! What the two ways of following have in common: where to begin, and whom to hear of.

use std::sync::Arc;

use agent_runtime_types::problem::Invalid;
use agent_runtime_types::session::MAX_ID_BYTES;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::hub::{Frame, Wish};

/// Where a reader begins, and what it wants to hear.
pub(crate) struct Wanted {
    /// The cursor to go on from.
    pub(crate) since: Option<String>,
    /// The sessions to hear of, and those whose events are wanted whole.
    pub(crate) wish: Wish,
}

impl Wanted {
    pub(crate) fn read(app: &App, parameters: &Parameters) -> Result<Self, ApiError> {
        // A cursor that is no text is no cursor, and is answered like any other that cannot be honoured.
        let mut since = parameters.all("since").map(|since| since.unwrap_or_default().to_owned());
        let (since, another) = (since.next(), since.next());
        if another.is_some() {
            return Err(Invalid::field("since", "stands twice in the query").into());
        }
        let limit = app.config.limits.filter_sessions;
        let only = session_ids(parameters, "session_id", limit)?;
        if only.iter().any(String::is_empty) {
            return Err(Invalid::field("session_id", format_args!("must be 1 to {MAX_ID_BYTES} bytes long")).into());
        }
        let only = (!only.is_empty()).then(|| Arc::from(only));
        // Alone and empty it says: of no session.
        let bodies = parameters.all("bodies").next().is_some();
        let bodies = bodies.then(|| session_ids(parameters, "bodies", limit)).transpose()?;
        Ok(Self { since, wish: Wish { only, bodies: bodies.map(Arc::from) } })
    }
}

/// The ids of a parameter that may stand several times, sorted.
fn session_ids(parameters: &Parameters, name: &str, limit: usize) -> Result<Vec<String>, Invalid> {
    let ids = parameters.all(name).map(|id| id.map(str::to_owned));
    let mut ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    if ids.len() > limit {
        return Err(Invalid::field(name, format_args!("must stand at most {limit} times")));
    }
    if ids.iter().any(|id| id.len() > MAX_ID_BYTES) {
        return Err(Invalid::field(name, format_args!("must be at most {MAX_ID_BYTES} bytes long")));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Counts how far behind the log a reader is when it is sent to.
pub(crate) fn note_lag(app: &App, frames: &[Frame]) {
    if let Some(first) = frames.first() {
        #[expect(clippy::cast_precision_loss, reason = "a histogram needs no exact count of positions")]
        app.metrics.live.lag.observe((app.hub.head() - first.seq).max(0) as f64);
    }
}
