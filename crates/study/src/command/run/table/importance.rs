//! `importance`: what each fitted model made of each feature.

use super::{Batches, Cells, Column, MODEL, Results, Table};

/// The importance of features in all fits.
pub(super) const TABLE: Table = Table {
    name: "importance",
    about: "One row for each model, fold, seed and feature. Not written for a study that learns nothing.",
    columns: &[
        MODEL,
        Column::new("fold", "number", "The number of the fold, from 1."),
        Column::new(
            "seed",
            "number",
            "What is added to every seed of the study: 0 for the first fit, above it for the further ones of `seeds`.",
        ),
        Column::new("feature", "text", "The name of the feature."),
        Column::new(
            "gain",
            "model's own",
            "The gain of the feature's splits; of a linear model the size of its standardised coefficient.",
        ),
        Column::new(
            "gain_share",
            "fraction",
            "`gain` as a share of the fit's sum; missing if that is 0, as in a model without a split.",
        ),
        Column::new("splits", "count", "The splits on the feature; 0 for linear models."),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    let fits =
        results.fits.iter().flat_map(|(model, fits)| fits.iter().map(move |(fold, fit)| (model, fold, fit)));
    let rows = fits.flat_map(|(model, fold, fit)| {
        let total = fit.importance.iter().map(|feature| feature.gain).sum::<f64>();
        let share = move |gain: f64| if total > 0.0 { gain / total } else { f64::NAN };
        fit.importance.iter().map(move |feature| (model, *fold, fit.draw, feature, share(feature.gain)))
    });
    let rows = rows.collect::<Vec<_>>();
    if rows.is_empty() {
        return None;
    }
    let columns = [
        ("model", Cells::of_texts(rows.iter().map(|(model, ..)| Some(model.as_str())))),
        ("fold", Cells::Integers(rows.iter().map(|(_, fold, ..)| i64::from(*fold)).collect())),
        ("seed", Cells::Integers(rows.iter().map(|(_, _, draw, ..)| i64::from(*draw)).collect())),
        ("feature", Cells::of_texts(rows.iter().map(|(.., feature, _)| Some(feature.feature.as_str())))),
        ("gain", Cells::Numbers(rows.iter().map(|(.., feature, _)| feature.gain).collect())),
        ("gain_share", Cells::Numbers(rows.iter().map(|(.., share)| *share).collect())),
        ("splits", Cells::Integers(rows.iter().map(|(.., feature, _)| feature.n_splits as i64).collect())),
    ];
    Some(Batches::whole(columns.map(|(name, cells)| (name.to_owned(), cells)).into()))
}
