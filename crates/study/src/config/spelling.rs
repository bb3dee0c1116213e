//! Other spellings of a study: short ones, and those of earlier versions.

use super::document::{Entry, Node, Problem, Tree};

/// What accounts of regime studies began with where they said nothing.
const FORMER_CASH: u64 = 100_000;

/// Bring other spellings into the one that the types have; every value keeps its place.
///
/// - `strategy:` at the top is short for `portfolio: {strategy: ...}`.
/// - `score: EXPRESSION` at the top is short for `models: {score: {expression: EXPRESSION}}`.
/// - A processor is its name alone, or Qlib's `{class: NAME, kwargs: {...}}`, in place of `{NAME: {...}}`.
/// - `{python: FILE:FUNCTION, parameters: ...}` of a model is short for `{python: {function: FILE:FUNCTION, parameters:
///   ...}}`.
/// - `rebalance_every: 21` in the portfolio is the former spelling of `rebalance: 21`, and `benchmark_rebalance_every` that of
///   `benchmark_rebalance`.
/// - `on_bad_instrument:` of `data.prices` is the former name of `on_bad_row:`, and its `exclude` that of
///   `exclude_instrument`.
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
    if let Some(prices) = root.get_mut("data").and_then(|data| data.get_mut("prices")) {
        rename_bad_rows(prices)?;
    }
    if let Some(models) = root.get_mut("models") {
        models.entries_mut().iter_mut().for_each(|model| gather_python(&mut model.value));
    }
    if let Some(processors) = root.get_mut("processors") {
        processors.entries_mut().iter_mut().for_each(|list| name_processors(&mut list.value));
    }
    if let Some(score) = root.take("score") {
        make_model(root, score)?;
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

/// Give processors that are named alone a mapping without keys, and spell Qlib's `{class: ..., kwargs: ...}` as ours.
fn name_processors(list: &mut Node) {
    let Tree::List(entries) = &mut list.value else { return };
    for entry in entries {
        let class = entry.get("class").and_then(Node::as_text).map(str::to_owned);
        let name = class.clone().or_else(|| entry.as_text().map(str::to_owned));
        let Some(key) = name else {
            // A name with nothing behind its colon.
            for keys in entry.entries_mut().iter_mut().filter(|keys| keys.value.value == Tree::Null) {
                keys.value = Node { value: Tree::Map(Vec::new()), ..keys.value.clone() };
            }
            continue;
        };
        let place = entry.place.clone();
        let value = match class.and_then(|_| entry.take("kwargs")) {
            Some(kwargs) => kwargs.value,
            None => Node { value: Tree::Map(Vec::new()), ..entry.clone() },
        };
        let mut named = Node { value: Tree::Map(Vec::new()), ..entry.clone() };
        named.put(Entry { key, place, value });
        *entry = named;
    }
}

/// Make a score at the top a model of that expression.
fn make_model(root: &mut Node, score: Entry) -> Result<(), Problem> {
    let place = score.place;
    if root.get("models").is_some() {
        let message = "is short for a model, and `models` is here too; write it there, as in \
                       `models: {score: {expression: ...}}`";
        return Err(Problem { place, ..Problem::of("score", message) });
    }
    let under = |key: &str, value: Node| {
        let mut node = Node::empty();
        node.put(Entry { key: key.to_owned(), place: place.clone(), value });
        node
    };
    let value = under("score", under("expression", score.value));
    root.put(Entry { key: "models".to_owned(), place, value });
    Ok(())
}

/// Put the keys beside a model's `python:` under it.
fn gather_python(model: &mut Node) {
    if model.get("python").and_then(Node::as_text).is_none() {
        return;
    }
    let Some(python) = model.take("python") else { return };
    let mut keys = Node::empty();
    keys.place.clone_from(&python.place);
    let function = Entry { key: "function".to_owned(), ..python.clone() };
    for entry in std::iter::once(function).chain(model.entries().to_vec()) {
        model.take(&entry.key);
        keys.put(entry);
    }
    model.put(Entry { value: keys, ..python });
}

/// The keys of a portfolio that had another name, each with the present one.
const RENAMED: [(&str, &str); 2] =
    [("rebalance_every", "rebalance"), ("benchmark_rebalance_every", "benchmark_rebalance")];

fn rename_rebalancing(portfolio: &mut Node) -> Result<(), Problem> {
    for (former, present) in RENAMED {
        if let Some(entry) = take_former(portfolio, "portfolio", former, present)? {
            portfolio.put(entry);
        }
    }
    Ok(())
}

/// Give the treatment of bad rows its name of today.
fn rename_bad_rows(prices: &mut Node) -> Result<(), Problem> {
    let Some(mut entry) = take_former(prices, "data.prices", "on_bad_instrument", "on_bad_row")? else {
        return Ok(());
    };
    if entry.value.as_text() == Some("exclude") {
        entry.value = Node { place: entry.value.place, ..Node::text("exclude_instrument") };
    }
    prices.put(entry);
    Ok(())
}

/// Take the value of a key's former name out of a section, under the present name.
fn take_former(
    node: &mut Node,
    section: &str,
    former: &str,
    present: &str,
) -> Result<Option<Entry>, Problem> {
    let Some(entry) = node.take(former) else { return Ok(None) };
    if node.get(present).is_some() {
        let message = format!("is the former name of `{present}`, which is here too; keep that one");
        let mut twice = Problem::of(format!("{section}.{former}"), message);
        twice.place = entry.place;
        return Err(twice);
    }
    Ok(Some(Entry { key: present.to_owned(), ..entry }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_treatment_of_bad_rows_has_a_former_name() {
        let spelled = |prices: serde_json::Value| {
            let mut root = Node::from(&json!({ "data": { "prices": prices } }));
            modernise(&mut root).map(|()| root)
        };
        for (former, today) in [("exclude", "exclude_instrument"), ("stop", "stop")] {
            let root = spelled(json!({ "on_bad_instrument": former })).unwrap();
            let prices = root.at(["data", "prices"]).unwrap();
            assert_eq!(prices.get("on_bad_row").and_then(Node::as_text), Some(today));
            assert!(prices.get("on_bad_instrument").is_none());
        }
        let twice = spelled(json!({ "on_bad_instrument": "stop", "on_bad_row": "drop" }));
        assert!(twice.unwrap_err().message.contains("former name of `on_bad_row`"));
    }
}
