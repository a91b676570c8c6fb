//! What was measured, beside its baseline and its target, as a table for people and as JSON for programs.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

/// One row: a figure, what it is held against, and whether that was reached.
#[derive(Clone, Serialize)]
pub(crate) struct Figure {
    measurement: &'static str,
    what: String,
    unit: &'static str,
    measured: f64,
    baseline: Option<f64>,
    ratio: Option<f64>,
    target: Option<String>,
    reached: Option<bool>,
    note: String,
}

impl Figure {
    /// A figure without a target, shown for what it tells.
    pub(crate) fn shown(measurement: &'static str, what: impl Into<String>, unit: &'static str, measured: f64) -> Self {
        let what = what.into();
        Self {
            measurement,
            what,
            unit,
            measured,
            baseline: None,
            ratio: None,
            target: None,
            reached: None,
            note: String::new(),
        }
    }

    /// Adds the baseline and the ratio to it.
    pub(crate) fn against(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self.ratio = Some(if baseline == 0.0 { 0.0 } else { self.measured / baseline });
        self
    }

    /// Adds the baseline, and the ratio of what was measured side by side: where the machine's speed changes within a
    /// run, the ratio of two medians compares moments that lie far apart.
    pub(crate) fn in_turns_with(mut self, baseline: f64, ratio: f64) -> Self {
        (self.baseline, self.ratio) = (Some(baseline), Some(ratio));
        self
    }

    /// The ratio to the baseline must be at least this.
    pub(crate) fn ratio_at_least(mut self, least: f64) -> Self {
        self.target = Some(format!("≥ {least} ×"));
        self.reached = Some(self.ratio.is_some_and(|ratio| ratio >= least));
        self
    }

    /// The ratio to the baseline must be at most this.
    pub(crate) fn ratio_at_most(mut self, most: f64) -> Self {
        self.target = Some(format!("≤ {most} ×"));
        self.reached = Some(self.ratio.is_some_and(|ratio| ratio <= most));
        self
    }

    /// The figure may exceed its baseline by at most this.
    pub(crate) fn excess_at_most(mut self, most: f64) -> Self {
        self.target = Some(format!("≤ baseline + {most} {}", self.unit));
        self.reached = Some(self.baseline.is_some_and(|baseline| self.measured <= baseline + most));
        self
    }

    /// The figure itself must be at most this.
    pub(crate) fn at_most(mut self, most: f64) -> Self {
        self.target = Some(format!("≤ {most} {}", self.unit));
        self.reached = Some(self.measured <= most);
        self
    }

    /// A word on how it came about.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn cells(&self) -> [String; 7] {
        let reached = match self.reached {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        [
            self.what.clone(),
            format!("{} {}", number(self.measured), self.unit),
            self.baseline.map(|baseline| format!("{} {}", number(baseline), self.unit)).unwrap_or_default(),
            self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            self.target.clone().unwrap_or_default(),
            reached.to_owned(),
            self.note.clone(),
        ]
    }
}

/// Every row of one run.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: Machine,
    quick: bool,
    figures: Vec<Figure>,
    failures: Vec<String>,
}

#[derive(Serialize)]
struct Machine {
    processor: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
}

impl Report {
    pub(crate) fn begin(quick: bool) -> Self {
        Self { machine: Machine::this(), quick, figures: Vec::new(), failures: Vec::new() }
    }

    /// Adds the rows of one measurement.
    pub(crate) fn add(&mut self, figures: Vec<Figure>) {
        self.figures.extend(figures);
    }

    /// Notes that a measurement could not be made, or that what it saw was wrong.
    pub(crate) fn fail(&mut self, measurement: &str, error: &anyhow::Error) {
        let line = format!("{measurement}: {error:#}");
        eprintln!("FAILED {line}");
        self.failures.push(line);
    }

    /// Prints the table, writes the JSON, and fails when a measurement did. A target that was not reached is a
    /// figure, not a failure: another load on the machine must not turn a run red.
    pub(crate) fn finish(self, json: Option<&Path>) -> anyhow::Result<()> {
        let Machine { processor, cores, memory_mib, kernel } = &self.machine;
        println!(
            "machine: {processor}, {cores} cores, {memory_mib} MiB, {kernel}{}",
            if self.quick { "; quick run" } else { "" }
        );
        print!("{}", table(&self.figures));
        if let Some(path) = json {
            let text = serde_json::to_string_pretty(&self)?;
            if path == Path::new("-") {
                println!("{text}");
            } else {
                fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        anyhow::ensure!(self.failures.is_empty(), "failed: {}", self.failures.join("; "));
        Ok(())
    }
}

impl Machine {
    fn this() -> Self {
        let file = |path| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
            line.unwrap_or_default().trim_matches([' ', '\t', ':']).to_owned()
        };
        let memory = field(&file("/proc/meminfo"), "MemTotal");
        Self {
            processor: field(&file("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024,
            kernel: format!("Linux {}", file("/proc/sys/kernel/osrelease").trim()),
        }
    }
}

fn table(figures: &[Figure]) -> String {
    let heading = ["what", "measured", "baseline", "ratio", "target", "reached", "note"].map(str::to_owned);
    let mut rows = vec![heading];
    rows.extend(figures.iter().map(Figure::cells));
    let widths: Vec<usize> =
        (0..7).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let padded = |row: &[String; 7]| row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    let rule = line(widths.iter().map(|width| "-".repeat(*width)).collect());
    let mut lines: Vec<String> = rows.iter().map(|row| line(padded(row))).collect();
    lines.insert(1, rule);
    lines.concat()
}

/// A count with its thousands apart.
pub(crate) fn count(count: usize) -> String {
    if count < 1000 { count.to_string() } else { number(count as f64) }
}

/// Three significant digits, thousands apart.
fn number(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.3}");
    }
    if value.abs() < 1000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_knows_whether_it_reached_its_target() {
        let figure = Figure::shown("post", "posts", "/s", 45.0).against(100.0);
        assert_eq!(figure.clone().ratio_at_least(0.45).reached, Some(true));
        assert_eq!(figure.clone().ratio_at_least(0.46).reached, Some(false));
        assert_eq!(figure.clone().ratio_at_most(0.4).reached, Some(false));
        assert_eq!(figure.excess_at_most(0.3).reached, Some(true));
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!(["64", "1,000,000"], [64, 1_000_000].map(count).each_ref().map(String::as_str));
    }

    #[test]
    fn numbers_are_short_and_legible() {
        assert_eq!(
            ["0.361", "12.5", "1,234,567"],
            [0.3612, 12.52, 1_234_567.4].map(number).each_ref().map(String::as_str)
        );
    }
}
