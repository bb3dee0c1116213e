//! The importance of features and libraries in the models, over all folds and in each of them.

use std::collections::BTreeMap;

use backstaff_report::{BarSeries, Bars, Block, Chart, Column, Details, Format, Heat, Table, cells};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    config::ModelSpec,
    flow::results::Results,
    report::series::{deviation, mean},
    steps::train::FitFacts,
    words,
};

/// The number of features that the chart shows.
const SHOWN: usize = 20;

/// The charts and tables of all models that learn.
pub(super) fn blocks(results: &Results) -> Vec<Block> {
    let mut charts = Vec::<Block>::new();
    let mut tables = Details::new("Importance of all features");
    for (name, fits) in &results.fits {
        let shares = Shares::of(fits);
        if !shares.features.is_empty() {
            charts.push(chart(results, name, &shares).into());
            tables = tables.block(table(name, &shares));
            if shares.folds.len() > 1 {
                tables = tables.block(by_fold(name, &shares));
            }
            let libraries = shares.by_library(results);
            if libraries.len() > 1 {
                tables = tables.block(by_library(name, &libraries));
            }
        }
    }
    if charts.is_empty() { Vec::new() } else { vec![Block::Beside(charts), tables.into()] }
}

/// The importance of a feature in a model, over all folds and in each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FeatureImportance {
    /// The feature's share of the gain of a fold's model, as a mean over folds.
    pub gain_share: Option<f64>,
    /// The feature's share of the splits of a fold's model, as a mean over folds.
    pub split_share: Option<f64>,
    /// The number of the feature's splits in all folds and seeds.
    pub splits: u64,
    /// The feature's share of the gain in each fold, by the fold's number.
    pub gain_share_by_fold: IndexMap<String, Option<f64>>,
}

/// The importance of each feature, by model and feature.
pub(super) fn by_model(results: &Results) -> IndexMap<String, IndexMap<String, FeatureImportance>> {
    let finite = |value: f64| value.is_finite().then_some(value);
    let of_model = |fits: &[(u32, FitFacts)]| {
        let shares = Shares::of(fits);
        let features = shares.features.iter().map(|feature| {
            let by_fold =
                shares.folds.iter().map(u32::to_string).zip(feature.gains.iter().map(|gain| finite(*gain)));
            let importance = FeatureImportance {
                gain_share: finite(mean(&feature.gains)),
                split_share: finite(mean(&feature.splits)),
                splits: feature.n_splits,
                gain_share_by_fold: by_fold.collect(),
            };
            (feature.name.clone(), importance)
        });
        features.collect()
    };
    results.fits.iter().map(|(name, fits)| (name.clone(), of_model(fits))).collect()
}

/// The importance of each feature in each fold, as a share of the fold's sum. Where a fold has several seeds, their
/// mean.
struct Shares {
    folds: Vec<u32>,
    /// The features by their mean share of the gain, the largest first.
    features: Vec<Share>,
}

/// The shares of one feature, one entry a fold.
struct Share {
    name: String,
    gains: Vec<f64>,
    splits: Vec<f64>,
    n_splits: u64,
}

impl Shares {
    fn of(fits: &[(u32, FitFacts)]) -> Self {
        let mut folds = fits.iter().map(|(fold, _)| *fold).collect::<Vec<_>>();
        folds.dedup();
        let mut shares = BTreeMap::<&str, Share>::new();
        for (place, fold) in folds.iter().enumerate() {
            let seeds = fits.iter().filter(|(number, _)| number == fold).collect::<Vec<_>>();
            for (_, fit) in &seeds {
                let gain = fit.importance.iter().map(|importance| importance.gain).sum::<f64>();
                let splits = fit.importance.iter().map(|importance| importance.n_splits).sum::<u64>();
                let share = |value: f64, total: f64| {
                    if total > 0.0 { value / total / seeds.len() as f64 } else { 0.0 }
                };
                for importance in &fit.importance {
                    let entry = shares.entry(&importance.feature).or_insert_with(|| Share {
                        name: importance.feature.clone(),
                        gains: vec![0.0; folds.len()],
                        splits: vec![0.0; folds.len()],
                        n_splits: 0,
                    });
                    entry.gains[place] += share(importance.gain, gain);
                    entry.splits[place] += share(importance.n_splits as f64, splits as f64);
                    entry.n_splits += importance.n_splits;
                }
            }
        }
        let mut features = shares.into_values().collect::<Vec<_>>();
        features.sort_by(|a, b| mean(&b.gains).total_cmp(&mean(&a.gains)).then_with(|| a.name.cmp(&b.name)));
        Self { folds, features }
    }

    /// The libraries with the number of their features and the sum of these features' mean shares, the largest first.
    fn by_library<'a>(&self, results: &'a Results) -> Vec<(&'a str, usize, f64)> {
        let mut sums = BTreeMap::<&str, (usize, f64)>::new();
        for share in &self.features {
            if let Some(feature) = results.features.iter().find(|feature| feature.name == share.name) {
                let entry = sums.entry(&feature.library).or_default();
                *entry = (entry.0 + 1, entry.1 + mean(&share.gains));
            }
        }
        let mut sums = sums.into_iter().map(|(name, (n, sum))| (name, n, sum)).collect::<Vec<_>>();
        sums.sort_by(|a, b| b.2.total_cmp(&a.2));
        sums
    }
}

/// The sentence that explains what importance means for a model.
fn note(results: &Results, name: &str) -> &'static str {
    match results.config.models.get(name) {
        Some(ModelSpec::Ridge { .. }) => {
            "Share of the sum of absolute standardised coefficients. Features that say the same share or split it."
        }
        Some(ModelSpec::Linear(_)) => {
            "Share of the sum of absolute coefficients, which depend on the features' units. Features that say the same share or \
             split it."
        }
        Some(ModelSpec::DoubleEnsemble(_)) => {
            "Share of the gain of all splits, each sub-model by its weight. It says what the trees used, not what was right."
        }
        Some(ModelSpec::Python(_)) => {
            "Share of the sum of what the model itself says of its features: `feature_importances_`, or the size of `coef_`, \
             which depends on the features' units."
        }
        _ => "Share of the gain of all splits. It says what the trees used, not what was right.",
    }
}

fn chart(results: &Results, name: &str, shares: &Shares) -> Chart {
    let top = &shares.features[..shares.features.len().min(SHOWN)];
    let means = top.iter().map(|feature| mean(&feature.gains)).collect();
    let mut series = BarSeries::new(name, means);
    if shares.folds.len() > 1 {
        series = series.errors(top.iter().map(|feature| deviation(&feature.gains)).collect());
    }
    let bars =
        Bars::new(top.iter().map(|feature| feature.name.clone()), Format::Percent(1)).across().bars(series);
    let which = if shares.features.len() > SHOWN {
        format!("the first {SHOWN} features")
    } else {
        "all features".to_owned()
    };
    Chart::new(format!("Importance in {name}, {which}"), bars).note(format!(
        "{} Mean over {}; error bars: one standard deviation over folds.",
        note(results, name),
        words::count(shares.folds.len(), "fold")
    ))
}

fn table(name: &str, shares: &Shares) -> Table {
    let mut table = Table::new(format!("Importance in {name}"))
        .column(Column::text("Feature"))
        .column(Column::percent("Mean share", 2).heat(Heat::Bar).note("of the fold's sum, mean over folds"))
        .column(Column::percent("Sd over folds", 2))
        .column(Column::percent("Least", 2))
        .column(Column::percent("Most", 2))
        .column(Column::percent("Share of splits", 2).note("mean over folds; 0 for linear models"))
        .column(Column::integer("Splits").note("over all folds"))
        .sortable()
        .visible_rows(15);
    for Share { name, gains, splits, n_splits } in &shares.features {
        let least = gains.iter().copied().fold(f64::INFINITY, f64::min);
        let most = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        table = table.row(cells![name, mean(gains), deviation(gains), least, most, mean(splits), *n_splits]);
    }
    table
}

fn by_fold(name: &str, shares: &Shares) -> Table {
    let mut table = Table::new(format!("Importance in {name} by fold, share of its sum"))
        .column(Column::text("Feature"))
        .sortable()
        .visible_rows(15);
    for fold in &shares.folds {
        table = table.column(Column::percent(format!("Fold {fold}"), 1).heat(Heat::Bar));
    }
    for feature in &shares.features {
        let cells = feature.gains.iter().flat_map(|gain| cells![*gain]);
        table = table.row(cells![&feature.name].into_iter().chain(cells).collect::<Vec<_>>());
    }
    table
}

fn by_library(name: &str, libraries: &[(&str, usize, f64)]) -> Table {
    let mut table = Table::new(format!("Importance in {name} by library"))
        .column(Column::text("Library"))
        .column(Column::integer("Features"))
        .column(Column::percent("Mean share", 2).heat(Heat::Bar).note("sum over its features"));
    for (library, n, share) in libraries {
        table = table.row(cells![*library, *n, *share]);
    }
    table
}

#[cfg(test)]
mod tests {
    use backstaff_learn::model::Importance;

    use super::*;
    use crate::report::study::testing::Made;

    fn fit(draw: u32, gains: &[(&str, f64)]) -> FitFacts {
        let importance = |(feature, gain): &(&str, f64)| Importance {
            feature: (*feature).to_owned(),
            gain: *gain,
            n_splits: 2,
        };
        FitFacts {
            draw,
            n_train: 1,
            n_validation: 1,
            n_rounds: 1,
            best_round: 1,
            penalty: None,
            importance: gains.iter().map(importance).collect(),
        }
    }

    #[test]
    fn a_share_is_of_its_own_fold_and_a_feature_that_a_fold_lacks_has_none() {
        let shares = Shares::of(&[
            (1, fit(0, &[("a", 1.0), ("b", 3.0)])),
            (2, fit(0, &[("b", 10.0)])),
            (4, fit(0, &[("a", 0.0)])),
        ]);
        let [b, a] = &shares.features[..] else { panic!() };
        assert_eq!((b.name.as_str(), &b.gains[..], b.n_splits), ("b", &[0.75, 1.0, 0.0][..], 4));
        assert_eq!((a.name.as_str(), &a.gains[..], a.n_splits), ("a", &[0.25, 0.0, 0.0][..], 4));
        assert_eq!((&a.splits[..], &shares.folds[..]), (&[0.5, 0.0, 1.0][..], &[1, 2, 4][..]));
    }

    #[test]
    fn seeds_share_their_fold() {
        let shares =
            Shares::of(&[(1, fit(0, &[("a", 1.0), ("b", 3.0)])), (1, fit(1, &[("a", 2.0), ("b", 2.0)]))]);
        assert_eq!((shares.folds.len(), &shares.features[0].gains[..]), (1, &[0.625][..]));
    }

    #[test]
    fn programs_get_every_fold() {
        let feature = &by_model(&Made::default().results())["trees"]["mom_5d"];
        assert!(feature.gain_share.is_some() && feature.split_share.is_some());
        assert!(feature.gain_share_by_fold["2"].is_some());
    }
}
