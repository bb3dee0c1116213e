//! From target weights to orders.

use std::collections::BTreeMap;

use super::View;
use crate::{Decision, Order, Quantity};

/// The orders that bring the book to these weights; what is held and has none is closed.
///
/// A position whose weight is less than `threshold` away from its target (and on its side of zero) is left alone.
pub fn rebalance(view: &View<'_>, targets: &BTreeMap<usize, f64>, threshold: f64) -> Decision {
    let closed = view.held().filter(|(i, _)| !targets.contains_key(i));
    let mut orders =
        closed.map(|(instrument, _)| Order::market(instrument, Quantity::Exit)).collect::<Vec<_>>();
    for (&instrument, &target) in targets {
        let weight = view.weight(instrument);
        let is_near = weight * target > 0.0 && (weight - target).abs() < threshold;
        if !is_near {
            orders.push(Order::market(instrument, Quantity::Weight(target)));
        }
    }
    orders.into()
}
