//! `agent-runtime rename ID NAME`.

use std::process::ExitCode;

use http::Method;
use serde_json::json;

use super::caller::Caller;
use crate::cli::arguments::Rename as Arguments;
use crate::client::path;
use crate::client::record::Wrapped;
use crate::failure::Failure;
use crate::output::plain;

/// Renames it.
///
/// # Errors
/// When there is no such session, or the name cannot be one.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    // A server takes it, and a list of sessions would show nothing there.
    if arguments.name.trim().is_empty() {
        return Err(Failure::usage("a blank name names nothing: give one that says something, as in 'Fix the tests'"));
    }
    let mut caller = Caller::new(&arguments.remote)?;
    let before = caller.session(&arguments.session).await?.record;
    let place = path(&["sessions", &before.session_id, "metadata"], &[]);
    let body = json!({"session_name": arguments.name}).to_string();
    let answer: Wrapped = caller.client.put_to(Method::PATCH, &place, Some(body)).await?;
    let session = answer.unwrapped().ok_or_else(|| Failure::work("the server answered with no session"))?;
    if arguments.json {
        caller.output.json(&session.text)?;
    } else {
        let names = format!("'{}' is now '{}'", before.label(), session.record.session_name);
        caller.output.line(&plain::line(&names))?;
    }
    caller.done()
}
