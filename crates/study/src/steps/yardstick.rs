//! Yardstick: whether the equal weight, by which everything is judged, is one, or is what one broken series makes of it.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Column, TRADED, Universe};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};
use backstaff_statistics::{mean, median, moment_deviation};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    steps::folds::universe,
    stored::{column::ColumnHandle, encoding::read_facts, panel::PanelHandle},
};

/// A close that is this many times the one before, or its inverse, is a jump: few shares ever do that in a session, and
/// none again and again.
const JUMP: f64 = 2.0;
/// The returns that an instrument needs for a volatility of its own.
const LEAST_RETURNS: usize = 20;

/// Measure the equal weight of the universe, rebalanced in each session, and what each instrument brings to it.
#[derive(Clone, Copy, Debug)]
pub struct MeasureYardstick;

/// The inputs of the measurement.
#[derive(Debug)]
pub struct YardstickInputs {
    /// The panel with the closes.
    pub panel: Arc<PanelHandle>,
    /// The universe: 1 where an instrument is eligible.
    pub universe: Arc<ColumnHandle>,
    /// The instruments that the strategy names; `None` if it chooses from the universe.
    pub named: Option<Vec<String>>,
    /// The tested sessions, as positions in the calendar.
    pub sessions: Range<usize>,
}

/// The equal weight of the tested sessions, rebalanced in each of them, before costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct YardstickFacts {
    /// The median number of instruments of a session.
    pub n_instruments: f64,
    /// The standard deviation of its returns: a fraction a year.
    pub volatility: Option<f64>,
    /// The median of the instruments' own volatilities.
    pub median_volatility: Option<f64>,
    /// The mean of its returns, times the sessions of a year.
    pub mean_annual: Option<f64>,
    /// Its growth, as a logarithm a year: below the mean by half the variance, where the returns are ordinary.
    pub growth_annual: Option<f64>,
    /// The instrument whose jumps bring the largest share of its variance; `None` if none jumps.
    pub instrument: Option<OneInstrument>,
    /// The session with the largest move; `None` without any.
    pub session: Option<OneSession>,
}

/// What one instrument brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneInstrument {
    /// The name of the instrument.
    pub instrument: String,
    /// The number of sessions in which its close doubled or halved.
    pub n_jumps: usize,
    /// The share of the variance that these sessions bring.
    pub variance: f64,
    /// What these sessions add to the mean: a fraction a year.
    pub mean_annual: f64,
}

/// What one session brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneSession {
    /// The session: YYYY-MM-DD.
    pub session: String,
    /// The return of the equal weight in the session.
    pub of_all: f64,
}

/// The return of one instrument in one session.
struct Cell {
    instrument: usize,
    value: f64,
}

impl YardstickFacts {
    fn of(
        axis: &Axis,
        (close, traded): (&Column, &Column),
        members: &Universe,
        named: Option<&[String]>,
        sessions: &Range<usize>,
    ) -> Self {
        let cells = cells(axis, (close, traded), members, named, sessions);
        let present = cells.iter().filter(|cells| !cells.is_empty());
        let counts = present.clone().map(|cells| cells.len() as f64).collect::<Vec<_>>();
        if counts.len() < 2 {
            return Self::default();
        }
        let of_all =
            |cells: &Vec<Cell>| cells.iter().map(|cell| cell.value).sum::<f64>() / cells.len() as f64;
        let returns = present.clone().map(of_all).collect::<Vec<_>>();
        let year = axis.calendar().sessions_per_year();
        let growth = returns.iter().map(|value| libm::log1p(value.max(-1.0 + 1e-9))).collect::<Vec<_>>();
        let finite = |value: f64| value.is_finite().then_some(value);
        let dated = cells.iter().enumerate().filter(|(_, cells)| !cells.is_empty());
        let largest = dated
            .map(|(k, cells)| (sessions.start + 1 + k, of_all(cells)))
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        Self {
            n_instruments: median(&counts),
            volatility: finite(moment_deviation(&returns) * year.sqrt()),
            median_volatility: median_volatility(&cells, axis.n_instruments(), year),
            mean_annual: finite(mean(&returns) * year),
            growth_annual: finite(mean(&growth) * year),
            instrument: jumps(axis, &cells, &returns, year),
            session: largest.map(|(position, of_all)| OneSession {
                session: axis.calendar().session(position).to_string(),
                of_all,
            }),
        }
    }
}

/// For each session after the first, the returns of the instruments that were eligible in the session before, each since
/// its last trade.
fn cells(
    axis: &Axis,
    (close, traded): (&Column, &Column),
    members: &Universe,
    named: Option<&[String]>,
    sessions: &Range<usize>,
) -> Vec<Vec<Cell>> {
    let mut cells = (sessions.start + 1..sessions.end).map(|_| Vec::new()).collect::<Vec<_>>();
    for i in 0..axis.n_instruments() {
        let name = axis.instruments()[i].name();
        if named.is_some_and(|named| named.iter().all(|other| other != name)) {
            continue;
        }
        let mut before: Option<(f64, bool)> = None;
        for (row, position) in axis.rows(i).zip(axis.positions(i)) {
            if position < sessions.start || position >= sessions.end {
                continue;
            }
            let price = close.get(row);
            let is_known = traded.get(row) == 1.0 && price > 0.0;
            if !is_known {
                continue;
            }
            if let (Some((last, true)), true) = (before, position > sessions.start) {
                cells[position - sessions.start - 1].push(Cell { instrument: i, value: price / last - 1.0 });
            }
            before = Some((price, named.is_some() || members.contains(row)));
        }
    }
    cells
}

fn median_volatility(cells: &[Vec<Cell>], n_instruments: usize, year: f64) -> Option<f64> {
    let mut returns = vec![Vec::new(); n_instruments];
    for cell in cells.iter().flatten() {
        returns[cell.instrument].push(cell.value);
    }
    let own = returns.iter().filter(|returns| returns.len() >= LEAST_RETURNS);
    let own = own.map(|returns| moment_deviation(returns) * year.sqrt()).collect::<Vec<_>>();
    (!own.is_empty()).then(|| median(&own))
}

/// The instrument whose jumps bring the largest share of the variance.
fn jumps(axis: &Axis, cells: &[Vec<Cell>], returns: &[f64], year: f64) -> Option<OneInstrument> {
    let centre = mean(returns);
    let variance = returns.iter().map(|value| (value - centre) * (value - centre)).sum::<f64>();
    let mut parts = vec![(0, 0.0, 0.0); axis.n_instruments()];
    let present = cells.iter().filter(|cells| !cells.is_empty());
    for (cells, of_all) in present.zip(returns) {
        let is_jump = |cell: &&Cell| (1.0 + cell.value).max(1.0 / (1.0 + cell.value)) > JUMP;
        for cell in cells.iter().filter(is_jump) {
            let part = cell.value / cells.len() as f64;
            let (n, square, sum) = &mut parts[cell.instrument];
            *n += 1;
            *square += part * (of_all - centre);
            *sum += part;
        }
    }
    let (i, (n_jumps, square, sum)) = parts
        .into_iter()
        .enumerate()
        .filter(|(_, (n, _, _))| *n > 0)
        .max_by(|a, b| a.1.1.total_cmp(&b.1.1).then(b.0.cmp(&a.0)))?;
    Some(OneInstrument {
        instrument: axis.instruments()[i].name().to_owned(),
        n_jumps,
        variance: square / variance,
        mean_annual: sum / returns.len() as f64 * year,
    })
}

impl Stage for MeasureYardstick {
    const NAME: &'static str = "yardstick";
    const VERSION: u32 = 1;
    type Inputs = YardstickInputs;
    type Shard = ();
    type Output = YardstickFacts;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self = self;
        key.f64("jump", JUMP);
    }

    fn hash_inputs(&self, (): &(), inputs: &YardstickInputs, key: &mut KeyHasher) -> Result<(), StudyError> {
        let YardstickInputs { panel, universe, named, sessions } = inputs;
        let name = |position: usize| i64::from(panel.axis().calendar().session(position).number());
        key.i64("first_session", name(sessions.start)).i64("last_session", name(sessions.end - 1));
        key.list("named", named.iter().flatten(), |key, name| {
            key.str("", name);
        });
        for number in 0..panel.segments().len() {
            panel.hash_segment(key, number, ["close", TRADED], |key| {
                key.digest("universe", &universe.digest(number));
            });
        }
        Ok(())
    }

    fn shards(&self, _: &YardstickInputs) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), inputs: &YardstickInputs, _: Budget) -> Result<YardstickFacts, StudyError> {
        let YardstickInputs { panel, universe: members, named, sessions } = inputs;
        let fields = (panel.column("close")?, panel.column(TRADED)?);
        let members = universe(members)?;
        Ok(YardstickFacts::of(panel.axis(), (&fields.0, &fields.1), &members, named.as_deref(), sessions))
    }

    fn write(&self, output: &YardstickFacts, draft: &mut Draft) -> Result<(), StoreError> {
        draft.info(serde_json::json!({ "yardstick": output }));
        Ok(())
    }
}

/// Read the measurement from its artifact.
pub fn read_yardstick(manifest: &Manifest) -> Result<YardstickFacts, StudyError> {
    read_facts(manifest, "yardstick")
}

#[cfg(test)]
mod tests {
    use backstaff_panel::testing::{noise, weekdays};

    use super::*;

    const N: usize = 40;
    const SESSIONS: usize = 500;

    /// The facts of a market of random walks, in which the first instrument jumps between two levels or not.
    fn facts(is_broken: bool) -> YardstickFacts {
        let lives = (0..N).map(|i| (format!("S{i:02}").as_str().into(), 0..SESSIONS)).collect();
        let axis = Axis::new(weekdays(SESSIONS), lives);
        let mut close = Vec::new();
        for i in 0..N as u64 {
            let mut price = 20.0;
            for t in 0..SESSIONS as u64 {
                price *= 1.0 + 0.04 * (noise(&[i, t]) - 0.5) + 0.02 * (noise(&[t, 99]) - 0.5);
                let level = if noise(&[t, 7]) < 0.5 { 0.13 } else { 12.3 };
                close.push(if is_broken && i == 0 { level } else { price });
            }
        }
        let n = axis.n_rows();
        let (close, traded) = (Column::F64(close), Column::F64(vec![1.0; n]));
        YardstickFacts::of(&axis, (&close, &traded), &Universe::new(vec![true; n]), None, &(0..SESSIONS))
    }

    #[test]
    fn an_honest_market_has_no_jump_and_a_growth_below_its_mean_by_half_the_variance() {
        let facts = facts(false);
        assert_eq!((facts.n_instruments, facts.instrument.clone()), (40.0, None));
        // Uniform steps of width 0.02 in common, of width 0.04 apart: √(0.02² / 12 · 252) and, beside it, 0.04² / 12.
        let (own, all) = (facts.median_volatility.unwrap(), facts.volatility.unwrap());
        assert!((all - 0.093).abs() < 0.01 && (own - 0.205).abs() < 0.01, "{all} {own}");
        let gap = facts.mean_annual.unwrap() - facts.growth_annual.unwrap();
        assert!((gap - all * all / 2.0).abs() < 1e-3, "{gap}");
    }

    #[test]
    fn a_series_that_jumps_between_two_levels_is_named_with_its_share() {
        let facts = facts(true);
        let one = facts.instrument.unwrap();
        assert_eq!(one.instrument, "S00");
        assert!(one.n_jumps > 200 && one.variance > 0.99, "{one:?}");
        // A quarter of the sessions jumps up by 12.3 / 0.13 − 1 = 93.6, a quarter down: 252 / 4 · (93.6 − 0.99) / 40.
        assert!((one.mean_annual - 145.9).abs() < 25.0, "{one:?}");
        assert!(facts.session.unwrap().of_all > 2.0);
        assert!(facts.volatility.unwrap() > 10.0 * facts.median_volatility.unwrap());
    }
}
