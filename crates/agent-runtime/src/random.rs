//! The one place that takes randomness from the system; everything else is handed what it needs.

use crate::failure::Failure;

/// The id of a new database, or of what follows an unclean stop: 16 lower-case hexadecimal characters.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn epoch() -> Result<String, Failure> {
    Ok(format!("{:016x}", getrandom::u64().map_err(no_randomness)?))
}

/// What the request ids of this run begin with: 8 lower-case hexadecimal characters.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn request_id_prefix() -> Result<String, Failure> {
    Ok(format!("{:08x}", getrandom::u32().map_err(no_randomness)?))
}

/// The id of a document of an agent, which it keeps however often it is sent: 32 lower-case hexadecimal characters.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn envelope_id() -> Result<String, Failure> {
    let (one, two) = (getrandom::u64().map_err(no_randomness)?, getrandom::u64().map_err(no_randomness)?);
    Ok(format!("{one:016x}{two:016x}"))
}

/// What tells documents apart that arrive at one moment: 16 lower-case hexadecimal characters.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn arrival() -> Result<String, Failure> {
    Ok(format!("{:016x}", getrandom::u64().map_err(no_randomness)?))
}

fn no_randomness(error: getrandom::Error) -> Failure {
    Failure::work(format!("the system gives no random numbers: {error}"))
}
