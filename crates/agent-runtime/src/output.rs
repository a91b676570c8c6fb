//! What a command answers on stdout: for a person at a terminal, or for whatever reads a pipe.

pub(crate) mod event_line;
pub(crate) mod moment;
pub(crate) mod plain;
pub(crate) mod style;
pub(crate) mod table;

use std::io::{BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use crate::failure::Failure;
use crate::settings::sources::Environment;
use style::Style;

/// Columns of a line when nothing says how wide a screen is.
const DEFAULT_COLUMNS: usize = 100;
/// Columns to which one event is cut where no screen does: enough to search in, and still a line.
const PIPED_COLUMNS: usize = 240;

/// Writes text to stdout at once. A reader that has gone away (`| head`) is no failure.
///
/// # Errors
/// When stdout cannot be written for another reason, such as a full disk.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(refused(&error)),
        _ => Ok(()),
    }
}

/// Says on stderr what is no part of the answer.
pub(crate) fn notice(words: &str) {
    // Nobody is left to be told when stderr is gone.
    let _ = writeln!(std::io::stderr(), "agent-runtime: {}", plain::line(words));
}

/// Stdout, and what is known of who reads it.
pub(crate) struct Output {
    stdout: BufWriter<Stdout>,
    /// Whether a person looks at it.
    pub(crate) terminal: bool,
    /// How many columns a line may have, on a terminal.
    columns: Option<usize>,
    /// How it is coloured.
    pub(crate) style: Style,
}

impl Output {
    /// The process's own.
    pub(crate) fn new(environment: Environment<'_>) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let set = |variable: &str| environment(variable).is_some_and(|value| !value.is_empty());
        let dumb = environment("TERM").is_some_and(|kind| kind == "dumb");
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let columns = terminal.then(|| measured().filter(|columns| *columns > 0).unwrap_or(DEFAULT_COLUMNS));
        let style = Style { coloured: terminal && !set("NO_COLOR") && !dumb };
        Self { stdout: BufWriter::new(std::io::stdout()), terminal, columns, style }
    }

    /// How many columns a table may have; `None` where nothing bounds it.
    pub(crate) fn table_columns(&self) -> Option<usize> {
        self.columns
    }

    /// How many columns the line of an event may have.
    pub(crate) fn line_columns(&self) -> usize {
        self.columns.unwrap_or(PIPED_COLUMNS)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// When nobody reads, or stdout cannot be written.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout.write_all(text.as_bytes()).map_err(|error| stopped(&error))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When nobody reads, or stdout cannot be written.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)?;
        self.write("\n")
    }

    /// Writes a JSON document that came from a server, on a line: byte for byte, but for what would act on a terminal.
    ///
    /// # Errors
    /// When nobody reads, or stdout cannot be written.
    pub(crate) fn json(&mut self, text: &str) -> Result<(), Failure> {
        if self.terminal { self.line(&plain::json(text)) } else { self.line(text) }
    }

    /// Shows what was written so far. Without it, a command's last lines may not have reached anybody.
    ///
    /// # Errors
    /// When nobody reads, or stdout cannot be written.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(|error| stopped(&error))
    }
}

fn stopped(error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::BrokenPipe { Failure::ReaderGone } else { refused(error) }
}

fn refused(error: &std::io::Error) -> Failure {
    Failure::work(format!("cannot write to stdout: {error}"))
}
