//! Numbers that a vendor writes in another form, brought into ours.

use backstaff_panel::{Column, TRADED};

use crate::{format::decoded::Block, request::vendor::Unit};

/// Bring the fields of a block into our form. Where a close is the middle of bid and ask, the row did not trade.
pub(super) fn convert(block: &mut Block, units: &[(String, Unit)]) {
    let mut traded = None;
    for (field, unit) in units {
        let Some((_, column)) = block.numbers.iter_mut().find(|(name, _)| name == field) else { continue };
        if *unit == Unit::Midpoint {
            let flag = |row| if column.get(row) < 0.0 { 0.0 } else { 1.0 };
            traded = Some(Column::F32((0..column.len()).map(flag).collect()));
        }
        match column.to_mut() {
            Column::F32(values) => {
                for value in values {
                    *value = of(*unit, (*value).into()) as f32;
                }
            }
            Column::F64(values) => {
                for value in values {
                    *value = of(*unit, *value);
                }
            }
        }
    }
    block.numbers.extend(traded.map(|traded| (TRADED.to_owned(), traded.into())));
}

/// A vendor's number in our form; NaN where it says that it is unknown.
fn of(unit: Unit, value: f64) -> f64 {
    match unit {
        Unit::Size | Unit::Midpoint => value.abs(),
        Unit::Thousands => value * 1e3,
        _ if unit.is_unknown(value) => f64::NAN,
        Unit::Divisor => 1.0 / value,
        Unit::Known | Unit::Coded => value,
    }
}
