//! The rate that cash earns, on each day as it was known on that day.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_portfolio::Rates;

use crate::{StudyError, config::CashRate, stored::panel::PanelHandle};

/// The yearly rate on cash as a fraction, by the day from which it is known, and a warning if cash earns nothing at
/// first.
///
/// # Errors
///
/// If the data have no such series of the whole market, or it has no value.
pub(super) fn cash_rates(
    rate: &CashRate,
    panel: &PanelHandle,
) -> Result<(Rates, Option<String>), StudyError> {
    let wrong = |message| StudyError::Value { key: "portfolio.cash_rate".to_owned(), message };
    let name = match rate {
        CashRate::Rate(rate) => return Ok((rate.rates(&[]).map_err(wrong)?, None)),
        CashRate::Series { series } => format!("{series}_d"),
    };
    let published = &panel.facts().published;
    if published.iter().all(|facts| facts.name != name) {
        let known = published.iter().filter_map(|facts| facts.name.strip_suffix("_d"));
        let known = known.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
        return Err(wrong(format!("data.series has no {name:?} for the whole market; it has {known}")));
    }
    let part = panel.part(0..panel.axis().n_sessions(), [], [], [name.as_str()])?;
    let facts = part.facts(&name).and_then(|facts| facts.of_market().map(<[_]>::to_vec));
    let changes = facts.unwrap_or_default().into_iter().filter(|fact| fact.value.is_finite());
    let changes = changes.map(|fact| (fact.known, fact.value / 100.0)).collect::<BTreeMap<_, _>>();
    let Some((&first, _)) = changes.first_key_value() else {
        return Err(wrong(format!("the series {name} has no value")));
    };
    let begins_late = panel.axis().calendar().sessions().first().is_some_and(|session| *session < first);
    let warning =
        begins_late.then(|| format!("cash earns nothing before {first}, when {name} begins to be known"));
    let rates = Rates::dated(0.0, changes.into_iter().collect()).map_err(|error| wrong(error.to_string()))?;
    Ok((rates, warning))
}
