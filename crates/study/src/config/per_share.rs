//! Quantities for one share must not meet adjusted prices.
//!
//! Earnings for one share are as reported; prices are adjusted for the splits that came later. Their ratio is wrong by
//! the product of these splits, a factor of 7 before that of Apple in 2014.

use backstaff_feature::{Feature, Schema};
use backstaff_panel::Frequency;
use backstaff_source::field_name;

use crate::{StudyError, config::FactTable};

/// Prices that are adjusted where the data say how; `$raw_close` and the others as quoted are not among them.
const ADJUSTED: [&str; 5] = ["open", "high", "low", "close", "vwap"];

/// Refuse features in which a quantity for one share meets an adjusted price.
pub fn check<'a>(
    tables: &[FactTable],
    schema: &Schema,
    features: impl IntoIterator<Item = &'a Feature>,
) -> Result<(), StudyError> {
    let mut per_share = Vec::new();
    for name in tables.iter().flat_map(|table| &table.per_share) {
        let with = |frequency: Frequency| {
            let name = field_name(name);
            if name.ends_with(frequency.suffix()) { name } else { name + frequency.suffix() }
        };
        let names = [Frequency::Quarterly, Frequency::Annual].map(with);
        if !names.iter().any(|name| schema.facts.contains(name)) {
            let known = schema.facts.iter().cloned().collect::<Vec<_>>().join(", ");
            let message = format!("there is no fact {name:?}; the facts are {known}");
            return Err(StudyError::Value { key: "data.facts.per_share".to_owned(), message });
        }
        per_share.extend(names);
    }
    for feature in features {
        let fact = feature.facts().into_iter().find(|fact| per_share.iter().any(|name| name == fact));
        let price = feature.fields().into_iter().find(|field| ADJUSTED.contains(field));
        if let (Some(fact), Some(price)) = (fact, price) {
            let message = format!(
                "`{}` holds $${fact}, for one share as reported, and ${price}, which is adjusted for later splits: their \
                 ratio is wrong before each split. Write $raw_{price} (prices need a `factor` or `adj_close` for it), or \
                 compare totals of the company: `$market_cap / P(...)`",
                feature.expression()
            );
            return Err(StudyError::Value { key: format!("features {}", feature.name()), message });
        }
    }
    Ok(())
}
