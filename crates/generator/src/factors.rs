//! What all stocks share: the market's return with calm and stressed regimes, and the returns of the sectors.

use crate::{
    SyntheticSpec,
    draw::{Draws, Purpose},
};

/// Returns are logarithmic, one a session.
pub(crate) struct Factors {
    /// The return of the market.
    pub(crate) market: Vec<f64>,
    /// Whether the session belongs to a stressed regime.
    pub(crate) stressed: Vec<bool>,
    /// What each sector adds to the market.
    pub(crate) sectors: Vec<Vec<f64>>,
}

/// Daily drift and volatility of a regime, and how many sessions it lasts on average.
struct Regime {
    drift: f64,
    volatility: f64,
    sessions: f64,
}

const CALM: Regime = Regime { drift: 0.0005, volatility: 0.0075, sessions: 85.0 };
const STRESSED: Regime = Regime { drift: -0.0008, volatility: 0.018, sessions: 34.0 };
const SECTOR_VOLATILITY: f64 = 0.006;

impl Factors {
    pub(crate) fn new(spec: &SyntheticSpec, sessions: usize) -> Self {
        let mut draws = Draws::new(spec.seed, Purpose::Market, 0);
        let (mut market, mut stressed) = (Vec::with_capacity(sessions), Vec::with_capacity(sessions));
        let mut now = false;
        for _ in 0..sessions {
            let regime = if now { STRESSED } else { CALM };
            market.push(regime.drift + regime.volatility * draws.normal());
            stressed.push(now);
            now ^= draws.chance(1.0 / regime.sessions);
        }
        let sectors = (0..spec.sectors())
            .map(|sector| {
                let mut draws = Draws::new(spec.seed, Purpose::Sector, sector);
                (0..sessions).map(|_| SECTOR_VOLATILITY * draws.normal()).collect()
            })
            .collect();
        Self { market, stressed, sectors }
    }
}
