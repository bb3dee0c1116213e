//! How much of each is held.

/// Shares of equity in proportion to `raw`, together `budget`, none above `most`: what is cut off goes to the others in
/// the same proportion, and stays in cash where all are at the cap.
///
/// Raw weights that are not above zero get nothing.
pub(super) fn weigh(raw: &[f64], budget: f64, most: f64) -> Vec<f64> {
    let mut weights = vec![0.0; raw.len()];
    let mut open = (0..raw.len()).filter(|&k| raw[k] > 0.0).collect::<Vec<_>>();
    let mut left = budget.max(0.0);
    while !open.is_empty() && left > 0.0 {
        let sum = open.iter().map(|&k| raw[k]).sum::<f64>();
        let (capped, free) = open.iter().partition::<Vec<usize>, _>(|&&k| left * raw[k] / sum > most);
        if capped.is_empty() {
            for k in free {
                weights[k] = left * raw[k] / sum;
            }
            break;
        }
        for &k in &capped {
            weights[k] = most;
        }
        left -= most * capped.len() as f64;
        open = free;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_cap_cuts_off_goes_to_the_others() {
        assert_eq!(weigh(&[6.0, 1.0, 1.0], 1.0, 0.5), [0.5, 0.25, 0.25]);
        assert_eq!(weigh(&[6.0, 1.0, 1.0], 1.0, 0.25), [0.25; 3]);
        assert_eq!(weigh(&[3.0, f64::NAN, 1.0, -2.0], 0.5, 1.0), [0.375, 0.0, 0.125, 0.0]);
        assert_eq!(weigh(&[1.0], 0.0, 1.0), [0.0]);
    }

    proptest! {
        #[test]
        fn the_budget_is_used_as_far_as_the_cap_allows(
            raw in proptest::collection::vec(0.01..10.0, 1..30), budget in 0.0..1.0, most in 0.01..1.0,
        ) {
            let weights = weigh(&raw, budget, most);
            prop_assert!(weights.iter().all(|&weight| weight <= most));
            let expected = budget.min(most * raw.len() as f64);
            prop_assert!((weights.iter().sum::<f64>() - expected).abs() < 1e-12);
            // More raw weight is never less weight.
            for (a, x) in raw.iter().zip(&weights) {
                for (b, y) in raw.iter().zip(&weights) {
                    prop_assert!(a < b || x >= y);
                }
            }
        }
    }
}
