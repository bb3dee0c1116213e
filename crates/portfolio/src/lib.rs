//! Strategies, exchange rules, ledger, backtest, measures.
//!
//! A [`Strategy`] turns a signal and what is held into a [`Decision`]; the [`Ledger`] executes it in the next session
//! under the rules of an [`Exchange`] on a [`Market`]; [`backtest()`] runs the three over a range of sessions: the one
//! event loop, for strategies that pick from a signal and for those that place stops and limits alike; a [`measure`]
//! says in one number how it went.
//!
//! Pure: no input or output, no clock, no randomness, no threads. Equal inputs give equal bits.

mod backtest;
mod cohorts;
mod cost;
mod error;
mod exchange;
mod ledger;
mod liquidity;
mod market;
pub mod measure;
mod order;
mod plan;
pub mod qlib;
mod reason;
mod rebalance;
mod round_trip;
mod strategy;
mod wanted;

pub use backstaff_panel::Execution;
pub use backtest::{Backtest, Decided, Leavers, Position, Terms, backtest, next_orders};
pub use cohorts::backtest_cohorts;
pub use cost::{Costs, MOST_SLIPPAGE, Rates, krx_price_limit, krx_sell_tax_bps};
pub use error::PortfolioError;
pub use exchange::{Exchange, Recovery, RulesCaveat, VolumeCap, VolumeOf};
pub use ledger::{Day, DelistedPosition, Holding, Ledger, NextOrder, NextSession, StatedAccount};
pub use liquidity::Liquidity;
pub use market::{Bar, Market};
pub use order::{
    Decision, Fill, Order, OrderId, OrderType, Quantity, Shortfall, Side, TimeInForce, Unfilled, Waiting,
};
pub use plan::{Counting, Dropout, DropoutRules, MethodBuy, MethodSell};
pub use qlib::QlibRules;
pub use reason::Reason;
pub use rebalance::Rebalance;
pub use round_trip::{Change, RoundTrip, RoundTrips};
pub use strategy::{
    Book, BuyAndHold, EqualWeight, Exposure, GroupCap, Guide, Note, Protected, Protection, QlibTopkDropout,
    QuantileLongShort, Risk, ScoreRule, Strategy, TargetWeights, Timeline, TopN, TopkDropout, View, Weights,
    rebalance_to, regime,
};
pub use wanted::Wanted;
