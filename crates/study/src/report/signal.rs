//! How well the scores rank what comes next, before any portfolio is made of them.

use backstaff_learn::evaluate::{cumulative, monotonicity};
use backstaff_portfolio::measure::newey_west_t;
use backstaff_report::{
    BarSeries, Bars, Block, Chart, Colour, Column, Date, Details, Emphasis, Format, Heat, Histogram, Line,
    Lines, Rule, Section, Stroke, Table, cells,
};

use super::{
    TIME,
    account::usual_lag,
    charts::{self, information_by_session, quantile_name, summary_cells},
    series::{deviation, mean, moving_mean},
    words,
};
use crate::{
    results::Results,
    steps::evaluate::{Evaluation, N_QUANTILES},
};

/// Bins of a histogram.
const BINS: usize = 30;

pub(super) fn section(results: &Results) -> Section {
    let horizon = words::count(results.config.label.horizon as usize, "session");
    let section = Section::new("signal", "Signal").intro(format!(
        "How the scores of a session go with the plain return over the {horizon} after the next trade: correlation \
         (IC) and rank correlation (rank IC) across the universe, session by session, before costs."
    ));
    let models = models(results);
    let section = section.block(summaries(&models));
    let Some(&(name, primary)) = models.first() else { return section };
    let section = section
        .block(by_session(name, primary))
        .block(running(&models))
        .block(Block::Beside(vec![histogram(name, primary).into(), by_year(results, name, primary).into()]))
        .block(yearly(results, &models))
        .block(Block::Beside(vec![quantile_bars(&models).into(), spread(&models).into()]))
        .block(quantile_growth(name, primary, &horizon))
        .block(stability(name, primary));
    if models.len() > 1 { section.block(others(&models, &horizon)) } else { section }
}

/// The evaluations, that of the primary model first.
fn models(results: &Results) -> Vec<(&str, &Evaluation)> {
    let primary = results.config.primary_model();
    let mut models = results.evaluations.iter().map(|(name, of)| (name.as_str(), of)).collect::<Vec<_>>();
    models.sort_by_key(|(name, _)| *name != primary);
    models
}

fn dates(evaluation: &Evaluation) -> Vec<Date> {
    evaluation.sessions.iter().copied().map(words::date).collect()
}

fn summaries(models: &[(&str, &Evaluation)]) -> Table {
    let mut table = Table::new("Scores against what came")
        .column(Column::text("Model"))
        .column(Column::text("Of").note("IC: Pearson's correlation; rank IC: Spearman's; spread: return of the best quantile less the worst, a session"))
        .column(Column::number("Mean", 5))
        .column(Column::number("Sd", 4).note("standard deviation over sessions, n − 1"))
        .column(Column::number("Mean / sd", 3).note("for an IC known as ICIR, per session"))
        .column(Column::number("t", 2).heat(Heat::Diverging).note("mean / Newey–West standard error"))
        .column(Column::integer("Lags").note("max(horizon − 1, ⌊4 (n / 100)^(2/9)⌋): labels of neighbouring sessions overlap"))
        .column(Column::percent("Above 0", 0).note("share of sessions"))
        .column(Column::integer("Sessions"))
        .column(Column::integer("Apart").note("every h-th session, whose labels don't overlap"))
        .column(Column::number("Mean apart", 5).note("mean of those"))
        .column(Column::number("t apart", 2).note("their mean / ordinary standard error"));
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
        evaluation.column("ic"),
        evaluation.column("rank_ic"),
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
                lines = lines.line(ic.stroke(Stroke::Dashed));
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

/// The values of each year.
fn years<'a>(evaluation: &Evaluation, values: &'a [f64]) -> Vec<(i16, &'a [f64])> {
    let year = |place: usize| evaluation.sessions[place].year();
    let places = (0..values.len().min(evaluation.sessions.len())).collect::<Vec<_>>();
    let years = places.chunk_by(|&a, &b| year(a) == year(b));
    years.map(|places| (year(places[0]), &values[places[0]..places[0] + places.len()])).collect()
}

/// What one year says of a daily series: its mean, and that in Newey and West's standard errors.
struct Year {
    n: usize,
    mean: f64,
    deviation: f64,
    t: f64,
    share_positive: f64,
}

impl Year {
    fn of(values: &[f64], horizon: usize) -> Self {
        let present = values.iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
        let lag = usual_lag(present.len()).max(horizon.saturating_sub(1));
        let n_positive = present.iter().filter(|value| **value > 0.0).count();
        Self {
            n: present.len(),
            mean: mean(&present),
            deviation: deviation(&present),
            t: newey_west_t(&present, lag),
            share_positive: n_positive as f64 / present.len() as f64,
        }
    }
}

fn by_year(results: &Results, name: &str, evaluation: &Evaluation) -> Chart {
    let horizon = results.config.label.horizon as usize;
    let years = years(evaluation, evaluation.column("rank_ic"));
    let years = years.into_iter().map(|(year, values)| (year, Year::of(values, horizon)));
    let years = years.filter(|(_, of)| of.n > 0).collect::<Vec<_>>();
    let error = |of: &Year| if of.t == 0.0 { f64::NAN } else { 1.96 * (of.mean / of.t).abs() };
    let (means, errors) = years.iter().map(|(_, of)| (of.mean, error(of))).unzip();
    let series = BarSeries::new(name, means).errors(errors).colour(Colour::BySign);
    Chart::new(
        "Mean rank IC by year",
        Bars::new(years.iter().map(|(year, _)| year.to_string()), Format::Number(3)).bars(series),
    )
    .note("Error bars: 1.96 Newey–West standard errors.")
}

fn yearly(results: &Results, models: &[(&str, &Evaluation)]) -> Table {
    let mut table = Table::new("Scores against what came, by year")
        .column(Column::text("Model"))
        .column(Column::text("Year"))
        .column(Column::integer("Sessions"))
        .column(Column::number("Mean rank IC", 4).heat(Heat::Diverging))
        .column(Column::number("Sd", 4))
        .column(Column::number("Mean / sd", 3).note("ICIR, per session"))
        .column(Column::number("t", 2).note("mean / Newey–West standard error"))
        .column(Column::percent("Above 0", 0).note("share of sessions"))
        .column(Column::number("Mean IC", 4).heat(Heat::Diverging))
        .column(
            Column::percent("Spread", 1).note("best less worst quantile, summed over the year, before costs"),
        );
    let horizon = results.config.label.horizon as usize;
    for (name, evaluation) in models {
        let columns = ["rank_ic", "ic", "spread"].map(|column| years(evaluation, evaluation.column(column)));
        for ((year, rank_ic), ((_, ic), (_, spread))) in
            columns[0].iter().zip(columns[1].iter().zip(&columns[2]))
        {
            let of = Year::of(rank_ic, horizon);
            let spread = spread.iter().filter(|value| value.is_finite()).sum::<f64>();
            table = table.row(cells![
                *name,
                year.to_string(),
                of.n,
                of.mean,
                of.deviation,
                of.mean / of.deviation,
                of.t,
                of.share_positive,
                Year::of(ic, horizon).mean,
                spread,
            ]);
        }
    }
    table
}

/// How steadily the mean labels of the quantiles rise.
fn steadiness(evaluation: &Evaluation) -> Option<f64> {
    let means = evaluation.facts.quantile_means.iter().copied().collect::<Option<Vec<f64>>>()?;
    Some(monotonicity(&means)).filter(|value| value.is_finite())
}

fn quantile_bars(models: &[(&str, &Evaluation)]) -> Chart {
    let mut bars =
        Bars::new((1..=N_QUANTILES).map(|quantile| quantile_name(quantile, N_QUANTILES)), Format::Percent(2));
    for (name, evaluation) in models {
        let means = &evaluation.facts.quantile_means;
        let values = (0..N_QUANTILES).map(|q| means.get(q).copied().flatten().unwrap_or(f64::NAN));
        bars = bars.bars(BarSeries::new(*name, values.collect()));
    }
    let rises = models.iter().filter_map(|(name, evaluation)| {
        Some(format!("{name} {}", words::number(steadiness(evaluation)?, 2)))
    });
    let rises = rises.collect::<Vec<_>>().join(", ");
    Chart::new("Mean plain label by quantile of score", bars)
        .note(format!(
            "Return over the horizon, averaged within a session first. Skill shows as a rise from left to right. \
             Monotonicity, the rank correlation of quantiles and their means (1 rises at every step): {rises}."
        ))
        .height(260)
}

fn spread(models: &[(&str, &Evaluation)]) -> Chart {
    let sessions = models.first().map(|(_, evaluation)| dates(evaluation)).unwrap_or_default();
    let mut lines =
        Lines::by_date(sessions.clone(), Format::Percent(1)).group(TIME).rule(Rule::new(0.0, "0"));
    for (name, evaluation) in models.iter().filter(|(_, of)| of.sessions.len() == sessions.len()) {
        lines = lines.line(Line::new(*name, cumulative(evaluation.column("spread"))));
    }
    Chart::new("Best less worst quantile, summed", lines)
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
        .line(Line::new("new in the best quantile", smooth("top_turnover")).stroke(Stroke::Dashed));
    Chart::new(format!("How much of the ranking of {name} stays, mean of 21 sessions"), lines)
        .note(format!(
            "Spearman's correlation of a session's scores with those of the session before (mean {}), and the share of \
             the best quantile that was not in it then (mean {}). Scores that don't stay cost turnover.",
            shown(facts.autocorrelation),
            shown(facts.top_turnover)
        ))
        .height(200)
}
