//! What a strategy may look at beside scores and prices.
//!
//! A strategy owns such columns but can't open them: only a [`View`](super::View) reads one, at its own session.

use std::sync::Arc;

use backstaff_panel::Axis;

use crate::PortfolioError;

/// A value for each row, known at its session's close: a sector, a volatility. Clones share the values.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide<T>(Arc<Vec<T>>);

impl<T: Copy> Guide<T> {
    /// One value a row of the market.
    pub fn new(axis: &Axis, values: Vec<T>) -> Result<Self, PortfolioError> {
        let (expected, found) = (axis.n_rows(), values.len());
        if expected == found {
            return Ok(Self(Arc::new(values)));
        }
        Err(PortfolioError::Length { what: "guide", expected, found })
    }

    pub(super) fn at(&self, row: usize) -> T {
        self.0[row]
    }
}

/// A value for each session of the calendar, known at its close: the state of the market.
///
/// A session without a value (NaN or infinite) has that of the newest session before it that has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline(Vec<f64>);

impl Timeline {
    /// One value a session of the market's calendar.
    pub fn new(axis: &Axis, mut values: Vec<f64>) -> Result<Self, PortfolioError> {
        let (expected, found) = (axis.n_sessions(), values.len());
        if expected != found {
            return Err(PortfolioError::Sessions { start: 0, end: found, available: expected });
        }
        let mut newest = f64::NAN;
        for value in &mut values {
            newest = if value.is_finite() { *value } else { newest };
            *value = newest;
        }
        Ok(Self(values))
    }

    pub(super) fn at(&self, position: usize) -> Option<f64> {
        self.0.get(position).copied().filter(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::testing::weekdays;

    #[test]
    fn a_session_without_a_value_has_that_of_the_one_before() {
        let axis = Axis::new(weekdays(4), vec![("A".into(), 0..4)]);
        let timeline = Timeline::new(&axis, vec![f64::NAN, 2.0, f64::INFINITY, 3.0]).unwrap();
        let values = (0..5).map(|position| timeline.at(position)).collect::<Vec<_>>();
        assert_eq!(values, [None, Some(2.0), Some(2.0), Some(3.0), None]);
        assert!(Timeline::new(&axis, vec![1.0]).is_err() && Guide::new(&axis, vec![1_u32; 3]).is_err());
    }
}
