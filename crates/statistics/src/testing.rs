//! A panel of returns that needs no library of random numbers: a known generator, made normal by Box and Muller.

/// Returns of 504 sessions of 8 trials, trial by trial: `0.0002 j + 0.01 z`.
pub(crate) fn panel() -> Vec<Vec<f64>> {
    let mut state = 42_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    };
    let draws = (0..8064).map(|_| uniform()).collect::<Vec<_>>();
    let normal = |i: usize| {
        (-2.0 * libm::log(draws[i])).sqrt() * libm::cos(2.0 * std::f64::consts::PI * draws[4032 + i])
    };
    let column = |j: usize| (0..504).map(|t| 0.0002 * j as f64 + 0.01 * normal(t * 8 + j)).collect();
    (0..8).map(column).collect()
}

/// One trial of the panel.
pub(crate) fn column(panel: &[Vec<f64>], trial: usize) -> Vec<f64> {
    panel[trial].clone()
}

#[test]
fn the_panel_is_the_known_one() {
    let panel = panel();
    for (trial, value) in [0.010_607_31, -0.011_070_07, 0.011_366_66].into_iter().enumerate() {
        assert!((panel[trial][0] - value).abs() < 5e-9);
    }
    assert!((panel.iter().flatten().sum::<f64>() - 2.085_498_341_645_431).abs() < 1e-10);
}
