//! How much of an instrument is traded, and how much its price moves.

use backstaff_statistics::{deviation, mean};

use crate::Market;

/// Fewer traded sessions with a volume, or fewer returns, say nothing about liquidity.
const LEAST: usize = 5;

/// The liquidity of an instrument before a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Liquidity {
    /// The mean number of shares traded in a session.
    pub volume: f64,
    /// The mean value traded in a session, `close · volume`.
    pub value: f64,
    /// The standard deviation of `close / last close − 1`, with n − 1.
    pub volatility: f64,
}

impl Liquidity {
    /// `σ / √V`: how much an order of one unit of money moves the price, by the square-root law with a factor of 1.
    pub fn depth(&self) -> f64 {
        self.volatility / self.value.sqrt()
    }
}

impl Market {
    /// The liquidity of an instrument over its last `n` traded sessions before the session at `position`; halts are
    /// skipped. `None` with fewer than five volumes or returns among them, or if nothing was traded.
    ///
    /// - Look-ahead: none, that session is not part of it.
    pub fn liquidity(&self, i: usize, position: usize, n: usize) -> Option<Liquidity> {
        let mut closes = Vec::with_capacity(n + 1);
        let (mut n_volumes, mut volume, mut value) = (0_usize, 0.0, 0.0);
        for (row, close) in self.traded_before(i, position).take(n + 1) {
            if closes.len() < n
                && let Some(shares) = self.volume(row)
            {
                n_volumes += 1;
                volume += shares;
                value += shares * close;
            }
            closes.push(close);
        }
        let returns = closes.windows(2).map(|pair| pair[0] / pair[1] - 1.0).collect::<Vec<_>>();
        if n_volumes < LEAST || returns.len() < LEAST || value <= 0.0 {
            return None;
        }
        Some(Liquidity {
            volume: volume / n_volumes as f64,
            value: value / n_volumes as f64,
            volatility: deviation(&returns, mean(&returns)),
        })
    }
}
