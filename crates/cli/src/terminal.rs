//! The progress of a run on standard error: bars on a terminal, plain lines in a log, nothing with `--json`.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::Mutex,
    time::{Duration, Instant},
};

use backstaff_study::progress::{Event, Observer, Outcome, StageRecord};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{colour::Paint, message::brief, stop::Stop};

/// Write a line to standard error. If nobody reads it any more, as after `2>&1 | head`, the work goes on without.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{}", brief(text));
}

/// Write a warning to standard error.
pub(crate) fn warn(text: &str) {
    say(&format!("{} {text}", Paint::Careful.on("warning:")));
}

/// Shows the progress of a run on standard error.
pub(crate) struct Terminal {
    style: Style,
    bar: Mutex<Option<Shown>>,
    stop: Stop,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bars,
    Lines,
    Silent,
}

/// The bar of the stage that is at work.
struct Shown {
    bar: ProgressBar,
    steps: usize,
    since: Instant,
}

/// The length of a bar: shares of the work are shown in these parts.
const PARTS: f64 = 1000.0;

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
            if let Some(Shown { bar, .. }) = slot.take() {
                bar.finish_and_clear();
            }
        });
    }

    /// Say in how long all was done.
    pub(crate) fn end(&self, total: &str) {
        if self.style != Style::Silent {
            say(&format!("{}\n", Paint::Faint.on(total)));
        }
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<Shown>)) {
        if let Ok(mut bar) = self.bar.lock() {
            act(&mut bar);
        }
    }

    fn start(&self, stage: &str, steps: usize) {
        let bar = ProgressBar::new(PARTS as u64);
        if let Ok(style) = ProgressStyle::with_template("{prefix:<10} {bar:30} {msg}") {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        bar.set_prefix(stage.to_owned());
        bar.set_message(message(0, steps, 0, 0.0, Duration::ZERO));
        bar.enable_steady_tick(Duration::from_millis(120));
        self.with_bar(|slot| *slot = Some(Shown { bar, steps, since: Instant::now() }));
    }

    fn finish(&self, record: &StageRecord) {
        self.clear();
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
                Some(Shown { bar, .. }) => bar.suspend(|| warn(text)),
                None => warn(text),
            }),
            (_, Event::Finished(record)) => self.finish(record),
            (Style::Bars, Event::Started { stage, steps }) => self.start(stage, *steps),
            (Style::Bars, Event::Advanced { done, rows, share, .. }) => self.with_bar(|slot| {
                if let Some(Shown { bar, steps, since }) = slot {
                    bar.set_position((share * PARTS) as u64);
                    bar.set_message(message(*done, *steps, *rows, *share, since.elapsed()));
                }
            }),
            _ => {}
        }
    }
}

/// What stands behind a bar: the steps, the speed, the time that is left.
fn message(done: usize, steps: usize, rows: usize, share: f64, passed: Duration) -> String {
    let rate = rows as f64 / passed.as_secs_f64().max(1e-3);
    let rate = if rows > 0 { format!("  {} rows/s", short(rate)) } else { String::new() };
    format!("{done}/{steps}{rate}  {} left", left(share, passed))
}

/// The work that must be done before the time of the rest can be told, as a share of all and as time.
const TELLING: (f64, Duration) = (0.05, Duration::from_secs(1));

/// The time that is left if the rest goes on as what is done; `–` before that says anything.
fn left(share: f64, passed: Duration) -> String {
    if share < TELLING.0 || passed < TELLING.1 {
        return "–".to_owned();
    }
    let seconds = (passed.as_secs_f64() * (1.0 - share) / share).ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The reason why everything is computed in the first run of a study.
const FIRST: &str = "first run of the study";

/// The line of a stage: each is shown once, as it ends.
fn line(record: &StageRecord) -> String {
    let StageRecord { name, outcome, seconds, rows, computed, found, why, .. } = record;
    let rate = if *rows > 0 && *seconds > 0.0 && *outcome == Outcome::Computed {
        format!("{} rows/s", short(*rows as f64 / seconds))
    } else {
        String::new()
    };
    let (outcome, shards) = match outcome {
        Outcome::Found => ("found   ", found.to_string()),
        Outcome::Computed if *found == 0 => ("computed", computed.to_string()),
        Outcome::Computed => ("computed", format!("{computed} of {}", computed + found)),
    };
    // The first run says so once for each stage: that is no news.
    let why = if why == FIRST { "" } else { why };
    let text = format!("{name:<10} {outcome} {shards:>12} {seconds:>9.3} s {rate:>14}  {why}");
    Paint::Faint.on(text.trim_end())
}

/// A count with one digit after the point and a letter: `12.3M`.
fn short(count: f64) -> String {
    for (scale, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if count >= scale {
            return format!("{:.1}{letter}", count / scale);
        }
    }
    format!("{count:.0}")
}

/// The line below all stages: the time of the whole, the most memory, the slowest stage.
pub(crate) fn total(stages: &[StageRecord], seconds: f64) -> String {
    let peak = stages.iter().map(|stage| stage.peak_bytes).max().unwrap_or(0);
    let memory = if peak > 0 { format!(", at most {:.0} MB", peak as f64 / 1e6) } else { String::new() };
    let slowest = stages.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let slowest = slowest.filter(|stage| stage.seconds > seconds / 2.0);
    let slowest = slowest
        .map_or_else(String::new, |stage| format!(", of which {} took {:.1} s", stage.name, stage.seconds));
    format!("done in {seconds:.1} s{slowest}{memory}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_when_something_is_known() {
        assert_eq!(left(0.0, Duration::from_mins(1)), "–");
        assert_eq!(left(0.5, Duration::from_millis(10)), "–");
        assert_eq!(left(0.25, Duration::from_secs(10)), "30 s");
        assert_eq!(left(0.1, Duration::from_secs(10)), "1 min 30 s");
        assert_eq!(left(0.05, Duration::from_secs(1000)), "5 h 16 min");
        assert_eq!(left(0.04, Duration::from_secs(1000)), "–");
        assert_eq!(left(1.0, Duration::from_secs(5)), "0 s");
    }

    #[test]
    fn a_bar_counts_steps_and_shows_no_speed_before_there_is_one() {
        assert_eq!(message(0, 8, 0, 0.0, Duration::ZERO), "0/8  – left");
        assert_eq!(message(2, 8, 5000, 0.5, Duration::from_secs(2)), "2/8  2.5k rows/s  2 s left");
    }
}
