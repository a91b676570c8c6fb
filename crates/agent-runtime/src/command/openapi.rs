//! `agent-runtime openapi`: the contract as a document.

use crate::failure::Failure;
use crate::output;

/// Prints it.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn run() -> Result<(), Failure> {
    output::print(&agent_runtime_server::openapi_json())
}
