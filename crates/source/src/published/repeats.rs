//! Values that are published twice.

use backstaff_panel::{Fact, Session};

/// What was published more than once on one day for one subject and period.
#[derive(Default)]
pub(super) struct Repeats {
    /// The number of values that are equal to one before them, and count once.
    pub merged: usize,
    /// The number of values that differ from one before them.
    pub differing: usize,
    /// The place in the list of the first pair that differs.
    pub first: Option<(usize, usize)>,
}

impl Repeats {
    /// Take out of a list what repeats another value of its subject, period and day. What differs stays: the last counts.
    pub(super) fn settle<K: Ord>(facts: &mut Vec<(K, Fact)>) -> Self {
        let key = |at: usize| {
            let (subject, fact) = &facts[at];
            (subject, fact.known, fact.period)
        };
        let mut order = (0..facts.len()).collect::<Vec<_>>();
        // Stable, so that those of one key stay in the order of the rows.
        order.sort_by(|&a, &b| key(a).cmp(&key(b)));
        let mut repeats = Self::default();
        let mut is_kept = vec![true; facts.len()];
        for pair in order.windows(2).filter(|pair| key(pair[0]) == key(pair[1])) {
            let (earlier, later) = (facts[pair[0]].1.value, facts[pair[1]].1.value);
            if earlier == later {
                is_kept[pair[1]] = false;
                repeats.merged += 1;
            } else {
                repeats.differing += 1;
                repeats.first.get_or_insert((pair[0], pair[1]));
            }
        }
        if repeats.first.is_none() && repeats.merged > 0 {
            let mut kept = is_kept.into_iter();
            facts.retain(|_| kept.next().unwrap_or(true));
        }
        repeats
    }
}

/// The words for two values of one day.
pub(super) fn pair(known: Session, first: f64, second: f64) -> String {
    format!("{first} and {second}, both known on {known}")
}
