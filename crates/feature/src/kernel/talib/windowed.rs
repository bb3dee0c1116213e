//! Indicators that need no more than the last rows.

use std::{borrow::Cow, fmt};

use backstaff_panel::Session;

use super::{Indicator, State, sliding};
use crate::kernel::Window;

type Compute = dyn Fn(&Rows<'_>) -> Vec<Vec<f64>> + Send + Sync;
pub(super) type Kernel = fn(&[f64], &[Session], Window, &mut [f64]);
type PairKernel = fn(&[f64], &[f64], &[Session], Window, &mut [f64]);

/// An indicator of the last rows. The state is those rows, and how many there were before.
pub struct Windowed {
    /// How many earlier rows a value needs.
    reach: usize,
    /// How many rows came so far.
    seen: usize,
    /// The last `reach` rows of each input, or all if there are fewer.
    older: Vec<Vec<f64>>,
    compute: Box<Compute>,
}

/// Rows of all inputs: the earlier ones that are needed, and the new ones.
#[derive(Debug)]
pub struct Rows<'a> {
    inputs: Vec<&'a [f64]>,
    /// The number of the first row, counted from the first present one: at these numbers windows cut their blocks.
    first: usize,
}

impl Windowed {
    /// An indicator that needs `reach` earlier rows. `compute` is given rows and returns a series for each output, of one
    /// value for each row but the first `reach`.
    pub fn new(reach: usize, compute: impl Fn(&Rows<'_>) -> Vec<Vec<f64>> + Send + Sync + 'static) -> Self {
        Self { reach, seen: 0, older: Vec::new(), compute: Box::new(compute) }
    }

    /// Take more rows; the only output comes back.
    pub(super) fn run_one(&mut self, inputs: &[&[f64]]) -> Vec<f64> {
        self.run(inputs).swap_remove(0)
    }
}

impl Indicator for Windowed {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        self.older.resize(inputs.len(), Vec::new());
        let n_older = self.older[0].len();
        let joined = self.older.iter().zip(inputs).map(|(older, &new)| match older.as_slice() {
            [] => Cow::Borrowed(new),
            older => Cow::Owned([older, new].concat()),
        });
        let joined = joined.collect::<Vec<_>>();
        let n_rows = joined[0].len();
        let rows = Rows { inputs: joined.iter().map(AsRef::as_ref).collect(), first: self.seen - n_older };
        let outputs = (self.compute)(&rows);
        debug_assert!(outputs.iter().all(|output| output.len() == n_rows.saturating_sub(self.reach)));
        let kept = joined.iter().map(|rows| rows[n_rows.saturating_sub(self.reach)..].to_vec());
        self.older = kept.collect();
        self.seen += n_rows - n_older;
        outputs
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        let mut n_inputs = self.older.len();
        state.count(&mut n_inputs);
        self.older.resize(n_inputs, Vec::new());
        for older in &mut self.older {
            state.numbers(older);
        }
    }
}

impl<'a> Rows<'a> {
    /// One of the inputs.
    pub fn input(&self, i: usize) -> &'a [f64] {
        self.inputs[i]
    }

    /// The last input, which may be the first.
    pub fn last_input(&self) -> &'a [f64] {
        self.inputs[self.inputs.len() - 1]
    }

    /// A statistic of each whole window of `length` values, of which the last one belongs to the last row.
    pub fn rolled(&self, values: &[f64], length: usize, kernel: Kernel) -> Vec<f64> {
        self.windows(values.len(), length, |numbers, window, out| kernel(values, numbers, window, out))
    }

    /// A statistic of a window of two series.
    ///
    /// # Panics
    ///
    /// If they differ in length.
    pub fn rolled_pair(&self, x: &[f64], y: &[f64], length: usize, kernel: PairKernel) -> Vec<f64> {
        self.windows(x.len(), length, |numbers, window, out| kernel(x, y, numbers, window, out))
    }

    /// The mean of each whole window of `length` values, of which the last one belongs to the last row.
    pub fn means(&self, values: &[f64], length: usize) -> Vec<f64> {
        sliding::means(values, self.first_number(values), length)
    }

    /// The variance, of a population, of each whole window.
    pub fn variances(&self, values: &[f64], length: usize) -> Vec<f64> {
        sliding::variances(values, self.first_number(values), length)
    }

    /// The mean and the variance of each whole window.
    pub fn moments(&self, values: &[f64], length: usize) -> (Vec<f64>, Vec<f64>) {
        sliding::moments(values, self.first_number(values), length)
    }

    /// The number of the row of the first value.
    fn first_number(&self, values: &[f64]) -> usize {
        self.first + self.n_rows() - values.len()
    }

    fn n_rows(&self) -> usize {
        self.inputs[0].len()
    }

    fn windows(
        &self,
        n_values: usize,
        length: usize,
        kernel: impl Fn(&[Session], Window, &mut [f64]),
    ) -> Vec<f64> {
        if n_values < length {
            return Vec::new();
        }
        let window = Window::new(length, length).expect("no window of an indicator is empty");
        let mut out = vec![0.0; n_values];
        let last = self.first + self.n_rows();
        let numbers = (last - n_values..last).map(|number| Session::from_number(number as i32));
        kernel(&numbers.collect::<Vec<_>>(), window, &mut out);
        out.drain(..length - 1);
        out
    }
}

impl fmt::Debug for Windowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reach, seen, older, compute: _ } = self;
        let mut parts = f.debug_struct("Windowed");
        parts.field("reach", reach).field("seen", seen).field("older", older).finish_non_exhaustive()
    }
}

/// The value of each row together with the value `lag` rows before it.
pub(super) fn lagged(values: &[f64], lag: usize) -> impl ExactSizeIterator<Item = (f64, f64)> + '_ {
    let newer = values.get(lag..).unwrap_or_default();
    newer.iter().copied().zip(values.iter().copied())
}
