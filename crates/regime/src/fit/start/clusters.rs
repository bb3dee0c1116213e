//! Clusters of bars.

use super::{FitOptions, Sample, bins::turmoil};
use crate::random::Random;

/// Beyond this many standard deviations a value counts as this many, so that no outlier is a cluster of its own.
const FARTHEST: f64 = 4.0;
const MOST_ROUNDS: usize = 25;
/// The stream of random numbers for the first centres, apart from those of the random starts.
const STREAM: u64 = u64::MAX;

/// The label of each present bar: its cluster by Lloyd's algorithm, from centres drawn far apart (k-means++).
///
/// A bar is described by its values, and by the logarithm of the turmoil around it, all in units of their spread.
pub(super) fn labels(sample: &Sample<'_>, options: &FitOptions) -> Vec<usize> {
    let (points, width) = points(sample, options.n_states);
    let mut centres = spread_out(&points, width, options.n_states, options.seed);
    let mut labels = vec![0; points.len() / width];
    for _ in 0..MOST_ROUNDS {
        let nearest = points.chunks_exact(width).map(|point| nearest(point, &centres).0).collect::<Vec<_>>();
        if nearest == labels {
            break;
        }
        labels = nearest;
        move_to_means(&mut centres, &points, &labels, width);
    }
    labels
}

fn points(sample: &Sample<'_>, k: usize) -> (Vec<f64>, usize) {
    let width = sample.n_series() + 1;
    let logs = turmoil(sample, k).iter().map(|turmoil| libm::log(turmoil + 1e-3)).collect::<Vec<_>>();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let deviation = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / n).sqrt().max(1e-12);
    let mut points = Vec::with_capacity(logs.len() * width);
    for (row, log) in sample.observations.present_rows().zip(logs) {
        for ((x, mean), variance) in row.iter().zip(&sample.means).zip(&sample.units) {
            points.push(((x - mean) / variance.sqrt()).clamp(-FARTHEST, FARTHEST));
        }
        points.push((log - mean) / deviation);
    }
    (points, width)
}

/// Centres drawn from the points, each with a probability proportional to its squared distance to those before.
fn spread_out(points: &[f64], width: usize, k: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed, STREAM);
    let rows = points.chunks_exact(width);
    let first = random.index(rows.len());
    let mut centres = vec![points[first * width..(first + 1) * width].to_vec()];
    while centres.len() < k {
        let distances = rows.clone().map(|point| nearest(point, &centres).1).collect::<Vec<_>>();
        let next = random.draw(&distances);
        centres.push(points[next * width..(next + 1) * width].to_vec());
    }
    centres
}

fn nearest(point: &[f64], centres: &[Vec<f64>]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (at, centre) in centres.iter().enumerate() {
        let distance = point.iter().zip(centre).map(|(a, b)| (a - b) * (a - b)).sum();
        if distance < best.1 {
            best = (at, distance);
        }
    }
    best
}

/// A centre that no point belongs to stays where it is.
fn move_to_means(centres: &mut [Vec<f64>], points: &[f64], labels: &[usize], width: usize) {
    for (cluster, centre) in centres.iter_mut().enumerate() {
        let members = || points.chunks_exact(width).zip(labels).filter(|&(_, &label)| label == cluster);
        let count = members().count();
        if count > 0 {
            for (at, value) in centre.iter_mut().enumerate() {
                *value = members().map(|(point, _)| point[at]).sum::<f64>() / count as f64;
            }
        }
    }
}
