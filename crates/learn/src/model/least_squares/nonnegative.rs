//! Least squares without negative coefficients.

use super::triangle::{Triangle, dot, subtract};

/// What is taken for zero, relative to the lengths of the vectors that are multiplied.
const SMALL: f64 = 1e-14;

/// The coefficients of the first `n` columns, none below 0, that come closest to a target.
///
/// - Source: Lawson, Hanson (1974), "Solving least squares problems", chapter 23. Columns become active one by one,
///   the one that helps most first, and leave when their coefficient would fall below 0.
pub(super) fn solve(triangle: &Triangle, n: usize, target: &[f64]) -> Vec<f64> {
    let columns = triangle.columns(n).collect::<Vec<_>>();
    let mut found = vec![0.0; n];
    let mut active = Vec::<usize>::new();
    for _ in 0..3 * n {
        let mut residual = target.to_vec();
        for &j in &active {
            subtract(found[j], columns[j], &mut residual);
        }
        let least = |j: usize| SMALL * (dot(columns[j], columns[j]) * dot(target, target)).sqrt();
        let helpful = (0..n).filter(|j| !active.contains(j)).map(|j| (j, dot(columns[j], &residual)));
        let mut candidates = helpful.filter(|&(j, gain)| gain > least(j)).collect::<Vec<_>>();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1));
        // A column that depends on the active ones, or would turn negative at once, is passed over.
        let entered = candidates.into_iter().find_map(|(j, _)| {
            active.push(j);
            let solution = within(&columns, &active, target).filter(|values| values.last() > Some(&0.0));
            if solution.is_none() {
                active.pop();
            }
            solution
        });
        let Some(mut solution) = entered else { break };
        while let Some(step) = step(&found, &active, &solution) {
            // Those that reach 0 first leave, whatever rounding would leave of them.
            let leaves = |j: usize, value: f64| value <= 0.0 && share(found[j], value) <= step;
            let left = active.iter().zip(&solution).filter(|&(&j, &value)| leaves(j, value)).map(|(&j, _)| j);
            let left = left.collect::<Vec<_>>();
            for (&j, &value) in active.iter().zip(&solution) {
                found[j] += step * (value - found[j]);
            }
            for &j in &left {
                found[j] = 0.0;
            }
            active.retain(|j| !left.contains(j));
            match within(&columns, &active, target) {
                Some(next) if !left.is_empty() => solution = next,
                _ => return found,
            }
        }
        active.iter().zip(&solution).for_each(|(&j, &value)| found[j] = value);
    }
    found
}

/// How far the coefficients can go towards a solution until the first of them is 0; `None` if all the way.
fn step(found: &[f64], active: &[usize], solution: &[f64]) -> Option<f64> {
    let negative = active.iter().zip(solution).filter(|&(_, &value)| value <= 0.0);
    negative.map(|(&j, &value)| share(found[j], value)).reduce(f64::min)
}

/// The share of the way from a coefficient to a value of 0 or less at which it is 0.
fn share(from: f64, to: f64) -> f64 {
    if from <= 0.0 { 0.0 } else { from / (from - to) }
}

/// Least squares on some of the columns alone; `None` if they depend on each other.
fn within(columns: &[&[f64]], active: &[usize], target: &[f64]) -> Option<Vec<f64>> {
    // Each column made orthogonal to those before it, twice over, so that rounding leaves nothing.
    let m = active.len();
    let (mut bases, mut upper) = (Vec::<Vec<f64>>::with_capacity(m), vec![0.0; m * m]);
    for (k, &j) in active.iter().enumerate() {
        let mut rest = columns[j].to_vec();
        for _ in 0..2 {
            for (i, base) in bases.iter().enumerate() {
                let share = dot(base, &rest);
                upper[k * m + i] += share;
                subtract(share, base, &mut rest);
            }
        }
        let length = dot(&rest, &rest).sqrt();
        if length <= 100.0 * SMALL * dot(columns[j], columns[j]).sqrt() {
            return None;
        }
        for value in &mut rest {
            *value /= length;
        }
        upper[k * m + k] = length;
        bases.push(rest);
    }
    let mut solution = bases.iter().map(|base| dot(base, target)).collect::<Vec<_>>();
    for k in (0..m).rev() {
        solution[k] /= upper[k * m + k];
        let value = solution[k];
        subtract(value, &upper[k * m..k * m + k], &mut solution[..k]);
    }
    Some(solution)
}
