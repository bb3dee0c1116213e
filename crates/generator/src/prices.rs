//! The bars of one stock: whole won on a tick grid, within the daily limits, with halts and splits.

use crate::{
    SyntheticSpec,
    draw::{Draws, Purpose},
    factors::Factors,
    halts::halts,
    profile::{Profile, Venue},
};

const SPLITS_A_YEAR: f64 = 0.02;
const LIMIT: f64 = 0.3;
const LEAST_PRICE: f64 = 100.0;
const MOST_PRICE: f64 = 5e6;

/// A stock's sessions, oldest first. On a halt all but `close` are 0, and `close` repeats.
#[derive(Default)]
pub(crate) struct Bars {
    pub(crate) open: Vec<u32>,
    pub(crate) high: Vec<u32>,
    pub(crate) low: Vec<u32>,
    pub(crate) close: Vec<u32>,
    pub(crate) volume: Vec<u64>,
    /// Rows at which the number of shares changes (the first is row 0), the shares from then on, and the price that
    /// the row's change is measured from.
    pub(crate) issues: Vec<Issue>,
}

/// A change of a stock's number of shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issue {
    pub(crate) row: usize,
    pub(crate) shares: u64,
    /// The last close, brought to the new number of shares.
    pub(crate) base: u32,
}

/// One row as the price table has it.
pub(crate) struct Bar {
    pub(crate) open: u32,
    pub(crate) high: u32,
    pub(crate) low: u32,
    pub(crate) close: u32,
    pub(crate) volume: u64,
    /// The value of what was traded, in won.
    pub(crate) value: u64,
    pub(crate) shares: u64,
    /// What the change is measured from: the last close, brought to today's shares.
    pub(crate) base: u32,
}

impl Bars {
    /// The bar of a row.
    pub(crate) fn bar(&self, row: usize) -> Bar {
        let issue = self.issues[self.issues.partition_point(|issue| issue.row <= row) - 1];
        let (open, high, low, close) = (self.open[row], self.high[row], self.low[row], self.close[row]);
        let volume = self.volume[row];
        let base = if issue.row == row { issue.base } else { self.close[row - 1] };
        let typical = u64::from(open) + u64::from(high) + u64::from(low) + 2 * u64::from(close);
        Bar { open, high, low, close, volume, value: volume * typical / 5, shares: issue.shares, base }
    }
}

/// The smallest step of a price. Funds move by 5 won.
fn tick(price: f64, venue: Venue) -> f64 {
    const STEPS: [(f64, f64); 6] =
        [(2e3, 1.0), (5e3, 5.0), (2e4, 10.0), (5e4, 50.0), (2e5, 100.0), (5e5, 500.0)];
    match venue {
        Venue::Fund => 5.0,
        _ => STEPS.iter().find(|(below, _)| price < *below).map_or(1000.0, |(_, tick)| *tick),
    }
}

/// The limits of a session and the grid.
#[derive(Clone, Copy)]
struct Grid {
    least: f64,
    most: f64,
    venue: Venue,
}

impl Grid {
    fn around(base: f64, venue: Venue) -> Self {
        let (low, high) = (base * (1.0 - LIMIT), base * (1.0 + LIMIT));
        let (down, up) = (tick(low, venue), tick(high, venue));
        let least = ((low / down).ceil() * down).max(LEAST_PRICE);
        Self { least, most: ((high / up).floor() * up).min(MOST_PRICE).max(least), venue }
    }

    /// The nearest price on the grid within the limits.
    fn snap(self, price: f64) -> f64 {
        let tick = tick(price, self.venue);
        ((price / tick).round() * tick).clamp(self.least, self.most)
    }
}

/// Draws the bars of a stock over its life.
pub(crate) fn bars(spec: &SyntheticSpec, profile: &Profile, factors: &Factors) -> Bars {
    let mut draws = Draws::new(spec.seed, Purpose::Prices, profile.number);
    let rows = profile.life.len();
    let is_fund = profile.current().venue == Venue::Fund;
    let n_splits = if is_fund { 0 } else { draws.events(SPLITS_A_YEAR * rows as f64 / 245.0) };
    let splits = (0..n_splits).map(|_| draws.whole(1, rows)).collect::<Vec<_>>();
    let halted =
        if is_fund { vec![false; rows] } else { halts(&mut draws, &profile.life, profile.delisted, &splits) };
    // A split that falls into a later halt waits for its end; one that would never trade does not happen.
    let mut splits_now = vec![false; rows];
    for split in splits {
        if let Some(row) = (split..rows).find(|&row| !halted[row]) {
            splits_now[row] = true;
        }
    }
    let mut walk = Walk::new(spec, profile, rows);
    for (row, (halted, splits)) in halted.into_iter().zip(splits_now).enumerate() {
        let ratio = if splits { split_ratio(&mut draws, walk.close) } else { 1.0 };
        walk.step(&mut draws, factors, row, halted, ratio);
    }
    walk.bars
}

/// New shares for an old one: dear shares are split, cheap ones put together.
fn split_ratio(draws: &mut Draws, close: f64) -> f64 {
    match (draws.whole(0, 3), close) {
        (0, 50_000.0..) => 10.0,
        (1, 50_000.0..) => 5.0,
        (_, 10_000.0..) => 2.0,
        (0, ..=2_000.0) => 0.1,
        _ => 0.2,
    }
}

/// The state of a stock while its bars are drawn.
struct Walk<'a> {
    profile: &'a Profile,
    signal: f64,
    bars: Bars,
    close: f64,
    shares: f64,
    /// Logarithm of volume over its usual level.
    activity: f64,
    /// The last five returns, for the planted signal.
    recent: [f64; 5],
}

impl<'a> Walk<'a> {
    fn new(spec: &SyntheticSpec, profile: &'a Profile, rows: usize) -> Self {
        let reserved = || Vec::with_capacity(rows);
        let volume = Vec::with_capacity(rows);
        let bars = Bars {
            open: reserved(),
            high: reserved(),
            low: reserved(),
            close: reserved(),
            volume,
            issues: Vec::new(),
        };
        let (close, shares) = (profile.price, profile.shares as f64);
        Self { profile, signal: spec.signal, bars, close, shares, activity: 0.0, recent: [0.0; 5] }
    }

    fn step(&mut self, draws: &mut Draws, factors: &Factors, row: usize, halted: bool, ratio: f64) {
        let position = self.profile.life.start + row;
        let identity = self.profile.at(position);
        if halted {
            self.push([0.0, 0.0, 0.0, self.close], 0);
            return;
        }
        let sector = identity.sector.map_or(0.0, |sector| factors.sectors[sector][position]);
        let own = self.profile.volatility * draws.fat_tailed();
        let systematic = self.profile.beta * factors.market[position] + sector;
        let change = systematic + own + self.profile.drift + self.planted();
        let base = (self.close / ratio).round().max(1.0);
        if row == 0 || ratio != 1.0 {
            self.shares = (self.shares * ratio).round().max(1.0);
            self.bars.issues.push(Issue { row, shares: self.shares as u64, base: base as u32 });
        }
        let grid = Grid::around(base, identity.venue);
        let within = 0.45 * self.profile.volatility;
        let close = grid.snap(base * libm::exp(change));
        let open = grid.snap(base * libm::exp(within * draws.normal() + 0.3 * change));
        let high = grid.snap(open.max(close) * libm::exp(within * draws.normal().abs())).max(open.max(close));
        let low = grid.snap(open.min(close) * libm::exp(-within * draws.normal().abs())).min(open.min(close));
        self.activity = 0.75 * self.activity + 0.45 * draws.normal();
        let turnover = self.profile.turnover * libm::exp(self.activity + 9.0 * change.abs().min(LIMIT));
        let volume = (self.shares * turnover).round().max(1.0) as u64;
        self.recent.rotate_left(1);
        self.recent[4] = libm::log(close / base);
        self.close = close;
        self.push([open, high, low, close], volume);
    }

    /// What the specification's signal adds to the next return, from what is known before it.
    fn planted(&self) -> f64 {
        if self.signal == 0.0 {
            return 0.0;
        }
        let volatility = self.profile.volatility;
        let moved = self.recent.iter().sum::<f64>() / (volatility * libm::sqrt(5.0));
        self.signal
            * volatility
            * (self.profile.quality - libm::tanh(moved))
            * std::f64::consts::FRAC_1_SQRT_2
    }

    fn push(&mut self, [open, high, low, close]: [f64; 4], volume: u64) {
        self.bars.open.push(open as u32);
        self.bars.high.push(high as u32);
        self.bars.low.push(low as u32);
        self.bars.close.push(close as u32);
        self.bars.volume.push(volume);
    }
}
