//! What a model is trained on: labels seen against their cross-section.

use backstaff_panel::{Categories, Column};
use backstaff_statistics::{average_ranks, deviation, mean_from_first, median};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Labels;

/// What a target starts from, in a study file `return`, `excess` or `residual`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The return of the label.
    #[default]
    Return,
    /// The return less the market's.
    Excess,
    /// What beta leaves of the return: `return − beta · market`.
    Residual,
}

impl Basis {
    /// The name in study files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Excess => "excess",
            Self::Residual => "residual",
        }
    }
}

/// How the market's return follows from the returns of a session's cross-section, in a study file `mean` or
/// `median`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarketReturn {
    /// The mean of the returns.
    #[default]
    Mean,
    /// The median of the returns; of an even number, the mean of the middle two.
    Median,
}

impl MarketReturn {
    /// The name in study files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }
}

/// The form in which a model sees a target, in a study file `value`, `rank`, `percent_rank`, `zscore` or `log`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetForm {
    /// The number as it is.
    Value,
    /// The rank within the session, from −0.5 to 0.5 (exclusive), centred at 0; ties share theirs.
    Rank,
    /// The rank by the number of ranked rows, above 0 and up to 1; ties share theirs.
    PercentRank,
    /// In standard deviations (n − 1) from the mean of the session; 0 where all are equal.
    #[serde(rename = "zscore")]
    ZScore,
    /// `sign(x) · ln(1 + |x|)`: large values count less, without an end.
    Log,
}

impl TargetForm {
    /// The name in study files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Rank => "rank",
            Self::PercentRank => "percent_rank",
            Self::ZScore => "zscore",
            Self::Log => "log",
        }
    }
}

/// How the labels of one session's rows become targets.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// What the target starts from.
    pub basis: Basis,
    /// What the market's return is in an excess or a residual.
    pub market: MarketReturn,
    /// The form in which a model sees the target.
    pub form: TargetForm,
    /// Returns beyond ± this are cut to it, before anything else. The labels themselves stay as they are.
    pub clip: Option<f64>,
    /// Targets beyond ± this are cut to it, after everything else.
    pub limit: Option<f64>,
}

impl Target {
    /// The return in some form, uncut.
    pub const fn of_return(form: TargetForm) -> Self {
        Self { basis: Basis::Return, market: MarketReturn::Mean, form, clip: None, limit: None }
    }

    /// The return less the mean of the session.
    pub const EXCESS: Self = Self { basis: Basis::Excess, ..Self::of_return(TargetForm::Value) };

    /// Whether a row's target depends on other rows.
    fn compares(&self) -> bool {
        self.basis != Basis::Return || !matches!(self.form, TargetForm::Value | TargetForm::Log)
    }
}

/// What was known of the rows when their sessions closed; one entry a row of the axis.
#[derive(Clone, Copy, Default, Debug)]
pub struct Known<'a> {
    /// Betas, for [`Basis::Residual`].
    pub beta: Option<&'a Column>,
    /// Categories whose mean is taken off before the form is given.
    pub neutral: Option<&'a Categories>,
    /// Categories within which ranks and z-scores are taken, instead of the whole session.
    pub within: Option<&'a Categories>,
}

impl Labels {
    /// Targets for training, one for each of `rows`, in their order. The cross-section of a session is its rows among
    /// them and nothing else.
    ///
    /// - Shape: `rows` are rows of the axis, those of one segment of a fold.
    /// - NaN: a row without a label, or without a beta or category that its target needs; but for plain returns also
    ///   the row of a session or category that has fewer than two such rows, since nobody is better than nobody.
    /// - Look-ahead: that of the labels of the rows. Rows that a fold purged don't enter the mean or the ranks of those
    ///   it kept, so a target reaches no further than the fold's spans.
    ///
    /// # Panics
    ///
    /// If a row is not on the axis, or a residual is asked for without betas.
    pub fn target(&self, rows: &[u32], target: &Target, known: &Known<'_>) -> Vec<f64> {
        assert!(known.beta.is_some() || target.basis != Basis::Residual, "a residual needs betas");
        let mut places = (0..rows.len() as u32)
            .filter(|&place| !self.values[rows[place as usize] as usize].is_nan())
            .map(|place| (self.axis.position_of(rows[place as usize] as usize) as u32, place))
            .collect::<Vec<_>>();
        // Stable, so within a session the rows keep their order.
        places.sort_by_key(|&(position, _)| position);
        let sessions = places.chunk_by(|a, b| a.0 == b.0).collect::<Vec<_>>();
        let results = sessions.par_iter().map(|session| {
            let rows = session.iter().map(|&(_, place)| rows[place as usize] as usize).collect::<Vec<_>>();
            self.session(&rows, target, known)
        });
        let mut out = vec![f64::NAN; rows.len()];
        for (session, values) in sessions.iter().zip(results.collect::<Vec<_>>()) {
            for (&(_, place), value) in session.iter().zip(values) {
                out[place as usize] = value;
            }
        }
        out
    }

    /// The targets of one session's rows, all of which have a label.
    fn session(&self, rows: &[usize], target: &Target, known: &Known<'_>) -> Vec<f64> {
        if rows.len() < 2 && (target.compares() || known.neutral.is_some()) {
            return vec![f64::NAN; rows.len()];
        }
        let clip = target.clip.unwrap_or(f64::INFINITY);
        let mut values = rows.iter().map(|&row| self.values[row].clamp(-clip, clip)).collect::<Vec<_>>();
        if target.basis != Basis::Return {
            let market = match target.market {
                MarketReturn::Mean => mean_from_first(&values),
                MarketReturn::Median => median(&values),
            };
            for (value, &row) in values.iter_mut().zip(rows) {
                *value -= match (target.basis, known.beta) {
                    (Basis::Residual, Some(beta)) => beta.get(row) * market,
                    _ => market,
                };
            }
        }
        if let Some(categories) = known.neutral {
            each_category(&mut values, rows, Some(categories), |values| {
                let mean = mean_from_first(values);
                values.iter().map(|value| value - mean).collect()
            });
        }
        match target.form {
            TargetForm::Value => {}
            TargetForm::Log => {
                for value in &mut values {
                    *value = libm::log1p(value.abs()).copysign(*value);
                }
            }
            TargetForm::Rank | TargetForm::PercentRank | TargetForm::ZScore => {
                each_category(&mut values, rows, known.within, |values| compared(values, target.form));
            }
        }
        let limit = target.limit.unwrap_or(f64::INFINITY);
        values
            .iter()
            .map(|value| if value.is_finite() { value.clamp(-limit, limit) } else { f64::NAN })
            .collect()
    }
}

/// Finite values of one cross-section, in a form that compares them.
fn compared(values: &[f64], form: TargetForm) -> Vec<f64> {
    let n = values.len() as f64;
    match form {
        TargetForm::Rank => average_ranks(values).iter().map(|rank| (rank - 0.5) / n - 0.5).collect(),
        TargetForm::PercentRank => average_ranks(values).iter().map(|rank| rank / n).collect(),
        _ => {
            let mean = mean_from_first(values);
            let deviation = deviation(values, mean);
            let score = |value: &f64| if deviation > 0.0 { (value - mean) / deviation } else { 0.0 };
            values.iter().map(score).collect()
        }
    }
}

/// Replace the values of each category by what `work` makes of its finite ones; without categories all are one. A
/// category of a single value, and rows without a category, have none afterwards.
fn each_category(
    values: &mut [f64],
    rows: &[usize],
    categories: Option<&Categories>,
    work: impl Fn(&[f64]) -> Vec<f64>,
) {
    let code = |place: usize| categories.map_or(0, |categories| categories.codes()[rows[place]]);
    let usable = |&place: &usize| values[place].is_finite() && code(place) != Categories::MISSING;
    let mut places = (0..rows.len()).filter(usable).collect::<Vec<_>>();
    places.sort_by_key(|&place| code(place));
    let parts = places.chunk_by(|&a, &b| code(a) == code(b)).filter(|part| part.len() > 1);
    let parts = parts.map(|part| (part, work(&part.iter().map(|&place| values[place]).collect::<Vec<_>>())));
    let parts = parts.collect::<Vec<_>>();
    values.fill(f64::NAN);
    for (places, results) in parts {
        for (&place, result) in places.iter().zip(results) {
            values[place] = result;
        }
    }
}
