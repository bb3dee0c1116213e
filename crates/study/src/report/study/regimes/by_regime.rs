//! The returns of the session after each regime, with their uncertainty.

use backstaff_regime::RegimeKind;
use backstaff_report::{
    BarSeries, Bars, Block, Chart, Colour, Column, Details, Format, Heat, Section, Table, cells,
};

use crate::{
    flow::results::{FollowedInstrument, FollowedRegimes},
    report::series::{self, ANNUALISED},
};

/// The returns of the sessions after, or in, one kind of regime.
struct Returns {
    kind: RegimeKind,
    values: Vec<f64>,
}

impl Returns {
    /// The mean return a year, and half the length of its 95 % interval; sessions are taken as independent. NaN for too
    /// few sessions to be told for a year.
    fn mean(&self, sessions_per_year: f64) -> (f64, f64) {
        if self.values.len() < ANNUALISED {
            return (f64::NAN, f64::NAN);
        }
        (series::mean(&self.values) * sessions_per_year, 1.96 * self.error() * sessions_per_year)
    }

    /// The volatility a year; NaN for too few sessions to be told for a year.
    fn volatility(&self, sessions_per_year: f64) -> f64 {
        let is_long = self.values.len() >= ANNUALISED;
        if is_long { series::deviation(&self.values) * sessions_per_year.sqrt() } else { f64::NAN }
    }

    /// The standard error of the mean of a session.
    fn error(&self) -> f64 {
        series::deviation(&self.values) / (self.values.len() as f64).sqrt()
    }
}

pub(super) fn section(regimes: &FollowedRegimes, sessions_per_year: f64) -> Section {
    let names = regimes.instruments.iter().map(|instrument| instrument.name.as_str()).collect::<Vec<_>>();
    let mut bars = Bars::new(names, Format::Percent(0));
    let all = regimes.instruments.iter().map(|instrument| returns(instrument, 1)).collect::<Vec<_>>();
    for kind in RegimeKind::ALL.into_iter().rev() {
        let of = |returns: &Vec<Returns>| {
            let found = returns.iter().find(|returns| returns.kind == kind && returns.values.len() > 1);
            found.map_or((f64::NAN, f64::NAN), |returns| returns.mean(sessions_per_year))
        };
        let means = all.iter().map(of).collect::<Vec<_>>();
        if means.iter().any(|mean| mean.0.is_finite()) {
            let (values, errors) = means.into_iter().unzip();
            bars = bars.bars(BarSeries::new(kind.to_string(), values).errors(errors).colour(colour(kind)));
        }
    }
    let chart = Chart::new("Mean return of the session after each regime, a year", bars)
        .note("Bars: 95% intervals from the spread of single sessions. Intervals that overlap tell no regimes apart.")
        .height(300);
    let next = table(regimes, sessions_per_year, "The session after each regime", 1);
    let same = table(regimes, sessions_per_year, "The session of each regime itself", 0);
    let note = "The return of a session helps to decide its regime: this describes what the model calls a Bull or a Bear. \
                It can't be earned.";
    Section::new("by-regime", "Returns by regime")
        .intro(
            "What could be earned: the return from the close at which a regime is known to the next close. A useful regime \
             has a mean, or at least a spread, that differs from the others'.",
        )
        .block(chart)
        .block(next)
        .block(
            Details::new("The same session, as a description").block(Block::Text(vec![note.to_owned()])).block(same),
        )
}

/// The colour of a kind of regime, which is that of its shading over prices. Both a Bear and a Crisis are red there; beside
/// each other a Crisis has a hue of its own.
fn colour(kind: RegimeKind) -> Colour {
    match kind {
        RegimeKind::Bull => Colour::Positive,
        RegimeKind::Sideways => Colour::Neutral,
        RegimeKind::Bear => Colour::Negative,
        RegimeKind::Crisis => Colour::ByName,
    }
}

/// The return `ahead` sessions after each row whose regime is known, by kind of regime.
fn returns(instrument: &FollowedInstrument, ahead: usize) -> Vec<Returns> {
    let mut all = RegimeKind::ALL.map(|kind| Returns { kind, values: Vec::new() });
    let n = instrument.close.len();
    for row in instrument.history.first().unwrap_or(n)..n.saturating_sub(ahead) {
        let after = row + ahead;
        let Some(before) = after.checked_sub(1) else { continue };
        let value = instrument.close[after] / instrument.close[before] - 1.0;
        let code = instrument.history.kind[row];
        if let (Ok(code), true) = (usize::try_from(code), value.is_finite()) {
            all[code].values.push(value);
        }
    }
    all.into_iter().rev().filter(|returns| !returns.values.is_empty()).collect()
}

fn table(regimes: &FollowedRegimes, sessions_per_year: f64, caption: &str, ahead: usize) -> Table {
    let mut table = Table::new(caption)
        .column(Column::text("Instrument"))
        .column(Column::text("Regime"))
        .column(Column::integer("Sessions"))
        .column(Column::percent("Share", 0))
        .column(
            Column::percent("Mean a year", 1)
                .heat(Heat::Diverging)
                .note(format!("mean · sessions a year; not told for fewer than {ANNUALISED} sessions")),
        )
        .column(Column::percent("± 95%", 1).note("1.96 standard errors of the column before"))
        .column(Column::number("t", 2).note("of the mean against zero"))
        .column(Column::percent("Volatility", 1).note("a year: sd · √(sessions a year)"))
        .column(Column::percent("Above 0", 0))
        .visible_rows(24);
    for instrument in &regimes.instruments {
        let all = returns(instrument, ahead);
        let total = all.iter().map(|returns| returns.values.len()).sum::<usize>();
        for returns in &all {
            let n = returns.values.len();
            let (mean, error) = returns.mean(sessions_per_year);
            let above = returns.values.iter().filter(|value| **value > 0.0).count();
            table = table.row(cells![
                instrument.name.as_str(),
                returns.kind.to_string(),
                n,
                n as f64 / total as f64,
                mean,
                error,
                series::mean(&returns.values) / returns.error(),
                returns.volatility(sessions_per_year),
                above as f64 / n as f64,
            ]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regime_of_a_few_sessions_has_no_return_a_year() {
        let returns = |n: usize| {
            let values = (0..n).map(|t| if t % 2 == 0 { 0.02 } else { -0.01 }).collect();
            Returns { kind: RegimeKind::Crisis, values }
        };
        let long = returns(ANNUALISED);
        assert!((long.mean(250.0).0 - 0.005 * 250.0).abs() < 1e-12 && long.volatility(250.0) > 0.2);
        let short = returns(ANNUALISED - 1);
        assert!(
            short.mean(250.0).0.is_nan() && short.mean(250.0).1.is_nan() && short.volatility(250.0).is_nan()
        );
        assert!(short.error() > 0.0, "its t is told");
    }
}
