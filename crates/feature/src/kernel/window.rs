//! The window of a rolling kernel: how many rows it looks at, and how many of them must be present.

/// The last `length` rows, of which at least `min_observations` must be present.
///
/// Length 0 expands: the window is every row from the first one on. Rows count whether or not they hold a value, so a
/// halt does not make a window reach further back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    length: usize,
    min_observations: usize,
}

impl Window {
    /// A window of `length` rows (0: expanding) whose value is missing below `min_observations` present ones.
    ///
    /// ```
    /// use backstaff_feature::kernel::Window;
    /// assert!(Window::new(20, 1).is_ok());
    /// assert_eq!(Window::new(5, 6).unwrap_err().to_string(), "a window of 5 rows never holds 6 observations; ask for at most 5");
    /// ```
    ///
    /// # Errors
    ///
    /// If `min_observations` is 0, or more than a window of this length can hold.
    pub fn new(length: usize, min_observations: usize) -> Result<Self, WindowError> {
        if min_observations == 0 {
            return Err(WindowError::NoObservations);
        }
        if length != 0 && min_observations > length {
            return Err(WindowError::TooManyObservations { length, min_observations });
        }
        Ok(Self { length, min_observations })
    }

    /// How many rows; 0 means all from the first one on.
    pub fn length(self) -> usize {
        self.length
    }

    /// How many of them must be present.
    pub fn min_observations(self) -> usize {
        self.min_observations
    }

    /// Whether the window begins at the first row, however far back that is.
    pub fn is_expanding(self) -> bool {
        self.length == 0
    }

    /// The first row of the window that ends at `row`.
    pub(crate) fn first_row(self, row: usize) -> usize {
        if self.length == 0 { 0 } else { (row + 1).saturating_sub(self.length) }
    }
}

/// Why there is no such window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum WindowError {
    /// A statistic of nothing.
    #[error("a window needs at least 1 observation, not 0")]
    NoObservations,

    /// A window that would be missing for ever.
    #[error(
        "a window of {length} rows never holds {min_observations} observations; ask for at most {length}"
    )]
    TooManyObservations { length: usize, min_observations: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_never_have_a_value() {
        assert_eq!(Window::new(3, 0), Err(WindowError::NoObservations));
        assert!(Window::new(3, 4).is_err());
        assert!(Window::new(0, 1000).is_ok_and(Window::is_expanding));
    }

    #[test]
    fn begins_at_the_first_row_until_it_is_full() {
        let window = Window::new(3, 1).unwrap();
        assert_eq!([0, 2, 3].map(|row| window.first_row(row)), [0, 0, 1]);
        assert_eq!(Window::new(0, 1).unwrap().first_row(9), 0);
    }
}
