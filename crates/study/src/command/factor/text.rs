//! A judgement as text for a terminal, on one screen.

use std::fmt;

use backstaff_report::{Cell, Column, Format, Table, cells, text::render};

use super::{Coverage, Judgement, judgement::AtAge};
use crate::words::{count, number, percent};

/// The ages of a value that fit on a line.
const AGES: [u32; 10] = [0, 1, 2, 3, 4, 5, 8, 10, 15, 20];

/// The judgement for people, in about forty lines.
impl fmt::Display for Judgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let judgement = self;
        let title = judgement.feature.title();
        writeln!(out, "{title}")?;
        if judgement.feature.name.is_some() {
            writeln!(out, "  = {}", judgement.feature.expression)?;
        }
        writeln!(out, "{}", data_line(judgement))?;
        judgement.data.matches.iter().try_for_each(|matched| writeln!(out, "joined: {matched}"))?;
        writeln!(out, "{}\n", coverage_line(&judgement.coverage))?;
        writeln!(out, "{}", judgement.verdict.sentence)?;
        for warning in &judgement.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        let tables = [information(judgement), quantiles(judgement), decay(judgement), years(judgement)];
        for table in tables {
            write!(out, "\n{}", render(&table))?;
        }
        write!(out, "\n{}", stability(judgement))?;
        Ok(())
    }
}

/// The line about the data: path, rows, sessions, prices, universe.
pub(super) fn data_line(judgement: &Judgement) -> String {
    let data = &judgement.data;
    format!(
        "{}: {}, {}, {} to {}; prices {}; universe {}",
        data.path,
        count(data.rows, "row"),
        count(data.instruments, "instrument"),
        data.first,
        data.last,
        prices(&data.adjustment),
        data.universe
    )
}

/// The prices that feature and returns see, in words.
pub(super) fn prices(adjustment: &str) -> &'static str {
    match adjustment {
        "adj_close" => "adjusted by adj_close",
        "factor" => "adjusted by factor",
        _ => "as in the file",
    }
}

/// The coverage of a feature, in a sentence.
pub(super) fn coverage_line(coverage: &Coverage) -> String {
    let (Some(first), Some(last)) = (&coverage.first, &coverage.last) else {
        return format!("no value on any of {}", count(coverage.rows, "row"));
    };
    format!(
        "values on {} of {}, {first} to {last}, {} in a session; {} different; sd {}, skewness {} in a session",
        percent(coverage.share.unwrap_or(0.0), 1),
        count(coverage.rows, "row"),
        number(coverage.mean_count.unwrap_or(0.0), 0),
        Format::Integer.show(coverage.distinct as f64),
        shown(coverage.deviation),
        short(coverage.skewness),
    )
}

/// A number with enough digits to tell a small one from 0.
fn shown(value: Option<f64>) -> String {
    match value {
        Some(value) if value != 0.0 && value.abs() < 1e-3 => format!("{value:.1e}"),
        Some(value) => Format::Number(3).show(value),
        None => Format::MISSING.to_owned(),
    }
}

/// A number with two digits after the point.
fn short(value: Option<f64>) -> String {
    Format::Number(2).show(value.unwrap_or(f64::NAN))
}

fn information(judgement: &Judgement) -> Table {
    let mut table = Table::new(format!(
        "Information: return from the next {}, over so many sessions",
        judgement.execution
    ))
    .column(Column::integer("sessions"))
    .column(Column::number("IC", 4))
    .column(Column::number("t", 1))
    .column(Column::number("rank IC", 4))
    .column(Column::number("sd", 3))
    .column(Column::number("IR", 3))
    .column(Column::number("t", 1))
    .column(Column::percent("above 0", 0))
    .column(Column::integer("n"))
    .column(Column::number("t apart", 1))
    .column(Column::number("least", 1))
    .column(Column::number("most", 1));
    if let Some(by) = &judgement.by {
        table = table.column(Column::number(format!("within {by}"), 4)).column(Column::number("t", 1));
    }
    for at in &judgement.horizons {
        let rank = &at.rank_ic;
        let mut row = cells![
            at.horizon,
            at.ic.mean,
            at.ic.newey_west_t,
            rank.mean,
            rank.deviation,
            rank.ratio,
            rank.newey_west_t,
            rank.share_positive,
            rank.n,
            rank.t_apart,
            rank.t_apart_range.map(|range| range[0]),
            rank.t_apart_range.map(|range| range[1]),
        ];
        if let Some(neutral) = &at.neutral_rank_ic {
            row.extend(cells![neutral.mean, neutral.newey_west_t]);
        }
        table = table.row(row);
    }
    table
}

fn quantiles(judgement: &Judgement) -> Table {
    let n = judgement.horizons.first().map_or(0, |at| at.quantile_means.len());
    let mut table = Table::new(
        "Quantiles, lowest values first: mean return over the horizon; spread of the outer ones held in staggered cohorts",
    )
    .column(Column::integer("sessions"));
    for quantile in 1..=n {
        table = table.column(Column::percent(format!("Q{quantile}"), 2));
    }
    let table = table
        .column(Column::number("monotonicity", 2))
        .column(Column::percent("spread a year", 1))
        .column(Column::number("t", 1))
        .column(Column::percent("new at top", 0))
        .column(Column::percent("at bottom", 0))
        .column(Column::number("break-even bp", 1));
    judgement.horizons.iter().fold(table, |table, at| {
        let mut row = cells![at.horizon];
        row.extend(at.quantile_means.iter().map(|&mean| Cell::from(mean)));
        row.extend(cells![
            at.monotonicity,
            at.spread_annual,
            at.spread.newey_west_t,
            at.top_turnover,
            at.bottom_turnover,
            at.breakeven_bps
        ]);
        table.row(row)
    })
}

fn decay(judgement: &Judgement) -> Table {
    let ages = || judgement.decay.iter().filter(|at| AGES.contains(&at.age));
    let table =
        Table::new("Decay: rank IC with the return of one session when the value is so many sessions old")
            .column(Column::text("age"));
    let table = ages().fold(table, |table, at| table.column(Column::number(at.age.to_string(), 4)));
    let row = |name: &str, pick: fn(&AtAge) -> Option<f64>| {
        std::iter::once(Cell::from(name)).chain(ages().map(|at| Cell::from(pick(at)))).collect::<Vec<_>>()
    };
    table.row(row("rank IC", |at| at.rank_ic)).row(
        std::iter::once(Cell::from("t"))
            .chain(
                ages()
                    .map(|at| Cell::from(at.t.map_or_else(|| Format::MISSING.to_owned(), |t| number(t, 1)))),
            )
            .collect::<Vec<_>>(),
    )
}

fn years(judgement: &Judgement) -> Table {
    let table = Table::new(format!("Years at {}", count(judgement.horizon as usize, "session")))
        .column(Column::text("year"))
        .column(Column::percent("coverage", 1))
        .column(Column::number("IC", 4))
        .column(Column::number("rank IC", 4))
        .column(Column::number("t", 1))
        .column(Column::percent("above 0", 0))
        .column(Column::percent("spread a year", 1))
        .column(Column::number("t", 1));
    judgement.years.iter().zip(&judgement.coverage.years).fold(table, |table, (year, coverage)| {
        table.row(cells![
            year.year.to_string(),
            coverage.share,
            year.ic,
            year.rank_ic,
            year.rank_ic_t,
            year.share_positive,
            year.spread_annual,
            year.spread_t,
        ])
    })
}

fn stability(judgement: &Judgement) -> String {
    let stays = judgement.autocorrelation.iter();
    let stays = stays.map(|at| format!("{} after {}", short(at.mean), count(at.lag as usize, "session")));
    let share =
        |value: Option<f64>| value.map_or_else(|| Format::MISSING.to_owned(), |share| percent(share, 0));
    format!(
        "Rank autocorrelation: {}\n\
         New each session: {} of the highest quantile, {} of the lowest; of the years, {} have the sign of the whole\n\
         t: mean in Newey–West errors with 2 (horizon − 1) lags or more; before costs\n\
         t apart: of every h-th session in ordinary errors, the mean over the h sessions to begin with; least, most of them\n",
        stays.collect::<Vec<_>>().join(", "),
        share(judgement.turnover.top),
        share(judgement.turnover.bottom),
        share(judgement.share_of_years),
    )
}
