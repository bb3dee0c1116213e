//! Other spellings of a study: short ones, and those of earlier versions.

use super::document::{Entry, Node};

/// What accounts of regime studies began with where they said nothing.
const FORMER_CASH: u64 = 100_000;

/// Bring other spellings into the one that the types have; every value keeps its place.
///
/// - `strategy:` at the top is short for `portfolio: {strategy: ...}`.
/// - `trading:` is the former name of a regime study's `portfolio:`, and `cash:` in it that of `cash_rate:`.
pub(super) fn modernise(root: &mut Node) {
    if let Some(mut trading) = root.take("trading") {
        if let Some(cash) = trading.value.take("cash") {
            trading.value.put(Entry { key: "cash_rate".to_owned(), ..cash });
        }
        if trading.value.get("initial_cash").is_none() {
            let value = Node::from(&FORMER_CASH.into());
            trading.value.put(Entry { key: "initial_cash".to_owned(), place: trading.place.clone(), value });
        }
        if let Some(portfolio) = root.get("portfolio") {
            let portfolio = portfolio.clone();
            trading.value.overlay(&portfolio);
        }
        root.put(Entry { key: "portfolio".to_owned(), ..trading });
    }
    if let Some(strategy) = root.take("strategy") {
        let place = strategy.place.clone();
        if root.get("portfolio").is_none() {
            root.put(Entry { key: "portfolio".to_owned(), place, value: Node::empty() });
        }
        if let Some(portfolio) = root.get_mut("portfolio") {
            portfolio.put(strategy);
        }
    }
}
