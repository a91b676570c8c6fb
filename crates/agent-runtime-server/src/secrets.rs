//! Secrets are taken out of what clients send before anything keeps it: disk, ring and log.

use std::borrow::Cow;

use agent_runtime_agents::redact::redact;
use agent_runtime_agents::report::Counted;
use agent_runtime_types::event::NewEvent;
use agent_runtime_types::problem::Invalid;

/// Reads an event, without the secrets in it; counts them.
///
/// # Errors
/// When it is no event.
pub(crate) fn parse_event(body: &[u8], redacts: bool) -> Result<(NewEvent, Counted), Invalid> {
    // What is no text is refused by the parser, which says where it breaks.
    let (clean, counted) = match std::str::from_utf8(body) {
        Ok(text) if redacts => redact(text),
        _ => (Cow::Borrowed(""), Counted::default()),
    };
    let body = if clean.is_empty() { body } else { clean.as_bytes() };
    Ok((NewEvent::parse(body)?, counted))
}
