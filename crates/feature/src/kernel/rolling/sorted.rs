//! The values of a window in order.
//!
//! Which value stands where is a matter of comparisons, which do not round: the order statistics of a window are the
//! same however it was reached.

/// The present values of a window in ascending order, kept so while the window moves on.
pub(super) trait Sorted {
    /// Moves on by one row: one value goes, one comes, either may be missing. What goes must be there.
    fn step(&mut self, going: Option<f64>, coming: Option<f64>);

    /// The values, smallest first.
    fn values(&self) -> &[f64];

    /// How many values lie below this one, and how many equal it.
    fn below(&self, value: f64) -> (u64, u64);
}

/// For short windows: every step rewrites the whole window without a branch or a search.
///
/// With `going` taken out of the sorted values `s`, what stands at place `i` is `t[i] = s[i] < going ? s[i] : s[i + 1]`;
/// with `coming` put in, it is the middle one of `t[i - 1]`, `coming` and `t[i]`. Compilers make vectors of that. Missing
/// values stand as infinity at the end, so that there is always one to go and one to come.
#[derive(Debug)]
pub(super) struct Short {
    /// Minus infinity, the values, the missing ones as infinity, infinity.
    slots: Vec<f64>,
    next: Vec<f64>,
    observations: usize,
}

impl Short {
    /// Up to this length the work of rewriting is less than that of searching and moving.
    pub(super) const LONGEST: usize = 128;

    /// An empty window of `length` rows.
    pub(super) fn new(length: usize) -> Self {
        let mut slots = vec![f64::INFINITY; length + 2];
        slots[0] = f64::NEG_INFINITY;
        Self { next: slots.clone(), slots, observations: 0 }
    }
}

impl Sorted for Short {
    #[inline(always)]
    fn step(&mut self, going: Option<f64>, coming: Option<f64>) {
        self.observations = self.observations + usize::from(coming.is_some()) - usize::from(going.is_some());
        let (going, coming) = (going.unwrap_or(f64::INFINITY), coming.unwrap_or(f64::INFINITY));
        let length = self.slots.len() - 2;
        let (below, here, above) = (&self.slots[..length], &self.slots[1..=length], &self.slots[2..]);
        for (((next, &below), &here), &above) in self.next[1..].iter_mut().zip(below).zip(here).zip(above) {
            let before = if below < going { below } else { here };
            let after = if here < going { here } else { above };
            let at_most = if coming < after { coming } else { after };
            *next = if at_most > before { at_most } else { before };
        }
        std::mem::swap(&mut self.slots, &mut self.next);
    }

    #[inline(always)]
    fn values(&self) -> &[f64] {
        &self.slots[1..=self.observations]
    }

    #[inline(always)]
    fn below(&self, value: f64) -> (u64, u64) {
        self.values().iter().fold((0, 0), |(below, equal), &other| {
            (below + u64::from(other < value), equal + u64::from(other == value))
        })
    }
}

/// For long windows: places are found by halving, and what lies between them moves by one.
#[derive(Debug, Default)]
pub(super) struct Long {
    values: Vec<f64>,
}

impl Long {
    /// The place of the first value that does not lie below this one.
    #[inline(always)]
    fn place(&self, value: f64) -> usize {
        self.values.partition_point(|&other| other < value)
    }
}

impl Sorted for Long {
    #[inline(always)]
    fn step(&mut self, going: Option<f64>, coming: Option<f64>) {
        match (going.map(|going| self.place(going)), coming.map(|coming| (coming, self.place(coming)))) {
            // What is below the newcomer moves down into the gap; the one that goes was among them.
            (Some(from), Some((coming, to))) if from < to => {
                self.values.copy_within(from + 1..to, from);
                self.values[to - 1] = coming;
            }
            (Some(from), Some((coming, to))) => {
                self.values.copy_within(to..from, to + 1);
                self.values[to] = coming;
            }
            (Some(from), None) => {
                self.values.remove(from);
            }
            (None, Some((coming, to))) => self.values.insert(to, coming),
            (None, None) => {}
        }
    }

    #[inline(always)]
    fn values(&self) -> &[f64] {
        &self.values
    }

    #[inline(always)]
    fn below(&self, value: f64) -> (u64, u64) {
        let below = self.place(value);
        (below as u64, self.values[below..].partition_point(|&other| other == value) as u64)
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
            let (mut short, mut long) = (Short::new(length), Long::default());
            for row in 0..values.len() {
                let start = (row + 1).saturating_sub(length);
                let going = start.checked_sub(1).and_then(|gone| values[gone]);
                short.step(going, values[row]);
                long.step(going, values[row]);
                let mut expected = values[start..=row].iter().flatten().copied().collect::<Vec<_>>();
                expected.sort_by(f64::total_cmp);
                prop_assert_eq!(short.values(), &expected);
                prop_assert_eq!(long.values(), &expected);
            }
        }
    }
}
