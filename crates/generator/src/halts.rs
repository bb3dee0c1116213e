//! Sessions on which a listed stock does not trade.

use std::ops::Range;

use crate::draw::Draws;

/// Spells a year; four in five last one to five sessions, the others months.
const SPELLS_A_YEAR: f64 = 0.35;
const SESSIONS_A_YEAR: f64 = 245.0;
const LONG: f64 = 120.0;

/// Whether each session of a life is a halt. The first one never is; a delisting often ends in one.
///
/// A stock is halted for some sessions before each of its splits, which happens on the first session after.
pub(crate) fn halts(draws: &mut Draws, life: &Range<usize>, delisted: bool, splits: &[usize]) -> Vec<bool> {
    let mut halted = vec![false; life.len()];
    let mut mark = |from: usize, length: usize| {
        let to = (from + length).min(life.len());
        halted[from.clamp(1, to.max(1))..to.max(1)].fill(true);
    };
    for _ in 0..draws.events(SPELLS_A_YEAR * life.len() as f64 / SESSIONS_A_YEAR) {
        let from = draws.whole(1, life.len());
        let length = if draws.chance(0.8) { draws.whole(1, 6) } else { draws.waiting(LONG) };
        mark(from, length);
    }
    for &split in splits {
        let length = draws.whole(3, 16).min(split.saturating_sub(1));
        mark(split - length, length);
    }
    if delisted && draws.chance(0.4) {
        let length = draws.whole(5, LONG as usize).min(life.len() - 1);
        mark(life.len() - length, length);
    }
    halted
}
