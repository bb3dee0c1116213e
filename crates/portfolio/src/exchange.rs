//! The rules under which orders become trades.

use std::{collections::BTreeMap, fmt};

use backstaff_panel::{Execution, Instrument};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Costs, Market, PortfolioError, QlibRules, Rates, Side, Unfilled,
    error::{finite, not_negative, positive},
};

/// What a position brings when its instrument's life ends before the panel does.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// The share of the last traded close that is paid where nothing else is stated: 1 unless known to be worse.
    pub usual: f64,
    /// The share for single instruments, from a table of delistings.
    pub stated: BTreeMap<Instrument, f64>,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { usual: 1.0, stated: BTreeMap::new() }
    }
}

impl Recovery {
    /// The share of the last traded close that is paid for this instrument.
    pub fn of(&self, instrument: &Instrument) -> f64 {
        self.stated.get(instrument).copied().unwrap_or(self.usual)
    }
}

/// The rules under which orders become trades, and what money and shares cost meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// At which price of the next session orders are executed; the session of the signal is never on offer.
    pub execution: Execution,
    /// Commission, tax, slippage, borrow.
    pub costs: Costs,
    /// Shares are traded in multiples of this, counted in shares as quoted; `None`: fractions are possible.
    pub lot: Option<f64>,
    /// The largest order; `None`: no limit.
    pub volume_cap: Option<VolumeCap>,
    /// The traded sessions over which volume is averaged and volatility measured, for the volume cap and the costs.
    pub liquidity_sessions: usize,
    /// No purchase where the price lies this much above the last close, no sale where it lies this much below;
    /// `None`: no limit. A market whose limit is 10 % rounds to ticks, so state a little less (0.095). Both prices are
    /// the market's, adjusted where the data are: as the exchange does, a split moves the price that the limit is
    /// measured from.
    pub price_limit: Option<Rates>,
    /// The yearly rate that cash earns (and debt pays), simple, actual/365 by calendar days between sessions.
    pub cash_rate: Rates,
    /// What a delisted position brings.
    pub recovery: Recovery,
    /// Whether more may be sold than is held.
    pub short_selling: bool,
    /// The rules of Qlib; they take the place of all the others but for `cash_rate`. They need a market
    /// [with Qlib's quotes](crate::Market::with_qlib).
    pub qlib: Option<QlibRules>,
}

/// The largest order that an instrument's trading takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeCap {
    /// The largest order as a share of a volume.
    pub share: f64,
    /// The volume that the share is taken of.
    pub of: VolumeOf,
}

/// The volume that an order is compared with; a study file writes `session` or `average`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum VolumeOf {
    /// The volume of the session in which the order trades.
    #[default]
    Session,
    /// The mean volume of the traded sessions before it ([`Exchange::liquidity_sessions`]).
    Average,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            execution: Execution::Open,
            costs: Costs::FREE,
            lot: None,
            volume_cap: None,
            liquidity_sessions: 20,
            price_limit: None,
            cash_rate: Rates::ZERO,
            recovery: Recovery::default(),
            short_selling: true,
            qlib: None,
        }
    }
}

/// What the reader of a result must know about the rules on this data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RulesCaveat {
    /// Lots are counted in shares of adjusted prices.
    LotsOfAdjustedShares,
    /// The volume cap compares adjusted shares with the volume as it is in the file.
    VolumeOfUnknownAdjustment,
    /// The market has no volume, so the cap refuses every order.
    NoVolume,
    /// Limits and stops were asked for, but the market has no high and low.
    NoRange,
}

impl fmt::Display for RulesCaveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LotsOfAdjustedShares => {
                "lots are counted in the shares of the file's prices; if these are adjusted, a lot is not a lot: \
                 provide prices as quoted (raw_close)"
            }
            Self::VolumeOfUnknownAdjustment => {
                "the volume cap and the impact take the file's volume to be in the shares of its prices; if these are \
                 adjusted for dividends, they are too loose or too tight: provide raw_close and raw_volume"
            }
            Self::NoVolume => {
                "a volume cap or an impact is set, but the panel has no volume: every order is refused"
            }
            Self::NoRange => {
                "limit and stop orders were placed, but the panel has no high and low: they see the opening and \
                 closing prices only"
            }
        })
    }
}

/// What an instrument offers in a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quote {
    /// The price of execution, before slippage.
    pub(crate) price: f64,
    /// The most shares that may be traded; infinite without a volume cap.
    pub(crate) most_shares: f64,
    /// How many shares as quoted make one share at the market's prices.
    pub(crate) factor: f64,
    /// `σ / √V` of the instrument's liquidity; 0 without impact.
    pub(crate) depth: f64,
}

impl Exchange {
    /// The offer of an instrument to this side in the session at `position` at this price (`None`: it does not trade),
    /// or the reason why it offers nothing.
    pub(crate) fn quote(
        &self,
        market: &Market,
        (i, position): (usize, usize),
        side: Side,
        price: Option<f64>,
    ) -> Result<Quote, Unfilled> {
        let row = market.row(i, position)?;
        let price = price.ok_or(Unfilled::Halted)?;
        if let Some(limits) = &self.price_limit
            && let Some(reference) = market.close_before(i, position)
        {
            let limit = limits.at(market.axis().calendar().session(position));
            let change = price / reference - 1.0;
            if side == Side::Buy && change >= limit {
                return Err(Unfilled::LimitUp);
            }
            if side == Side::Sell && change <= -limit {
                return Err(Unfilled::LimitDown);
            }
        }
        let most_shares = match self.volume_cap {
            None => f64::INFINITY,
            Some(VolumeCap { share, of: VolumeOf::Session }) => {
                share * market.volume(row).ok_or(Unfilled::VolumeCap)?
            }
            Some(VolumeCap { share, of: VolumeOf::Average }) => {
                let liquidity = market.liquidity(i, position, self.liquidity_sessions);
                share * liquidity.ok_or(Unfilled::UnknownLiquidity)?.volume
            }
        };
        Ok(Quote { price, most_shares, factor: market.factor(row), depth: self.depth(market, i, position)? })
    }

    /// What the size of an order does to the price in the session at `position`, from the sessions before it.
    pub(crate) fn depth(&self, market: &Market, i: usize, position: usize) -> Result<f64, Unfilled> {
        if self.costs.impact == 0.0 {
            return Ok(0.0);
        }
        let liquidity = market.liquidity(i, position, self.liquidity_sessions);
        Ok(liquidity.ok_or(Unfilled::UnknownLiquidity)?.depth())
    }

    /// What the reader of a result must know about these rules on this market.
    pub fn caveats(&self, market: &Market) -> Vec<RulesCaveat> {
        let mut caveats = Vec::new();
        if self.qlib.is_some() {
            return caveats;
        }
        if self.lot.is_some() && !market.knows_quoted_prices() {
            caveats.push(RulesCaveat::LotsOfAdjustedShares);
        }
        if self.volume_cap.is_some() || self.costs.impact > 0.0 {
            if !market.has_volume() {
                caveats.push(RulesCaveat::NoVolume);
            } else if !market.knows_quoted_volume() {
                caveats.push(RulesCaveat::VolumeOfUnknownAdjustment);
            }
        }
        caveats
    }

    pub(crate) fn check(&self) -> Result<(), PortfolioError> {
        self.costs.check()?;
        if let Some(rules) = &self.qlib {
            rules.check()?;
        }
        if let Some(lot) = self.lot {
            positive("lot", lot)?;
        }
        if let Some(cap) = self.volume_cap {
            positive("volume_cap", cap.share)?;
        }
        positive("liquidity_sessions", self.liquidity_sessions as f64)?;
        for limit in self.price_limit.iter().flat_map(Rates::all) {
            positive("price_limit", limit)?;
        }
        for rate in self.cash_rate.all() {
            finite("cash_rate", rate)?;
        }
        not_negative("recovery", self.recovery.usual)?;
        for &share in self.recovery.stated.values() {
            not_negative("recovery", share)?;
        }
        Ok(())
    }
}
