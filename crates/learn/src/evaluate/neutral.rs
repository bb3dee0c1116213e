//! Information within groups: what is left when a signal may not prefer one sector to another.

use backstaff_panel::Categories;
use backstaff_statistics::{average_ranks, correlation};

use super::{Cross, MIN_INSTRUMENTS};

/// The rank correlation of signal and outcome within groups, session by session.
///
/// Both sides become ranks within their group, `(rank − 0.5) / n − 0.5` with ties sharing theirs, and Pearson's
/// correlation is taken over the members of all groups. Without ties that is the mean of the groups' own rank
/// correlations, weighted by `n − 1 / n`. A group that does well as a whole adds nothing.
///
/// - Shape: `outcome` and `groups` have one value a row; the result has one value for each session.
/// - NaN: fewer than [`MIN_INSTRUMENTS`] members with score, outcome and a group of two or more; one side constant
///   within every group. Members without a group are left out.
/// - Look-ahead: as far as the outcome's.
///
/// # Panics
///
/// If `outcome` or `groups` have another number of rows.
pub fn group_rank_coefficients(cross: &Cross<'_>, outcome: &[f64], groups: &Categories) -> Vec<f64> {
    let codes = groups.codes();
    assert!(outcome.len() == cross.axis.n_rows() && codes.len() == outcome.len());
    cross.each_session(|position| {
        let rows = cross.scored(position);
        let rows = rows.filter(|&row| outcome[row].is_finite() && codes[row] != Categories::MISSING);
        let mut members = rows.map(|row| (codes[row], cross.scores[row], outcome[row])).collect::<Vec<_>>();
        // Stable: within a group the instruments keep their order.
        members.sort_by_key(|member| member.0);
        let (mut x, mut y) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
        for group in members.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            x.extend(centred_ranks(group.iter().map(|member| member.1)));
            y.extend(centred_ranks(group.iter().map(|member| member.2)));
        }
        if x.len() < MIN_INSTRUMENTS { f64::NAN } else { correlation(&x, &y) }
    })
}

/// Ranks from −0.5 to 0.5, both exclusive.
fn centred_ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values = values.collect::<Vec<_>>();
    let n = values.len() as f64;
    average_ranks(&values).iter().map(|rank| (rank - 0.5) / n - 0.5).collect()
}
