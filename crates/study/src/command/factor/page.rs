//! The page of a judgement.

use backstaff_learn::evaluate::cumulative;
use backstaff_report::{
    BarSeries, Bars, Block, Caveat, Cell, Chart, Colour, Column, Date, Emphasis, Fact, Format, Heat, Line,
    Lines, Report, Rule, Section, Stroke, Table, cells,
};

use super::{
    AtHorizon, Judgement,
    text::{coverage_line, data_line, prices},
    verdict::Level,
};
use crate::{
    report::{
        charts::{
            TIME, information_by_session, quantile_growth, quantile_name, summary_cells, summary_columns,
        },
        series::{ANNUALISED, moving_mean},
    },
    words::{self, capitalised, count},
};

/// The sessions of the mean that smooths turnover: about a month.
const MONTH: usize = 21;

/// The page of a judgement: a function of it alone.
pub(super) fn page(judgement: &Judgement) -> Report {
    let feature = &judgement.feature;
    let mut report = Report::new(feature.title())
        .subtitle(data_line(judgement))
        .headline(judgement.verdict.sentence.clone());
    if judgement.verdict.level == Level::NotCredible {
        let text = "It foresees the next session's return better than anything that is known to work. It has probably \
                    seen it: a value that the data file holds too early.";
        report = report.banner(Caveat::warning("These numbers are not to be believed", text));
    }
    report
        .section(summary(judgement))
        .section(information(judgement))
        .section(quantiles(judgement))
        .section(stability(judgement))
        .section(values(judgement))
}

/// The numbers of the horizon that the verdict is about.
fn main(judgement: &Judgement) -> &AtHorizon {
    let is_main = |at: &&AtHorizon| at.horizon == judgement.horizon;
    judgement.horizons.iter().find(is_main).unwrap_or(&judgement.horizons[0])
}

fn sessions(judgement: &Judgement) -> Vec<Date> {
    judgement.series.sessions.iter().copied().map(words::date).collect()
}

fn horizon(judgement: &Judgement) -> String {
    count(judgement.horizon as usize, "session")
}

fn t_note(t: Option<f64>) -> String {
    t.map_or_else(String::new, |t| format!("t {}", words::number(t, 1)))
}

fn summary(judgement: &Judgement) -> Section {
    let at = main(judgement);
    let facts = vec![
        Fact::new("Rank IC", at.rank_ic.mean, Format::Number(4)).note(t_note(at.rank_ic.newey_west_t)),
        Fact::new("IC", at.ic.mean, Format::Number(4)).note(t_note(at.ic.newey_west_t)),
        Fact::new("Highest less lowest, a year", at.spread_annual, Format::Percent(1))
            .note(format!("before costs, {}", t_note(at.spread.newey_west_t))),
        Fact::new("Break-even cost, bp", at.breakeven_bps, Format::Number(1))
            .note("a side, at which the spread before costs is gone"),
        Fact::new("New at the top", judgement.turnover.top, Format::Percent(1))
            .note("of the quantile, each session"),
    ];
    let mut section = Section::new("summary", "Summary")
        .intro(format!(
            "How the values of a session go with the return from the next {} over {}, before costs. Look-back: {}. \
             Feature and returns see the same prices, {}: {}.",
            judgement.execution,
            horizon(judgement),
            judgement.feature.look_back,
            prices(&judgement.data.adjustment),
            judgement.data.adjustment_why
        ))
        .block(facts)
        .text(expression(judgement));
    let found = judgement.warnings.iter().map(|text| Caveat::caution("Values", capitalised(text)));
    let read = judgement.data.warnings.iter().map(|text| Caveat::note("Data", capitalised(text)));
    let caveats = found.chain(read).collect::<Vec<_>>();
    if !caveats.is_empty() {
        section = section.block(caveats);
    }
    section
}

fn expression(judgement: &Judgement) -> String {
    let feature = &judgement.feature;
    let meaning = if feature.meaning.is_empty() { String::new() } else { format!(" {}", feature.meaning) };
    format!("`{}`{meaning}", feature.expression)
}

fn information(judgement: &Judgement) -> Section {
    let series = &judgement.series;
    let sum = Lines::by_date(sessions(judgement), Format::Number(1))
        .group(TIME)
        .rule(Rule::new(0.0, "0"))
        .line(Line::new("rank IC", cumulative(&series.rank_ic)))
        .line(Line::new("IC", cumulative(&series.ic)).stroke(Stroke::Dashed));
    Section::new("information", "Information")
        .intro(
            "Correlation (IC) and rank correlation (rank IC) of values and returns across the universe, session by \
             session. Returns of neighbouring sessions overlap; Newey–West errors allow for it, and every h-th session \
             stands beside them.",
        )
        .block(information_table(judgement))
        .block(information_by_session(
            format!("Rank IC by session, {} ahead", horizon(judgement)),
            sessions(judgement),
            (&series.ic, "IC"),
            (&series.rank_ic, "rank IC"),
            main(judgement).rank_ic.mean,
        ))
        .block(
            Chart::new("Cumulative rank IC", sum)
                .note("The sum over all sessions so far. Skill is a steady slope; a few good weeks are not.")
                .height(240),
        )
        .block(Block::Beside(vec![decay(judgement).into(), by_year(judgement).into()]))
        .block(year_table(judgement))
}

fn information_table(judgement: &Judgement) -> Table {
    let table = Table::new("By horizon")
        .column(
            Column::integer("Horizon")
                .note(format!("from the next {0} to the {0} so many sessions later", judgement.execution)),
        )
        .column(Column::text("Of").note(
            "IC: Pearson's correlation; rank IC: Spearman's; within: both sides ranked within their group",
        ));
    let mut table = summary_columns(table, 4);
    let within = judgement.by.as_ref().map_or_else(String::new, |by| format!("within {by}"));
    for at in &judgement.horizons {
        let kinds = [
            ("rank IC", Some(&at.rank_ic)),
            ("IC", Some(&at.ic)),
            (within.as_str(), at.neutral_rank_ic.as_ref()),
        ];
        for (name, summary) in kinds.into_iter().filter_map(|(name, summary)| Some((name, summary?))) {
            let is_main = name == "rank IC" && at.horizon == judgement.horizon;
            let emphasis = if is_main { Emphasis::Strong } else { Emphasis::None };
            let row = [cells![at.horizon, name], summary_cells(summary)].concat();
            table = table.row_with(emphasis, row);
        }
    }
    table
}

/// Half the length of an error bar: 1.96 standard errors; NaN if the t is not defined or 0.
fn error(mean: Option<f64>, t: Option<f64>) -> f64 {
    match (mean, t) {
        (Some(mean), Some(t)) if t != 0.0 => 1.96 * (mean / t).abs(),
        _ => f64::NAN,
    }
}

fn decay(judgement: &Judgement) -> Chart {
    let ages = &judgement.decay;
    let means = ages.iter().map(|at| at.rank_ic.unwrap_or(f64::NAN)).collect();
    let errors = ages.iter().map(|at| error(at.rank_ic, at.t)).collect();
    let bars = Bars::new(ages.iter().map(|at| at.age.to_string()), Format::Number(4))
        .bars(BarSeries::new("rank IC", means).errors(errors).colour(Colour::BySign));
    Chart::new("Decay: rank IC with the return of one session, by age of the value in sessions", bars)
        .note("Error bars: 1.96 Newey–West standard errors.")
        .height(260)
}

fn by_year(judgement: &Judgement) -> Chart {
    let years = &judgement.years;
    let means = years.iter().map(|year| year.rank_ic.unwrap_or(f64::NAN)).collect();
    let errors = years.iter().map(|year| error(year.rank_ic, year.rank_ic_t)).collect();
    let bars = Bars::new(years.iter().map(|year| year.year.to_string()), Format::Number(3))
        .bars(BarSeries::new("rank IC", means).errors(errors).colour(Colour::BySign));
    Chart::new(format!("Mean rank IC by year, {}", horizon(judgement)), bars)
        .note("Error bars: 1.96 Newey–West standard errors.")
        .height(260)
}

fn year_table(judgement: &Judgement) -> Table {
    let table = Table::new(format!("By year, {}", horizon(judgement)))
        .column(Column::text("Year"))
        .column(Column::percent("Coverage", 1).note("of the universe's rows"))
        .column(Column::integer("Sessions"))
        .column(Column::number("IC", 4))
        .column(Column::number("Rank IC", 4).heat(Heat::Diverging))
        .column(Column::number("t", 2))
        .column(Column::percent("Above 0", 0).note("share of sessions"))
        .column(
            Column::percent("Highest less lowest, a year", 1)
                .note(format!("before costs; not told for fewer than {ANNUALISED} sessions"))
                .heat(Heat::Diverging),
        )
        .column(Column::number("t ", 2));
    judgement.years.iter().zip(&judgement.coverage.years).fold(table, |table, (year, coverage)| {
        table.row(cells![
            year.year.to_string(),
            coverage.share,
            year.sessions,
            year.ic,
            year.rank_ic,
            year.rank_ic_t,
            year.share_positive,
            year.spread_annual,
            year.spread_t,
        ])
    })
}

fn quantiles(judgement: &Judgement) -> Section {
    let series = &judgement.series;
    let spread = Lines::by_date(sessions(judgement), Format::Percent(1))
        .group(TIME)
        .rule(Rule::new(0.0, "0"))
        .line(Line::new("highest less lowest", cumulative(&series.spread)));
    Section::new("quantiles", "Quantiles")
        .intro(
            "In each session instruments are cut into quantiles by value, the lowest first. A monotonic rise, or fall, \
             means that the whole order carries information, not only its ends.",
        )
        .block(Block::Beside(vec![
            quantile_bars(judgement).into(),
            Chart::new("Highest less lowest quantile, summed", spread)
                .note("Staggered cohorts, before costs, returns summed and not compounded.")
                .height(260)
                .into(),
        ]))
        .block(quantile_growth(
            "Growth of the quantiles".to_owned(),
            sessions(judgement),
            series.quantiles.iter().map(Vec::as_slice),
            &horizon(judgement),
        ))
        .block(quantile_table(judgement))
        .block(cost_table(judgement))
}

fn quantile_bars(judgement: &Judgement) -> Chart {
    let means = &main(judgement).quantile_means;
    let values = means.iter().map(|mean| mean.unwrap_or(f64::NAN)).collect();
    let names = (1..=means.len()).map(|quantile| quantile_name(quantile, means.len()));
    let bars = Bars::new(names, Format::Percent(2))
        .bars(BarSeries::new("mean return", values).colour(Colour::BySign));
    Chart::new(format!("Mean return over {} by quantile", horizon(judgement)), bars)
        .note("Averaged within a session first.")
        .height(260)
}

fn quantile_table(judgement: &Judgement) -> Table {
    let mut table = Table::new("Mean return over the horizon, by quantile")
        .column(Column::integer("Sessions").note("the horizon"));
    for quantile in 1..=main(judgement).quantile_means.len() {
        table = table.column(Column::percent(format!("Q{quantile}"), 2));
    }
    let table = table
        .column(
            Column::number("Monotonicity", 2)
                .note("rank correlation of the means with the quantile's number"),
        )
        .column(Column::percent("Highest less lowest", 3).note("averaged over sessions; returns overlap"))
        .column(Column::number("t", 2).heat(Heat::Diverging).note("its t, Newey–West"));
    judgement.horizons.iter().fold(table, |table, at| {
        let mut row = cells![at.horizon];
        row.extend(at.quantile_means.iter().map(|&mean| Cell::from(mean)));
        row.extend(cells![at.monotonicity, at.label_spread.mean, at.label_spread.newey_west_t]);
        table.row(row)
    })
}

fn cost_table(judgement: &Judgement) -> Table {
    let table = Table::new("Highest less lowest in staggered cohorts, and what trading on it costs")
        .column(Column::integer("Sessions").note("how long a cohort is held"))
        .column(Column::percent("A session", 4).note("mean return, before costs"))
        .column(Column::percent("A year", 1).note("the same times the sessions of a year"))
        .column(Column::number("t", 2).heat(Heat::Diverging).note("its t, Newey–West"))
        .column(Column::percent("New at top", 0).note("not in the quantile a horizon before"))
        .column(Column::percent("New at bottom", 0).note("not in the quantile a horizon before"))
        .column(
            Column::percent("Traded", 1)
                .note("a session, of the capital of one side: 2 / horizon times the sum of both turnovers"),
        )
        .column(
            Column::number("Break-even bp", 1)
                .note("|return a session| / traded: the cost per unit traded that takes all"),
        );
    judgement.horizons.iter().fold(table, |table, at| {
        table.row(cells![
            at.horizon,
            at.spread.mean,
            at.spread_annual,
            at.spread.newey_west_t,
            at.top_turnover,
            at.bottom_turnover,
            at.traded,
            at.breakeven_bps
        ])
    })
}

fn stability(judgement: &Judgement) -> Section {
    let series = &judgement.series;
    let smooth = |values: &[f64]| moving_mean(values, MONTH);
    let lines = Lines::by_date(sessions(judgement), Format::Number(2))
        .group(TIME)
        .line(Line::new("rank autocorrelation", smooth(&series.autocorrelation)))
        .line(Line::new("new in the highest quantile", smooth(&series.top_turnover)).stroke(Stroke::Dashed));
    let table = Table::new("Rank autocorrelation")
        .column(Column::integer("Lag, sessions"))
        .column(Column::number("Mean", 3));
    let table = judgement.autocorrelation.iter().fold(table, |table, at| table.row(cells![at.lag, at.mean]));
    Section::new("stability", "Stability")
        .intro("How much of the order stays. Values that don't stay cost turnover.")
        .block(
            Chart::new("From one session to the next, mean of 21 sessions", lines)
                .note("Spearman's correlation with the session before, and the share of the highest quantile that was not in it then.")
                .height(220),
        )
        .block(table)
}

/// How the instruments of tables that are joined meet those of the data, in sentences.
fn joined(judgement: &Judgement) -> String {
    judgement.data.matches.iter().map(|matched| format!(" Joined: {matched}.")).collect::<Vec<_>>().concat()
}

fn values(judgement: &Judgement) -> Section {
    let coverage = &judgement.coverage;
    let counts = judgement.series.count.iter().map(|&count| f64::from(count)).collect();
    let lines = Lines::by_date(sessions(judgement), Format::Integer)
        .group(TIME)
        .line(Line::new("instruments", counts));
    let mut table =
        Table::new("All values").column(Column::percent("Below", 0)).column(Column::number("Value", 6));
    for (share, value) in &coverage.percentiles {
        table = table.row(cells![*share, *value]);
    }
    Section::new("values", "Values")
        .intro(format!("{}.{}", capitalised(&coverage_line(coverage)), joined(judgement)))
        .block(Block::Beside(vec![
            Chart::new("Instruments with value and return, by session", lines).height(220).into(),
            table.into(),
        ]))
        .text(format!("What it computes, spelled out: `{}`", judgement.feature.canonical))
}
