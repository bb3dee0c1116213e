//! `ic`: how well each model's scores foresee, session by session.

use super::{Batches, Cells, Column, DATE, MODEL, Results, Table};

/// The information coefficients of each model.
pub(super) const TABLE: Table = Table {
    name: "ic",
    about: "One row for each model and tested session: how its scores foresee the label's plain return. Not written for \
            a study without scores or without a label.",
    columns: &[
        MODEL,
        DATE,
        Column::new(
            "ic",
            "correlation",
            "Pearson's correlation of scores and labels; missing where labels are: the last `horizon` sessions of the data.",
        ),
        Column::new(
            "rank_ic",
            "correlation",
            "Spearman's rank correlation of scores and labels; missing as `ic` is.",
        ),
        Column::new("count", "count", "The instruments with both a score and a label."),
        Column::new(
            "autocorrelation",
            "correlation",
            "The rank correlation of the scores with those of the session before.",
        ),
        Column::new(
            "top_turnover",
            "fraction",
            "The share of the best fifth that was not in it the session before.",
        ),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    of_series(results, &["ic", "rank_ic", "count", "autocorrelation", "top_turnover"])
}

/// These series of all models' evaluations, one model below the other.
pub(super) fn of_series<'a>(results: &'a Results, names: &[&str]) -> Option<Batches<'a>> {
    if results.evaluations.is_empty() {
        return None;
    }
    let runs = results.evaluations.iter().map(|(name, of)| (name.as_str(), of.sessions.len()));
    let sessions = results.evaluations.values().flat_map(|of| of.sessions.iter().copied());
    let mut table = vec![
        ("model".to_owned(), super::repeated(runs)),
        ("date".to_owned(), Cells::Sessions(sessions.collect())),
    ];
    table.extend(names.iter().map(|name| {
        let values = results.evaluations.values().flat_map(|of| of.column(name).iter().copied());
        ((*name).to_owned(), Cells::Numbers(values.collect()))
    }));
    Some(Batches::whole(table))
}
