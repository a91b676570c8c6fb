//! What a command answers on stdout.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Writes text to stdout at once. A reader that has gone away (`| head`) is no failure.
///
/// # Errors
/// When stdout cannot be written for another reason, such as a full disk.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::work(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
