//! What the models saw and became: folds, fits, importance, features.

use std::collections::BTreeMap;

use backstaff_learn::Parameters;
use backstaff_report::{
    Align, BarSeries, Bars, Block, Chart, Column, Details, Emphasis, Format, Heat, Section, Table, cells,
};

use super::{
    series::{deviation, mean},
    words,
};
use crate::{
    config::ModelSpec,
    results::Results,
    steps::{
        folds::{FoldFacts, PartFacts},
        train::FitFacts,
    },
};

/// Features that the chart of importance shows.
const SHOWN: usize = 20;

pub(super) fn section(results: &Results) -> Section {
    let mut section = Section::new("models", "Models")
        .intro(
            "What was fitted on what. Each fold's model sees its own training rows only; validation ends training and \
             chooses penalties; the test comes after both. Rows whose label reaches into what comes next are purged.",
        )
        .block(folds(&results.folds))
        .block(fits(results));
    if !results.suspects.is_empty() {
        section = section.block(suspects(results));
    }
    let mut charts = Vec::<Block>::new();
    let mut tables = Details::new("Importance of all features");
    for (name, fits) in &results.fits {
        let shares = Shares::of(fits);
        if !shares.features.is_empty() {
            charts.push(importance_chart(results, name, &shares).into());
            tables = tables.block(importance_table(name, &shares));
        }
    }
    if !charts.is_empty() {
        section = section.block(Block::Beside(charts)).block(tables);
    }
    section
        .block(Details::new("Features and their expressions").block(features(results)))
        .block(Details::new("Models and their parameters").block(parameters(results)))
}

fn folds(folds: &[FoldFacts]) -> Table {
    let mut table = Table::new("Folds")
        .column(Column::integer("Fold"))
        .column(Column::text("Part"))
        .column(Column::text("From"))
        .column(Column::text("To"))
        .column(Column::integer("Rows of the universe"))
        .column(Column::integer("Purged").note("their label ends in a later part, or the embargo takes them"))
        .column(
            Column::integer("Unlabelled")
                .note("no label: the data end first, or the instrument was never traded again"),
        )
        .column(Column::integer("Rows used"));
    for fold in folds {
        let parts = [("train", &fold.train), ("validation", &fold.validation), ("test", &fold.test)];
        for (name, part) in parts {
            let PartFacts { from, to, rows, members, purged, unlabelled } = part;
            let emphasis = if name == "test" { Emphasis::Strong } else { Emphasis::None };
            let row = cells![fold.number, name, from, to, *members, *purged, *unlabelled, *rows];
            table = table.row_with(emphasis, row);
        }
    }
    table
}

fn fits(results: &Results) -> Table {
    let mut table = Table::new("Fits, and how each did in its own test")
        .column(Column::text("Model"))
        .column(Column::integer("Fold"))
        .column(Column::integer("Training rows"))
        .column(Column::integer("Validation rows"))
        .column(Column::integer("Rounds run"))
        .column(Column::integer("Best round").note("where early stopping cut the model"))
        .column(
            Column::new("Penalty", Format::Text).align(Align::Right).note("chosen on the validation rows"),
        )
        .column(
            Column::number("Rank IC in test", 4)
                .heat(Heat::Diverging)
                .note("mean over the sessions of the fold's test"),
        );
    for (name, spec) in &results.config.models {
        let fits = results.fits.get(name);
        for fold in &results.folds {
            let fit = fits.and_then(|fits| fits.iter().find(|(number, _)| *number == fold.number));
            let fit = fit.map(|(_, fit)| fit);
            let boosted = fit.filter(|_| matches!(spec, ModelSpec::Lightgbm { .. }));
            table = table.row(cells![
                name,
                fold.number,
                fit.map(|fit| fit.n_train),
                fit.map(|fit| fit.n_validation),
                boosted.map(|fit| fit.n_rounds),
                boosted.map(|fit| fit.best_round),
                fit.and_then(|fit| fit.penalty),
                rank_ic(results, name, fold),
            ]);
        }
    }
    table
}

/// The mean rank IC of a model over the sessions of a fold's test.
fn rank_ic(results: &Results, model: &str, fold: &FoldFacts) -> Option<f64> {
    let evaluation = results.evaluations.get(model)?;
    let (from, to) = (fold.test.from.parse().ok()?, fold.test.to.parse().ok()?);
    let values = evaluation.sessions.iter().zip(evaluation.column("rank_ic"));
    let values = values.filter(|(session, value)| (from..=to).contains(*session) && value.is_finite());
    let values = values.map(|(_, value)| *value).collect::<Vec<_>>();
    (!values.is_empty()).then(|| mean(&values))
}

fn suspects(results: &Results) -> Table {
    let mut table = Table::new("Features beyond belief")
        .column(Column::text("Feature"))
        .column(Column::text("Foresees"))
        .column(Column::number("Correlation", 3).note("mean rank IC with the return to the next trade, or rank correlation with the market's next return"))
        .column(Column::number("t", 1))
        .column(Column::integer("Sessions"));
    for suspect in &results.suspects {
        let what = if suspect.of_market { "the whole market" } else { "who does better" };
        table = table.row(cells![&suspect.column, what, suspect.correlation, suspect.t, suspect.n_sessions]);
    }
    table
}

/// What each feature counts, as its share of the fold's sum.
struct Shares {
    n_folds: usize,
    /// By mean share, largest first: feature, a share and a count of splits a fold.
    features: Vec<(String, Vec<f64>, u64)>,
}

impl Shares {
    fn of(fits: &[(u32, FitFacts)]) -> Self {
        let mut shares = BTreeMap::<&str, (Vec<f64>, u64)>::new();
        for (place, (_, fit)) in fits.iter().enumerate() {
            let total = fit.importance.iter().map(|importance| importance.gain).sum::<f64>();
            for importance in &fit.importance {
                let entry = shares.entry(&importance.feature).or_insert((vec![0.0; fits.len()], 0));
                entry.0[place] = if total > 0.0 { importance.gain / total } else { 0.0 };
                entry.1 += importance.n_splits;
            }
        }
        let mut features = shares
            .into_iter()
            .map(|(name, (shares, splits))| (name.to_owned(), shares, splits))
            .collect::<Vec<_>>();
        features.sort_by(|a, b| mean(&b.1).total_cmp(&mean(&a.1)).then_with(|| a.0.cmp(&b.0)));
        Self { n_folds: fits.len(), features }
    }
}

/// What importance means for a model.
fn importance_note(results: &Results, name: &str) -> &'static str {
    match results.config.models.get(name) {
        Some(ModelSpec::Ridge { .. }) => {
            "Share of the sum of absolute standardised coefficients. Features that say the same share or split it."
        }
        _ => "Share of the gain of all splits. It says what the trees used, not what was right.",
    }
}

fn importance_chart(results: &Results, name: &str, shares: &Shares) -> Chart {
    let top = &shares.features[..shares.features.len().min(SHOWN)];
    let means = top.iter().map(|(_, shares, _)| mean(shares)).collect();
    let mut series = BarSeries::new(name, means);
    if shares.n_folds > 1 {
        series = series.errors(top.iter().map(|(_, shares, _)| deviation(shares)).collect());
    }
    let bars =
        Bars::new(top.iter().map(|(name, _, _)| name.clone()), Format::Percent(1)).across().bars(series);
    let which = if shares.features.len() > SHOWN {
        format!("the first {SHOWN} features")
    } else {
        "all features".to_owned()
    };
    Chart::new(format!("Importance in {name}, {which}"), bars).note(format!(
        "{} Mean over {}; error bars: one standard deviation over folds.",
        importance_note(results, name),
        words::count(shares.n_folds, "fold")
    ))
}

fn importance_table(name: &str, shares: &Shares) -> Table {
    let mut table = Table::new(format!("Importance in {name}"))
        .column(Column::text("Feature"))
        .column(Column::percent("Mean share", 2).heat(Heat::Bar).note("of the fold's sum, mean over folds"))
        .column(Column::percent("Sd over folds", 2))
        .column(Column::percent("Least", 2))
        .column(Column::percent("Most", 2))
        .column(Column::integer("Splits").note("over all folds; 0 for linear models"))
        .sortable()
        .visible_rows(15);
    for (feature, shares, splits) in &shares.features {
        let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
        let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        table = table.row(cells![feature, mean(shares), deviation(shares), least, most, *splits]);
    }
    table
}

fn features(results: &Results) -> Table {
    let mut table = Table::new(words::count(results.features.len(), "feature"))
        .column(Column::text("Feature"))
        .column(Column::text("Looks back"))
        .column(Column::text("Expression"))
        .column(Column::text("Meaning"))
        .sortable()
        .visible_rows(20);
    for feature in &results.features {
        table = table.row(cells![&feature.name, &feature.look_back, &feature.expression, &feature.meaning]);
    }
    table
}

fn parameters(results: &Results) -> Table {
    let mut table = Table::new("Models")
        .column(Column::text("Model"))
        .column(Column::text("Kind"))
        .column(Column::text("Parameter"))
        .column(Column::text("Value"))
        .visible_rows(20);
    for (name, spec) in &results.config.models {
        let (kind, parameters) = described(spec);
        for (parameter, value) in parameters {
            table = table.row(cells![name, kind, parameter, value]);
        }
    }
    table
}

/// A model's kind and all that shapes it, seed and defaults of ours included.
pub(super) fn described(spec: &ModelSpec) -> (&'static str, Vec<(String, String)>) {
    let owned = |name: &str, value: String| (name.to_owned(), value);
    match spec {
        ModelSpec::Lightgbm { rounds, early_stopping, parameters } => {
            let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
            let text = Parameters::new(pairs).map_or_else(|e| e.to_string(), |p| p.canonical_text());
            // Rounds and patience stand in the study beside LightGBM's own parameters, and win over its defaults.
            let own = text.split(' ').filter_map(|pair| pair.split_once('='));
            let own = own.filter(|(name, _)| !["num_iterations", "early_stopping_round"].contains(name));
            let mut all = vec![
                owned("rounds", rounds.to_string()),
                owned("early_stopping", early_stopping.to_string()),
            ];
            all.extend(own.map(|(name, value)| owned(name, value.to_owned())));
            ("lightgbm", all)
        }
        ModelSpec::Ridge { penalties, clip } => {
            ("ridge", vec![owned("penalties", format!("{penalties:?}")), owned("clip", clip.to_string())])
        }
        ModelSpec::Expression(text) => ("expression", vec![owned("expression", text.clone())]),
    }
}

#[cfg(test)]
mod tests {
    use backstaff_learn::model::Importance;

    use super::*;

    #[test]
    fn a_share_is_of_its_own_fold_and_a_feature_that_a_fold_lacks_has_none() {
        let fit = |gains: &[(&str, f64)]| FitFacts {
            n_train: 1,
            n_validation: 1,
            n_rounds: 1,
            best_round: 1,
            penalty: None,
            importance: gains
                .iter()
                .map(|(feature, gain)| Importance {
                    feature: (*feature).to_owned(),
                    gain: *gain,
                    n_splits: 2,
                })
                .collect(),
        };
        let shares = Shares::of(&[
            (1, fit(&[("a", 1.0), ("b", 3.0)])),
            (2, fit(&[("b", 10.0)])),
            (3, fit(&[("a", 0.0)])),
        ]);
        assert_eq!(shares.features[0], ("b".to_owned(), vec![0.75, 1.0, 0.0], 4));
        assert_eq!(shares.features[1], ("a".to_owned(), vec![0.25, 0.0, 0.0], 4));
    }
}
