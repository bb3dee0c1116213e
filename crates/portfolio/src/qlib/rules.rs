//! What a user of Qlib sets for an exchange.

use crate::{PortfolioError, Side, error::not_negative};

/// When a price is at its limit, so that one side cannot trade.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// Never. In Qlib only a very large number says so: its `null` stands for the limit of the region.
    None,
    /// No purchase where the column `change` is at least this, no sale where it is at most its negative. Compared in
    /// single precision, as Qlib compares what it stores. A missing change limits nothing.
    Change(f64),
    /// No purchase where the first of these columns is not zero, no sale where the second is not. As in Qlib a missing
    /// value counts as not zero.
    Columns(String, String),
}

/// How a volume limits the orders of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capacity {
    /// All orders of the session together trade at most this much (`cum`).
    Cumulative,
    /// Each order trades at most this much (`current`).
    Current,
}

/// The largest amount that an order may trade, from a column.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeLimit {
    /// The side that is limited; `None`: both.
    ///
    /// DIFFERENCE: a side of which no limit speaks has none; Qlib stops at the first order of that side.
    pub side: Option<Side>,
    /// Whether earlier orders of the session count.
    pub capacity: Capacity,
    /// The column of the limit, in shares at the market's prices.
    ///
    /// DIFFERENCE: where it is missing nothing is traded; Qlib stops or loses count there.
    pub column: String,
}

/// Which orders of a session come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TradeType {
    /// In the order of the strategy: sales, then purchases with what they brought.
    #[default]
    Serial,
    /// Purchases first, with the cash of the day before.
    Parallel,
}

/// The exchange of Qlib. Rates are fractions of the value traded, money is the account's.
///
/// - Halt: a missing close. A held position keeps its last price and cannot be sold.
/// - Cost of an order: `max(value · (rate + impact), min_cost)`, with
///   `impact = impact_cost · (value / (volume · price))²`, or `impact_cost` where the volume is missing or zero;
///   nothing for an order that trades no more than 10⁻⁵ of value.
/// - Look-ahead: none; orders are of the session before, prices and volumes of the session of the trade. As in Qlib the
///   amounts of a dropout are counted at the deal prices of that session.
/// - Source: Microsoft Qlib 0.9.7, `qlib.backtest.exchange.Exchange`.
#[derive(Clone, Debug, PartialEq)]
pub struct QlibRules {
    /// The columns at whose price purchases and sales trade; the close where one is missing or not above 10⁻⁸.
    pub deal_price: (String, String),
    /// When a price is at its limit.
    pub limit: Limit,
    /// Orders are rounded to this many shares as quoted, by the column `factor`; `None`: not at all. A sale of a whole
    /// position never is. Where the factor is missing in any session of the backtest that has a close, the whole
    /// backtest has no units, as in Qlib.
    pub trade_unit: Option<f64>,
    /// The cost of a purchase.
    pub open_cost: f64,
    /// The cost of a sale.
    pub close_cost: f64,
    /// The least cost of an order, in money.
    pub min_cost: f64,
    /// How much the cost grows with the share of the session's value that an order trades.
    pub impact_cost: f64,
    /// The largest amounts; all that apply to a side do.
    pub volume_limits: Vec<VolumeLimit>,
    /// Which orders come first.
    pub trade_type: TradeType,
}

impl QlibRules {
    /// The rules that Qlib has for the region `cn` where nothing is set: units of 100 shares, limits of 9.5 %.
    pub fn china() -> Self {
        Self {
            deal_price: ("close".to_owned(), "close".to_owned()),
            limit: Limit::Change(0.095),
            trade_unit: Some(100.0),
            open_cost: 0.0015,
            close_cost: 0.0025,
            min_cost: 5.0,
            impact_cost: 0.0,
            volume_limits: Vec::new(),
            trade_type: TradeType::Serial,
        }
    }

    /// The rules that Qlib has for the region `us` where nothing is set: single shares, no limits.
    pub fn united_states() -> Self {
        Self { limit: Limit::None, trade_unit: Some(1.0), ..Self::china() }
    }

    /// The rules that Qlib has for the region `tw` where nothing is set: units of 1000 shares, limits of 10 %.
    pub fn taiwan() -> Self {
        Self { limit: Limit::Change(0.1), trade_unit: Some(1000.0), ..Self::china() }
    }

    pub(crate) fn rate(&self, side: Side) -> f64 {
        match side {
            Side::Buy => self.open_cost,
            Side::Sell => self.close_cost,
        }
    }

    pub(crate) fn check(&self) -> Result<(), PortfolioError> {
        not_negative("open_cost", self.open_cost)?;
        not_negative("close_cost", self.close_cost)?;
        not_negative("min_cost", self.min_cost)?;
        not_negative("impact_cost", self.impact_cost)?;
        if let Some(unit) = self.trade_unit {
            crate::error::positive("trade_unit", unit)?;
        }
        if let Limit::Change(limit) = self.limit
            && limit.is_nan()
        {
            let expected = "a number";
            return Err(PortfolioError::Parameter { parameter: "limit_threshold", value: limit, expected });
        }
        Ok(())
    }
}
