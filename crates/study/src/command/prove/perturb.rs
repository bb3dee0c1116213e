//! Changes of all data after a session.

use std::fmt;

use backstaff_panel::{Axis, Categories, Column, Fact, Facts, Panel, Session, TRADED};
use serde::Serialize;

use crate::StudyError;

/// A change of all data after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Perturbation {
    /// Every value becomes missing.
    Missing,
    /// Every value is multiplied by 1000: so far off that no leak can hide in rounding.
    Scaled,
    /// The values of an instrument change places, so that sums and ranges over all of them stay the same.
    Shuffled,
    /// The rows are not in the files at all, so that a study's reading is tested, too.
    Truncated,
}

impl Perturbation {
    /// All changes, in the order of the passes.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Scaled, Self::Shuffled, Self::Truncated];
}

impl fmt::Display for Perturbation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Missing => "missing",
            Self::Scaled => "scaled",
            Self::Shuffled => "shuffled",
            Self::Truncated => "truncated",
        })
    }
}

/// The panel with all fields, categories and published values after a position changed; [`Perturbation::Truncated`] cuts it off.
pub fn perturb(panel: &Panel, last: usize, perturbation: Perturbation) -> Result<Panel, StudyError> {
    if perturbation == Perturbation::Truncated {
        return Ok(panel.between(0..last + 1));
    }
    let axis = panel.axis();
    let mut changed = panel.clone();
    for (name, column) in panel.fields() {
        let mut values = column.to_f64();
        for i in 0..axis.n_instruments() {
            let from = axis.rows_before(i, last + 1);
            let rows = &mut values[axis.rows(i)][from..];
            match perturbation {
                // This field is never missing: it says whether an instrument trades.
                Perturbation::Missing if name == TRADED => rows.fill(0.0),
                Perturbation::Scaled if name == TRADED => {
                    for value in rows {
                        *value = 1.0 - *value;
                    }
                }

                Perturbation::Missing => rows.fill(f64::NAN),
                Perturbation::Scaled => {
                    for value in rows {
                        *value *= 1000.0;
                    }
                }
                // Reversed and rotated, so that hardly any row keeps its value.
                _ => {
                    rows.reverse();
                    let by = rows.len() / 3;
                    rows.rotate_left(by);
                }
            }
        }
        changed.insert(name, Column::encode(&values, column.encoding()))?;
    }
    for (name, categories) in panel.all_categories() {
        changed.insert_categories(name, perturb_categories(axis, categories, last, perturbation))?;
    }
    let session = axis.calendar().session(last);
    for (name, facts) in panel.all_facts() {
        changed.insert_facts(name, perturb_facts(facts, session, perturbation))?;
    }
    Ok(changed)
}

/// Categories with the codes changed after a position.
fn perturb_categories(
    axis: &Axis,
    categories: &Categories,
    last: usize,
    perturbation: Perturbation,
) -> Categories {
    let n_names = categories.names().len() as u32;
    let mut codes = categories.codes().to_vec();
    for i in 0..axis.n_instruments() {
        let from = axis.rows_before(i, last + 1);
        let rows = &mut codes[axis.rows(i)][from..];
        match perturbation {
            Perturbation::Missing => rows.fill(Categories::MISSING),
            // Nothing can be far off among names: each becomes the next one.
            Perturbation::Scaled => {
                for code in rows.iter_mut().filter(|code| **code != Categories::MISSING) {
                    *code = (*code + 1) % n_names;
                }
            }
            Perturbation::Shuffled | Perturbation::Truncated => {
                rows.reverse();
                let by = rows.len() / 3;
                rows.rotate_left(by);
            }
        }
    }
    Categories::new(codes, categories.names().to_vec())
}

/// Published facts with the values changed that became known after a session.
fn perturb_facts(facts: &Facts, last: Session, perturbation: Perturbation) -> Facts {
    facts.replaced(|facts| {
        let (known, later) = facts.split_at(facts.partition_point(|fact| fact.known <= last));
        let values = later.iter().rev().map(|fact| fact.value);
        let later = later.iter().zip(values).map(|(fact, other)| {
            let value = match perturbation {
                Perturbation::Missing => f64::NAN,
                Perturbation::Scaled => 1000.0 * fact.value,
                Perturbation::Shuffled | Perturbation::Truncated => other,
            };
            Fact { value, ..*fact }
        });
        known.iter().copied().chain(later).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::testing::{MarketSpec, market};

    #[test]
    fn leaves_what_comes_before_alone_and_changes_what_comes_after() {
        let panel = market(MarketSpec::default());
        for perturbation in Perturbation::ALL {
            let changed = perturb(&panel, 200, perturbation).unwrap();
            let (before, after) = (panel.between(0..201), changed.between(0..201));
            assert_eq!(before.axis(), after.axis());
            for ((name, a), (_, b)) in before.fields().zip(after.fields()) {
                assert!(a.same_bits(b), "{name} moved when {perturbation}");
            }
            // Compared as texts, in which one missing value equals another.
            for ((name, a), (_, b)) in before.all_facts().zip(after.all_facts()) {
                assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name} moved when {perturbation}");
            }
            for ((name, a), (_, b)) in before.all_categories().zip(after.all_categories()) {
                assert!(
                    (0..a.codes().len()).all(|row| a.name(row) == b.name(row)),
                    "{name} moved when {perturbation}"
                );
            }
            for ((name, a), (_, b)) in panel.all_facts().zip(changed.all_facts()) {
                assert_ne!(format!("{a:?}"), format!("{b:?}"), "{name} stays when {perturbation}");
            }
            let moved = changed.axis().n_rows() != panel.axis().n_rows()
                || panel.fields().zip(changed.fields()).all(|((_, a), (_, b))| !a.same_bits(b));
            assert!(moved, "{perturbation} does nothing");
        }
    }
}
