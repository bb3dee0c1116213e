//! The section about the signal: how well scores rank the returns that follow, before a portfolio is made of them.

use backstaff_learn::evaluate::cumulative;
use backstaff_report::{
    BarSeries, Bars, Block, Chart, Colour, Column, Date, Details, Emphasis, Format, Histogram, Line, Lines,
    Rule, Section, Stroke, Table, cells,
};

use super::{
    TIME,
    quantiles::{self, YearOfIc},
};
use crate::{
    flow::results::Results,
    report::{
        charts::{self, information_by_session, quantile_name, summary_cells, summary_columns},
        series::moving_mean,
    },
    steps::evaluate::{Evaluation, N_QUANTILES},
    words,
};

/// The number of bins of the histogram.
const BINS: usize = 30;

pub(super) fn section(results: &Results) -> Section {
    let sessions = results.config.label.as_ref().map_or(0, |label| label.horizon);
    let horizon = words::count(sessions as usize, "session");
    let section = Section::new("signal", "Signal").intro(format!(
        "How the scores of a session go with the plain return over the {horizon} after the next trade: correlation \
         (IC) and rank correlation (rank IC) across the universe, session by session, before costs."
    ));
    let models = models(results);
    let section = section.block(summaries(&models));
    let Some(&(name, primary)) = models.first() else { return section };
    let years = quantiles::ic_by_year(primary, sessions);
    let section = section
        .block(by_session(name, primary))
        .block(running(&models))
        .block(Block::Beside(vec![histogram(name, primary).into(), by_year(name, &years).into()]))
        .block(quantiles::ic_table(name, &years))
        .block(Block::Beside(vec![quantile_bars(&models, &horizon).into(), spread(&models).into()]))
        .block(quantiles::table(&models, &horizon))
        .block(quantile_growth(name, primary, &horizon))
        .block(stability(name, primary));
    if models.len() > 1 { section.block(others(&models, &horizon)) } else { section }
}

/// The evaluations by model, that of the primary model first.
fn models(results: &Results) -> Vec<(&str, &Evaluation)> {
    let primary = results.config.primary_model();
    let mut models = results.evaluations.iter().map(|(name, of)| (name.as_str(), of)).collect::<Vec<_>>();
    models.sort_by_key(|(name, _)| Some(*name) != primary);
    models
}

fn dates(evaluation: &Evaluation) -> Vec<Date> {
    evaluation.sessions.iter().copied().map(words::date).collect()
}

fn summaries(models: &[(&str, &Evaluation)]) -> Table {
    let table = Table::new("Scores and the returns that followed").column(Column::text("Model")).column(
        Column::text("Of")
            .note("IC: Pearson's correlation; rank IC: Spearman's; spread: return of the highest quantile less the lowest, a session"),
    );
    let mut table = summary_columns(table, 5);
    for (place, (name, evaluation)) in models.iter().enumerate() {
        let facts = &evaluation.facts;
        for (what, summary) in [("rank IC", &facts.rank_ic), ("IC", &facts.ic), ("spread", &facts.spread)] {
            let emphasis = if place == 0 && what == "rank IC" { Emphasis::Strong } else { Emphasis::None };
            let row = [cells![*name, what], summary_cells(summary)].concat();
            table = table.row_with(emphasis, row);
        }
    }
    table
}

fn by_session(name: &str, evaluation: &Evaluation) -> Chart {
    information_by_session(
        format!("Rank IC of {name} by session"),
        dates(evaluation),
        (evaluation.column("ic"), name),
        (evaluation.column("rank_ic"), name),
        evaluation.facts.rank_ic.mean,
    )
}

fn running(models: &[(&str, &Evaluation)]) -> Chart {
    let sessions = models.first().map(|(_, evaluation)| dates(evaluation)).unwrap_or_default();
    let mut lines = Lines::by_date(sessions.clone(), Format::Number(1)).group(TIME).rule(Rule::new(0.0, "0"));
    for (place, (name, evaluation)) in models.iter().enumerate() {
        if evaluation.sessions.len() == sessions.len() {
            lines = lines.line(Line::new(*name, cumulative(evaluation.column("rank_ic"))));
            if place == 0 {
                let ic = Line::new(format!("{name}, IC"), cumulative(evaluation.column("ic")));
                lines = lines.line(ic.like(*name).stroke(Stroke::Dashed));
            }
        }
    }
    Chart::new("Cumulative rank IC", lines).note(
        "The sum of the rank IC of all sessions so far. Skill is a steady slope; a few good weeks are not.",
    )
}

fn histogram(name: &str, evaluation: &Evaluation) -> Chart {
    let values = evaluation.column("rank_ic").to_vec();
    let mut histogram = Histogram::of("rank IC", Format::Number(2), [(name, values)], BINS);
    if let Some(mean) = evaluation.facts.rank_ic.mean {
        histogram = histogram.rule(Rule::new(mean, format!("mean {}", words::number(mean, 4))));
    }
    Chart::new("Rank IC, sessions by value", histogram)
}

fn by_year(name: &str, years: &[YearOfIc]) -> Chart {
    let error = |year: &YearOfIc| Some(1.96 * (year.mean? / year.t.filter(|&t| t != 0.0)?).abs());
    let (means, errors) =
        years.iter().map(|year| (year.mean.unwrap_or(f64::NAN), error(year).unwrap_or(f64::NAN))).unzip();
    let series = BarSeries::new(name, means).errors(errors).colour(Colour::BySign);
    Chart::new(
        "Mean rank IC by year",
        Bars::new(years.iter().map(|year| year.year.to_string()), Format::Number(3)).bars(series),
    )
    .note("Error bars: 1.96 Newey–West standard errors.")
}

fn quantile_bars(models: &[(&str, &Evaluation)], horizon: &str) -> Chart {
    let mut bars =
        Bars::new((1..=N_QUANTILES).map(|quantile| quantile_name(quantile, N_QUANTILES)), Format::Percent(2));
    for (name, evaluation) in models {
        let means = &evaluation.facts.quantile_means;
        let values = (0..N_QUANTILES).map(|q| means.get(q).copied().flatten().unwrap_or(f64::NAN));
        bars = bars.bars(BarSeries::new(*name, values.collect()));
    }
    Chart::new(format!("Mean return over {horizon} by quantile of score"), bars)
        .note("Averaged within a session first. Skill shows as a rise from left to right.")
        .height(260)
}

fn spread(models: &[(&str, &Evaluation)]) -> Chart {
    let sessions = models.first().map(|(_, evaluation)| dates(evaluation)).unwrap_or_default();
    let mut lines =
        Lines::by_date(sessions.clone(), Format::Percent(1)).group(TIME).rule(Rule::new(0.0, "0"));
    for (name, evaluation) in models.iter().filter(|(_, of)| of.sessions.len() == sessions.len()) {
        lines = lines.line(Line::new(*name, cumulative(evaluation.column("spread"))));
    }
    Chart::new("Highest less lowest quantile, summed", lines)
        .note("Staggered cohorts, before costs, returns summed and not compounded.")
        .height(260)
}

fn quantile_growth(name: &str, evaluation: &Evaluation, horizon: &str) -> Chart {
    let names = (1..=N_QUANTILES).map(|quantile| format!("quantile_{quantile}")).collect::<Vec<_>>();
    let quantiles = names.iter().map(|name| evaluation.column(name));
    charts::quantile_growth(
        format!("Growth of the quantiles of {name}"),
        dates(evaluation),
        quantiles,
        horizon,
    )
}

fn others(models: &[(&str, &Evaluation)], horizon: &str) -> Details {
    let mut details = Details::new("The other models' quantiles");
    for (name, evaluation) in models.iter().skip(1) {
        details =
            details.block(quantile_growth(name, evaluation, horizon)).block(by_session(name, evaluation));
    }
    details
}

fn stability(name: &str, evaluation: &Evaluation) -> Chart {
    let smooth = |column: &str| moving_mean(evaluation.column(column), 21);
    let facts = &evaluation.facts;
    let shown = |value: Option<f64>| words::number(value.unwrap_or(f64::NAN), 2);
    let lines = Lines::by_date(dates(evaluation), Format::Number(2))
        .group(TIME)
        .line(Line::new("rank autocorrelation", smooth("autocorrelation")))
        .line(Line::new("new in the highest quantile", smooth("top_turnover")).stroke(Stroke::Dashed));
    Chart::new(format!("How much of the ranking of {name} stays, mean of 21 sessions"), lines)
        .note(format!(
            "Spearman's correlation of a session's scores with those of the session before (mean {}), and the share of \
             the highest quantile that was not in it then (mean {}). Scores that don't stay cost turnover.",
            shown(facts.autocorrelation),
            shown(facts.top_turnover)
        ))
        .height(200)
}
