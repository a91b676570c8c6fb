//! Nothing is changed that its owner has not seen.

use std::io::{IsTerminal, stdin, stdout};

use crate::failure::Failure;
use crate::output;

/// What was said on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consent {
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
}

impl Consent {
    /// Shows what would be done, and finds out whether to do it: asked only on a terminal.
    ///
    /// # Errors
    /// When there is nobody to ask.
    pub(crate) fn obtain(self, shown: &str) -> Result<bool, Failure> {
        output::print(shown.trim_start_matches('\n'))?;
        if self.dry_run {
            output::print("\nNothing was written (--dry-run).\n")?;
            return Ok(false);
        }
        if self.yes {
            return Ok(true);
        }
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err(Failure::usage("nothing was written, as there is no terminal to ask on: say --yes to do it"));
        }
        output::print("\nDo this? [y/N] ")?;
        let mut answer = String::new();
        stdin().read_line(&mut answer).map_err(|error| Failure::work(format!("no answer: {error}")))?;
        let agreed = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        if !agreed {
            output::print("Nothing was written.\n")?;
        }
        Ok(agreed)
    }
}
