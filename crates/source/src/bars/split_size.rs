//! Moves of a close that have the size of a split.

use std::fmt;

/// The usual splits, consolidations and bonus issues: shares after and before, by the size of the move.
///
/// 4:3 and less is left out: a move of a quarter overnight is too common to be told from one.
const USUAL: [(u32, u32); 31] = [
    (3, 2),
    (5, 3),
    (2, 1),
    (5, 2),
    (3, 1),
    (7, 2),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (9, 1),
    (10, 1),
    (12, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (30, 1),
    (35, 1),
    (40, 1),
    (50, 1),
    (60, 1),
    (75, 1),
    (80, 1),
    (100, 1),
    (150, 1),
    (200, 1),
    (250, 1),
    (300, 1),
    (500, 1),
    (1000, 1),
];

/// The least ratio of two closes, in either direction, that is compared with splits.
pub(crate) const LEAST_RATIO: f64 = 1.4;

/// A ratio of shares after an event to those before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SplitSize {
    pub after: u32,
    pub before: u32,
}

impl fmt::Display for SplitSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.after, self.before)
    }
}

/// The usual split whose size the ratio of two prices has, the nearest one.
///
/// The price may have moved besides: by 6 % where neighbouring splits are near, by 8 % from 2:1 on, by 12 % from 10:1
/// on.
pub(crate) fn split_of(ratio: f64) -> Option<SplitSize> {
    if !ratio.is_finite() || ratio <= 0.0 || (1.0 / LEAST_RATIO..LEAST_RATIO).contains(&ratio) {
        return None;
    }
    let up = if ratio > 1.0 { ratio } else { 1.0 / ratio };
    let distance = |(more, fewer): (u32, u32)| {
        let quotient = up * f64::from(fewer) / f64::from(more);
        if quotient > 1.0 { quotient - 1.0 } else { 1.0 / quotient - 1.0 }
    };
    let nearest = USUAL.into_iter().min_by(|&a, &b| distance(a).total_cmp(&distance(b)))?;
    let tolerance = match nearest {
        (more, fewer) if more < 2 * fewer => 0.06,
        (more, fewer) if more < 10 * fewer => 0.08,
        _ => 0.12,
    };
    (distance(nearest) <= tolerance).then_some(match nearest {
        // A price that falls has more shares behind it.
        (more, fewer) if ratio < 1.0 => SplitSize { after: more, before: fewer },
        (more, fewer) => SplitSize { after: fewer, before: more },
    })
}

/// A move of a close that has the size of a split, and stays.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct SplitMove {
    /// The place of the session.
    pub t: usize,
    pub size: SplitSize,
    /// The last close before.
    pub before: f64,
    pub close: f64,
}

/// The least size of such a move in the instrument's own scale: what volatile shares do every other week is none.
const SCALES: f64 = 6.0;

/// The least part of such a move that the opening price shows already: shares are split overnight.
const OVERNIGHT: f64 = 0.6;

/// The number of closes on either side of such a move, and the ratio that they may have to the nearest of them: a price
/// that comes back, or comes from elsewhere, was not split.
const AROUND: usize = 5;
const CALM: f64 = 1.25;

/// The number of sessions whose middle volume a day of news has a multiple of, and that multiple: bad or good news that
/// move a price by half bring many times the usual volume. A split brings as many times as there are more shares.
const BEFORE: usize = 10;
const NEWS: f64 = 3.0;

/// The size of a move, as an absolute log return, that no news explain whatever the volume and the open: ln 9.
const BEYOND_NEWS: f64 = 2.197;

/// The moves of an instrument's closes that have the size of a split. `open` gives a session's open in the same money,
/// `volume` its volume as quoted.
///
/// Missing closes are passed over.
pub(crate) fn split_moves(
    closes: &[f64],
    open: impl Fn(usize) -> f64,
    volume: impl Fn(usize) -> f64,
) -> Vec<SplitMove> {
    let mut last = f64::NAN;
    let is_far = |&close: &f64| {
        let ratio = close / last;
        last = if close > 0.0 { close } else { last };
        close > 0.0 && !(1.0 / LEAST_RATIO..LEAST_RATIO).contains(&ratio) && !ratio.is_nan()
    };
    // Mostly there is none.
    if closes.iter().map(is_far).fold(0, |n, far| n + usize::from(far)) == 0 {
        return Vec::new();
    }
    let present = (0..closes.len()).filter(|&t| closes[t] > 0.0).collect::<Vec<_>>();
    let at = |k: usize| closes[present[k]];
    let moves = (1..present.len()).map(|k| libm::log(at(k) / at(k - 1))).collect::<Vec<_>>();
    let least = SCALES * scale(&moves);
    let found = (1..present.len()).filter_map(|k| {
        let (before, close, t) = (at(k - 1), at(k), present[k]);
        let size = split_of(close / before)?;
        let overnight = libm::log(open(t) / before) / moves[k - 1];
        let was_calm = is_near(before, (k.saturating_sub(AROUND)..k).map(at).collect());
        let stays = is_near(close, (k..(k + AROUND).min(present.len())).map(at).collect());
        let is_beyond_news = moves[k - 1].abs() >= BEYOND_NEWS;
        // Where the open is unknown, the close has to do.
        let is_overnight = is_beyond_news || overnight.is_nan() || overnight >= OVERNIGHT;
        let is_split = moves[k - 1].abs() >= least && is_overnight && was_calm && stays;
        let is_split = is_split && (is_beyond_news || !is_news(t, size, &volume));
        is_split.then_some(SplitMove { t, size, before, close })
    });
    found.collect()
}

/// Whether far more shares than usual changed hands than a split of this size explains.
fn is_news(t: usize, size: SplitSize, volume: impl Fn(usize) -> f64) -> bool {
    let mut before = (t.saturating_sub(BEFORE)..t).map(&volume).filter(|&v| v > 0.0).collect::<Vec<_>>();
    if before.is_empty() {
        return false;
    }
    let middle = before.len() / 2;
    let usual = *before.select_nth_unstable_by(middle, f64::total_cmp).1;
    let more_shares = (f64::from(size.after) / f64::from(size.before)).max(1.0);
    volume(t) > NEWS * more_shares * usual
}

/// Whether the middle one of some prices lies near a price.
fn is_near(price: f64, mut prices: Vec<f64>) -> bool {
    let middle = prices.len() / 2;
    let ratio = *prices.select_nth_unstable_by(middle, f64::total_cmp).1 / price;
    (1.0 / CALM..=CALM).contains(&ratio)
}

/// The usual size of a move: 1.4826 × the median of the absolute moves (the standard deviation, were they normal).
pub(crate) fn scale(moves: &[f64]) -> f64 {
    let mut sizes = moves.iter().map(|size| size.abs()).collect::<Vec<_>>();
    let middle = sizes.len() / 2;
    match sizes.len() {
        0 => 0.0,
        _ => 1.4826 * *sizes.select_nth_unstable_by(middle, f64::total_cmp).1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_usual_ratios_in_both_directions_on_days_that_move() {
        for (after, before) in [(2, 1), (3, 2), (5, 2), (7, 1), (20, 1), (50, 1), (100, 1), (1000, 1)] {
            for besides in [-0.03, -0.01, 0.0, 0.02, 0.03] {
                let ratio = f64::from(before) / f64::from(after) * (1.0 + besides);
                assert_eq!(
                    split_of(ratio),
                    Some(SplitSize { after, before }),
                    "{after}:{before} at {besides}"
                );
                let ratio = f64::from(after) / f64::from(before) * (1.0 + besides);
                let consolidated = Some(SplitSize { after: before, before: after });
                assert_eq!(split_of(ratio), consolidated, "{before}:{after} at {besides}");
            }
        }
        assert_eq!(split_of(0.02 * 0.93).map(|split| split.to_string()).as_deref(), Some("50:1"));
    }

    #[test]
    fn ordinary_moves_are_no_splits() {
        for ratio in [1.0, 1.1, 0.85, 1.22, 0.75, 1.4, 0.0, -2.0, f64::NAN, f64::INFINITY] {
            assert_eq!(split_of(ratio), None, "{ratio}");
        }
    }

    /// Closes that move by a per cent up and down around a level.
    fn calm(level: f64, n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(move |t| level * [1.0, 1.01, 0.99, 1.005][t % 4])
    }

    #[test]
    fn a_move_that_stays_is_found_and_one_that_comes_back_is_not() {
        let unknown = |_: usize| f64::NAN;
        let closes = calm(50.0, 20).chain(calm(1.02, 20)).collect::<Vec<_>>();
        let found = split_moves(&closes, unknown, unknown);
        assert_eq!(
            found.iter().map(|found| (found.t, found.size.to_string())).collect::<Vec<_>>(),
            [(20, "50:1".to_owned())]
        );
        let mut back = calm(50.0, 40).collect::<Vec<_>>();
        back[20] = 1.0;
        assert_eq!(split_moves(&back, unknown, unknown), []);
        // A fall that begins after the opening is no split.
        let fall = calm(50.0, 20).chain(calm(25.0, 20)).collect::<Vec<_>>();
        assert_eq!(split_moves(&fall, unknown, unknown).len(), 1);
        assert_eq!(split_moves(&fall, |_| 49.0, unknown), []);
        // A fall overnight on many times the usual volume was news; twice the volume is that of twice the shares.
        let volume = |times: f64| move |t: usize| if t == 20 { 100.0 * times } else { 100.0 };
        assert_eq!(split_moves(&fall, |_| 25.0, volume(9.0)), []);
        assert_eq!(split_moves(&fall, |_| 25.0, volume(2.0)).len(), 1);
        // A close in another unit, with an open that is still in the old one.
        let unit = calm(50.0, 20).chain(calm(50_000.0, 20)).collect::<Vec<_>>();
        assert_eq!(split_moves(&unit, |_| 50.0, volume(9.0)).len(), 1);
    }
}
