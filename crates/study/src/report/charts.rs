//! Charts and cells about a signal that more than one page shows.

use backstaff_report::{
    Cell, Chart, Colour, Column, Date, Format, Heat, Line, Lines, Palette, Rule, Scale, Stroke, Table, cells,
};

use super::series::moving_mean;
use crate::{steps::evaluate::Summary, words};

/// The group of the charts over sessions, which share pointer and zoom.
pub(crate) const TIME: &str = "tested sessions";
/// The sessions of a moving mean: about a quarter of a year.
const QUARTER: usize = 63;

/// The columns of [`summary_cells`]; a mean has this many digits.
pub(crate) fn summary_columns(table: Table, digits: u8) -> Table {
    table
        .column(Column::number("Mean", digits))
        .column(Column::number("Sd", 4).note("standard deviation over sessions, n − 1"))
        .column(Column::number("Mean / sd", 3).note("for an IC known as ICIR, per session"))
        .column(Column::number("t", 2).heat(Heat::Diverging).note("mean / Newey–West standard error"))
        .column(
            Column::integer("Lags")
                .note("max(2 (horizon − 1), ⌊4 (n / 100)^(2/9)⌋): returns of neighbouring sessions overlap"),
        )
        .column(Column::percent("Above 0", 0).note("share of sessions"))
        .column(Column::integer("Sessions"))
        .column(Column::integer("Without overlap").note("sessions, if only every h-th one counts"))
        .column(
            Column::number("t of these", 2)
                .note("mean / ordinary standard error of every h-th session; the mean over the h sessions to begin with"),
        )
        .column(Column::number("least", 2).note("of the h sessions to begin with"))
        .column(Column::number("most", 2).note("of the h sessions to begin with"))
}

/// A summary of a series as the cells of a row: mean, standard deviation, their ratio, t, lags, share above 0,
/// sessions; then the number of every h-th session, and the mean and range of their t.
pub(crate) fn summary_cells(summary: &Summary) -> Vec<Cell> {
    cells![
        summary.mean,
        summary.deviation,
        summary.ratio,
        summary.newey_west_t,
        summary.lag,
        summary.share_positive,
        summary.n,
        summary.n_apart,
        summary.t_apart,
        summary.t_apart_range.map(|range| range[0]),
        summary.t_apart_range.map(|range| range[1]),
    ]
}

/// The IC and the rank IC of each session, with their moving means, which have the hues of the series with these names
/// elsewhere on the page.
pub(crate) fn information_by_session(
    title: String,
    sessions: Vec<Date>,
    (ic, ic_like): (&[f64], &str),
    (rank_ic, rank_ic_like): (&[f64], &str),
    mean: Option<f64>,
) -> Chart {
    let mut lines = Lines::by_date(sessions, Format::Number(3))
        .group(TIME)
        .line(Line::new("rank IC", rank_ic.to_vec()).stroke(Stroke::Dots).colour(Colour::Neutral))
        .line(Line::new("rank IC, mean of 63 sessions", moving_mean(rank_ic, QUARTER)).like(rank_ic_like))
        .line(
            Line::new("IC, mean of 63 sessions", moving_mean(ic, QUARTER))
                .like(ic_like)
                .stroke(Stroke::Dashed),
        );
    if let Some(mean) = mean {
        lines = lines.rule(Rule::new(mean, format!("mean {}", words::number(mean, 4))));
    }
    Chart::new(title, lines)
        .note("A session's label ends a horizon later: the last sessions of the data have none.")
        .height(300)
}

/// The growth of one unit of money in each quantile of scores.
pub(crate) fn quantile_growth<'a>(
    title: String,
    sessions: Vec<Date>,
    quantiles: impl ExactSizeIterator<Item = &'a [f64]>,
    horizon: &str,
) -> Chart {
    let mut lines =
        Lines::by_date(sessions, Format::Number(2)).palette(Palette::Ordered).scale(Scale::Log).group(TIME);
    let n = quantiles.len();
    for (number, returns) in quantiles.enumerate() {
        let mut value = 1.0;
        let growth = returns.iter().map(|step| {
            if step.is_finite() {
                value *= 1.0 + step;
            }
            value
        });
        lines = lines.line(Line::new(quantile_name(number + 1, n), growth.collect()));
    }
    Chart::new(title, lines).note(format!(
        "Each session a cohort buys every quantile in equal parts at the next execution price and holds it for \
         {horizon}; a quantile's return is the mean over the cohorts that are invested (Jegadeesh and Titman 1993). \
         Before costs."
    ))
}

/// The name of the `quantile`-th of `n` quantiles of scores, counted from 1. The lowest scores need not do worst.
pub(crate) fn quantile_name(quantile: usize, n: usize) -> String {
    match quantile {
        1 => "Q1, lowest".to_owned(),
        _ if quantile == n => format!("Q{quantile}, highest"),
        _ => format!("Q{quantile}"),
    }
}
