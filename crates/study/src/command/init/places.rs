//! How many instruments are held at a time, and from when on there is a choice.

use super::market::Market;

/// How many instruments are held, and down to which rank they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The number of instruments that are held.
    pub held: usize,
    /// The rank down to which one is kept: a buffer against trading for small differences.
    pub kept: usize,
}

/// The instruments that there should be for each place: to hold most of a universe is not to choose.
const CHOICE: usize = 5;

/// The fewest places that a choice by rank is made for: with one, luck decides.
const FEWEST: usize = 2;

impl Places {
    /// Ten places or a tenth of the instruments, whichever is more, but not more than a fifth of them; `None` where that
    /// is less than two.
    pub(super) fn of(market: &Market) -> Option<Self> {
        let breadth = market.breadth();
        let held = (breadth / 10).max(10).min(breadth / CHOICE);
        // Kept down to three times the places, but never for good.
        let kept = (3 * held).min(breadth * 3 / 5);
        (held >= FEWEST).then_some(Self { held, kept })
    }

    /// What is held, for people.
    pub(super) fn told(self, market: &Market) -> String {
        format!(
            "the {} best of some {}, each kept while among the best {}",
            self.held,
            market.breadth(),
            self.kept
        )
    }

    /// The position of the first session with five times as many instruments as places.
    pub(super) fn first_choice(self, market: &Market) -> usize {
        market.first_with(CHOICE * self.held)
    }
}
