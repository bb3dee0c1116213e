//! What a portfolio's positions brought: by sector, by position, and what it holds in the end.

use backstaff_panel::{Categories, Panel};
use backstaff_portfolio::{
    Backtest,
    measure::{TradeSummary, returns_by_group, trades},
};
use serde::{Deserialize, Serialize};

use crate::steps::scores::Scores;

/// What the group of a row without a category is called.
const UNKNOWN: &str = "unknown";

/// What a portfolio's positions brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The category by which returns are told apart, if the data have one.
    pub grouped_by: Option<String>,
    /// The account's return by group as of the session, the largest contribution first.
    pub groups: Vec<GroupShare>,
    /// The positions from flat to flat.
    pub trades: TradeFacts,
    /// What is held at the last close, the largest first.
    pub book: Vec<Held>,
}

/// What the positions of one group brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupShare {
    /// The group.
    pub group: String,
    /// The mean share of equity at the close before.
    pub mean_weight: f64,
    /// The sum of its profits after costs, each over the equity at the close before.
    pub contribution: f64,
    /// The same by year.
    pub by_year: Vec<(i16, f64)>,
}

/// The positions from flat to flat; what is not defined is `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TradeFacts {
    /// Positions that were closed.
    pub n_closed: usize,
    /// Positions that are still open.
    pub n_open: usize,
    /// The share of the closed ones that brought a profit after all costs.
    pub hit_rate: Option<f64>,
    /// Mean profit / mean loss.
    pub win_loss: Option<f64>,
    /// Sum of profits / sum of losses.
    pub profit_factor: Option<f64>,
    /// Sessions that a position was held, the mean.
    pub mean_sessions: Option<f64>,
}

/// A position at the last close.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Its instrument.
    pub instrument: String,
    /// The instrument's group.
    pub group: Option<String>,
    /// Its share of equity.
    pub weight: f64,
    /// Its shares.
    pub shares: f64,
    /// Its newest score at or before the last close.
    pub score: Option<f64>,
    /// The session of that score.
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
    /// Of a ledger on the panel that it ran on, by a category of the panel.
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

/// The row of an instrument in a session, or its last one before.
fn newest_row(panel: &Panel, i: usize, position: usize) -> usize {
    let (life, rows) = (panel.axis().life(i), panel.axis().rows(i));
    rows.start + position.clamp(life.start, life.end - 1) - life.start
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
    // Codes hang on the whole file; names don't.
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
