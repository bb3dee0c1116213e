//! Strategies: from a signal and what is held to orders.
//!
//! To add one: one file with a type that implements [`Strategy`], and one line here; [`BuyAndHold`] is the smallest.

mod buy_and_hold;
mod equal_weight;
mod guide;
mod protected;
mod qlib_dropout;
mod quantile_long_short;
pub mod regime;
mod target_weights;
mod targets;
mod top_n;
mod topk_dropout;
mod view;

pub use buy_and_hold::BuyAndHold;
pub use equal_weight::EqualWeight;
pub use guide::{Guide, Timeline};
pub use protected::{Protected, Protection};
pub use qlib_dropout::QlibTopkDropout;
pub use quantile_long_short::QuantileLongShort;
pub use target_weights::TargetWeights;
pub use targets::rebalance as rebalance_to;
pub use top_n::{Exposure, GroupCap, Risk, ScoreRule, TopN, Weights};
pub use topk_dropout::{Book, TopkDropout};
pub use view::View;

use crate::Decision;

/// Decides after a session's close what to trade in the next one.
///
/// It sees the past through a [`View`], which has no way to the future, and may keep state of its own; that state is a
/// function of the views it was shown. What else it looks at (a regime, a sector, a volatility) it owns as a [`Guide`] or
/// [`Timeline`], which only a view opens.
///
/// A strategy that lives from event to event is no other kind: it decides in every session
/// ([`Rebalance::EverySessions`](crate::Rebalance::EverySessions)), places limits and stops ([`OrderType`](crate::OrderType))
/// beside its target weights, and looks at what became of them ([`View::fills`], [`View::waiting`]).
pub trait Strategy {
    /// A short name of the strategy for tables.
    fn name(&self) -> &str;

    /// How many closing prices an instrument needs before it is eligible ([`View::is_member`]): the strategy's own
    /// look-back. Each instrument warms up by itself.
    fn warm_up(&self) -> usize {
        0
    }

    /// Called once, before the first session.
    fn on_start(&mut self, _view: &View<'_>) {}

    /// Called at the close of each session in which the schedule asks for a decision.
    fn on_session(&mut self, view: &View<'_>) -> Decision;

    /// Called at the close of every other session, for what can't wait.
    fn between(&mut self, _view: &View<'_>) -> Decision {
        Decision::nothing()
    }

    /// Called once, after the last session.
    fn on_end(&mut self, _view: &View<'_>) {}

    /// What the rules could not give so far, and how often.
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }
}

/// Something that a strategy's rules could not give: what, and in how many decisions or for how many instruments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What, as part of a sentence.
    pub what: &'static str,
    /// How often it happened.
    pub count: usize,
}
