//! The section about models: folds, targets, fits, importance and features.

use backstaff_learn::{
    Parameters,
    label::{Basis, TargetForm},
    model::Average,
};
use backstaff_report::{Align, Column, Details, Emphasis, Heat, Section, Table, cells};

use super::importance;
use crate::{
    config::{Among, Config, ModelSpec, PythonModel, TargetPart, Weights},
    flow::results::Results,
    report::series::mean,
    steps::{
        folds::{FoldFacts, LeftOutFacts, PartFacts},
        suspects::SuspectKind,
    },
    words,
};

pub(super) fn section(results: &Results) -> Section {
    let mut section = Section::new("models", "Models");
    if results.folds.is_empty() {
        section = section.intro(
            "Nothing was fitted: the scores are expressions, the same in all sessions, so there is nothing that a test \
             could be kept apart from but the choice of the rule itself.",
        );
    } else {
        section = section
            .intro(
                "What was fitted on what. Each fold's model sees its own training rows only; validation ends training \
                 and chooses penalties; the test comes after both. Rows whose label reaches into what comes next are \
                 purged.",
            )
            .block(shown(&results.config))
            .block(folds(&results.folds));
    }
    if !results.left_out.is_empty() {
        section = section.block(left_out(&results.left_out));
    }
    if !results.fits.is_empty() {
        section = section.block(fits(results));
    }
    if !results.suspects.is_empty() {
        section = section.block(suspects(results));
    }
    for block in importance::blocks(results) {
        section = section.block(block);
    }
    section
        .block(Details::new("Features and their expressions").block(features(results)))
        .block(Details::new("Models and their parameters").block(parameters(results)))
}

/// The study's targets, weights and gaps between training and test.
fn shown(config: &Config) -> Table {
    let mut table =
        Table::new("What the models are trained on").column(Column::text("Of")).column(Column::text("What"));
    let parts = config.label.iter().flat_map(|label| &label.target.0).collect::<Vec<_>>();
    for part in &parts {
        let share = if part.share == 1.0 { String::new() } else { format!("{} × ", part.share) };
        table = table.row(cells!["target", format!("{share}{}", described_target(part))]);
    }
    if parts.iter().any(|part| part.clip.is_some()) {
        table = table.row(cells!["", "measures and portfolios use the returns as they are, uncut"]);
    }
    let Weights { decay, half_life_days, expression, validation } =
        config.weights.clone().unwrap_or_default();
    let age = decay.map(|decay| format!("exp(2 · {decay} · position) by calendar days, divided by the mean"));
    let half_life =
        half_life_days.map(|days| format!("halved every {days} calendar days, divided by the mean"));
    let weights = age.or(half_life).into_iter().chain(expression).collect::<Vec<_>>();
    let weights =
        if weights.is_empty() { "all rows count the same".to_owned() } else { weights.join("; times ") };
    let scope = if validation { "; validation rows too" } else { "" };
    table = table.row(cells!["weights", format!("{weights}{scope}")]);
    let Some(folds) = &config.folds else { return table };
    let least = folds.min_rows;
    table.row(cells!["embargo", words::count(folds.embargo as usize, "session")]).row(cells![
        "fewest rows of a fold",
        format!("{} of training, {} of the test", least.train, least.test)
    ])
}

fn described_target(part: &TargetPart) -> String {
    let TargetPart { share: _, of, market, beta, neutral, within, form, clip, limit, among } = part;
    let market = market.unwrap_or_default().name();
    let base = match of {
        Basis::Return => "return".to_owned(),
        Basis::Excess => format!("return less the {market} of the session"),
        Basis::Residual => {
            format!("return less ({}) times the {market} of the session", beta.as_deref().unwrap_or_default())
        }
    };
    let form = match form {
        TargetForm::Value => "",
        TargetForm::Rank => ", as its rank from −0.5 to 0.5",
        TargetForm::PercentRank => ", as its percent rank",
        TargetForm::ZScore => ", in standard deviations",
        TargetForm::Log => ", as sign(x) · ln(1 + |x|)",
    };
    let text = [
        Some(base),
        neutral.as_ref().map(|category| format!(", less the mean of its {category}")),
        Some(form.to_owned()),
        within.as_ref().map(|category| format!(" within its {category}")),
        (*among == Among::Present).then(|| ", among all rows with a label".to_owned()),
        clip.map(|clip| format!("; returns cut at ±{clip} first")),
        limit.map(|limit| format!("; cut at ±{limit} at the end")),
    ];
    text.into_iter().flatten().collect()
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
        .column(Column::integer("Without weight").note("the study's weight is 0 or missing"))
        .column(Column::integer("Rows used"));
    for fold in folds {
        let parts = [("train", &fold.train), ("validation", &fold.validation), ("test", &fold.test)];
        for (name, part) in parts {
            let PartFacts { from, to, rows, members, purged, unlabelled, weightless } = part;
            let emphasis = if name == "test" { Emphasis::Strong } else { Emphasis::None };
            let row = cells![fold.number, name, from, to, *members, *purged, *unlabelled, *weightless, *rows];
            table = table.row_with(emphasis, row);
        }
    }
    table
}

fn left_out(folds: &[LeftOutFacts]) -> Table {
    let mut table = Table::new("Folds that were left out: no model scores their sessions")
        .column(Column::integer("Fold"))
        .column(Column::text("From"))
        .column(Column::text("To"))
        .column(Column::text("Why"));
    for LeftOutFacts { number, from, to, why } in folds {
        table = table.row(cells![*number, from, to, why]);
    }
    table
}

fn fits(results: &Results) -> Table {
    let mut table = Table::new("Fits, and how each did in its own test")
        .column(Column::text("Model"))
        .column(Column::integer("Fold"))
        .column(Column::text("Seed").align(Align::Right).note("the parameter `seed` of the fit"))
        .column(Column::integer("Training rows"))
        .column(Column::integer("Validation rows"))
        .column(Column::integer("Rounds run"))
        .column(Column::integer("Best round").note("where early stopping cut the model"))
        .column(Column::text("Penalty").align(Align::Right).note("chosen on the validation rows"))
        .column(
            Column::number("Rank IC in test", 4)
                .heat(Heat::Diverging)
                .note("mean over the sessions of the fold's test; of all seeds together"),
        );
    for (name, spec) in &results.config.models {
        let is_boosted = matches!(spec, ModelSpec::Lightgbm { .. });
        let seed = first_seed(spec);
        for fold in &results.folds {
            let own =
                results.fits.get(name).into_iter().flatten().filter(|(number, _)| *number == fold.number);
            let mut own = own.map(|(_, fit)| Some(fit)).collect::<Vec<_>>();
            if own.is_empty() {
                own.push(None);
            }
            for fit in own {
                let boosted = fit.filter(|_| is_boosted);
                table = table.row(cells![
                    name,
                    fold.number,
                    boosted.zip(seed).map(|(fit, seed)| (seed + i64::from(fit.draw)).to_string()),
                    fit.map(|fit| fit.n_train),
                    fit.map(|fit| fit.n_validation),
                    boosted.map(|fit| fit.n_rounds),
                    boosted.map(|fit| fit.best_round),
                    fit.and_then(|fit| fit.penalty).map(short),
                    rank_ic(results, name, fold),
                ]);
            }
        }
    }
    table
}

/// The seed of a model's first fit, from all parameters that are in force; each other fit of a fold has one more.
fn first_seed(spec: &ModelSpec) -> Option<i64> {
    let (_, parameters) = described(spec);
    let (_, value) = parameters.iter().find(|(name, _)| name == "seed")?;
    value.parse().ok()
}

/// A number as people write it: `1e8`, `2.5e7`, but `1000` and `0.5`.
fn short(value: f64) -> String {
    let digits = format!("{value:e}");
    if (1e-3..1e5).contains(&value.abs()) || value == 0.0 { value.to_string() } else { digits }
}

/// The mean rank IC of a model over the sessions of a fold's test; `None` without any value.
fn rank_ic(results: &Results, model: &str, fold: &FoldFacts) -> Option<f64> {
    let evaluation = results.evaluations.get(model)?;
    let (from, to) = (fold.test.from.parse().ok()?, fold.test.to.parse().ok()?);
    let values = evaluation.sessions.iter().zip(evaluation.column("rank_ic"));
    let values = values.filter(|(session, value)| (from..=to).contains(*session) && value.is_finite());
    let values = values.map(|(_, value)| *value).collect::<Vec<_>>();
    (!values.is_empty()).then(|| mean(&values))
}

fn suspects(results: &Results) -> Table {
    let mut table = Table::new("Columns beyond belief")
        .column(Column::text("Column"))
        .column(Column::text("Foresees"))
        .column(Column::text("Where"))
        .column(Column::number("Correlation", 3).note(
            "mean rank IC with that return, or rank correlation with the market's; 1 for cells that hold the return",
        ))
        .column(Column::number("t", 1))
        .column(Column::integer("Sessions"));
    for suspect in &results.suspects {
        let place = match suspect.kind {
            SuspectKind::Everywhere => "who does better".to_owned(),
            SuspectKind::Market => "the whole market".to_owned(),
            SuspectKind::LastSessions => "who does better, lately".to_owned(),
            SuspectKind::SomeCells => {
                format!("{} of the cells", words::percent(suspect.share.unwrap_or(f64::NAN), 1))
            }
            SuspectKind::Difference => "who does better, by a difference".to_owned(),
        };
        table = table.row(cells![
            &suspect.column,
            &suspect.foresees,
            place,
            suspect.correlation,
            suspect.t,
            suspect.n_sessions
        ]);
    }
    table
}

fn features(results: &Results) -> Table {
    let mut table = Table::new(words::count(results.features.len(), "feature"))
        .column(Column::text("Feature"))
        .column(Column::text("Library"))
        .column(Column::text("Looks back"))
        .column(Column::text("Expression"))
        .column(Column::text("Meaning"))
        .sortable()
        .visible_rows(20);
    for feature in &results.features {
        table = table.row(cells![
            &feature.name,
            &feature.library,
            &feature.look_back,
            &feature.expression,
            &feature.meaning
        ]);
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

/// The kind of a model, and all parameters that shape it, the seed and our defaults included.
pub(super) fn described(spec: &ModelSpec) -> (&'static str, Vec<(String, String)>) {
    let owned = |name: &str, value: String| (name.to_owned(), value);
    match spec {
        ModelSpec::Lightgbm { rounds, early_stopping, grades, seeds, average, parameters } => {
            let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
            let text = Parameters::new(pairs).map_or_else(|e| e.to_string(), |p| p.canonical_text());
            // Rounds and patience are keys of the study itself, and win over LightGBM's defaults.
            let own = text.split(' ').filter_map(|pair| pair.split_once('='));
            let own = own.filter(|(name, _)| !["num_iterations", "early_stopping_round"].contains(name));
            let mut all = vec![
                owned("rounds", rounds.to_string()),
                owned("early_stopping", early_stopping.to_string()),
            ];
            if *seeds > 1 {
                let average = match average {
                    Average::Scores => "mean of their scores",
                    Average::Ranks => "mean of their ranks within the session",
                };
                all.push(owned("seeds", format!("{seeds}, {average}")));
            }
            all.extend(grades.map(|grades| owned("grades", grades.to_string())));
            all.extend(own.map(|(name, value)| owned(name, value.to_owned())));
            ("lightgbm", all)
        }
        ModelSpec::Ridge { penalties, clip } => {
            let penalties = penalties.iter().copied().map(short).collect::<Vec<_>>();
            ("ridge", vec![owned("penalties", penalties.join(", ")), owned("clip", clip.to_string())])
        }
        ModelSpec::Linear(spec) => ("linear", of_fields(spec)),
        ModelSpec::DoubleEnsemble(spec) => ("double_ensemble", of_fields(spec)),
        ModelSpec::Expression(text) => ("expression", vec![owned("expression", text.clone())]),
        ModelSpec::Python(PythonModel { function, parameters, table: _, keep: _ }) => {
            let given = parameters.iter().map(|(name, value)| (name.clone(), value.to_string()));
            ("python", std::iter::once(owned("function", function.clone())).chain(given).collect())
        }
        ModelSpec::Scores(table) => ("scores", vec![owned("scores", table.path.display().to_string())]),
    }
}

/// The keys of a model and their values, those of its `parameters` among them.
fn of_fields(spec: &impl serde::Serialize) -> Vec<(String, String)> {
    let fields =
        serde_json::to_value(spec).ok().and_then(|value| value.as_object().cloned()).unwrap_or_default();
    let (parameters, own): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| name == "parameters");
    let given = parameters.into_iter().flat_map(|(_, value)| value.as_object().cloned().unwrap_or_default());
    let shown = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    own.into_iter().chain(given).map(|(name, value)| (name, shown(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn a_fit_shows_the_seed_that_it_was_given() {
        let mut results = Made::default().results();
        let seeds = |results: &Results| {
            let table = serde_json::to_value(fits(results)).unwrap();
            let rows = table["rows"].as_array().unwrap().iter();
            rows.map(|row| row["cells"][2].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        // LightGBM's seed is 0 unless the study sets one; the ridge has none.
        let told = |seed: &str| Some(seed.to_owned());
        assert_eq!(seeds(&results), [told("0"), told("0"), None, None]);
        let Some(ModelSpec::Lightgbm { parameters, .. }) = results.config.models.get_mut("trees") else {
            panic!()
        };
        parameters.insert("random_state".to_owned(), 41.into());
        for (_, fit) in results.fits.get_mut("trees").unwrap() {
            fit.draw = 2;
        }
        assert_eq!(seeds(&results), [told("43"), told("43"), None, None]);
    }

    #[test]
    fn a_penalty_is_written_as_people_write_it() {
        let written = [1e8, 2.5e7, 1e5, 1000.0, 0.5, 1e-5, 0.0].map(short);
        assert_eq!(written, ["1e8", "2.5e7", "1e5", "1000", "0.5", "1e-5", "0"]);
    }
}
