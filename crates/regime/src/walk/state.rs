//! A walker's memory as numbers, so that it can go on another day.

use std::num::FpCategory;

use backstaff_panel::Session;

use super::{Walker, walker::Current};
use crate::{
    CovarianceForm, Covariances, Filter, GaussianHmm, Missing, ModelCache, Observations, Probabilities,
    RegimeError, WalkOptions,
};

impl<'a> Walker<'a> {
    /// All that the walker's next decisions depend on, as numbers: the bars of its look-back, its model, its belief.
    ///
    /// A walker that [goes on](Self::resume) from it decides to the bit as this one does. How the bars came, one by one
    /// or in pieces, does not show in it.
    pub fn state(&self) -> Vec<f64> {
        let (n, keep) = (self.bars.n_rows(), self.options.look_back);
        let bars = self.bars.rows(n.saturating_sub(keep)..n);
        let mut out = vec![
            self.n_bars as f64,
            self.since_fit as f64,
            f64::from(u8::from(self.has_begun)),
            bars.n_rows() as f64,
        ];
        out.extend(self.sessions[n - bars.n_rows()..].iter().map(|session| f64::from(session.number())));
        out.extend(bars.present().iter().map(|&is| f64::from(u8::from(is))));
        out.extend_from_slice(bars.filled());
        out.extend(self.last_session.map(|session| f64::from(session.number())));
        if let Some(Current { model, filter, n_fits, state, age, .. }) = &self.current {
            let GaussianHmm { start, transition, means, covariances } = model;
            out.extend([*n_fits as f64, *state as f64, *age as f64]);
            for values in [start, transition, means] {
                out.extend_from_slice(values);
            }
            out.extend_from_slice(covariances.values());
            out.extend_from_slice(filter.belief());
        }
        out
    }

    /// A walker that goes on from a [state](Self::state); no numbers are the state of one that has taken no bar yet.
    /// It knows no fits but those that it makes itself.
    ///
    /// # Errors
    ///
    /// Options out of their range, as of [`Walker::new`]; [`RegimeError::State`] for numbers that are no state of a
    /// walker with these options.
    pub fn resume(
        instrument: &backstaff_panel::Instrument,
        n_series: usize,
        options: &'a WalkOptions,
        cache: &'a ModelCache,
        state: &[f64],
    ) -> Result<Self, RegimeError> {
        let mut walker = Self::new(instrument, n_series, options, cache)?;
        if !state.is_empty() {
            walker.read(Numbers(state), n_series).ok_or(RegimeError::State { numbers: state.len() })?;
        }
        Ok(walker)
    }

    fn read(&mut self, mut rest: Numbers<'_>, d: usize) -> Option<()> {
        self.n_bars = rest.count()?;
        self.since_fit = rest.count()?;
        self.has_begun = rest.count()? == 1;
        let n = rest.count()?;
        self.sessions = rest.take(n)?.iter().map(|&number| session(number)).collect::<Option<_>>()?;
        let present = rest.take(n)?;
        let values = rest.take(n.checked_mul(d)?)?;
        let missing = vec![f64::NAN; d];
        self.bars = Observations::empty(d);
        for (row, &is) in values.chunks_exact(d).zip(present) {
            self.bars.push(if is == 1.0 { row } else { &missing }, Missing::Skip).ok()?;
        }
        if self.n_bars > 0 {
            self.last_session = Some(session(*rest.take(1)?.first()?)?);
        }
        if rest.0.is_empty() {
            return Some(());
        }
        let k = self.options.fit.n_states;
        let (n_fits, state, age) = (rest.count()?, rest.count()?, rest.count()?);
        let (start, transition, means) = (rest.take(k)?, rest.take(k * k)?, rest.take(k * d)?);
        let covariances = match self.options.fit.covariance {
            CovarianceForm::Diagonal => Covariances::Diagonal(rest.take(k * d)?.to_vec()),
            CovarianceForm::Full => Covariances::Full(rest.take(k * d * d)?.to_vec()),
        };
        let model =
            GaussianHmm::new(start.to_vec(), transition.to_vec(), means.to_vec(), covariances).ok()?;
        let filter = Filter::of_belief(&model, Probabilities::of(rest.take(k)?));
        let labels = model.labels(self.options.labels);
        self.current = Some(Current { model, labels, filter, n_fits, state, age });
        (rest.0.is_empty() && state < k).then_some(())
    }
}

fn session(number: f64) -> Option<Session> {
    (number.fract() == 0.0 && number.abs() < 1e9).then(|| Session::from_number(number as i32))
}

/// The numbers that are still to be read.
struct Numbers<'a>(&'a [f64]);

impl<'a> Numbers<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [f64]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        let number = self.take(1)?[0];
        let is_whole =
            matches!(number.classify(), FpCategory::Normal | FpCategory::Zero) && number.fract() == 0.0;
        (is_whole && (0.0..9e15).contains(&number)).then_some(number as usize)
    }
}
