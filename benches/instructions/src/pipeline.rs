//! Larger pieces: parsing, reading, fits, folds, a backtest, and features of the bundled data.

#![expect(clippy::unnecessary_wraps, reason = "all preparations have one type; some can't fail")]

use std::{fmt::Write as _, fs, hint::black_box, num::NonZeroU32};

use backstaff_feature::{Catalog, Plan, Schema};
use backstaff_learn::{
    fold::{Every, FoldHistory, Holdout, MinRows, WalkForward},
    label::{Execution, ExecutionPrices, Horizon, Labels, Recoveries},
};
use backstaff_panel::{
    Encoding, Panel, Signal, Universe,
    testing::{MarketSpec, market},
};
use backstaff_portfolio::{Costs, Exchange, Leavers, Market, Rebalance, Terms, TopkDropout, backtest};
use backstaff_regime::{Covariances, FitOptions, GaussianHmm, Start, fit, simulate};
use backstaff_source::{Adjustment, PanelSource};
use backstaff_study::{compute, progress::Silent};

use crate::workload::{
    Prepared,
    Scope::{Function, Process},
    Workload,
};

/// The larger pieces, in the order in which they are counted.
pub(crate) const WORKLOADS: &[Workload] = &[
    Workload { name: "parse_alpha158", scope: Function, prepare: parse_alpha158 },
    Workload { name: "ta_rsi", scope: Function, prepare: || feature("ta.RSI($close, 14)") },
    Workload {
        name: "rank_by_session",
        scope: Function,
        prepare: || feature("CsRank($close / Ref($close, 5) - 1, by=sector)"),
    },
    Workload { name: "read_csv", scope: Function, prepare: read_csv },
    Workload { name: "read_parquet", scope: Function, prepare: read_parquet },
    Workload { name: "hmm_fit/3", scope: Function, prepare: hmm_fit },
    Workload { name: "yearly_folds", scope: Function, prepare: yearly_folds },
    Workload { name: "topk_backtest", scope: Function, prepare: topk_backtest },
    Workload { name: "technical_library", scope: Function, prepare: technical_library },
    Workload { name: "compute_to_parquet", scope: Process, prepare: compute_to_parquet },
];

fn small_market() -> Panel {
    market(MarketSpec { n_instruments: 120, n_sessions: 1000, ..MarketSpec::default() })
}

/// Expressions to checked features.
fn parse_alpha158() -> Prepared {
    let schema = Schema::of(&small_market());
    Ok(Box::new(move || {
        let catalog = Catalog::new().with_library("alpha158")?;
        black_box(catalog.resolve(&["alpha158"], &schema)?);
        Ok(())
    }))
}

/// One expression over a market.
fn feature(expression: &str) -> Prepared {
    let panel = small_market();
    let catalog = Catalog::new().with("feature", expression)?;
    let plan = Plan::new(&catalog.resolve(&["feature"], &Schema::of(&panel))?);
    // The rows by session are an index of the panel, not part of the feature.
    panel.axis().by_session();
    Ok(Box::new(move || {
        black_box(plan.compute(&panel, Encoding::F64, &())?);
        Ok(())
    }))
}

/// 20,000 bars of 20 instruments.
fn read_csv() -> Prepared {
    let panel = market(MarketSpec { n_sessions: 1000, mortal: 0.0, ..MarketSpec::default() });
    let axis = panel.axis();
    let fields = ["open", "high", "low", "close", "volume"];
    let mut columns = Vec::new();
    for name in fields {
        columns.push(panel.field(name).ok_or("the market has bars")?.to_f64());
    }
    let mut text = format!("date,instrument,{}\n", fields.join(","));
    for i in 0..axis.n_instruments() {
        for (row, session) in axis.rows(i).zip(axis.sessions(i)) {
            write!(text, "{session},{}", axis.instruments()[i])?;
            for column in &columns {
                // A missing cell is empty.
                let value = column[row];
                if value.is_nan() { text.push(',') } else { write!(text, ",{value:.4}")? }
            }
            text.push('\n');
        }
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bars.csv");
    fs::write(&path, text)?;
    Ok(Box::new(move || {
        // The folder is removed when the work is dropped.
        let _ = &folder;
        black_box(PanelSource::new(&path).load()?);
        Ok(())
    }))
}

/// The bundled funds: Parquet to a panel.
fn read_parquet() -> Prepared {
    Ok(Box::new(|| {
        black_box(PanelSource::new("examples/data/us_funds.parquet").load()?);
        Ok(())
    }))
}

/// Sixty iterations over three years, of three states that follow each other slowly.
fn hmm_fit() -> Prepared {
    let leave = 0.02;
    let stay = 1.0 - 2.0 * leave;
    let transition = vec![stay, leave, leave, leave, stay, leave, leave, leave, stay];
    let means = vec![-0.001, 0.0005, 0.001];
    let variances = Covariances::Diagonal(vec![3e-4, 1e-4, 2e-4]);
    let truth = GaussianHmm::new(vec![1.0 / 3.0; 3], transition, means, variances)?;
    let (_, observations) = simulate(&truth, 756, 5);
    let starts = vec![Start::VolatilityBins];
    let options = FitOptions { max_iterations: 60, tolerance: 0.0, ..FitOptions::new(3).with_starts(starts) };
    Ok(Box::new(move || {
        black_box(fit(&observations, &options)?);
        Ok(())
    }))
}

/// Labels over five sessions and yearly folds of a market.
fn yearly_folds() -> Prepared {
    let panel = small_market();
    let universe = Universe::new(vec![true; panel.axis().n_rows()]);
    let three = NonZeroU32::new(3).ok_or("three is not zero")?;
    let walk = WalkForward {
        from: "2012-01-01".parse()?,
        to: "2013-09-30".parse()?,
        every: Every::Quarter,
        history: FoldHistory::Expanding { min_sessions: three },
        validation: Holdout::Months(three),
        embargo: 0,
        min_rows: MinRows { train: 1, test: 1 },
    };
    let horizon = Horizon::new(5).ok_or("five sessions are a horizon")?;
    Ok(Box::new(move || {
        let prices = ExecutionPrices::new(&panel, Execution::Open)?;
        let labels = Labels::forward_return(&prices, horizon, &Recoveries::default());
        black_box(walk.folds(&universe, &labels)?);
        Ok(())
    }))
}

/// The best 20 of 120, of which five are exchanged a session.
fn topk_backtest() -> Prepared {
    let panel = small_market();
    let close = panel.field("close").ok_or("the market has closes")?.to_f64();
    // Yesterday's fall is as good an opinion as any, and differs between all instruments.
    let later = close.windows(2).map(|pair| 1.0 - pair[1] / pair[0]);
    let scores = std::iter::once(f64::NAN).chain(later).collect();
    let signal = Signal::new("reversal", scores);
    let universe = Universe::new(vec![true; close.len()]);
    let market = Market::new(&panel)?;
    let exchange = Exchange { costs: Costs::per_side(5.0, 5.0), ..Exchange::default() };
    let terms = Terms {
        initial_cash: 1e6,
        rebalance: Rebalance::EverySessions(1),
        signal_delay: 0,
        leavers: Leavers::Sell,
        sessions: 0..panel.axis().calendar().len(),
    };
    let mut strategy = TopkDropout::new(20, 5)?;
    Ok(Box::new(move || {
        black_box(backtest(&market, &universe, &exchange, &terms, &signal, &mut strategy)?);
        Ok(())
    }))
}

/// The library `technical` over the bundled companies, in memory.
fn technical_library() -> Prepared {
    let source =
        PanelSource { adjustment: Adjustment::Auto, ..PanelSource::new("examples/data/us_equities.parquet") };
    let panel = source.load()?.panel;
    let catalog = Catalog::new().with_library("technical")?;
    // The companies have no sectors beside them, so that two of the entries are left out.
    let plan = Plan::new(&catalog.resolve_available(&["technical"], &Schema::of(&panel))?.features);
    Ok(Box::new(move || {
        black_box(plan.compute(&panel, Encoding::F32, &())?);
        Ok(())
    }))
}

/// `backstaff compute` as a whole: reading, checking, computing and writing the bundled funds.
fn compute_to_parquet() -> Prepared {
    let folder = tempfile::tempdir()?;
    let request = compute::Request {
        data: "examples/data/us_funds.parquet".into(),
        libraries: vec!["technical".to_owned()],
        out: folder.path().join("features.parquet"),
        threads: 1,
        ..compute::Request::default()
    };
    Ok(Box::new(move || {
        let _ = &folder;
        black_box(compute::compute(&request, &Silent)?);
        Ok(())
    }))
}
