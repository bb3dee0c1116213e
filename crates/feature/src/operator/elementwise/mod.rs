//! Operators whose value depends on the same row of their inputs.
//!
//! To add one: an entry in the table of a file here; `function.rs` is the one to imitate.

mod arithmetic;
mod comparison;
mod function;
mod logic;

use std::sync::Arc;

use super::{ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Signature};
use crate::ValueType;

/// An operator without parameters whose value depends on the same row of its inputs.
#[derive(Clone, Copy)]
struct Elementwise {
    documentation: Documentation,
    signature: Signature,
    output: ValueType,
    work: fn(&[&[f64]], &mut [f64]),
}

impl Operator for Elementwise {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        let bound = Bound::rows(self.work);
        Ok(Bound { output: self.output, ..bound }.into())
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    let tables = [arithmetic::TABLE, comparison::TABLE, function::TABLE, logic::TABLE];
    let mut all =
        tables.into_iter().flatten().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect::<Vec<_>>();
    all.extend([Arc::new(function::Clip) as Arc<dyn Operator>, Arc::new(logic::If)]);
    all
}

fn unary(inputs: &[&[f64]], out: &mut [f64], f: impl Fn(f64) -> f64) {
    for (out, &a) in out.iter_mut().zip(inputs[0]) {
        *out = f(a);
    }
}

fn binary(inputs: &[&[f64]], out: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    for ((out, &a), &b) in out.iter_mut().zip(inputs[0]).zip(inputs[1]) {
        *out = f(a, b);
    }
}

/// 1 where it holds, else 0: what conditions are stored as.
fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
