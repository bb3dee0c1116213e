//! The daily report.

use backstaff_panel::Session;

use crate::Day;

/// An account at a session's close, as in Qlib's report.
///
/// - Unit: `account`, `total_turnover`, `total_cost`, `value`, `cash` in money; the others are shares of the account at
///   the close before, which for the first session is the initial cash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportRow {
    /// The session of the row.
    pub session: Session,
    /// Cash and positions.
    pub account: f64,
    /// `(account − last account + costs of the session) / last account`: the return before costs.
    pub return_: f64,
    /// What was bought and sold since the beginning.
    pub total_turnover: f64,
    /// What was bought and sold in the session, both sides.
    pub turnover: f64,
    /// What trading cost since the beginning.
    pub total_cost: f64,
    /// What trading cost in the session.
    pub cost: f64,
    /// The value of the positions.
    pub value: f64,
    /// The cash.
    pub cash: f64,
}

/// The report of a backtest of [`Terms::qlib`](crate::Terms::qlib) from its first trading day, `first`, on.
///
/// The account opens at the close before `first`, which is no row of the report; unless the calendar begins with it:
/// then that is its first row, without any trade.
///
/// - Shape: `days` are those of a [`Backtest`](crate::Backtest), one row for each from `first` on.
pub fn report(days: &[Day], first: Session) -> Vec<ReportRow> {
    let mut last = days.first().map_or(f64::NAN, |day| day.equity);
    let (mut total_turnover, mut total_cost) = (0.0, 0.0);
    let of = |day: &Day| {
        let (traded, cost) = (day.bought + day.sold, day.costs());
        total_turnover += traded;
        total_cost += cost;
        let row = ReportRow {
            session: day.session,
            account: day.equity,
            return_: (day.equity - last + cost) / last,
            total_turnover,
            turnover: traded / last,
            total_cost,
            cost: cost / last,
            value: day.long - day.short,
            cash: day.cash,
        };
        last = day.equity;
        row
    };
    days.iter().filter(|day| day.session >= first).map(of).collect()
}
