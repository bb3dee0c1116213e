//! `quantiles`: the returns of the fifths of each model's scores, session by session.

use super::{Batches, Column, DATE, MODEL, Results, Table, ic::of_series};

/// The returns of quantiles.
pub(super) const TABLE: Table = Table {
    name: "quantiles",
    about: "One row for each model and tested session: the return of the instruments in each fifth of the scores, equally \
            weighted, before costs. Each fifth is held in as many staggered cohorts as the label spans sessions, so \
            that every session has a return. Written where `ic` is.",
    columns: &[
        MODEL,
        DATE,
        Column::new(
            "quantile_1",
            "fraction",
            "The return of the fifth with the lowest scores since the session before; missing before its first cohort.",
        ),
        Column::new("quantile_2", "fraction", "That of the second lowest."),
        Column::new("quantile_3", "fraction", "That of the middle."),
        Column::new("quantile_4", "fraction", "That of the second highest."),
        Column::new("quantile_5", "fraction", "That of the highest scores."),
        Column::new("spread", "fraction", "`quantile_5` less `quantile_1`."),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    let columns = ["quantile_1", "quantile_2", "quantile_3", "quantile_4", "quantile_5", "spread"];
    of_series(results, &columns)
}
