//! Arithmetic in the precision that Qlib gives it.
//!
//! Qlib loads its files as 32-bit numbers. What it computes row by row from these alone stays in 32 bits, constants
//! included; windows and everything after them have 64. So `$high - $low + 1e-12` is `$high - $low` there, and models that
//! grow trees find other splits on values that were never rounded.

use std::sync::Arc;

use super::{Graph, Node, NodeKind};
use crate::{
    ValueType,
    operator::{Bound, Form, Requested, Work},
};

/// The numbers that a node's values are rounded to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// A constant, or a condition: it takes the width of what it meets.
    Any,
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

/// The graph with every operation rounded as Qlib rounds it, fields being 32-bit numbers. Its nodes have the places of the
/// old ones.
pub(crate) fn mixed(graph: &Graph) -> Graph {
    let mut made = Graph::default();
    let (mut places, mut widths) = (Vec::new(), Vec::new());
    for node in graph.nodes() {
        let inputs = node.inputs.iter().map(|&input| widths[input]).collect::<Vec<_>>();
        let (kind, width) = match &node.kind {
            NodeKind::Field(_) => (node.kind.clone(), Width::Single),
            NodeKind::Constant(_) => (node.kind.clone(), Width::Any),
            NodeKind::Categories(_) | NodeKind::Fact(_) => (node.kind.clone(), Width::Double),
            NodeKind::Call(bound) => {
                let width = width(bound, node.value_type, &inputs);
                let kind = match width {
                    Width::Single => NodeKind::Call(Arc::new(rounded(bound, &node.canonical))),
                    _ if bound.output == ValueType::Boolean && inputs.contains(&Width::Single) => {
                        NodeKind::Call(Arc::new(compared(bound, &inputs)))
                    }
                    _ => node.kind.clone(),
                };
                (kind, width)
            }
        };
        let canonical = match &node.kind {
            NodeKind::Call(_) => format!("Mixed@1({})", node.canonical).into(),
            _ => node.canonical.clone(),
        };
        let inputs = node.inputs.iter().map(|&input| places[input]).collect();
        places.push(made.add(Node { kind, inputs, canonical, ..node.clone() }));
        widths.push(width);
    }
    made
}

fn width(bound: &Bound, value_type: ValueType, inputs: &[Width]) -> Width {
    let is_single = inputs.contains(&Width::Single) && !inputs.contains(&Width::Double);
    match &bound.work {
        Work::Rows(_) if value_type == ValueType::Boolean => Width::Any,
        Work::Rows(_) if is_single => Width::Single,
        // A shift keeps the width of what it moves.
        Work::Instrument(_) if bound.form == Form::Shift && is_single => Width::Single,
        _ => Width::Double,
    }
}

/// The computation with its inputs and its result rounded to 32 bits. Inputs of 32 bits are so already; constants become so.
fn rounded(bound: &Arc<Bound>, canonical: &str) -> Bound {
    let inner = Arc::clone(bound);
    let operator = canonical.split('@').next().unwrap_or_default();
    let work = match &bound.work {
        Work::Rows(_) if operator == "Log" => Work::Rows(Box::new(|inputs, out| {
            for (out, &value) in out.iter_mut().zip(inputs[0]) {
                *out = f64::from(single_log(value as f32));
            }
        })),
        Work::Rows(_) => Work::Rows(Box::new(move |inputs, out| {
            let Work::Rows(work) = &inner.work else { return };
            with_rounded(inputs, |inputs| work(inputs, out));
            round(out);
        })),
        // The value of another row is rounded already; a difference of two is not.
        _ => Work::Instrument(Box::new(move |inputs, sessions, requested| {
            let Work::Instrument(work) = &inner.work else { return };
            work(inputs, sessions, requested);
            for Requested { out, .. } in requested {
                round(out);
            }
        })),
    };
    same_but(bound, work)
}

/// A comparison in which a constant is rounded as what it is compared with.
fn compared(bound: &Arc<Bound>, inputs: &[Width]) -> Bound {
    let inner = Arc::clone(bound);
    let is_double = inputs.contains(&Width::Double);
    let work = Work::Rows(Box::new(move |inputs, out| {
        let Work::Rows(work) = &inner.work else { return };
        if is_double { work(inputs, out) } else { with_rounded(inputs, |inputs| work(inputs, out)) }
    }));
    same_but(bound, work)
}

/// The properties of a computation with other work.
fn same_but(bound: &Bound, work: Work) -> Bound {
    Bound {
        look_back: bound.look_back,
        look_ahead: bound.look_ahead,
        output: bound.output,
        has_universe: bound.has_universe,
        of_quarters: bound.of_quarters,
        form: bound.form,
        family: None,
        work,
    }
}

/// Hand on inputs rounded to 32 bits; only a constant can be none yet, so that most are handed on as they are.
fn with_rounded(inputs: &[&[f64]], work: impl FnOnce(&[&[f64]])) {
    let is_single = |input: &&[f64]| {
        input.first().is_none_or(|&first| f64::from(first as f32) == first || first.is_nan())
    };
    if inputs.iter().all(is_single) {
        return work(inputs);
    }
    let copies = inputs.iter().map(|input| {
        let mut copy = input.to_vec();
        round(&mut copy);
        copy
    });
    let copies = copies.collect::<Vec<_>>();
    work(&copies.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

fn round(values: &mut [f64]) {
    for value in values {
        *value = f64::from(*value as f32);
    }
}

/// The natural logarithm in 32 bits, with the bits that `numpy.log` has in its vector code: the rational approximation
/// `P(m − 1) / Q(m − 1)` of the significand `m`, from 1/√2 to √2, plus the exponent times ln 2.
///
/// - Source: `NumPy` 2, `loops_exponent_log` (its coefficients); its products are fused with the sums that follow.
fn single_log(x: f32) -> f32 {
    const P: [f32; 6] = [0.0, 1.0, 2.112_677_6, 1.480_000_6, 0.380_883_78, 0.025_899_792];
    const Q: [f32; 6] = [1.0, 2.612_677_6, 2.453_006, 0.986_494_3, 0.154_647_63, 0.005_875_095_3];
    if x.is_nan() || x < 0.0 {
        return f32::NAN;
    }
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    if x == f32::INFINITY {
        return x;
    }
    let (mut significand, mut exponent) = libm::frexpf(x);
    // From [0.5, 1) to [1, 2), as NumPy takes it apart.
    significand *= 2.0;
    exponent -= 1;
    if significand > std::f32::consts::SQRT_2 {
        significand *= 0.5;
        exponent += 1;
    }
    let m = significand - 1.0;
    let polynomial = |coefficients: [f32; 6]| {
        coefficients.into_iter().rev().reduce(|sum, next| fused(sum, m, next)).unwrap_or_default()
    };
    fused(exponent as f32, std::f32::consts::LN_2, polynomial(P) / polynomial(Q))
}

/// `a · b + c`, rounded once: the product of two 32-bit numbers is exact in 64 bits.
fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

#[cfg(test)]
mod tests {
    use super::single_log;

    /// Bits of `numpy.log` (2.4, on AVX2) of 32-bit numbers.
    #[test]
    fn logarithms_have_numpys_bits() {
        for (x, bits) in LOGARITHMS {
            assert_eq!(single_log(f32::from_bits(x)).to_bits(), bits, "{x:x}");
        }
        assert!(single_log(-1.0).is_nan() && single_log(f32::NAN).is_nan());
        assert_eq!(single_log(0.0), f32::NEG_INFINITY);
    }

    /// The bits of a number and of its logarithm.
    const LOGARITHMS: [(u32, u32); 10] = [
        (0x417d_fb51, 0x4030_f069),
        (0x4432_de55, 0x40d2_5591),
        (0x37f8_eb40, 0xc126_cddb),
        (0x44ae_c231, 0x40e7_c567),
        (0x3f80_a57b, 0x3ba5_1064),
        (0x3f82_81e6, 0x3c9e_ec4d),
        (0x3f96_4e07, 0x3e24_7d7c),
        (0x3f70_5c26, 0xbd81_1b07),
        (0x3fdd_15b7, 0x3f0b_e87c),
        (0x3f53_20cb, 0xbe45_5666),
    ];
}
