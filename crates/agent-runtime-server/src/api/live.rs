//! What the two ways of following have in common: where to begin, and whom to hear of.

use std::sync::Arc;

use agent_runtime_types::problem::Invalid;
use agent_runtime_types::session::MAX_ID_BYTES;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::hub::Only;

/// Where a reader begins, and whom it wants to hear of.
pub(crate) struct Wanted {
    /// The cursor to go on from.
    pub(crate) since: Option<String>,
    /// The sessions to hear of.
    pub(crate) only: Only,
}

impl Wanted {
    pub(crate) fn read(app: &App, parameters: &Parameters) -> Result<Self, ApiError> {
        let since = parameters.one("since")?.map(str::to_owned);
        let mut ids: Vec<String> = parameters.all("session_id").map(str::to_owned).collect();
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
