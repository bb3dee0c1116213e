//! Where belief ends: the bounds on information coefficients, with their reasons.

use crate::label::Horizon;

/// A mean rank IC with the next return beyond this is suspicious. Published daily signals stay below 0.05 to 0.10 (a
/// month of reversal or momentum: about 0.03), whereas a column that holds the return of the next 5 sessions has about
/// 0.43 with that of the next one (one part in five of its variance), of the next 21 about 0.2.
const NEXT: f64 = 0.12;
/// And so is one beyond this at a t beyond [`CERTAIN_T`]: the next 60 sessions seen through some noise.
const CERTAIN_NEXT: f64 = 0.06;
/// The best signals of a decade have a t of about 5 to 10.
const CERTAIN_T: f64 = 15.0;
/// A mean rank IC with a return over up to [`MONTH`] sessions beyond this is suspicious. Monthly signals that were
/// published as strong have 0.05 to 0.10 (Grinold and Kahn call 0.10 very good); a column that holds one session of a
/// month's 21 has about 0.2.
const WINDOW: f64 = 0.15;
/// Longer windows are foreseen better by what changes slowly: beyond a month the bound grows with the root of the
/// horizon.
const MONTH: f64 = 21.0;
/// The bound of windows that are longer by far.
const LONGEST_WINDOW: f64 = 0.3;
/// A mean rank IC with a window beyond this share of its bound is suspicious at a t beyond [`CERTAIN_WINDOW_T`].
const CERTAIN_SHARE: f64 = 2.0 / 3.0;
const CERTAIN_WINDOW_T: f64 = 20.0;
/// The t that a mean rank IC must have, so that few sessions or few instruments don't accuse.
const T: f64 = 5.0;
/// Fewer windows that don't overlap accuse nobody.
pub(super) const MIN_SESSIONS: usize = 20;
/// The mean rank IC of one stretch of sessions that is suspicious, and its t: whole months in which the market goes one
/// way give honest columns up to half of it.
const STRETCH: f64 = 0.2;
const STRETCH_T: f64 = 8.0;
/// Fewer windows that don't overlap in a stretch have no t that means anything.
const STRETCH_SESSIONS: usize = 8;

/// A mean rank IC, and what it was measured on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct MeanRankIc {
    /// The mean over sessions.
    pub(super) mean: f64,
    /// Newey and West's t of the mean; infinite where all sessions have the same.
    pub(super) t: f64,
    /// The number of sessions.
    pub(super) n_sessions: usize,
    /// The number of sessions whose windows don't overlap.
    pub(super) n_apart: usize,
    /// The mean number of instruments of a session.
    pub(super) n_instruments: f64,
    /// The sessions of the foreseen return.
    pub(super) horizon: Horizon,
}

/// The mean rank IC of scores with the return over a horizon beyond which nobody should believe it: 0.15 up to a month
/// of 21 sessions, `0.15 √(horizon / 21)` beyond that, at most 0.3.
///
/// ```
/// use backstaff_learn::{evaluate::credible_rank_ic, label::Horizon};
/// assert_eq!(credible_rank_ic(Horizon::new(5).unwrap()), 0.15);
/// assert_eq!(credible_rank_ic(Horizon::new(84).unwrap()), 0.3);
/// ```
pub fn credible_rank_ic(horizon: Horizon) -> f64 {
    let horizon = f64::from(horizon.get());
    (WINDOW * (horizon / MONTH).max(1.0).sqrt()).min(LONGEST_WINDOW)
}

impl MeanRankIc {
    /// Whether it is more than pure chance gives so few instruments in so few windows: five errors of
    /// `1 / √((instruments − 1) · windows)`, and a t beyond 5.
    fn is_no_chance(&self) -> bool {
        let observations = (self.n_instruments - 1.0).max(1.0) * self.n_apart as f64;
        self.n_apart >= MIN_SESSIONS && self.t.abs() > T && self.mean.abs() > T / observations.sqrt()
    }

    /// Whether scores with this rank IC are beyond belief.
    pub(super) fn is_beyond_belief(&self) -> bool {
        let (mean, t, bound) = (self.mean.abs(), self.t.abs(), credible_rank_ic(self.horizon));
        self.is_no_chance() && (mean > bound || (mean > CERTAIN_SHARE * bound && t > CERTAIN_WINDOW_T))
    }

    /// The same of a single column with the return to the next trade, which nobody can have whole.
    pub(super) fn is_beyond_belief_of_next(&self) -> bool {
        let (mean, t) = (self.mean.abs(), self.t.abs());
        let is_beyond = (mean > NEXT && t > T) || (mean > CERTAIN_NEXT && t > CERTAIN_T);
        self.n_sessions >= MIN_SESSIONS && is_beyond
    }

    /// The same of one stretch of sessions.
    pub(super) fn is_beyond_belief_in_a_stretch(&self) -> bool {
        let is_far = self.mean.abs() > STRETCH.max(credible_rank_ic(self.horizon));
        is_far && self.t.abs() > STRETCH_T && self.n_apart >= STRETCH_SESSIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(mean: f64, t: f64) -> MeanRankIc {
        let horizon = Horizon::new(5).unwrap();
        MeanRankIc { mean, t, n_sessions: 250, n_apart: 50, n_instruments: 300.0, horizon }
    }

    #[test]
    fn half_of_a_label_is_beyond_belief_and_a_strong_signal_is_not() {
        assert!(found(0.42, 40.0).is_beyond_belief());
        assert!(found(-0.42, -40.0).is_beyond_belief(), "the sign is a matter of taste");
        assert!(!found(0.08, 12.0).is_beyond_belief());
        assert!(found(0.11, 25.0).is_beyond_belief(), "so good and never bad");
    }

    #[test]
    fn few_instruments_or_windows_accuse_nobody() {
        assert!(!found(0.3, 4.0).is_beyond_belief());
        assert!(!MeanRankIc { n_apart: 19, ..found(0.4, 9.0) }.is_beyond_belief());
        assert!(!MeanRankIc { n_instruments: 4.0, ..found(0.3, 9.0) }.is_beyond_belief());
    }
}
