//! The page in headless Chromium: how soon it shows what it is for, how smoothly it moves, each beside an empty page.
//! The browser is driven by the page's own tools, in `dashboard/bench/`; what they measured comes line by line.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::Options;
use crate::report::Figure;

/// A figure as the page's tools write it.
#[derive(Deserialize)]
struct Line {
    what: String,
    unit: String,
    measured: f64,
    /// The same of an empty page.
    baseline: Option<f64>,
    /// What it must not exceed.
    most: Option<f64>,
    note: Option<String>,
}

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let program = std::path::absolute(&options.server)?;
    let mut command = Command::new("scripts/page.sh");
    command.arg("bench").env("AGENT_RUNTIME_PROGRAM", program).stdout(Stdio::piped());
    if options.quick {
        command.env("BENCH_QUICK", "true");
    }
    let mut tools =
        command.spawn().context("scripts/page.sh cannot be run from here: run this in the project's root")?;
    let output = tools.stdout.take().context("no output")?;
    let mut figures = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        figures.push(figure(serde_json::from_str(&line).with_context(|| format!("unexpected: {line}"))?)?);
    }
    let status = tools.wait()?;
    ensure!(status.success() && !figures.is_empty(), "the browser's part ended with {status}");
    Ok(figures)
}

fn figure(Line { what, unit, measured, baseline, most, note }: Line) -> anyhow::Result<Figure> {
    let unit = ["ms", "KiB", "MiB"].into_iter().find(|known| *known == unit).context("unknown unit")?;
    let mut figure = Figure::shown("page", what, unit, measured);
    if let Some(baseline) = baseline {
        figure = figure.against(baseline);
    }
    if let Some(most) = most {
        figure = figure.at_most(most);
    }
    Ok(figure.note(note.unwrap_or_default()))
}
