//! The log on stderr: for people or as JSON lines. Panics go there too, as one line.

mod lines;

use std::any::Any;
use std::io::{IsTerminal, Write};
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

use crate::failure::Failure;
use crate::settings::values::LogFormat;
use lines::Lines;

/// Keeps the log going; what waits is written when it is dropped.
pub(crate) struct Log {
    lines: Lines,
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.drain();
    }
}

/// Starts the log of this process.
///
/// # Errors
/// When the filter cannot be used, or a log was started before.
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<Log, Failure> {
    let lines = Lines::start(std::io::stderr());
    let filter = EnvFilter::try_new(filter).map_err(|error| Failure::usage(error.to_string()))?;
    let writer = lines.clone();
    let builder = SubscriberBuilder::default().with_env_filter(filter).with_writer(move || writer.clone());
    let started = match format {
        LogFormat::Human => {
            // The subscriber itself keeps colours from those who set NO_COLOR.
            let plain = !std::io::stderr().is_terminal();
            let builder = if plain { builder.with_ansi(false) } else { builder };
            let builder = builder.with_target(false);
            tracing::subscriber::set_global_default(builder.finish())
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_current_span(true).with_span_list(false);
            tracing::subscriber::set_global_default(builder.finish())
        }
    };
    started.map_err(|error| Failure::work(error.to_string()))?;
    Ok(Log { lines })
}

/// Makes a panic one line: in the log when there is one, else on stderr. Never a backtrace.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {}:{}", place.file(), place.line()));
        let line = format!("internal error{place}: {}; please report it", words(panic.payload()));
        if tracing::dispatcher::has_been_set() {
            tracing::error!("{line}");
        } else {
            let _ = writeln!(std::io::stderr(), "agent-runtime: {line}");
        }
    }));
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no words").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_panic_is_told_on_one_line() {
        assert_eq!(words(&"left != right\n  left: 1"), "left != right left: 1");
        assert_eq!(words(&String::from("owned")), "owned");
        assert_eq!(words(&17), "no words");
    }
}
