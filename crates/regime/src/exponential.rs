//! The exponential of many numbers at once.

use multiversion::multiversion;

/// Below this the exponential of a number is taken as zero; it is where normal numbers end.
const SMALLEST: f64 = -708.0;
/// Adding it rounds a number to an integer, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// The natural logarithm of two in two parts; a product with the first is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// The exponential of every number, in place; each at most 0.
///
/// `exp(x) = 2ⁿ exp(r)` with `n` the integer nearest to `x / ln 2` and `exp(r)` by its Taylor polynomial of degree 13,
/// which differs from the truth by less than half a unit in the last place on `|r| <= ln 2 / 2`. The result is within
/// 2 units of the truth; below -708 it is zero. Only additions and products in a fixed order, so the bits are the same
/// on all machines and in all vector widths.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(crate) fn exponentials(values: &mut [f64]) {
    for value in values {
        *value = exponential(*value);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the loop around it is vectorised only if it is inlined")]
fn exponential(x: f64) -> f64 {
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let s = r * r;
    let q = s * s;
    // Pairs of terms, then pairs of pairs: short chains of dependent operations.
    let low = (1.0 + r) + s * (1.0 / 2.0 + r * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + s * (1.0 / 720.0 + r * (1.0 / 5_040.0));
    let high = (1.0 / 40_320.0 + r * (1.0 / 362_880.0)) + s * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let top = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let polynomial = low + q * (middle + q * (high + q * top));
    let power = f64::from_bits(polynomial.to_bits().wrapping_add(shifted.to_bits() << 52));
    if x < SMALLEST { 0.0 } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library_to_two_units_in_the_last_place() {
        let mut worst: f64 = 0.0;
        for i in 0..200_000 {
            let x = -f64::from(i) * 0.003_539_71;
            let expected = libm::exp(x);
            let mut found = [x];
            exponentials(&mut found);
            if x >= SMALLEST {
                worst = worst.max((found[0] - expected).abs() / (expected * f64::EPSILON));
            }
        }
        assert!(worst < 2.0, "{worst}");
    }

    #[test]
    fn is_exact_at_zero_and_zero_far_below() {
        let mut found = [0.0, -0.0, -709.0, -1e300, f64::NEG_INFINITY];
        exponentials(&mut found);
        assert_eq!(found, [1.0, 1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn lanes_and_single_numbers_have_the_same_bits() {
        let values: Vec<f64> = (0..1_003).map(|i| -f64::from(i) * 0.7113).collect();
        let mut together = values.clone();
        exponentials(&mut together);
        for (&x, &found) in values.iter().zip(&together) {
            let mut alone = [x];
            exponentials(&mut alone);
            assert_eq!(alone[0].to_bits(), found.to_bits());
        }
    }
}
