//! `agent-runtime export ID`: a session and its events as NDJSON. However many there are, one is held.

mod file;

use std::process::ExitCode;

use super::caller::Caller;
use crate::cli::arguments::Export as Arguments;
use crate::client::path;
use crate::failure::Failure;
use file::Target;

/// Writes them to stdout, or to a file that is there only when it is whole.
///
/// # Errors
/// When there is no such session, it cannot be read to its end, or not be written.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let session = caller.session(&arguments.session).await?;
    let mut list = caller.client.list(&path(&["sessions", &session.record.session_id, "events"], &[])).await?;
    let Some(path) = &arguments.output else {
        caller.output.json(&session.text)?;
        while let Some(event) = list.next().await? {
            caller.output.json(&event)?;
        }
        drop(list);
        return caller.done();
    };
    let mut target = Target::open(path)?;
    target.line(&session.text)?;
    while let Some(event) = list.next().await? {
        target.line(&event)?;
    }
    target.finish()?;
    Ok(ExitCode::SUCCESS)
}
