//! `agent-runtime events ID`: what happened in a session, from its beginning.

use std::process::ExitCode;

use super::caller::Caller;
use crate::cli::arguments::Events as Arguments;
use crate::client::path;
use crate::failure::Failure;
use crate::output::event_line::Lines;
use crate::output::{Output, notice};

/// Prints them, one at a time: however many there are, one is held.
///
/// # Errors
/// When there is no such session, or they cannot be read.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let session = caller.session(&arguments.session).await?;
    let text = |number: &dyn ToString| number.to_string();
    let wanted = [
        ("event_type", arguments.event_type.clone()),
        ("tool_name", arguments.tool.clone()),
        ("after", arguments.after.as_ref().map(|id| text(id))),
        ("before", arguments.before.as_ref().map(|id| text(id))),
        ("limit", arguments.limit.or(arguments.last).as_ref().map(|limit| text(limit))),
        ("order", arguments.last.map(|_| "desc".to_owned())),
    ];
    let filter: Vec<_> = wanted.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let client = &caller.client;
    let mut list = client.list(&path(&["sessions", &session.record.session_id, "events"], &filter)).await?;
    let lines = Lines { columns: caller.output.line_columns(), style: caller.output.style };
    let print = |output: &mut Output, line: &str| if arguments.json { output.json(line) } else { output.line(line) };
    let (mut turned, mut is_empty) = (Vec::new(), true);
    while let Some(text) = list.next().await? {
        is_empty = false;
        let line = if arguments.json { text } else { shown(&caller, lines, &text)? };
        if arguments.last.is_some() {
            turned.push(line);
        } else {
            print(&mut caller.output, &line)?;
        }
    }
    for line in turned.iter().rev() {
        print(&mut caller.output, line)?;
    }
    let cut = list.more().is_some();
    caller.output.flush()?;
    if cut && arguments.limit.is_some() && !arguments.json {
        notice("there are more: a higher --limit, or --after, shows them");
    }
    if is_empty && !arguments.json {
        notice(if filter.is_empty() { "no events yet" } else { "no events that fit" });
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(caller: &Caller, lines: Lines, text: &str) -> Result<String, Failure> {
    let event = caller.client.event(text)?;
    Ok(lines.event(&event, &caller.moments.day_and_time(&event.timestamp), None))
}
