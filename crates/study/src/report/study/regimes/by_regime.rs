//! The returns of the session after each regime, with their uncertainty.

use backstaff_regime::RegimeKind;
use backstaff_report::{BarSeries, Bars, Block, Chart, Column, Details, Format, Heat, Section, Table, cells};

use crate::{
    flow::results::{FollowedInstrument, FollowedRegimes},
    report::series,
};

/// The returns of the sessions after, or in, one kind of regime.
struct Returns {
    kind: RegimeKind,
    values: Vec<f64>,
}

impl Returns {
    /// The mean return a year, and half the length of its 95 % interval; sessions are taken as independent.
    fn mean(&self, sessions_per_year: f64) -> (f64, f64) {
        let error = series::deviation(&self.values) / (self.values.len() as f64).sqrt();
        (series::mean(&self.values) * sessions_per_year, 1.96 * error * sessions_per_year)
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
            bars = bars.bars(BarSeries::new(kind.to_string(), values).errors(errors));
        }
    }
    let chart = Chart::new("Mean return of the session after each regime, a year", bars)
        .note("Bars: 95 % intervals from the spread of single sessions. Intervals that overlap tell no regimes apart.")
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
        .column(Column::percent("Mean a year", 1).heat(Heat::Diverging))
        .column(Column::percent("± 95 %", 1))
        .column(Column::number("t", 2).note("of the mean against zero"))
        .column(Column::percent("Volatility", 1))
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
                1.96 * mean / error,
                series::deviation(&returns.values) * sessions_per_year.sqrt(),
                above as f64 / n as f64,
            ]);
        }
    }
    table
}
