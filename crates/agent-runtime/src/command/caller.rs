//! What every command that talks to a server has at hand.

use std::process::ExitCode;

use agent_runtime_server::clock::{Clock, SystemClock};

use crate::cli::arguments::Remote as Flags;
use crate::client::record::{Recorded, Session};
use crate::client::{Client, find};
use crate::failure::Failure;
use crate::output::Output;
use crate::output::moment::Moments;
use crate::settings::remote::Remote;
use crate::settings::sources::process_environment;

/// The server, stdout and the time.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) output: Output,
    pub(super) moments: Moments,
    pub(super) clock: SystemClock,
}

impl Caller {
    /// Reads the settings. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub(super) fn new(flags: &Flags) -> Result<Self, Failure> {
        let client = Client::new(&Remote::load(flags, &process_environment)?)?;
        let output = Output::new(&process_environment);
        Ok(Self { client, output, moments: Moments::here(SystemClock.now_us()), clock: SystemClock })
    }

    /// The session that a person means.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub(super) async fn session(&self, words: &str) -> Result<Recorded<Session>, Failure> {
        find::session(&self.client, words).await
    }

    /// Shows what was written, and ends the command.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(super) fn done(mut self) -> Result<ExitCode, Failure> {
        self.output.flush().map(|()| ExitCode::SUCCESS)
    }
}
