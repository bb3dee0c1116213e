//! The progress of a run on standard error: bars on a terminal, plain lines in a log, nothing with `--json`.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    sync::Mutex,
    time::{Duration, Instant},
};

use backstaff_study::progress::{Event, Observer, Outcome, StageRecord};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{message::brief, stop::Stop};

/// Write a line to standard error. If nobody reads it any more, as after `2>&1 | head`, the work goes on without.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", brief(text));
}

/// Shows the progress of a run on standard error.
pub(crate) struct Terminal {
    style: Style,
    bar: Mutex<Option<(ProgressBar, Instant)>>,
    stop: Stop,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bars,
    Lines,
    Silent,
}

impl Terminal {
    pub(crate) fn new(json: bool, stop: Stop) -> Self {
        let style = match (json, std::io::stderr().is_terminal()) {
            (true, _) => Style::Silent,
            (false, true) => Style::Bars,
            (false, false) => Style::Lines,
        };
        Self { style, bar: Mutex::new(None), stop }
    }

    /// Remove a bar that is still shown, so that a message has its own line.
    pub(crate) fn clear(&self) {
        self.with_bar(|slot| {
            if let Some((bar, _)) = slot.take() {
                bar.finish_and_clear();
            }
        });
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<(ProgressBar, Instant)>)) {
        if let Ok(mut bar) = self.bar.lock() {
            act(&mut bar);
        }
    }

    fn start(&self, stage: &str, steps: usize) {
        let bar = ProgressBar::new(steps.max(1) as u64);
        if let Ok(style) = ProgressStyle::with_template("{prefix:<12} {bar:30} {pos}/{len} {msg} {eta} left")
        {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        bar.set_prefix(stage.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.with_bar(|slot| *slot = Some((bar, Instant::now())));
    }

    fn finish(&self, record: &StageRecord) {
        self.with_bar(|slot| {
            if let Some((bar, _)) = slot.take() {
                bar.finish_and_clear();
            }
        });
        say(&line(record));
    }
}

impl Observer for Terminal {
    fn is_cancelled(&self) -> bool {
        self.stop.is_asked()
    }

    fn observe(&self, event: &Event<'_>) {
        match (self.style, event) {
            (Style::Silent, _) => {}
            (_, Event::Warning(text)) => self.with_bar(|slot| match slot {
                Some((bar, _)) => bar.suspend(|| say(&format!("warning: {text}"))),
                None => say(&format!("warning: {text}")),
            }),
            (_, Event::Finished(record)) => self.finish(record),
            (Style::Bars, Event::Started { stage, steps }) => self.start(stage, *steps),
            (Style::Bars, Event::Advanced { done, rows, .. }) => self.with_bar(|slot| {
                if let Some((bar, since)) = slot {
                    bar.set_position(*done as u64);
                    let rate = *rows as f64 / since.elapsed().as_secs_f64().max(1e-3);
                    if *rows > 0 {
                        bar.set_message(format!("{} rows/s", short(rate)));
                    }
                }
            }),
            _ => {}
        }
    }
}

fn line(record: &StageRecord) -> String {
    let outcome = match record.outcome {
        Outcome::Found => "found   ",
        Outcome::Computed => "computed",
    };
    let why = if record.why.is_empty() { String::new() } else { format!("  {}", record.why) };
    format!("{:<10} {outcome} {:>8.3} s{why}", record.name, record.seconds)
}

/// A count with one digit after the point and a letter: `12.3M`.
pub(crate) fn short(count: f64) -> String {
    for (scale, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if count >= scale {
            return format!("{:.1}{letter}", count / scale);
        }
    }
    format!("{count:.0}")
}

/// The table of stages that ends a run.
pub(crate) fn stage_table(stages: &[StageRecord], seconds: f64) -> String {
    let mut out = format!(
        "{:<10} {:<9} {:>9} {:>10} {:>9}  {:>9}\n",
        "stage", "outcome", "seconds", "rows/s", "memory", "shards"
    );
    for stage in stages {
        let outcome = if stage.outcome == Outcome::Found { "found" } else { "computed" };
        let rate = if stage.rows > 0 && stage.seconds > 0.0 {
            short(stage.rows as f64 / stage.seconds)
        } else {
            String::new()
        };
        let shards = format!("{}+{}", stage.computed, stage.found);
        let memory = format!("{:.0} MB", stage.peak_bytes as f64 / 1e6);
        let _ = writeln!(
            out,
            "{:<10} {outcome:<9} {:>9.3} {rate:>10} {memory:>9}  {shards:>9}",
            stage.name, stage.seconds
        );
    }
    out + &format!("{:<10} {:<9} {seconds:>9.3}   shards: computed + found\n", "total", "")
}
