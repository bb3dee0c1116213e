//! Series of returns: what they earned and risked, and how far that may be luck. The formulas stand in
//! `backstaff-statistics`; what is said of arguments stands in `backstaff/metrics.py`.

use arrow_array::{RecordBatchReader, cast::AsArray, types::Float64Type};
use arrow_cast::cast;
use arrow_schema::DataType;
use backstaff_statistics::{self as statistics, FlatTrial, SharpeDifference, TrackRecord};
use pyo3::{buffer::PyBuffer, prelude::*, types::PyBytes};

use crate::{
    arrow::reader,
    detached::detached,
    error::{DataError, argument},
};

/// A column of a table: its name, and its numbers as bytes if it has any.
type Column<'py> = (String, Option<Bound<'py, PyBytes>>);

/// How a bootstrap draws: the number of replications, the seed, the number of threads.
type Draws = (usize, u64, usize);

/// The columns of a table that speaks Arrow's protocol, as 64-bit numbers in memory; what is missing is NaN.
#[pyfunction]
pub(crate) fn number_columns<'py>(py: Python<'py>, table: &Bound<'py, PyAny>) -> PyResult<Vec<Column<'py>>> {
    let told = |error: arrow_schema::ArrowError| DataError::new_err(error.to_string());
    let reader = reader(table, "the series")?;
    let fields = reader.schema().fields().clone();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(told)?;
    let columns = fields.iter().enumerate().map(|(i, field)| {
        let kind = field.data_type();
        if !(kind.is_numeric() || matches!(kind, DataType::Boolean | DataType::Null)) {
            return Ok((field.name().clone(), None));
        }
        let mut bytes = Vec::new();
        for batch in &batches {
            let column = cast(batch.column(i), &DataType::Float64).map_err(told)?;
            let values = column.as_primitive::<Float64Type>().iter();
            bytes.extend(values.flat_map(|value| value.unwrap_or(f64::NAN).to_ne_bytes()));
        }
        Ok((field.name().clone(), Some(PyBytes::new(py, &bytes))))
    });
    columns.collect()
}

/// The numbers of a buffer; an infinite one is a mistake.
fn series(name: &str, buffer: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    if buffer.len()? == 0 {
        // What holds nothing may lie anywhere, also where no number may.
        return Ok(Vec::new());
    }
    let values = PyBuffer::<f64>::get(buffer)?.to_vec(buffer.py())?;
    match values.iter().position(|value| value.is_infinite()) {
        Some(at) => Err(argument(format!("{name}: the value at position {at} is {}", values[at]))),
        None => Ok(values),
    }
}

/// The numbers of a buffer without those that are missing.
fn present(name: &str, buffer: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let mut values = series(name, buffer)?;
    values.retain(|value| !value.is_nan());
    Ok(values)
}

/// Two series without the places at which either is missing.
fn pairs(names: [&str; 2], a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<(Vec<f64>, Vec<f64>)> {
    let (a, b) = (series(names[0], a)?, series(names[1], b)?);
    if a.len() != b.len() {
        let [name, other] = names;
        return Err(argument(format!("{other}: has {} values for the {} of {name}", b.len(), a.len())));
    }
    Ok(a.into_iter().zip(b).filter(|(a, b)| !a.is_nan() && !b.is_nan()).unzip())
}

/// Returns above what cash earned.
fn excess(returns: &Bound<'_, PyAny>, cash: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let (returns, cash) = pairs(["returns", "cash"], returns, cash)?;
    Ok(returns.iter().zip(&cash).map(|(r, cash)| r - cash).collect())
}

/// Series of the same sessions, none of which misses a value.
fn complete(names: &[String], matrix: &[Bound<'_, PyAny>]) -> PyResult<Vec<Vec<f64>>> {
    let mut trials = Vec::<Vec<f64>>::with_capacity(matrix.len());
    for (name, buffer) in names.iter().zip(matrix) {
        let values = series(&format!("matrix: trial {name}"), buffer)?;
        if let Some(at) = values.iter().position(|value| value.is_nan()) {
            return Err(argument(format!(
                "matrix: trial {name} has no value at position {at}; give sessions that all trials have"
            )));
        }
        if let Some(first) = trials.first().filter(|first| first.len() != values.len()) {
            let (n, expected) = (values.len(), first.len());
            return Err(argument(format!(
                "matrix: trial {name} has {n} values, the first one has {expected}"
            )));
        }
        trials.push(values);
    }
    Ok(trials)
}

/// Some work on so many threads, without Python's lock.
fn on_threads<T: Send>(py: Python<'_>, threads: usize, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    detached(py, |_| backstaff_study::on_threads(threads, || Ok(work())))
}

#[pyfunction]
pub(crate) fn skew(returns: &Bound<'_, PyAny>) -> PyResult<f64> {
    Ok(statistics::skewness(&present("returns", returns)?))
}

#[pyfunction]
pub(crate) fn kurtosis(returns: &Bound<'_, PyAny>) -> PyResult<f64> {
    Ok(statistics::kurtosis(&present("returns", returns)?))
}

#[pyfunction]
pub(crate) fn volatility(returns: &Bound<'_, PyAny>, sessions_per_year: f64) -> PyResult<f64> {
    Ok(statistics::moment_deviation(&present("returns", returns)?) * sessions_per_year.sqrt())
}

#[pyfunction]
pub(crate) fn sharpe(
    returns: &Bound<'_, PyAny>,
    cash: &Bound<'_, PyAny>,
    sessions_per_year: f64,
) -> PyResult<f64> {
    Ok(statistics::sharpe_ratio(&excess(returns, cash)?) * sessions_per_year.sqrt())
}

#[pyfunction]
pub(crate) fn sortino(
    returns: &Bound<'_, PyAny>,
    cash: &Bound<'_, PyAny>,
    sessions_per_year: f64,
) -> PyResult<f64> {
    let excess = excess(returns, cash)?;
    let ratio = statistics::ratio(statistics::mean(&excess), statistics::downside_deviation(&excess));
    Ok(ratio * sessions_per_year.sqrt())
}

#[pyfunction]
pub(crate) fn information_ratio(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
    sessions_per_year: f64,
) -> PyResult<f64> {
    let (returns, benchmark) = pairs(["returns", "benchmark"], returns, benchmark)?;
    let active = returns.iter().zip(&benchmark).map(|(r, b)| r - b).collect::<Vec<_>>();
    Ok(statistics::sharpe_ratio(&active) * sessions_per_year.sqrt())
}

#[pyfunction]
pub(crate) fn cagr(returns: &Bound<'_, PyAny>, sessions_per_year: f64) -> PyResult<f64> {
    let returns = present("returns", returns)?;
    let equity = statistics::compounded(&returns);
    Ok(statistics::annual_growth(equity[returns.len()], returns.len() as f64 / sessions_per_year))
}

#[pyfunction]
pub(crate) fn max_drawdown(returns: &Bound<'_, PyAny>) -> PyResult<f64> {
    let returns = present("returns", returns)?;
    if returns.is_empty() {
        return Ok(f64::NAN);
    }
    Ok(statistics::underwater(statistics::compounded(&returns)).into_iter().fold(0.0, f64::min))
}

#[pyfunction]
pub(crate) fn hit_rate(returns: &Bound<'_, PyAny>) -> PyResult<f64> {
    Ok(statistics::hit_rate(&present("returns", returns)?))
}

#[pyfunction]
pub(crate) fn value_at_risk(returns: &Bound<'_, PyAny>, quantile: f64) -> PyResult<f64> {
    Ok(statistics::value_at_risk(&present("returns", returns)?, quantile))
}

#[pyfunction]
pub(crate) fn cvar(returns: &Bound<'_, PyAny>, quantile: f64) -> PyResult<f64> {
    Ok(statistics::conditional_value_at_risk(&present("returns", returns)?, quantile))
}

/// The Sharpe ratio of one session, the number of sessions, skewness and kurtosis.
#[pyfunction]
pub(crate) fn track_record(returns: &Bound<'_, PyAny>) -> PyResult<(f64, f64, f64, f64)> {
    let TrackRecord { sharpe, n, skew, kurtosis } = TrackRecord::of(&present("returns", returns)?);
    Ok((sharpe, n, skew, kurtosis))
}

#[pyfunction]
pub(crate) fn probabilistic_sharpe(sharpe: f64, n: f64, skew: f64, kurtosis: f64, benchmark: f64) -> f64 {
    TrackRecord { sharpe, n, skew, kurtosis }.probability_above(benchmark)
}

#[pyfunction]
pub(crate) fn min_track_record(sharpe: f64, benchmark: f64, skew: f64, kurtosis: f64, alpha: f64) -> f64 {
    TrackRecord { sharpe, n: f64::NAN, skew, kurtosis }.min_length(benchmark, alpha)
}

#[pyfunction]
pub(crate) fn expected_max_sharpe(sd: f64, n_trials: f64) -> f64 {
    statistics::expected_max_sharpe(sd, n_trials)
}

#[pyfunction]
pub(crate) fn min_backtest_length(n_trials: f64, sharpe: f64) -> f64 {
    statistics::min_backtest_length(n_trials, sharpe)
}

#[pyfunction]
pub(crate) fn probability_of_overfitting(
    py: Python<'_>,
    names: Vec<String>,
    matrix: Vec<Bound<'_, PyAny>>,
    n_blocks: usize,
) -> PyResult<f64> {
    let trials = complete(&names, &matrix)?;
    let n = trials.first().map_or(0, Vec::len);
    if trials.len() < 2 {
        return Err(argument(format!("matrix: has {} trials; a choice needs two or more", trials.len())));
    }
    if !(2..=statistics::MOST_BLOCKS).contains(&n_blocks) || n_blocks % 2 == 1 {
        let most = statistics::MOST_BLOCKS;
        return Err(argument(format!("n_blocks: {n_blocks} is not an even number from 2 to {most}")));
    }
    if n < 2 * n_blocks {
        return Err(argument(format!(
            "n_blocks: {n} sessions are too few for {n_blocks} blocks of two or more"
        )));
    }
    let found = detached(py, |_| Ok(statistics::probability_of_overfitting(&trials, n_blocks)))?;
    found.map_err(|FlatTrial { trial, blocks, n_blocks }| {
        let name = &names[trial];
        argument(format!(
            "matrix: trial {name} does not vary in {blocks} of {n_blocks} blocks of sessions, so that one half gives it \
             no Sharpe ratio; leave the trial out"
        ))
    })
}

/// The statistic, the p-value and the number of the best trial.
#[pyfunction]
pub(crate) fn reality_check(
    py: Python<'_>,
    names: Vec<String>,
    matrix: Vec<Bound<'_, PyAny>>,
    benchmark: &Bound<'_, PyAny>,
    block: f64,
    draws: Draws,
) -> PyResult<(f64, f64, usize)> {
    let mut trials = complete(&names, &matrix)?;
    let benchmark = complete_benchmark(benchmark, trials.first().map_or(0, Vec::len))?;
    for trial in &mut trials {
        trial.iter_mut().zip(&benchmark).for_each(|(r, b)| *r -= b);
    }
    let (replications, seed, threads) = draws;
    let found = on_threads(py, threads, || statistics::reality_check(&trials, block, replications, seed))?;
    Ok((found.statistic, found.p_value, found.best))
}

/// The returns of a benchmark in each of `n` sessions, of which there is one or more.
fn complete_benchmark(benchmark: &Bound<'_, PyAny>, n: usize) -> PyResult<Vec<f64>> {
    let benchmark = series("benchmark", benchmark)?;
    if n == 0 {
        return Err(argument("matrix: has no values".to_owned()));
    }
    if benchmark.len() != n {
        return Err(argument(format!("benchmark: has {} values for {n} sessions", benchmark.len())));
    }
    match benchmark.iter().position(|value| value.is_nan()) {
        Some(at) => Err(argument(format!("benchmark: has no value at position {at}"))),
        None => Ok(benchmark),
    }
}

/// The difference, its error, z and the p-value; with a block length the p-value is that of a bootstrap.
#[pyfunction]
pub(crate) fn sharpe_difference(
    py: Python<'_>,
    a: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
    lags: Option<usize>,
    block: Option<usize>,
    draws: Draws,
) -> PyResult<(f64, f64, f64, f64)> {
    let (a, b) = pairs(["a", "b"], a, b)?;
    let lags = lags.unwrap_or_else(|| statistics::usual_lags(a.len()));
    if let Some(block) = block.filter(|block| *block > a.len()) {
        return Err(argument(format!(
            "block: {block} is longer than the {} sessions of both series",
            a.len()
        )));
    }
    let (replications, seed, threads) = draws;
    let found = match block {
        Some(block) => on_threads(py, threads, || {
            statistics::sharpe_difference_in_blocks(&a, &b, lags, block, replications, seed)
        })?,
        None => statistics::sharpe_difference(&a, &b, lags),
    };
    let SharpeDifference { difference, error, z, p_value } = found;
    Ok((difference, error, z, p_value))
}

/// The rank correlation of each session, the t of their mean; `places` says for each row the number of its session.
#[pyfunction]
pub(crate) fn rank_ics(
    py: Python<'_>,
    scores: &Bound<'_, PyAny>,
    returns: &Bound<'_, PyAny>,
    places: Vec<usize>,
    sessions: usize,
    least: usize,
) -> PyResult<(Vec<f64>, f64, f64)> {
    let (scores, returns) = (series("scores", scores)?, series("returns", returns)?);
    let n = scores.len();
    for (name, length) in [("returns", returns.len()), ("dates", places.len())] {
        if length != n {
            return Err(argument(format!("{name}: has {length} values for the {n} of scores")));
        }
    }
    detached(py, |_| {
        let mut of_session = vec![(Vec::new(), Vec::new()); sessions];
        for ((score, outcome), place) in scores.iter().zip(&returns).zip(places) {
            if !score.is_nan() && !outcome.is_nan() {
                of_session[place].0.push(*score);
                of_session[place].1.push(*outcome);
            }
        }
        let of = |(scores, outcomes): &(Vec<f64>, Vec<f64>)| {
            if scores.len() < least { f64::NAN } else { statistics::rank_correlation(scores, outcomes) }
        };
        let found = of_session.iter().map(of).collect::<Vec<_>>();
        let known = found.iter().copied().filter(|ic| !ic.is_nan()).collect::<Vec<_>>();
        let t = statistics::newey_west_t(&known, statistics::usual_lags(known.len()));
        Ok((found, statistics::mean(&known), t))
    })
}
