//! A rate that changes on known dates.

use backstaff_panel::Session;

use crate::PortfolioError;

/// A rate that holds until the next listed date: a tax law, a policy rate.
///
/// The unit is that of the place where it is used (basis points for a tax, a yearly fraction for cash).
///
/// ```
/// use backstaff_panel::Session;
/// use backstaff_portfolio::Rates;
///
/// // A sell tax of 30 bps that fell to 25 bps on 2019-05-30.
/// let cut = Session::from_ymd(2019, 5, 30).unwrap();
/// let tax = Rates::dated(30.0, vec![(cut, 25.0)])?;
/// assert_eq!(tax.at(Session::from_ymd(2019, 5, 29).unwrap()), 30.0);
/// assert_eq!(tax.at(cut), 25.0);
/// # Ok::<(), backstaff_portfolio::PortfolioError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    first: f64,
    changes: Vec<(Session, f64)>,
}

impl Rates {
    /// A rate of zero on all dates.
    pub const ZERO: Self = Self::constant(0.0);

    /// The same rate on all dates.
    pub const fn constant(rate: f64) -> Self {
        Self { first: rate, changes: Vec::new() }
    }

    /// `first` until the date of the first change, then what each change says from its date on.
    pub fn dated(first: f64, changes: Vec<(Session, f64)>) -> Result<Self, PortfolioError> {
        for pair in changes.windows(2) {
            let (earlier, later) = (pair[0].0, pair[1].0);
            if later <= earlier {
                return Err(PortfolioError::UnsortedRates { earlier, later });
            }
        }
        Ok(Self { first, changes })
    }

    /// The rate that holds on a date.
    pub fn at(&self, date: Session) -> f64 {
        let known = self.changes.partition_point(|&(from, _)| from <= date);
        if known == 0 { self.first } else { self.changes[known - 1].1 }
    }

    /// The rate before the first change.
    pub fn first(&self) -> f64 {
        self.first
    }

    /// The dated changes, oldest first.
    pub fn changes(&self) -> &[(Session, f64)] {
        &self.changes
    }

    /// All rates times `factor`.
    pub fn scaled(&self, factor: f64) -> Self {
        let changes = self.changes.iter().map(|&(from, rate)| (from, rate * factor)).collect();
        Self { first: self.first * factor, changes }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = f64> {
        std::iter::once(self.first).chain(self.changes.iter().map(|&(_, rate)| rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_dates_out_of_order() {
        let day = Session::from_number;
        assert!(Rates::dated(0.0, vec![(day(2), 1.0), (day(2), 2.0)]).is_err());
        assert!(Rates::dated(0.0, vec![(day(2), 1.0), (day(1), 2.0)]).is_err());
    }

    #[test]
    fn scales_every_rate() {
        let rates = Rates::dated(1.0, vec![(Session::from_number(5), 3.0)]).unwrap().scaled(2.0);
        assert_eq!(rates.all().collect::<Vec<_>>(), vec![2.0, 6.0]);
    }
}
