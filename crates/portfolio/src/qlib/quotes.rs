//! The columns of the panel that Qlib's exchange reads.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, Panel};

use super::{Capacity, Limit, Offer, QlibRules};
use crate::{PortfolioError, Side, Unfilled};

/// The quotes of the panel's rows under one set of rules.
#[derive(Clone, Debug)]
pub(crate) struct Quotes {
    rules: QlibRules,
    /// The sessions in which the exchange is open: before and after them Qlib knows no quote.
    sessions: Range<usize>,
    /// The deal prices of purchases and sales.
    prices: [Vec<f64>; 2],
    /// Whether a limit stops purchases and sales.
    at_limit: [Vec<bool>; 2],
    /// Shares as quoted in a share; `None` where amounts are not rounded.
    factor: Option<Arc<Column>>,
    volume: Option<Arc<Column>>,
    /// The columns of the volume limits, in their order.
    limits: Vec<Arc<Column>>,
}

fn number(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

impl Quotes {
    /// The quotes of a panel, where `close` is NaN in a halt.
    pub(crate) fn new(
        panel: &Panel,
        close: &[f64],
        rules: &QlibRules,
        sessions: Range<usize>,
    ) -> Result<Self, PortfolioError> {
        rules.check()?;
        let column = |name: &str| {
            panel
                .field(name)
                .cloned()
                .ok_or_else(|| PortfolioError::MissingColumn { column: name.to_owned() })
        };
        let price = |name: &str| -> Result<Vec<f64>, PortfolioError> {
            let mut prices = column(name)?.to_f64();
            for (price, &close) in prices.iter_mut().zip(close) {
                if price.is_nan() || *price <= 1e-8 {
                    *price = close;
                }
            }
            Ok(prices)
        };
        // DIFFERENCE: a column that is not there is an error; Qlib takes it for one without any value.
        let at_limit = match &rules.limit {
            Limit::None => [vec![false; close.len()], vec![false; close.len()]],
            Limit::Change(limit) => {
                let (change, limit) = (column("change")?.to_f64(), *limit as f32);
                let where_ =
                    |is: &dyn Fn(f32) -> bool| change.iter().map(|&change| is(change as f32)).collect();
                [where_(&|change| change >= limit), where_(&|change| change <= -limit)]
            }
            Limit::Columns(buy, sell) => {
                let where_not_zero = |name: &str| -> Result<Vec<bool>, PortfolioError> {
                    Ok(column(name)?.to_f64().iter().map(|&value| value != 0.0).collect())
                };
                [where_not_zero(buy)?, where_not_zero(sell)?]
            }
        };
        let limits = rules.volume_limits.iter().map(|limit| column(&limit.column));
        let factor = panel
            .field("factor")
            .filter(|factor| rules.trade_unit.is_some() && is_known(panel.axis(), factor, close, &sessions));
        Ok(Self {
            prices: [price(&rules.deal_price.0)?, price(&rules.deal_price.1)?],
            at_limit,
            factor: factor.cloned(),
            volume: panel.field("volume").cloned(),
            limits: limits.collect::<Result<_, _>>()?,
            rules: rules.clone(),
            sessions,
        })
    }

    /// The rules by which the columns were read.
    pub(crate) fn rules(&self) -> &QlibRules {
        &self.rules
    }

    /// Whether the exchange is open in the session at this position.
    pub(crate) fn is_open(&self, position: usize) -> bool {
        self.sessions.contains(&position)
    }

    /// Whether a row that has a close is at no limit that stops this side (`None`: either).
    pub(crate) fn check(&self, row: usize, side: Option<Side>) -> Result<(), Unfilled> {
        let is_asked = |one: Side| side.is_none_or(|side| side == one);
        if is_asked(Side::Buy) && self.at_limit[0][row] {
            return Err(Unfilled::LimitUp);
        }
        if is_asked(Side::Sell) && self.at_limit[1][row] {
            return Err(Unfilled::LimitDown);
        }
        Ok(())
    }

    /// What a row with a close offers to a side of which this amount was traded before in the session.
    pub(crate) fn offer(&self, row: usize, side: Side, traded: f64) -> Offer {
        let mut most = f64::INFINITY;
        for (limit, column) in self.rules.volume_limits.iter().zip(&self.limits) {
            if limit.side.is_none_or(|limited| limited == side) {
                let value = column.get(row);
                let left = match limit.capacity {
                    Capacity::Cumulative => value - traded,
                    Capacity::Current => value,
                };
                most = most.min(if left.is_nan() { 0.0 } else { left });
            }
        }
        Offer { price: self.prices[number(side)][row], most, ..self.terms(row) }
    }

    /// An offer without a price: what a row says of volume and units.
    pub(crate) fn terms(&self, row: usize) -> Offer {
        Offer {
            price: f64::NAN,
            volume: self.volume.as_ref().map_or(f64::NAN, |volume| volume.get(row)),
            factor: self.factor.as_ref().map_or(f64::NAN, |factor| factor.get(row)),
            most: f64::INFINITY,
        }
    }
}

/// Whether the factor is known wherever there is a close in these sessions.
fn is_known(axis: &Axis, factor: &Column, close: &[f64], sessions: &Range<usize>) -> bool {
    (0..axis.n_instruments())
        .all(|i| axis.rows_between(i, sessions).all(|row| close[row].is_nan() || !factor.get(row).is_nan()))
}
