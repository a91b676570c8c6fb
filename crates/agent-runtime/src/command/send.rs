//! `agent-runtime send ID TEXT`: records a message of a person in a session. It reaches whoever follows the session,
//! and an agent only if that reads its session's messages here.

use std::process::ExitCode;

use agent_runtime_server::clock::Clock;
use agent_runtime_types::timestamp;
use http::Method;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::cli::arguments::Send as Arguments;
use crate::client::path;
use crate::failure::Failure;
use crate::output::plain;

/// Records it.
///
/// # Errors
/// When there is no such session, or no message.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let text = if arguments.text == "-" { from_stdin().await? } else { arguments.text };
    if text.trim().is_empty() {
        return Err(Failure::usage("an empty message says nothing: give its text, or - to read it from stdin"));
    }
    let session = caller.session(&arguments.session).await?.record;
    let event = json!({
        "event_type": "message",
        "session_id": session.session_id,
        "session_name": session.session_name,
        "timestamp": timestamp::format(caller.clock.now_us()),
        "role": "user",
        "content": [{"type": "text", "text": text}],
    });
    let place = path(&["sessions", &session.session_id, "events"], &[]);
    let answer: Value = caller.client.put_to(Method::POST, &place, Some(event.to_string())).await?;
    if arguments.json {
        caller.output.json(&answer.to_string())?;
    } else {
        let words = format!("recorded in '{}' ({})", session.label(), session.session_id);
        caller.output.line(&plain::line(&words))?;
    }
    caller.done()
}

async fn from_stdin() -> Result<String, Failure> {
    // On a thread of its own, so that Ctrl-C is heard.
    let read = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    let read = read.await.map_err(|error| Failure::work(error.to_string()))?;
    read.map_err(|error| Failure::usage(format!("cannot read the message from stdin: {error}")))
}
