//! How each portfolio is drawn: the same in all charts of a page.

use backstaff_report::{BarSeries, Colour, Line, Stroke};

use super::account::{Account, Accounts};
use crate::steps::backtest::holder_name;

/// A portfolio's values as a line: the benchmark grey in dashes and dots, a portfolio without costs dashed in the hue of
/// the same one with them, every other one in a hue of its own.
pub(super) fn line(accounts: &Accounts<'_>, account: &Account<'_>, values: Vec<f64>) -> Line {
    let line = Line::new(account.name(), values);
    match account.result.variant.cost_tenths {
        _ if accounts.is_benchmark(account) => line.colour(Colour::Neutral).stroke(Stroke::DashDotted),
        0 => line.like(holder_name(account.holder())).stroke(Stroke::Dashed),
        _ => line,
    }
}

/// A portfolio's values as bars, in the colour of its line.
pub(super) fn bars(accounts: &Accounts<'_>, account: &Account<'_>, values: Vec<f64>) -> BarSeries {
    let bars = BarSeries::new(account.name(), values);
    if accounts.is_benchmark(account) { bars.colour(Colour::Neutral) } else { bars }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn the_benchmark_is_grey_and_the_same_portfolio_without_costs_has_its_hue() {
        let results = Made::default().results();
        let accounts = Accounts::of(&results);
        let drawn = |account: &Account<'_>| {
            let line = line(&accounts, account, Vec::new());
            (line.name, line.colour, line.stroke, line.like)
        };
        let benchmark = ("equal weight".to_owned(), Colour::Neutral, Stroke::DashDotted, None);
        assert_eq!(drawn(accounts.benchmark().unwrap()), benchmark);
        let own = ("trees".to_owned(), Colour::ByName, Stroke::Solid, None);
        assert_eq!(drawn(accounts.primary().unwrap()), own);
        let free =
            ("trees, before costs".to_owned(), Colour::ByName, Stroke::Dashed, Some("trees".to_owned()));
        assert_eq!(drawn(accounts.primary_at(0, 0).unwrap()), free);
        let index = ("index".to_owned(), Colour::ByName, Stroke::Solid, None);
        assert_eq!(drawn(accounts.index().unwrap()), index);
        assert_eq!(bars(&accounts, accounts.benchmark().unwrap(), Vec::new()).colour, Colour::Neutral);
    }
}
