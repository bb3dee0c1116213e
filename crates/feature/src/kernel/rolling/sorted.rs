//! The values of a window in order.

/// Values in ascending order, kept so while the window moves on.
///
/// Which value stands where is a matter of comparisons, which do not round: the order statistics of a window are the
/// same however it was reached.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    values: Vec<f64>,
}

impl Sorted {
    pub fn with_capacity(capacity: usize) -> Self {
        Self { values: Vec::with_capacity(capacity) }
    }

    /// The values, smallest first.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Moves on by one row: one value goes, one comes, either may be missing. What goes must be there.
    pub fn step(&mut self, going: Option<f64>, coming: Option<f64>) {
        match (going, coming) {
            (Some(going), Some(coming)) => self.replace(going, coming),
            (Some(going), None) => {
                self.values.remove(self.below(going));
            }
            (None, Some(coming)) => self.values.insert(self.below(coming), coming),
            (None, None) => {}
        }
    }

    /// How many values lie below this one.
    pub fn below(&self, value: f64) -> usize {
        below(&self.values, value)
    }

    fn replace(&mut self, going: f64, coming: f64) {
        let (from, to) = (self.below(going), self.below(coming));
        if from < to {
            // What is below the newcomer moves down into the gap; the one that goes was among them.
            self.values.copy_within(from + 1..to, from);
            self.values[to - 1] = coming;
        } else {
            self.values.copy_within(to..from, to + 1);
            self.values[to] = coming;
        }
    }
}

/// How many of the sorted values lie below this one.
fn below(sorted: &[f64], value: f64) -> usize {
    /// Up to here counting them all, without a branch, beats guessing halves.
    const COUNTED: usize = 64;
    if sorted.len() <= COUNTED {
        sorted.iter().map(|&other| usize::from(other < value)).sum()
    } else {
        sorted.partition_point(|&other| other < value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stays_in_order(values in prop::collection::vec(prop::option::of(-5_i8..5), 1..200), length in 1_usize..90) {
            let values = values.iter().map(|value| value.map(f64::from)).collect::<Vec<_>>();
            let mut sorted = Sorted::default();
            for row in 0..values.len() {
                let start = (row + 1).saturating_sub(length);
                sorted.step(start.checked_sub(1).and_then(|gone| values[gone]), values[row]);
                let mut expected = values[start..=row].iter().flatten().copied().collect::<Vec<_>>();
                expected.sort_by(f64::total_cmp);
                prop_assert_eq!(sorted.values(), expected);
            }
        }
    }
}
