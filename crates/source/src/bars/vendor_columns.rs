//! Names of columns that a vendor gives another meaning than they say by themselves.

use crate::{
    format::header::HeaderColumn,
    names::field_name,
    request::{
        adjustment::Adjustment,
        vendor::{Meaning, Vendor},
    },
};

/// The names of the mapping, and those that a vendor's columns have besides: where no other column has them.
pub(super) fn of_vendor(
    vendor: Option<&Vendor>,
    header: &[HeaderColumn],
    stated: &[Option<String>],
) -> Vec<Option<String>> {
    let mut named = stated.to_vec();
    let Some(vendor) = vendor else { return named };
    let own = header.iter().zip(stated).filter(|(_, stated)| stated.is_none());
    let own = own.map(|(column, _)| field_name(&column.name)).collect::<Vec<_>>();
    for (at, column) in header.iter().enumerate().filter(|(at, _)| stated[*at].is_none()) {
        let (Some(Meaning::Is(field) | Meaning::In(field, _)), ours) =
            (vendor.meaning(&column.name), field_name(&column.name))
        else {
            continue;
        };
        let is_taken = named.iter().flatten().any(|name| name == field)
            || ours != field && own.iter().any(|name| name == field);
        if !is_taken {
            named[at] = Some(field.to_owned());
        }
    }
    named
}

/// Prices and volumes that are adjusted as `adj_close` is.
const ADJUSTED: [(&str, &str); 4] =
    [("adj_open", "open"), ("adj_high", "high"), ("adj_low", "low"), ("adj_volume", "volume")];

/// The places of columns whose values follow from the quoted ones and the factor `adj_close / close`. Where a file has
/// no quoted close, its other adjusted columns take the names of the quoted ones, as the adjusted close does.
pub(super) fn superseded(names: &mut [String], adjustment: Adjustment) -> Vec<usize> {
    if matches!(adjustment, Adjustment::Verbatim | Adjustment::AsIs) {
        return Vec::new();
    }
    let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
    if has(names, "close") && has(names, "adj_close") {
        let is_adjusted = |name: &str| ADJUSTED.iter().any(|(adjusted, _)| *adjusted == name);
        return (0..names.len()).filter(|&at| is_adjusted(&names[at])).collect();
    }
    if has(names, "adj_close") {
        for (adjusted, quoted) in
            ADJUSTED.into_iter().filter(|(_, quoted)| !has(names, quoted)).collect::<Vec<_>>()
        {
            if let Some(at) = names.iter().position(|name| name == adjusted) {
                quoted.clone_into(&mut names[at]);
            }
        }
    }
    Vec::new()
}

/// The instrument in the name of a file; some vendors write more behind it.
pub(super) fn instrument_of(name: &str, vendor: Option<&Vendor>) -> String {
    let is_dashed = vendor.is_some_and(|vendor| vendor.dashed_names);
    name.split('-').next().filter(|start| is_dashed && !start.is_empty()).unwrap_or(name).to_owned()
}
