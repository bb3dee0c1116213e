//! The native part of the Python module `backstaff`: arguments of Python to verbs of the library, tables back as Arrow.
//!
//! The package around it (`backstaff/`) is what people see: it knows pandas and notebooks. What is here knows neither.
//!
//! | file | holds |
//! |---|---|
//! | `arrow.rs` | tables in and out, through Arrow's C interface |
//! | `detached.rs` | work without Python's lock, which Ctrl-C ends |
//! | `error.rs` | errors as Python's exceptions |
//! | `factor.rs` | one feature, judged without a model |
//! | `frame.rs` | frames in place of files |
//! | `metrics.rs` | series of returns: what they earned, and how far that may be luck |
//! | `model.rs` | models of the user's own |
//! | `form.rs` | the form of files, as keyword arguments say it |
//! | `hmm.rs` | hidden Markov models in memory |
//! | `prices.rs` | prices in memory, and what is computed from them |
//! | `program.rs` | the command line |
//! | `qlib/` | what `backstaff.qlib` computes: folders, columns, processors, models, portfolios of Qlib's |
//! | `strategy/` | strategies, and the backtest that asks them |
//! | `study.rs` | studies and their verbs |

#![expect(clippy::needless_pass_by_value, reason = "PyO3 hands over what it has converted")]

mod arrow;
mod detached;
mod error;
mod factor;
mod form;
mod frame;
mod hmm;
mod metrics;
mod model;
mod prices;
mod program;
mod qlib;
mod strategy;
mod study;

use pyo3::prelude::pymodule;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{
        arrow::{Table, read_parquet, write_parquet},
        factor::judge,
        hmm::{Hmm, Observed, Search, numbers},
        metrics::{
            cagr, cvar, expected_max_sharpe, hit_rate, information_ratio, kurtosis, max_drawdown,
            min_backtest_length, min_track_record, number_columns, probabilistic_sharpe,
            probability_of_overfitting, rank_ics, reality_check, sharpe, sharpe_difference, skew, sortino,
            track_record, value_at_risk, volatility,
        },
        prices::{Prices, read},
        program::{large_pages, program},
        qlib::{
            QlibFolder, QlibModel, QlibProcessor, QlibTable, qlib_alpha, qlib_check, qlib_fit, qlib_model,
            qlib_risk, qlib_signal, qlib_trade, qlib_workflow,
        },
        strategy::{Market, Order, Outcome, Trade, backtest},
        study::{Study, compare_runs},
    };
}
