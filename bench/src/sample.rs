//! Medians and percentiles of what was measured.

use std::time::Duration;

/// The middle of `values`; 0 when there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// Durations of single operations, in nanoseconds; those beyond four seconds count as four.
#[derive(Default)]
pub(crate) struct Latencies {
    nanoseconds: Vec<u32>,
}

impl Latencies {
    pub(crate) fn add(&mut self, duration: Duration) {
        self.nanoseconds.push(u32::try_from(duration.as_nanos()).unwrap_or(u32::MAX));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.nanoseconds.extend_from_slice(&other.nanoseconds);
    }

    /// The given percentiles (0 to 100) in milliseconds, by nearest rank.
    pub(crate) fn percentiles_ms<const N: usize>(&mut self, percentiles: [f64; N]) -> [f64; N] {
        self.nanoseconds.sort_unstable();
        percentiles.map(|percentile| {
            let Some(last) = self.nanoseconds.len().checked_sub(1) else { return 0.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank within the list")]
            let rank = (percentile / 100.0 * last as f64).round() as usize;
            f64::from(self.nanoseconds[rank.min(last)]) / 1e6
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < f64::EPSILON);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn percentiles_reach_from_the_first_to_the_last() {
        let mut latencies = Latencies::default();
        (1..=101).rev().for_each(|ms| latencies.add(Duration::from_millis(ms)));
        let shown = latencies.percentiles_ms([0.0, 50.0, 99.0, 100.0]).map(|ms| ms.to_string());
        assert_eq!(shown, ["1", "51", "100", "101"]);
    }
}
