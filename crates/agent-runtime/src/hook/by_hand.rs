//! A person who tries `agent-runtime hook` at a terminal: no agent, so nothing is lost, and there is somebody to tell.

use std::ffi::OsString;
use std::io::{IsTerminal, Write, stderr, stdin, stdout};

/// Whether a person typed this: an agent has a document to hand over, and asks for no help.
pub(super) fn is_typed(words: &[OsString]) -> bool {
    stdin().is_terminal() || words.iter().any(|word| word == "--help" || word == "-h")
}

/// Tells how it is meant, where only a person can read it.
pub(super) fn tell() {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return;
    }
    // Nobody is left to be told when stderr is gone.
    let _ = stderr().write_all(
        b"agent-runtime hook claude-code|codex: what an agent runs at each of its events, with a JSON document on\n\
          standard input. It prints nothing and always succeeds; what it could not do, `agent-runtime doctor` tells.\n\
          To have an agent run it: agent-runtime setup claude-code, or agent-runtime setup codex.\n",
    );
}
