//! What happened over time.

use std::sync::Arc;

use agent_runtime_types::statistics::{Statistics, StatisticsQuery};
use axum::Json;
use axum::extract::State;

use crate::api::refusals;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Parameters;

/// Tell what happened over time: sessions, events, tools and failures, from what is counted with each commit.
#[utoipa::path(get, path = "/stats", tag = "statistics",
    params(
        ("from" = Option<String>, Query, description = "Where it begins: a timestamp; a day before `to` otherwise"),
        ("to" = Option<String>, Query, description = "Where it ends: a timestamp; now otherwise"),
        ("bucket" = Option<i64>, Query, minimum = 60,
            description = "Seconds of a bucket: a multiple of 60, from 3600 on a multiple of 3600; 900 otherwise. At most 1,000 buckets"),
    ),
    responses((status = 200, description = "What happened", body = Statistics), refusals::Parameters, refusals::Any))]
pub(crate) async fn statistics(
    State(app): State<Arc<App>>,
    parameters: Parameters,
) -> Result<Json<Statistics>, ApiError> {
    let (from, to, bucket) = (parameters.one("from")?, parameters.one("to")?, parameters.one("bucket")?);
    let query = StatisticsQuery::parse(from, to, bucket, app.config.clock.now_us())?;
    Ok(Json(app.store.statistics(query).await?))
}
