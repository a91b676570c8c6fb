//! `agent-runtime doctor`: whether everything that a recording needs is as it should be, and what to do where not.

use std::process::ExitCode;

use agent_runtime_server::clock::{Clock, SystemClock};

use crate::cli::arguments::Doctor as Arguments;
use crate::doctor;
use crate::doctor::finding::{Finding, Grade, Report};
use crate::failure::Failure;
use crate::output::style::Tone;
use crate::output::{Output, plain};
use crate::settings::sources::process_environment;

/// The exit code when something is wrong.
const PROBLEM: u8 = 1;

/// Looks, and says what it found: what is wrong first.
///
/// # Errors
/// When there is no home folder to look at, or stdout cannot be written.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let report = doctor::examine(&arguments.remote, process_environment, SystemClock.now_us()).await?;
    let mut output = Output::new(&process_environment);
    if arguments.json {
        output.json(&report.document().to_string())?;
    } else {
        write(&report, &mut output)?;
    }
    output.flush()?;
    Ok(if report.grade() == Grade::Problem { ExitCode::from(PROBLEM) } else { ExitCode::SUCCESS })
}

fn write(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let server = report.server.as_deref().unwrap_or("no server");
    let title = format!("agent-runtime {}, {server}: {}", env!("CARGO_PKG_VERSION"), summary(report));
    output.line(&output.style.paint(Tone::Strong, &plain::line(&title)))?;
    let width = report.findings.iter().map(|finding| plain::columns(&finding.check)).max().unwrap_or(0);
    for grade in [Grade::Problem, Grade::Note, Grade::Ok] {
        let mut findings = report.findings.iter().filter(|finding| finding.grade == grade).peekable();
        if findings.peek().is_some() {
            output.line("")?;
        }
        for finding in findings {
            write_one(finding, width, output)?;
        }
    }
    Ok(())
}

fn write_one(finding: &Finding, width: usize, output: &mut Output) -> Result<(), Failure> {
    let tone = match finding.grade {
        Grade::Problem => Tone::Bad,
        Grade::Note => Tone::Calling,
        Grade::Ok => Tone::Good,
    };
    let style = output.style;
    let word = style.paint(tone, &plain::padded(finding.grade.as_str(), 7));
    let check = style.paint(Tone::Quiet, &plain::padded(&plain::line(&finding.check), width));
    output.line(&format!("{word}  {check}  {}", plain::line(&finding.message)))?;
    // It stands under what is wrong, and the command alone on its line, so that it can be copied.
    if let Some(fix) = &finding.fix {
        output.line(&format!("         → {}", plain::line(fix)))?;
    }
    if let Some(command) = &finding.command {
        output.line(&format!("           {}", style.paint(Tone::Strong, &plain::line(command))))?;
    }
    Ok(())
}

fn summary(report: &Report) -> String {
    let counted = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    match (report.count(Grade::Problem), report.count(Grade::Note)) {
        (0, 0) => "everything is as it should be".to_owned(),
        (0, notes) => format!("nothing is wrong, {}", counted(notes, "note")),
        (problems, 0) => counted(problems, "problem"),
        (problems, notes) => format!("{}, {}", counted(problems, "problem"), counted(notes, "note")),
    }
}
