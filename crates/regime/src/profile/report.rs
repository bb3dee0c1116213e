//! The report of a profiler, for people and for machines.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use serde::Serialize;

/// The rule of the guide's text.
const RULE: usize = 60;

/// All operations, the longest in total first.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Profile {
    /// The operations, one for each name.
    pub operations: Vec<Operation>,
}

/// All calls of one operation; times in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// The name of the operation.
    pub name: &'static str,
    /// How often the operation ran.
    pub calls: usize,
    /// The time of all calls together; of calls side by side more than the time that passed.
    pub total: f64,
    /// The time of one call on average.
    pub mean: f64,
    /// Half of the calls took longer, half shorter.
    pub median: f64,
    /// 95 of 100 calls took no longer than this: the smallest duration that as many did not exceed.
    pub p95: f64,
    /// The time of the shortest call.
    pub min: f64,
    /// The time of the longest call.
    pub max: f64,
}

impl Profile {
    /// The profile of durations in nanoseconds, by name.
    pub(super) fn of(spans: &BTreeMap<&'static str, Vec<u64>>) -> Self {
        let mut operations =
            spans.iter().filter_map(|(name, spans)| Operation::of(name, spans)).collect::<Vec<_>>();
        operations.sort_by(|a, b| b.total.total_cmp(&a.total).then(a.name.cmp(b.name)));
        Self { operations }
    }

    /// The text that users of LEAN's regime packages know: seconds with three decimals, which hide what is faster than
    /// a millisecond; the [`Display`](fmt::Display) form doesn't.
    pub fn guide_text(&self) -> String {
        if self.operations.is_empty() {
            return "No profiling data collected".to_owned();
        }
        let mut text = format!("Performance Profile:\n{}\n", "=".repeat(RULE));
        for Operation { name, calls, total, mean, min, max, .. } in &self.operations {
            let _ = write!(
                text,
                "\n{name}:\n  Calls: {calls}\n  Total: {total:.3}s\n  Mean:  {mean:.3}s\n  Min:   {min:.3}s\n  \
                 Max:   {max:.3}s\n"
            );
        }
        text + &"=".repeat(RULE)
    }
}

impl Operation {
    fn of(name: &'static str, nanoseconds: &[u64]) -> Option<Self> {
        let mut sorted = nanoseconds.to_vec();
        sorted.sort_unstable();
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let seconds = |nanoseconds: u64| nanoseconds as f64 / 1e9;
        let n = sorted.len();
        let total = sorted.iter().map(|&nanoseconds| u128::from(nanoseconds)).sum::<u128>() as f64 / 1e9;
        Some(Self {
            name,
            calls: n,
            total,
            mean: total / n as f64,
            median: 0.5 * (seconds(sorted[(n - 1) / 2]) + seconds(sorted[n / 2])),
            p95: seconds(sorted[(n * 95).div_ceil(100) - 1]),
            min: seconds(min),
            max: seconds(max),
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operations.is_empty() {
            return writeln!(f, "nothing was timed");
        }
        let wide = self.operations.iter().map(|operation| operation.name.len()).max().unwrap_or(0).max(9);
        write!(f, "{:<wide$} {:>9}", "operation", "calls")?;
        for head in ["total", "mean", "median", "p95", "min", "max"] {
            write!(f, " {head:>9}")?;
        }
        writeln!(f)?;
        for Operation { name, calls, total, mean, median, p95, min, max } in &self.operations {
            write!(f, "{name:<wide$} {calls:>9}")?;
            for seconds in [total, mean, median, p95, min, max] {
                write!(f, " {:>9}", in_unit(*seconds))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A duration in the unit that leaves one to three digits in front of the point.
fn in_unit(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-6 => return format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = if value < 10.0 { 2 } else { 1 };
    format!("{value:.digits$} {unit}")
}
