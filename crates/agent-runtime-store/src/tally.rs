//! Counting what happened: how many events, and how long tools took. Pure, and the same for every database.

use std::collections::{BTreeMap, HashMap};

use agent_runtime_types::event::{is_failure, stored_members, value};
use agent_runtime_types::json;
use agent_runtime_types::statistics::{HOUR, MINUTE};

/// How much longer the times of one step are than those of the step before: the middle of a step is at most a tenth
/// away from any of its times.
const STEP: f64 = 1.189_207_115_002_721; // the fourth root of 2

/// Steps that are told apart; the last holds all that took longer, some 35 years.
const STEPS: u8 = 161;

/// Bytes of one step as it is kept.
const STEP_BYTES: usize = 5;

/// Calls that are remembered until they come back.
const OPEN_CALLS: usize = 4096;

const US_PER_SECOND: i64 = 1_000_000;

/// How long calls took: how many fell into each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latencies {
    steps: BTreeMap<u8, u32>,
}

impl Latencies {
    fn add(&mut self, ms: f64) {
        let (mut step, mut bound) = (0, 1.0);
        while ms >= bound && step + 1 < STEPS {
            (step, bound) = (step + 1, bound * STEP);
        }
        *self.steps.entry(step).or_default() += 1;
    }

    /// Adds what others took.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (step, count) in &other.steps {
            let sum = self.steps.entry(*step).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// What so many of a hundred took at most, in milliseconds, to a hundredth.
    pub(crate) fn percentile(&self, percent: u64) -> Option<f64> {
        let total: u64 = self.steps.values().map(|count| u64::from(*count)).sum();
        let wanted = (total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let reaches = |(_, count): &(&u8, &u32)| {
            seen += u64::from(**count);
            seen >= wanted
        };
        let (step, _) = self.steps.iter().find(reaches)?;
        let middle = STEP.powf(f64::from(*step) - 0.5);
        Some(if *step == 0 { 0.5 } else { (middle * 100.0).round() / 100.0 })
    }

    /// The steps as they are kept.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.steps.iter().flat_map(|(step, count)| std::iter::once(*step).chain(count.to_le_bytes())).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let (chunks, _) = bytes.as_chunks::<STEP_BYTES>();
        Self { steps: chunks.iter().map(|[step, count @ ..]| (*step, u32::from_le_bytes(*count))).collect() }
    }
}

/// What happened at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) events: i64,
    pub(crate) tool_calls: i64,
    pub(crate) failures: i64,
    pub(crate) latencies: Latencies,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.tool_calls += other.tool_calls;
        self.failures += other.failures;
        self.latencies.merge(&other.latencies);
    }

    fn add(&mut self, seen: &Seen) {
        self.events += 1;
        self.tool_calls += i64::from(seen.is_call);
        self.failures += i64::from(seen.is_failure);
        if let Some(ms) = seen.latency_ms {
            self.latencies.add(ms);
        }
    }
}

/// What one event counts for.
struct Seen {
    is_call: bool,
    is_failure: bool,
    latency_ms: Option<f64>,
}

/// An event as it is stored.
pub(crate) struct Stored<'a> {
    pub(crate) session_key: i64,
    pub(crate) instant_us: i64,
    pub(crate) event_type: &'a str,
    pub(crate) tool_name: Option<&'a str>,
    pub(crate) project_dir: Option<&'a str>,
    pub(crate) body: &'a str,
}

/// When calls began that have not come back.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenCalls(HashMap<(i64, String), i64>);

/// What some events count for: all of them by the minute, projects and tools by the hour. Minutes and hours are
/// numbered from 1970.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    pub(crate) minutes: HashMap<i64, Tally>,
    pub(crate) projects: HashMap<String, HashMap<i64, Tally>>,
    pub(crate) tools: HashMap<String, HashMap<i64, Tally>>,
}

impl Tallies {
    /// Counts an event; they come in the order of their ids.
    pub(crate) fn count(&mut self, event: &Stored<'_>, open: &mut OpenCalls) {
        let seen = open.see(event);
        let minute = event.instant_us.div_euclid(MINUTE * US_PER_SECOND);
        let hour = event.instant_us.div_euclid(HOUR * US_PER_SECOND);
        self.minutes.entry(minute).or_default().add(&seen);
        for (names, name) in [(&mut self.projects, event.project_dir), (&mut self.tools, event.tool_name)] {
            let Some(name) = name else { continue };
            if !names.contains_key(name) {
                names.insert(name.to_owned(), HashMap::new());
            }
            if let Some(hours) = names.get_mut(name) {
                hours.entry(hour).or_default().add(&seen);
            }
        }
    }
}

impl OpenCalls {
    fn see(&mut self, event: &Stored<'_>) -> Seen {
        let members = stored_members(event.body);
        let call =
            || value(&members, "tool_use_id").and_then(json::string).map(|id| (event.session_key, id.into_owned()));
        let (is_call, returns) = (event.event_type == "pre_tool", event.event_type == "post_tool");
        if is_call && let Some(call) = call() {
            // What never comes back must not be remembered for ever.
            if self.0.len() >= OPEN_CALLS {
                self.0.clear();
            }
            self.0.insert(call, event.instant_us);
        }
        let latency_ms = returns.then(|| {
            let opened_us = call().and_then(|call| self.0.remove(&call));
            let told = value(&members, "duration_ms").and_then(|told| told.parse::<f64>().ok());
            told.or_else(|| opened_us.map(|opened_us| milliseconds(event.instant_us - opened_us)))
        });
        let latency_ms = latency_ms.flatten().filter(|ms| *ms >= 0.0);
        Seen { is_call, is_failure: is_failure(&members), latency_ms }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a step is far wider than what is lost")]
fn milliseconds(us: i64) -> f64 {
    us as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_at_most_a_tenth_off() {
        let mut of_all = Latencies::default();
        for ms in 1..=10_000_u32 {
            let mut alone = Latencies::default();
            alone.add(f64::from(ms));
            let found = alone.percentile(50).expect("a time");
            assert!((found / f64::from(ms) - 1.0).abs() <= 0.1, "{ms}: {found}");
            of_all.merge(&alone);
        }
        for (percent, ms) in [(50, 5000.0), (95, 9500.0), (100, 10_000.0)] {
            let found = of_all.percentile(percent).expect("a time");
            assert!((found / ms - 1.0_f64).abs() <= 0.1, "{percent}: {found}");
        }
        assert_eq!(Latencies::from_bytes(&of_all.to_bytes()), of_all);
        assert_eq!(Latencies::default().percentile(50), None);
    }

    #[test]
    fn a_time_that_nothing_takes_is_no_fault() {
        for ms in [0.0, 0.99, 1e300, f64::MAX] {
            let mut alone = Latencies::default();
            alone.add(ms);
            assert!(alone.percentile(95).is_some_and(f64::is_finite), "{ms}");
        }
    }

    #[test]
    fn a_call_is_timed_by_what_its_agent_says_or_by_its_two_events() {
        let mut open = OpenCalls::default();
        let mut see = |event_type: &str, instant_us: i64, more: &str| {
            let body = format!("\"event_type\":\"{event_type}\"{more}}}");
            let event =
                Stored { session_key: 1, instant_us, event_type, tool_name: None, project_dir: None, body: &body };
            open.see(&event).latency_ms
        };
        assert_eq!(see("pre_tool", 0, ",\"tool_use_id\":\"a\""), None);
        assert_eq!(see("pre_tool", 0, ",\"tool_use_id\":\"b\""), None);
        assert_eq!(see("post_tool", 2500, ",\"tool_use_id\":\"a\""), Some(2.5));
        assert_eq!(see("post_tool", 2500, ",\"tool_use_id\":\"a\""), None, "it came back before");
        assert_eq!(see("post_tool", 2500, ",\"tool_use_id\":\"b\",\"duration_ms\":7"), Some(7.0));
        assert_eq!(see("post_tool", 2500, ",\"duration_ms\":-1"), None);
        assert_eq!(see("post_tool", 2500, ",\"duration_ms\":\"7\""), None);
        assert_eq!(see("other", 2500, ",\"duration_ms\":7"), None);
    }
}
