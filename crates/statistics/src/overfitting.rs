//! How likely the best of many trials is overfit.

use std::ops::Range;

/// A trial that has no Sharpe ratio where one is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "trial {trial} does not vary in {blocks} of {n_blocks} blocks of sessions, so that one half gives it no Sharpe ratio"
)]
pub struct FlatTrial {
    /// The number of the trial, from 0.
    pub trial: usize,
    /// In how many blocks the trial has one value throughout.
    pub blocks: usize,
    /// The number of blocks.
    pub n_blocks: usize,
}

/// The most blocks that [`probability_of_overfitting`] takes: 184,756 ways to choose the half of them.
pub const MOST_BLOCKS: usize = 20;

/// The probability of backtest overfitting: how often the trial that is best in one half of the sessions is not above
/// the median of all trials in the other half.
///
/// Combinatorially symmetric cross-validation: the sessions are cut into `n_blocks` neighbouring blocks, and each half
/// of the blocks is taken once as the one in which the best trial is chosen. A trial is as good as its Sharpe ratio.
/// Its rank in the other half (the mean rank of equals) by the number of trials plus one is `ω`; a choice counts as
/// overfit where `log(ω / (1 − ω)) ≤ 0`. Of equals in the first half the first trial is chosen.
///
/// Trials that are nearly the same distort the number: of identical ones each rank is the middle, which counts as
/// overfit. It is no p-value: without any skill it is about a half, on one panel more or less.
///
/// - Shape: one series a trial, all of the same sessions, oldest first. Where `n_blocks` does not divide the sessions,
///   the first blocks have one more.
/// - NaN: no value may be NaN.
/// - Source: Bailey, Borwein, López de Prado, Zhu (2017), "The probability of backtest overfitting", J. Computational
///   Finance 20.
///
/// # Errors
///
/// If a trial does not vary within some half of the blocks.
///
/// # Panics
///
/// Unless there are at least two trials of one length, and an even number of blocks, 2 to [`MOST_BLOCKS`], of at least
/// two sessions each.
///
/// ```
/// use backstaff_statistics::probability_of_overfitting;
/// let good = vec![0.02, 0.01, 0.02, 0.01];
/// let bad = vec![-0.02, 0.01, -0.02, 0.01];
/// assert_eq!(probability_of_overfitting(&[good, bad], 2), Ok(0.0));
/// ```
pub fn probability_of_overfitting(trials: &[Vec<f64>], n_blocks: usize) -> Result<f64, FlatTrial> {
    assert!(trials.len() > 1 && trials.iter().all(|trial| trial.len() == trials[0].len()));
    assert!((2..=MOST_BLOCKS).contains(&n_blocks) && n_blocks.is_multiple_of(2));
    assert!(trials[0].len() >= 2 * n_blocks, "two sessions a block");
    let cuts = cuts(trials[0].len(), n_blocks);
    if let Some(flat) = flat(trials, &cuts) {
        return Err(flat);
    }
    let blocks = cuts.into_iter().map(|sessions| Block::of(trials, sessions)).collect::<Vec<_>>();
    let everything = (1_u32 << n_blocks) - 1;
    let (mut first, mut second) = (Scores::new(trials.len()), Scores::new(trials.len()));
    let (mut n, mut n_overfit) = (0_u32, 0_u32);
    // A half and the other one give two choices: the first block is always in the first.
    for half in (1..=everything).step_by(2).filter(|half| half.count_ones() as usize * 2 == n_blocks) {
        first.fill(&blocks, half);
        second.fill(&blocks, everything ^ half);
        n += 2;
        n_overfit += u32::from(is_overfit(&first.sharpes, &second.sharpes));
        n_overfit += u32::from(is_overfit(&second.sharpes, &first.sharpes));
    }
    Ok(f64::from(n_overfit) / f64::from(n))
}

/// Neighbouring blocks of sessions; the first ones have one more where they can't be equal.
fn cuts(n: usize, n_blocks: usize) -> Vec<Range<usize>> {
    let start = |block: usize| block * (n / n_blocks) + block.min(n % n_blocks);
    (0..n_blocks).map(|block| start(block)..start(block + 1)).collect()
}

/// The first trial that has one value throughout a half of the blocks.
fn flat(trials: &[Vec<f64>], cuts: &[Range<usize>]) -> Option<FlatTrial> {
    let n_blocks = cuts.len();
    trials.iter().enumerate().find_map(|(trial, returns)| {
        let constants = cuts.iter().map(|sessions| &returns[sessions.clone()]);
        let constants = constants.filter(|block| block.iter().all(|value| *value == block[0]));
        let constants = constants.map(|block| block[0]).collect::<Vec<_>>();
        let equals = |value: &f64| constants.iter().filter(|other| *other == value).count();
        let blocks = constants.iter().map(equals).max().unwrap_or(0);
        (2 * blocks >= n_blocks).then_some(FlatTrial { trial, blocks, n_blocks })
    })
}

/// What a block knows of each trial; blocks are put together without a look at the sessions.
struct Block {
    n: f64,
    means: Vec<f64>,
    /// The sums of squared distances to these means.
    squares: Vec<f64>,
}

impl Block {
    fn of(trials: &[Vec<f64>], sessions: Range<usize>) -> Self {
        let n = sessions.len() as f64;
        let parts = || trials.iter().map(|trial| &trial[sessions.clone()]);
        let means = parts().map(crate::mean_from_first).collect::<Vec<_>>();
        let squares = parts().zip(&means);
        let squares = squares.map(|(part, mean)| part.iter().map(|r| (r - mean) * (r - mean)).sum());
        Self { n, squares: squares.collect(), means }
    }
}

/// Sharpe ratios of all trials within some blocks.
struct Scores {
    means: Vec<f64>,
    squares: Vec<f64>,
    sharpes: Vec<f64>,
}

impl Scores {
    fn new(n_trials: usize) -> Self {
        let zeros = || vec![0.0; n_trials];
        Self { means: zeros(), squares: zeros(), sharpes: zeros() }
    }

    /// Put the blocks of a set together: the mean of their means, and Chan's sum of their squares, which subtracts no
    /// large numbers from each other.
    fn fill(&mut self, blocks: &[Block], set: u32) {
        let chosen = || blocks.iter().enumerate().filter(|(b, _)| set >> b & 1 == 1).map(|(_, block)| block);
        let n = chosen().map(|block| block.n).sum::<f64>();
        self.means.fill(0.0);
        self.squares.fill(0.0);
        for block in chosen() {
            let weight = block.n / n;
            for (mean, of_block) in self.means.iter_mut().zip(&block.means) {
                *mean += weight * of_block;
            }
        }
        for block in chosen() {
            let parts = block.means.iter().zip(&block.squares).zip(&self.means);
            for (squares, ((of_block, inside), mean)) in self.squares.iter_mut().zip(parts) {
                *squares += inside + block.n * (of_block - mean) * (of_block - mean);
            }
        }
        // Of ratios within one set only the order is asked for: the number of sessions is the same for all.
        for (sharpe, (mean, squares)) in self.sharpes.iter_mut().zip(self.means.iter().zip(&self.squares)) {
            *sharpe = mean / squares.sqrt();
        }
    }
}

/// Whether the best trial of one half is not above the median in the other: `2 rank ≤ n + 1`.
fn is_overfit(chosen_in: &[f64], judged_in: &[f64]) -> bool {
    let best = (1..chosen_in.len())
        .fold(0, |best, trial| if chosen_in[trial] > chosen_in[best] { trial } else { best });
    let own = judged_in[best];
    let below = judged_in.iter().filter(|other| **other < own).count();
    let equal = judged_in.iter().filter(|other| **other == own).count();
    // The rank is that of the mean place of equals: below + (equal + 1) / 2.
    2 * below + equal <= judged_in.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{average_ranks, deviation, mean, testing::panel};

    #[test]
    fn has_the_values_of_other_libraries() {
        // 504 sessions: eight blocks are equal, of sixteen eight have one session more, as purgedcv makes them.
        assert!((probability_of_overfitting(&panel(), 8).unwrap() - 0.271_428_6).abs() < 5e-8);
        assert!((probability_of_overfitting(&panel(), 16).unwrap() - 0.455_633_3).abs() < 5e-8);
        // With the tail cut off, as ffn does it: 496 sessions.
        let cut = panel().into_iter().map(|trial| trial[..496].to_vec()).collect::<Vec<_>>();
        assert!((probability_of_overfitting(&cut, 16).unwrap() - 0.468_609_2).abs() < 5e-8);
    }

    #[test]
    fn identical_trials_count_as_overfit() {
        let trials = vec![panel()[3].clone(); 6];
        assert_eq!(probability_of_overfitting(&trials, 8), Ok(1.0));
    }

    #[test]
    fn a_trial_that_is_flat_in_a_half_is_named() {
        let mut trials = panel();
        trials[5][..252].fill(0.0);
        let flat = FlatTrial { trial: 5, blocks: 4, n_blocks: 8 };
        assert_eq!(probability_of_overfitting(&trials, 8), Err(flat));
        // Three of eight blocks leave each half something that varies.
        trials[5][100] = 0.01;
        assert!(probability_of_overfitting(&trials, 8).is_ok());
    }

    #[test]
    fn blocks_that_cannot_be_equal_lose_no_session() {
        assert_eq!(cuts(11, 4), [0..3, 3..6, 6..9, 9..11]);
    }

    /// The same from the sessions themselves, all halves one after the other.
    fn twin(trials: &[Vec<f64>], n_blocks: usize) -> f64 {
        let cuts = cuts(trials[0].len(), n_blocks);
        let sharpes = |set: u32| {
            let of = |trial: &Vec<f64>| {
                let blocks = cuts.iter().enumerate().filter(|(b, _)| set >> b & 1 == 1);
                let chosen = blocks.flat_map(|(_, block)| trial[block.clone()].to_vec()).collect::<Vec<_>>();
                mean(&chosen) / deviation(&chosen, mean(&chosen))
            };
            trials.iter().map(of).collect::<Vec<_>>()
        };
        let everything = (1_u32 << n_blocks) - 1;
        let halves = (0..=everything).filter(|half| half.count_ones() as usize * 2 == n_blocks);
        let overfit = halves.map(|half| {
            let (inside, outside) = (sharpes(half), sharpes(everything ^ half));
            let best = (0..trials.len()).max_by(|a, b| inside[*a].total_cmp(&inside[*b])).unwrap();
            let omega = average_ranks(&outside)[best] / (trials.len() + 1) as f64;
            f64::from(u8::from(libm::log(omega / (1.0 - omega)) <= 0.0))
        });
        mean(&overfit.collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn agrees_with_the_sessions_themselves(
            trials in prop::collection::vec(prop::collection::vec(-1.0..1.0_f64, 25), 2..6),
            half in 1..4_usize,
        ) {
            let found = probability_of_overfitting(&trials, 2 * half).unwrap();
            prop_assert!((found - twin(&trials, 2 * half)).abs() < 1e-12);
        }
    }
}
