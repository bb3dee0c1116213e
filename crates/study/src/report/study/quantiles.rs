//! The quantiles of scores, and the rank IC of each year, as numbers.

use backstaff_learn::{
    evaluate::{SeriesSummary, monotonicity},
    label::Horizon,
};

use backstaff_report::{Column, Emphasis, Heat, HeatScope, Table, cells};
use serde::{Deserialize, Serialize};

use crate::{
    report::charts::quantile_name,
    steps::evaluate::{Evaluation, N_QUANTILES, finite},
};

/// The returns of the quantiles of a model's scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuantileFacts {
    /// The mean label of each quantile, the lowest scores first: a fraction over the horizon.
    pub means: Vec<Option<f64>>,
    /// The mean of the highest quantile less that of the lowest.
    pub spread: Option<f64>,
    /// The rank correlation of the quantiles' numbers with their means: 1 if each mean is above the one before.
    pub monotonicity: Option<f64>,
    /// The number of quantiles whose mean is above that of the one before.
    pub steps_up: usize,
}

impl QuantileFacts {
    pub(super) fn of(evaluation: &Evaluation) -> Self {
        let means = evaluation.facts.quantile_means.clone();
        let plain = means.iter().map(|mean| mean.unwrap_or(f64::NAN)).collect::<Vec<_>>();
        let ends = plain.last().zip(plain.first());
        Self {
            spread: ends.and_then(|(highest, lowest)| finite(highest - lowest)),
            monotonicity: finite(monotonicity(&plain)),
            steps_up: plain.windows(2).filter(|pair| pair[1] > pair[0]).count(),
            means,
        }
    }
}

/// The table of the quantiles of all models, the primary one first.
pub(super) fn table(models: &[(&str, &Evaluation)], horizon: &str) -> Table {
    let mut table = Table::new(format!("Mean return over {horizon} by quantile of score"))
        .heat_scope(HeatScope::Table)
        .column(Column::text("Model"));
    for quantile in 1..=N_QUANTILES {
        table = table.column(Column::percent(quantile_name(quantile, N_QUANTILES), 2).heat(Heat::Diverging));
    }
    table = table
        .column(Column::percent("Highest less lowest", 2))
        .column(
            Column::number("Monotonicity", 2)
                .note("rank correlation of the quantiles' numbers with their means; 1: each brought more than the one before"),
        )
        .column(Column::text("Steps up").note("from one quantile to the next"));
    for (place, (name, evaluation)) in models.iter().enumerate() {
        let facts = QuantileFacts::of(evaluation);
        let mut row = cells![*name];
        row.extend((0..N_QUANTILES).map(|q| facts.means.get(q).copied().flatten().into()));
        row.extend(cells![
            facts.spread,
            facts.monotonicity,
            format!("{} of {}", facts.steps_up, N_QUANTILES - 1)
        ]);
        let emphasis = if place == 0 { Emphasis::Strong } else { Emphasis::None };
        table = table.row_with(emphasis, row);
    }
    table
}

/// A year of a model's rank IC; a number that is not defined is `null`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct YearOfIc {
    /// The calendar year, of which only the tested sessions count.
    pub year: i16,
    /// The mean rank IC over the year's sessions.
    pub mean: Option<f64>,
    /// The standard deviation over the year's sessions (`n − 1`).
    pub deviation: Option<f64>,
    /// The mean divided by Newey and West's standard error, with lags of at least twice the horizon less one session.
    pub t: Option<f64>,
    /// The share of sessions with a rank IC above 0.
    pub share_positive: Option<f64>,
    /// The number of sessions with a rank IC.
    pub sessions: usize,
}

/// The rank IC of a model in each year.
pub(super) fn ic_by_year(evaluation: &Evaluation, horizon: u32) -> Vec<YearOfIc> {
    let pairs = evaluation.sessions.iter().zip(evaluation.column("rank_ic"));
    let present =
        pairs.filter(|(_, value)| value.is_finite()).map(|(session, value)| (session.year(), *value));
    let present = present.collect::<Vec<_>>();
    let horizon = Horizon::new(horizon).unwrap_or(Horizon::MIN);
    let of = |year: &[(i16, f64)]| {
        let values = year.iter().map(|(_, value)| *value).collect::<Vec<_>>();
        let summary = SeriesSummary::of(&values, horizon);
        YearOfIc {
            year: year[0].0,
            mean: finite(summary.mean),
            deviation: finite(summary.deviation),
            t: finite(summary.newey_west_t),
            share_positive: finite(summary.share_positive),
            sessions: summary.n,
        }
    };
    present.chunk_by(|a, b| a.0 == b.0).map(of).collect()
}

/// The table of a model's rank IC in each year.
pub(super) fn ic_table(name: &str, years: &[YearOfIc]) -> Table {
    let mut table = Table::new(format!("Rank IC of {name} by year"))
        .column(Column::text("Year"))
        .column(Column::number("Mean", 4).heat(Heat::Diverging))
        .column(Column::number("Sd", 4).note("standard deviation over sessions, n − 1"))
        .column(
            Column::number("t", 2).note("mean / Newey–West standard error, lags of at least 2 (horizon − 1)"),
        )
        .column(Column::percent("Above 0", 0).note("share of sessions"))
        .column(Column::integer("Sessions"));
    for year in years {
        let YearOfIc { year, mean, deviation, t, share_positive, sessions } = year;
        table = table.row(cells![year.to_string(), *mean, *deviation, *t, *share_positive, *sessions]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn a_missing_quantile_leaves_its_numbers_undefined() {
        let results = Made::default().results();
        let evaluation = &results.evaluations["trees"];
        let facts = QuantileFacts::of(evaluation);
        assert_eq!((facts.means.len(), facts.means[2]), (N_QUANTILES, None));
        assert!((facts.spread.unwrap() - 0.002).abs() < 1e-12);
        let years = ic_by_year(evaluation, 5);
        let n = evaluation.column("rank_ic").iter().filter(|value| value.is_finite()).count();
        assert_eq!(years.iter().map(|year| year.sessions).sum::<usize>(), n);
    }
}
