//! What a score is before it is ranked.

use std::collections::BTreeMap;

use backstaff_statistics::{central_moment, mean};

use super::{Guide, Risk, View};

/// What is done to a session's scores before they are ranked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoreRule {
    /// Scores become z-scores within these groups: `(score − mean) / sd`, sd with n; 0 where sd is 0 or the group has one
    /// member. Instruments without a group (`u32::MAX`) are a group of their own.
    pub within: Option<Guide<u32>>,
    /// Scores, z-scored or not, are divided by this; an instrument without it has no score. A negative score divided by
    /// a large risk is a less negative one.
    pub divided_by: Option<Risk>,
}

impl ScoreRule {
    /// The scores to rank by, and how many have none for want of a risk.
    pub(super) fn apply(&self, view: &View<'_>, mut scores: Vec<(usize, f64)>) -> (Vec<(usize, f64)>, usize) {
        if let Some(groups) = &self.within {
            standardise(&mut scores, |i| view.guide(groups, i).unwrap_or(u32::MAX));
        }
        let Some(risk) = &self.divided_by else { return (scores, 0) };
        let before = scores.len();
        scores = scores.into_iter().filter_map(|(i, score)| Some((i, score / risk.of(view, i)?))).collect();
        let without = before - scores.len();
        (scores, without)
    }
}

/// Makes scores z-scores within their groups.
fn standardise(scores: &mut [(usize, f64)], group: impl Fn(usize) -> u32) {
    let mut groups = BTreeMap::<u32, Vec<usize>>::new();
    // In the order of the instruments, so that sums don't depend on the ranking.
    scores.sort_unstable_by_key(|&(i, _)| i);
    for (place, &(i, _)) in scores.iter().enumerate() {
        groups.entry(group(i)).or_default().push(place);
    }
    for places in groups.values() {
        let values = places.iter().map(|&place| scores[place].1).collect::<Vec<_>>();
        let (mean, deviation) = (mean(&values), central_moment(&values, 2).sqrt());
        // Equal scores may differ from their mean by a rounding.
        let is_constant = values.iter().all(|value| *value == values[0]);
        for &place in places {
            scores[place].1 = if is_constant { 0.0 } else { (scores[place].1 - mean) / deviation };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_compared_within_their_group() {
        let mut scores = vec![(3, 5.0), (0, 1.0), (1, 3.0), (2, 0.1), (4, 0.1)];
        standardise(&mut scores, |i| [0, 0, 1, 2, 1][i]);
        assert_eq!(scores, [(0, -1.0), (1, 1.0), (2, 0.0), (3, 0.0), (4, 0.0)]);
    }
}
