//! How well orders were filled.

use backstaff_panel::Session;

use super::ReportRow;
use crate::qlib::QlibOrder;

/// The indicators of trading in one session.
///
/// - NaN: `ffr` without any order for more than nothing; `pa` and `pos` without any order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Indicators {
    /// The session of the orders.
    pub session: Session,
    /// The mean of `deal_amount / amount` over the orders for more than nothing.
    pub ffr: f64,
    /// The mean advantage of the deal prices over those of the session, which in a backtest of daily bars are the same: 0.
    pub pa: f64,
    /// The share of orders with an advantage: 0.
    pub pos: f64,
    /// The sum of the amounts that were dealt, sales too.
    pub deal_amount: f64,
    /// The sum of the values.
    pub value: f64,
    /// The number of orders.
    pub count: usize,
}

/// The indicators of the sessions of a report, from the list of orders, which is sorted by session.
pub fn indicators(report: &[ReportRow], orders: &[QlibOrder]) -> Vec<Indicators> {
    let mut rest = orders;
    let of = |row: &ReportRow| {
        let start = rest.partition_point(|order| order.session < row.session);
        let end = rest.partition_point(|order| order.session <= row.session);
        let today = &rest[start..end];
        rest = &rest[end..];
        let filled = today.iter().filter(|order| order.amount != 0.0);
        let rates = filled.map(|order| order.deal_amount / order.amount).collect::<Vec<_>>();
        let none = if today.is_empty() { f64::NAN } else { 0.0 };
        Indicators {
            session: row.session,
            ffr: rates.iter().sum::<f64>() / rates.len() as f64,
            pa: none,
            pos: none,
            deal_amount: today.iter().map(|order| order.deal_amount).sum(),
            value: today.iter().map(|order| order.value).sum(),
            count: today.len(),
        }
    };
    report.iter().map(of).collect()
}

/// The indicators of a backtest, each session weighed by its number of orders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndicatorMeans {
    /// The mean of [`Indicators::ffr`].
    pub ffr: f64,
    /// The mean of [`Indicators::pa`].
    pub pa: f64,
    /// The mean of [`Indicators::pos`].
    pub pos: f64,
}

/// Qlib's `indicator_analysis` with its method `mean`.
///
/// - NaN: a session without a value adds nothing to the sum, but its orders count; all are NaN if there was no order.
pub fn indicator_means(indicators: &[Indicators]) -> IndicatorMeans {
    let count = indicators.iter().map(|session| session.count as f64).sum::<f64>();
    let mean = |value: fn(&Indicators) -> f64| {
        let weighed = indicators.iter().map(|session| value(session) * session.count as f64);
        weighed.filter(|weighed| !weighed.is_nan()).sum::<f64>() / count
    };
    IndicatorMeans {
        ffr: mean(|session| session.ffr),
        pa: mean(|session| session.pa),
        pos: mean(|session| session.pos),
    }
}
