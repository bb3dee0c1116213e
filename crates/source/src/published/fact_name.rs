//! The names under which expressions read published values.

use backstaff_panel::Frequency;

use crate::names::field_name;

/// The name of a quantity, which ends with its frequency: `eps_q`, `sales_a`, `vix_d`.
pub(super) fn fact_name(quantity: &str, frequency: Frequency) -> String {
    let name = field_name(quantity);
    let suffix = frequency.suffix();
    if name.ends_with(suffix) { name } else { name + suffix }
}
