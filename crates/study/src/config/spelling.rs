//! Other spellings of a study: short ones, and those of earlier versions.

use super::document::{Entry, Node, Problem};

/// What accounts of regime studies began with where they said nothing.
const FORMER_CASH: u64 = 100_000;

/// Bring other spellings into the one that the types have; every value keeps its place.
///
/// - `strategy:` at the top is short for `portfolio: {strategy: ...}`.
/// - `rebalance_every: 21` in the portfolio is the former spelling of `rebalance: 21`, and `benchmark_rebalance_every` that of
///   `benchmark_rebalance`.
/// - `trading:` is the former name of a regime study's `portfolio:`, and `cash:` in it that of `cash_rate:`.
///
/// # Errors
///
/// If a study says the same in two spellings.
pub(super) fn modernise(root: &mut Node) -> Result<(), Problem> {
    if let Some(mut trading) = root.take("trading") {
        if root.get("portfolio").is_some() {
            let mut twice =
                Problem::of("trading", "is the former name of `portfolio`, which is here too; keep that one");
            twice.place = trading.place;
            return Err(twice);
        }
        if let Some(cash) = trading.value.take("cash") {
            trading.value.put(Entry { key: "cash_rate".to_owned(), ..cash });
        }
        if trading.value.get("initial_cash").is_none() {
            let value = Node::from(&FORMER_CASH.into());
            trading.value.put(Entry { key: "initial_cash".to_owned(), place: trading.place.clone(), value });
        }
        root.put(Entry { key: "portfolio".to_owned(), ..trading });
    }
    if let Some(strategy) = root.take("strategy") {
        let place = strategy.place.clone();
        if root.get("portfolio").is_none() {
            root.put(Entry { key: "portfolio".to_owned(), place, value: Node::empty() });
        }
        if let Some(portfolio) = root.get_mut("portfolio") {
            if portfolio.get("strategy").is_some() {
                let mut twice = Problem::of(
                    "strategy",
                    "stands here and in `portfolio`; say it in one of the two places",
                );
                twice.place = strategy.place;
                return Err(twice);
            }
            portfolio.put(strategy);
        }
    }
    root.get_mut("portfolio").map_or(Ok(()), rename_rebalancing)
}

/// The keys of a portfolio that had another name, each with the present one.
const RENAMED: [(&str, &str); 2] =
    [("rebalance_every", "rebalance"), ("benchmark_rebalance_every", "benchmark_rebalance")];

fn rename_rebalancing(portfolio: &mut Node) -> Result<(), Problem> {
    for (former, present) in RENAMED {
        let Some(entry) = portfolio.take(former) else { continue };
        if portfolio.get(present).is_some() {
            let message = format!("is the former name of `{present}`, which is here too; keep that one");
            let mut twice = Problem::of(format!("portfolio.{former}"), message);
            twice.place = entry.place;
            return Err(twice);
        }
        portfolio.put(Entry { key: present.to_owned(), ..entry });
    }
    Ok(())
}
