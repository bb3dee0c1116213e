//! Charts and cells about a signal that more than one page shows.

use backstaff_report::{Cell, Chart, Colour, Date, Format, Line, Lines, Palette, Rule, Scale, Stroke, cells};

use super::series::moving_mean;
use crate::{steps::evaluate::Summary, words};

/// The group of the charts over sessions, which share pointer and zoom.
pub(crate) const TIME: &str = "tested sessions";
/// The sessions of a moving mean: about a quarter of a year.
const QUARTER: usize = 63;

/// A summary of a series as the cells of a row: mean, standard deviation, their ratio, t, lags, share above 0,
/// sessions; then the number, mean and t of every h-th session.
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
        summary.mean_apart,
        summary.t_apart,
    ]
}

/// The IC and the rank IC of each session, with their moving means.
pub(crate) fn information_by_session(
    title: String,
    sessions: Vec<Date>,
    ic: &[f64],
    rank_ic: &[f64],
    mean: Option<f64>,
) -> Chart {
    let mut lines = Lines::by_date(sessions, Format::Number(3))
        .group(TIME)
        .line(Line::new("rank IC", rank_ic.to_vec()).stroke(Stroke::Dots).colour(Colour::Neutral))
        .line(Line::new("rank IC, mean of 63 sessions", moving_mean(rank_ic, QUARTER)))
        .line(Line::new("IC, mean of 63 sessions", moving_mean(ic, QUARTER)).stroke(Stroke::Dashed));
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

/// The name of the `quantile`-th of `n` quantiles, counted from 1.
pub(crate) fn quantile_name(quantile: usize, n: usize) -> String {
    match quantile {
        1 => "Q1, worst".to_owned(),
        _ if quantile == n => format!("Q{quantile}, best"),
        _ => format!("Q{quantile}"),
    }
}
