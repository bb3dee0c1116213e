//! The rows of a least-squares problem.

use std::ops::Range;

use backstaff_panel::Column;
use rayon::prelude::*;

use super::super::Samples;
use crate::LearnError;

/// Complete rows of one or more sets of samples, with the offsets that are taken from their columns.
#[derive(Clone, Debug)]
pub(super) struct Rows<'a> {
    parts: Vec<Part<'a>>,
    n_features: usize,
    /// What is taken from each feature.
    offsets: Vec<f64>,
    /// What is taken from the target.
    target_offset: f64,
}

/// The complete rows of one set of samples.
#[derive(Clone, Debug)]
struct Part<'a> {
    columns: &'a [&'a Column],
    rows: Vec<u32>,
    targets: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(samples: &[&Samples<'a>]) -> Result<Self, LearnError> {
        let names = samples[0].features().owned_names();
        let mut parts = Vec::with_capacity(samples.len());
        for samples in samples {
            samples.features().must_be(&names)?;
            parts.push(Part::of(samples)?);
        }
        if parts.iter().all(|part| part.rows.is_empty()) {
            return Err(LearnError::NoTargets { what: "training" });
        }
        let n_features = names.len();
        Ok(Self { parts, n_features, offsets: vec![0.0; n_features], target_offset: 0.0 })
    }

    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.rows.len()).sum()
    }

    pub(super) fn n_features(&self) -> usize {
        self.n_features
    }

    pub(super) fn is_weighted(&self) -> bool {
        self.parts.iter().any(|part| part.weights.is_some())
    }

    fn weight_total(&self) -> f64 {
        self.parts.iter().map(|part| (0..part.rows.len()).map(|n| part.weight(n)).sum::<f64>()).sum()
    }

    /// Weights that are 1 on average.
    pub(super) fn of_mean_weight_one(mut self) -> Self {
        let factor = self.len() as f64 / self.weight_total();
        for weights in self.parts.iter_mut().filter_map(|part| part.weights.as_mut()) {
            for weight in weights {
                *weight *= factor;
            }
        }
        self
    }

    /// The same about the means of the columns.
    pub(super) fn centred(mut self) -> Self {
        let (total, parts) = (self.weight_total(), &self.parts);
        let mean = |value: &dyn Fn(&Part<'_>, usize) -> f64| {
            let sum =
                |part: &Part<'_>| (0..part.rows.len()).map(|n| part.weight(n) * value(part, n)).sum::<f64>();
            parts.iter().map(sum).sum::<f64>() / total
        };
        let feature = |j: usize| mean(&|part, n| part.columns[j].get(part.rows[n] as usize));
        self.offsets = (0..self.n_features).into_par_iter().map(feature).collect();
        self.target_offset = mean(&|part, n| part.targets[n]);
        self
    }

    /// What a model of these coefficients adds to its predictions, so that the offsets cancel.
    pub(super) fn intercept(&self, coefficients: &[f64]) -> f64 {
        let explained = coefficients.iter().zip(&self.offsets).map(|(b, offset)| b * offset).sum::<f64>();
        self.target_offset - explained
    }

    /// Write a range of rows, one column after the other: the features, ones if wanted, the target. Each row is
    /// multiplied by the root of its weight.
    pub(super) fn fill(&self, range: Range<usize>, has_ones: bool, out: &mut [f64]) {
        let (height, mut first, mut written) = (range.len(), 0, 0);
        for part in &self.parts {
            let within = range.start.max(first)..range.end.min(first + part.rows.len());
            if !within.is_empty() {
                let local = within.start - first..within.end - first;
                let place = written..written + local.len();
                written = place.end;
                self.fill_part(
                    part,
                    local,
                    has_ones,
                    &mut |column| {
                        let start = column * height;
                        start + place.start..start + place.end
                    },
                    out,
                );
            }
            first += part.rows.len();
        }
    }

    fn fill_part(
        &self,
        part: &Part<'_>,
        rows: Range<usize>,
        has_ones: bool,
        place: &mut dyn FnMut(usize) -> Range<usize>,
        out: &mut [f64],
    ) {
        let picked = &part.rows[rows.clone()];
        for (j, (column, offset)) in part.columns.iter().zip(&self.offsets).enumerate() {
            match column {
                Column::F32(values) => gather(values, picked, *offset, &mut out[place(j)]),
                Column::F64(values) => gather(values, picked, *offset, &mut out[place(j)]),
            }
        }
        let n = self.n_features;
        if has_ones {
            out[place(n)].fill(1.0);
        }
        let target = n + usize::from(has_ones);
        for (out, target) in out[place(target)].iter_mut().zip(&part.targets[rows.clone()]) {
            *out = target - self.target_offset;
        }
        if let Some(weights) = &part.weights {
            for column in 0..=target {
                for (out, weight) in out[place(column)].iter_mut().zip(&weights[rows.clone()]) {
                    *out *= weight.sqrt();
                }
            }
        }
    }
}

impl<'a> Part<'a> {
    fn of(samples: &Samples<'a>) -> Result<Self, LearnError> {
        let features = samples.features();
        let mut is_kept = vec![true; samples.len()];
        for (name, column) in features.names().iter().zip(features.columns()) {
            for (is_kept, &row) in is_kept.iter_mut().zip(samples.rows()) {
                let value = column.get(row as usize);
                if value.is_infinite() {
                    return Err(LearnError::InfiniteFeature { name: (*name).to_owned() });
                }
                *is_kept &= !value.is_nan();
            }
        }
        let kept = (0..samples.len()).filter(|&n| is_kept[n]).collect::<Vec<_>>();
        Ok(Self {
            columns: features.columns(),
            rows: kept.iter().map(|&n| samples.rows()[n]).collect(),
            targets: kept.iter().map(|&n| samples.targets()[n]).collect(),
            weights: samples.weights().map(|weights| kept.iter().map(|&n| weights[n]).collect()),
        })
    }

    fn weight(&self, n: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[n])
    }
}

fn gather<T: Copy + Into<f64>>(values: &[T], rows: &[u32], offset: f64, out: &mut [f64]) {
    for (out, &row) in out.iter_mut().zip(rows) {
        *out = values[row as usize].into() - offset;
    }
}
