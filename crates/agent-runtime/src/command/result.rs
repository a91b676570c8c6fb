//! `agent-runtime result ID`: what the agent answered last.

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;

use super::caller::Caller;
use crate::cli::arguments::One as Arguments;
use crate::client::path;
use crate::failure::Failure;
use crate::output::plain;

#[derive(Deserialize)]
struct Answer {
    result: String,
}

/// Prints it: to a terminal made harmless, to a pipe as it is.
///
/// # Errors
/// When there is no such session, or it has no result.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let id = caller.session(&arguments.session).await?.record.session_id;
    let answer = caller.client.get::<Answer>(&path(&["sessions", &id, "result"], &[])).await;
    let result = match answer {
        Ok(Answer { result }) => result,
        Err(trouble) if trouble.says(400, "Session not finished") => {
            return Err(Failure::Work(format!(
                "'{0}' is not finished: `agent-runtime wait '{0}'` waits for its end, and `agent-runtime events '{0}' \
                 --type message --last 1` shows what was said last",
                plain::line(&id)
            )));
        }
        Err(trouble) if trouble.says(404, "No result found") => {
            return Err(Failure::Work(format!(
                "'{0}' ended without an answer of the agent: `agent-runtime events '{0}'` shows what it did",
                plain::line(&id)
            )));
        }
        Err(trouble) => return Err(trouble.into()),
    };
    if arguments.json {
        caller.output.json(&json!({"session_id": id, "result": result}).to_string())?;
    } else {
        let shown = if caller.output.terminal { plain::text(&result) } else { result };
        caller.output.write(&shown)?;
        if !shown.ends_with('\n') {
            caller.output.write("\n")?;
        }
    }
    caller.done()
}
