//! The contributions of a portfolio's positions: by sector, by position from flat to flat, and its last book.

use backstaff_panel::{Categories, Panel};
use backstaff_portfolio::{
    Backtest,
    measure::{TradeSummary, returns_by_group, trades},
};
use serde::{Deserialize, Serialize};

use crate::steps::scores::Scores;

/// The name of the group of rows without a category.
const UNKNOWN: &str = "unknown";

/// The contributions of a portfolio's positions to its return, and its last book.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The category that returns are grouped by; `None` if the data have none.
    pub grouped_by: Option<String>,
    /// The account's return by group as of the session, the largest contribution first; empty without a category.
    pub groups: Vec<GroupShare>,
    /// A summary of the positions from flat to flat.
    pub trades: TradeFacts,
    /// The positions at the last close, the largest weight first.
    pub book: Vec<Held>,
}

/// The contribution of one group's positions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupShare {
    /// The name of the group, as `Banks`.
    pub group: String,
    /// The mean over sessions of the group's share of equity at the close before.
    pub mean_weight: f64,
    /// The sum over sessions of the group's profit after costs, each over the equity at the close before.
    pub contribution: f64,
    /// The contribution in each calendar year, oldest first.
    pub by_year: Vec<(i16, f64)>,
}

/// A summary of the positions from flat to flat; a number that is not defined is `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeFacts {
    /// The number of positions that were closed.
    pub n_closed: usize,
    /// The number of positions that are still open.
    pub n_open: usize,
    /// The share of closed positions that brought a profit after all costs.
    pub hit_rate: Option<f64>,
    /// The mean profit divided by the mean loss.
    pub win_loss: Option<f64>,
    /// The sum of all profits divided by the sum of all losses.
    pub profit_factor: Option<f64>,
    /// The mean number of sessions that a position was held.
    pub mean_sessions: Option<f64>,
}

/// A position at the last close.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The name of the held instrument.
    pub instrument: String,
    /// The group of the instrument at the last close; `None` if it has none.
    pub group: Option<String>,
    /// The position's share of equity.
    pub weight: f64,
    /// The number of shares; negative if short.
    pub shares: f64,
    /// The instrument's newest score at or before the last close; `None` if it has none.
    pub score: Option<f64>,
    /// The session of that score: YYYY-MM-DD.
    pub scored: Option<String>,
}

impl From<TradeSummary> for TradeFacts {
    fn from(from: TradeSummary) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            n_closed: from.n_closed,
            n_open: from.n_open,
            hit_rate: finite(from.hit_rate),
            win_loss: finite(from.win_loss),
            profit_factor: finite(from.profit_factor),
            mean_sessions: finite(from.mean_sessions),
        }
    }
}

impl Detail {
    /// The detail of a ledger on the panel that it ran on, grouped by a category of the panel.
    pub(super) fn of(ledger: &Backtest, panel: &Panel, category: Option<&str>, scores: &Scores) -> Self {
        let categories = category.and_then(|name| panel.categories(name)).map(AsRef::as_ref);
        Self {
            grouped_by: category.map(str::to_owned).filter(|_| categories.is_some()),
            groups: categories.map(|categories| groups(ledger, panel, categories)).unwrap_or_default(),
            trades: trades(ledger).into(),
            book: book(ledger, panel, categories, scores),
        }
    }
}

/// The row of an instrument in a session, or in the nearest one of its life.
fn newest_row(panel: &Panel, i: usize, position: usize) -> usize {
    let (axis, rows) = (panel.axis(), panel.axis().rows(i));
    rows.start + axis.rows_before(i, position + 1).clamp(1, rows.len()) - 1
}

fn groups(ledger: &Backtest, panel: &Panel, categories: &Categories) -> Vec<GroupShare> {
    let first =
        ledger.days.first().and_then(|day| panel.axis().calendar().position(day.session)).unwrap_or(0);
    let of = |day: usize, i: usize| categories.codes()[newest_row(panel, i, first + day)];
    let named = returns_by_group(ledger, of).into_iter().map(|group| GroupShare {
        group: categories.names().get(group.group as usize).cloned().unwrap_or_else(|| UNKNOWN.to_owned()),
        mean_weight: group.mean_weight,
        contribution: group.contribution,
        by_year: group.by_year,
    });
    let mut named = named.collect::<Vec<_>>();
    // Sorted by name, since the numbers of codes depend on the whole file.
    named.sort_by(|a, b| b.contribution.total_cmp(&a.contribution).then_with(|| a.group.cmp(&b.group)));
    named
}

fn book(ledger: &Backtest, panel: &Panel, categories: Option<&Categories>, scores: &Scores) -> Vec<Held> {
    let (Some(last), Some(day)) = (ledger.days.len().checked_sub(1), ledger.days.last()) else {
        return Vec::new();
    };
    let axis = panel.axis();
    let position = axis.calendar().position(day.session).unwrap_or(0);
    let held = ledger.positions.iter().rev().take_while(|held| held.day as usize == last);
    let of = |held: &backstaff_portfolio::Position| {
        let i = held.instrument as usize;
        let row = newest_row(panel, i, position);
        let scored = scores.rows().partition_point(|&scored| scored as usize <= row).checked_sub(1);
        let scored = scored.filter(|&at| axis.rows(i).contains(&(scores.rows()[at] as usize)));
        Held {
            instrument: ledger.instruments[i].to_string(),
            group: categories.and_then(|categories| categories.name(row)).map(str::to_owned),
            weight: held.value / day.equity,
            shares: held.shares,
            score: scored.map(|at| scores.values()[at]),
            scored: scored
                .map(|at| axis.calendar().session(axis.position_of(scores.rows()[at] as usize)).to_string()),
        }
    };
    let mut book = held.map(of).collect::<Vec<_>>();
    book.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.instrument.cmp(&b.instrument)));
    book
}
