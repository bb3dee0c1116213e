//! Seeded synthetic markets: the one generator behind the tests and benches of every crate.

use std::sync::Arc;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::{
    Axis, Calendar, Categories, Column, Encoding, Fact, Facts, Frequency, Instrument, Panel, Session, TRADED,
};

/// What kind of market to make.
#[derive(Clone, Copy, Debug)]
pub struct MarketSpec {
    /// How many instruments the market has.
    pub n_instruments: usize,
    /// How many sessions the market has: weekdays from 2010-01-04 on, every 61st one a holiday.
    pub n_sessions: usize,
    /// The share of rows on which an instrument does not trade.
    pub missing: f64,
    /// The share of instruments that are listed late or leave early.
    pub mortal: f64,
    /// How the numbers of columns are stored.
    pub encoding: Encoding,
    /// The seed; equal specifications give equal bytes.
    pub seed: u64,
}

impl Default for MarketSpec {
    fn default() -> Self {
        Self {
            n_instruments: 20,
            n_sessions: 400,
            missing: 0.05,
            mortal: 0.3,
            encoding: Encoding::F64,
            seed: 1,
        }
    }
}

/// Weekdays from 2010-01-04 on, without every 61st.
pub fn weekdays(n_sessions: usize) -> Calendar {
    let days = weekdays_from(Session::from_number(14_613)).enumerate().filter(|(n, _)| n % 61 != 60);
    Calendar::new(days.map(|(_, day)| day).take(n_sessions).collect())
}

/// The Mondays to Fridays from a day on, without any holiday.
pub fn weekdays_from(first: Session) -> impl Iterator<Item = Session> {
    (first.number()..).map(Session::from_number).filter(|day| !day.is_weekend())
}

/// A number in `0..1` that looks random and depends on nothing but these whole ones, so that a test can draw the value
/// of any cell by itself. The mixing is that of `SplitMix64` (Steele, Lea, Flood 2014).
pub fn noise(seeds: &[u64]) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for seed in seeds {
        state = state.wrapping_add(*seed).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 29;
        state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

/// A market with a common factor, sectors, late listings, delistings, halts and missing values.
///
/// Fields: `open high low close vwap volume factor`, [`TRADED`]; categories: `sector` (one instrument has none); facts:
/// `eps_q`, `sales_q`, `equity_a` (one instrument has none), with holes, late publications and revisions, and `vix_d` of
/// the market, observed on most days, sometimes known later, sometimes revised.
pub fn market(spec: MarketSpec) -> Panel {
    let mut random = ChaCha8Rng::seed_from_u64(spec.seed);
    let calendar = weekdays(spec.n_sessions);
    let n = calendar.len();
    let market_returns = (0..n).map(|_| 0.01 * normal(&mut random)).collect::<Vec<_>>();
    let lives = (0..spec.n_instruments)
        .map(|i| {
            let life = if random.random::<f64>() < spec.mortal && n > 4 {
                let start = random.random_range(0..n / 2);
                start..random.random_range(start + 1..=n)
            } else {
                0..n
            };
            (Instrument::new(&format!("S{i:04}")), life)
        })
        .collect();
    let axis = Arc::new(Axis::new(calendar, lives));
    let rows = axis.n_rows();
    let mut columns = ["open", "high", "low", "close", "vwap", "volume", "factor", TRADED]
        .map(|name| (name, vec![f64::NAN; rows]));
    let mut sectors = vec![Categories::MISSING; rows];
    for i in 0..axis.n_instruments() {
        let beta = 0.5 + random.random::<f64>();
        let mut close = 10.0 + 190.0 * random.random::<f64>();
        let mut volume = 1e5 * (1.0 + 9.0 * random.random::<f64>());
        let mut factor = 1.0;
        for (row, position) in axis.rows(i).zip(axis.life(i)) {
            if i > 0 {
                sectors[row] = (i % 5) as u32;
            }
            columns[7].1[row] = 0.0;
            if random.random::<f64>() < spec.missing {
                continue;
            }
            let gap = 0.004 * normal(&mut random);
            let previous = close;
            close *= libm::exp(beta * market_returns[position] + 0.015 * normal(&mut random));
            volume *= libm::exp(0.2 * normal(&mut random));
            if random.random::<f64>() < 0.001 {
                factor *= 2.0;
            }
            let open = previous * (1.0 + gap);
            let high = open.max(close) * (1.0 + 0.01 * random.random::<f64>());
            let low = open.min(close) * (1.0 - 0.01 * random.random::<f64>());
            let values = [open, high, low, close, (high + low + close) / 3.0, volume.round(), factor, 1.0];
            for ((_, column), value) in columns.iter_mut().zip(values) {
                column[row] = value;
            }
        }
    }
    let mut panel = Panel::new(axis);
    for (name, values) in columns {
        let inserted = panel.insert(name, Column::encode(&values, spec.encoding));
        debug_assert!(inserted.is_ok());
    }
    let names = ["Energy", "Health", "Finance", "Technology", "Utilities"].map(String::from).to_vec();
    let inserted = panel.insert_categories("sector", Categories::new(sectors, names));
    debug_assert!(inserted.is_ok());
    // Facts draw from a stream of their own.
    let mut random = ChaCha8Rng::seed_from_u64(spec.seed);
    random.set_stream(1);
    let facts = [("eps_q", 1.0), ("sales_q", 100.0), ("equity_a", 500.0)];
    for (name, level) in facts {
        let inserted = panel.insert_facts(name, published(name, level, &panel, &mut random));
        debug_assert!(inserted.is_ok());
    }
    let inserted = panel.insert_facts("vix_d", observed(&panel, &mut random));
    debug_assert!(inserted.is_ok());
    panel
}

/// A series of the market, observed from before the first session on.
fn observed(panel: &Panel, random: &mut ChaCha8Rng) -> Facts {
    let sessions = panel.axis().calendar().sessions();
    let first = sessions.first().map_or(0, |first| first.number());
    let last = sessions.last().map_or(0, |last| last.number());
    let mut facts = Vec::new();
    for date in (first - 30..=last).filter(|date| date % 7 != 5) {
        let late = if random.random::<f64>() < 0.1 { random.random_range(1..6) } else { 0 };
        let level = 20.0 + 5.0 * normal(random);
        let (date, known) = (Session::from_number(date), Session::from_number(date + late));
        facts.push(Fact::observed(date, known, level));
        if random.random::<f64>() < 0.03 {
            facts.push(Fact::observed(date, Session::from_number(known.number() + 9), level + 1.0));
        }
    }
    Facts::market(Frequency::Dated, facts)
}

/// A quantity around a level: quarterly or annual by its name, two years of it from before the first session.
fn published(name: &str, level: f64, panel: &Panel, random: &mut ChaCha8Rng) -> Facts {
    let frequency = Frequency::of_name(name).unwrap_or(Frequency::Annual);
    let (days, code) = match frequency {
        Frequency::Quarterly => (91, 200_801),
        Frequency::Annual | Frequency::Dated => (365, 2_008),
    };
    let sessions = panel.axis().calendar().sessions();
    let (first, last) = (sessions.first().map_or(0, |first| first.number()), sessions.len() as i32 * 7 / 5);
    let mut facts = Vec::new();
    for instrument in panel.axis().instruments().iter().skip(1) {
        let Some(mut period) = frequency.period(code) else { continue };
        let mut value = level * (0.5 + random.random::<f64>());
        for end in (first - 2 * 365 + days..first + last).step_by(days as usize) {
            let known = Session::from_number(end + random.random_range(20..90));
            value *= 1.0 + 0.1 * normal(random);
            let is_hole = random.random::<f64>() < 0.05;
            if !is_hole {
                facts.push((instrument.clone(), Fact { known, period, value }));
            }
            if random.random::<f64>() < 0.2 {
                let known = Session::from_number(known.number() + random.random_range(1..200));
                let value = value * (1.0 + 0.05 * normal(random));
                facts.push((instrument.clone(), Fact { known, period, value }));
            }
            period = period.next();
        }
    }
    Facts::new(frequency, facts)
}

/// A standard normal number (Box and Muller 1958), from `libm` so that every machine draws the same.
pub fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - random.random::<f64>()));
    radius * libm::cos(2.0 * std::f64::consts::PI * random.random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_uniform_and_its_seeds_are_apart() {
        let values = (0..40_u64).flat_map(|i| (0..100).map(move |t| noise(&[i, t]))).collect::<Vec<_>>();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        assert!((mean - 0.5).abs() < 0.02 && (square / values.len() as f64 - 1.0 / 12.0).abs() < 0.005);
        let products = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>();
        assert!((products / square).abs() < 0.05, "{}", products / square);
        assert_ne!(noise(&[1, 2]), noise(&[2, 1]));
    }

    #[test]
    fn weekdays_pass_over_weekends() {
        let days = weekdays_from(Session::from_number(1)).take(4).map(Session::number);
        assert_eq!(days.collect::<Vec<_>>(), [1, 4, 5, 6]);
    }

    #[test]
    fn equal_seeds_give_equal_markets() {
        let (a, b) = (market(MarketSpec::default()), market(MarketSpec::default()));
        assert!(a.fields().zip(b.fields()).all(|((_, a), (_, b))| a.same_bits(b)));
        let other = market(MarketSpec { seed: 2, ..MarketSpec::default() });
        assert_ne!(a.axis().n_rows(), other.axis().n_rows());
    }
}
