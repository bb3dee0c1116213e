//! The workflows of quantlab: their five files, with the dates of the bundled prices, from file to account.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use backstaff_learn::process::TableColumn;
use backstaff_panel::Column;
use backstaff_qlib::{
    dataset::{Dataset, Rows},
    folder::Folder,
    run::{Options, Ran, run},
    workflow::Workflow,
};
use backstaff_study::{StudyError, progress::Silent};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// The example with another strategy and other features.
fn file(folder: &Path, strategy: &str, features: &str) -> PathBuf {
    let text = fs::read_to_string(examples().join("quantlab.yaml")).unwrap();
    let data = examples().join("data/us_equities.parquet").display().to_string();
    let old = "class: TechFundamentalStrategy\n        module_path: quantlab.backtest.strategies\n        kwargs: {signal: <PRED>, \
               topk: 5, n_drop: 1, rsi_weight: 0.5, macd_weight: 0.5, fundamental_weight: 0.0}";
    assert!(text.contains(old));
    let text = text.replace(old, strategy).replace("data/us_equities.parquet", &data);
    let text = text.replace("[polygon_rsi_14, polygon_macd_hist, polygon_sma_20, polygon_sma_50]", features);
    let path = folder.join("workflow.yaml");
    fs::write(&path, text).unwrap();
    path
}

fn strategy(class: &str, kwargs: &str) -> String {
    format!(
        "class: {class}\n        module_path: quantlab.backtest.strategies\n        kwargs: {{signal: <PRED>, {kwargs}}}"
    )
}

/// The five files: what they hold, and what they are told of it.
const FILES: [(&str, &str, &str); 5] = [
    (
        "TechFundamentalStrategy",
        "topk: 3, n_drop: 1, rsi_weight: 0.5, macd_weight: 0.5, fundamental_weight: 0.0",
        "[polygon_rsi_14, polygon_macd_hist, polygon_sma_20, polygon_sma_50]",
    ),
    (
        "TechFundamentalStrategy",
        "topk: 5, n_drop: 2, rsi_weight: 0.4, macd_weight: 0.3, fundamental_weight: 0.3",
        "[polygon_rsi_14, polygon_macd_hist, yf_pe_ratio, yf_revenue_growth]",
    ),
    (
        "TechFundamentalStrategy",
        "topk: 20, n_drop: 5, rsi_weight: 0.4, macd_weight: 0.3, fundamental_weight: 0.3",
        "[polygon_rsi_14, polygon_macd_hist, yf_pe_ratio, yf_revenue_growth]",
    ),
    (
        "SentimentMomentumStrategy",
        "momentum_weight: 0.6, sentiment_weight: 0.4, min_sentiment: -0.3, max_pe: 40",
        "[polygon_sma_20, polygon_sma_50, av_sentiment_score, yf_forward_pe]",
    ),
    (
        "MeanReversionOptionsStrategy",
        "topk: 10, n_drop: 3, rsi_oversold: 30, rsi_overbought: 70, stop_loss_pct: 0.10, min_hold_days: 2",
        "[polygon_rsi_14, polygon_sma_20]",
    ),
];

/// Quarterly values of every name, known a month and a half after the quarter.
fn facts(folder: &Path, quarters: usize) -> PathBuf {
    let names = "AAPL MSFT AMZN XOM JNJ JPM PG HD CVX MRK PEP COST KO WMT MCD CSCO DIS INTC VZ NKE";
    let mut text = "instrument,known_at,pe_ratio,revenue_growth,forward_pe,sentiment_score\n".to_owned();
    for (k, name) in names.split(' ').enumerate() {
        for quarter in 0..quarters {
            let (year, month) = (2012 + quarter / 4, [2, 5, 8, 11][quarter % 4]);
            let value = 10.0 + ((k * 7 + quarter * 3) % 13) as f64;
            let (share, next, mood) = (value / 100.0, value - 1.0, value / 20.0 - 0.5);
            writeln!(text, "{name},{year}-{month:02}-15,{value},{share},{next},{mood}").unwrap();
        }
    }
    let path = folder.join(format!("facts_{quarters}.csv"));
    fs::write(&path, text).unwrap();
    path
}

fn ran(path: &Path, facts: Option<PathBuf>) -> Result<Ran, StudyError> {
    run(Workflow::read(path)?, &Options { facts, threads: 2, strict: true, ..Options::default() }, &Silent)
}

#[test]
fn all_five_files_run_and_are_told_what_they_do_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let known = facts(folder.path(), 24);
    for (class, kwargs, features) in FILES {
        let path = file(folder.path(), &strategy(class, kwargs), features);
        let ran = ran(&path, Some(known.clone())).unwrap_or_else(|error| panic!("{class} {kwargs}: {error}"));
        let outcome = ran.portfolio.as_ref().unwrap();
        assert_eq!(outcome.report.len(), 217, "{class}");
        assert!(
            !outcome.backtest.orders.is_empty() && outcome.report.iter().all(|row| row.cash >= -1e-6),
            "{class}"
        );
        let cautions =
            ran.cautions.iter().map(|caution| caution.message.as_str()).collect::<Vec<_>>().join("\n");
        assert!(
            cautions.contains("know the future") && cautions.contains("look 1 session ahead"),
            "{cautions}"
        );
        assert!(cautions.contains("change nothing"), "{class}: {cautions}");
        assert_eq!(cautions.contains("nothing is chosen"), kwargs.contains("topk: 20"), "{cautions}");
    }
}

#[test]
fn indicators_are_those_of_their_definitions_in_ascending_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        &strategy("TechFundamentalStrategy", "topk: 5"),
        "[polygon_sma_20, polygon_ema_12, polygon_rsi_14]",
    );
    let workflow = Workflow::read(&path).unwrap();
    let data = Folder::open(&workflow.provider).unwrap();
    let made =
        Dataset::new(&data, &workflow.handler, &workflow.segments, (false, None), &mut Vec::new()).unwrap();
    let (panel, table) = (&made.frame.panel, made.rows(Rows::Raw));
    let axis = panel.axis();
    let i = axis.find("KO").unwrap();
    let close = axis.rows(i).map(|row| panel.field("close").unwrap().get(row)).collect::<Vec<_>>();
    let column = |name: &str| {
        let column = table.group(TableColumn::FEATURE).find(|column| &*column.name == name).unwrap();
        assert!(matches!(*column.values, Column::F64(_)), "as pandas computes them");
        let rows = (0..table.n_rows()).filter(|&row| table.instruments()[row] as usize == i);
        rows.map(|row| (table.sessions()[row] as usize, column.values.get(row))).collect::<Vec<_>>()
    };
    let mut mean = close[0];
    let ema = close.iter().map(|close| {
        mean += 2.0 / 13.0 * (close - mean);
        mean
    });
    let ema = ema.collect::<Vec<_>>();
    for ((session, sma), (_, ema12)) in column("polygon_sma_20").into_iter().zip(column("polygon_ema_12")) {
        let window = &close[session - 19..=session];
        assert!((sma - window.iter().sum::<f64>() / 20.0).abs() < 1e-9);
        assert!((ema12 - ema[session]).abs() < 1e-9);
    }
    for (session, rsi) in column("polygon_rsi_14") {
        let changes = (session - 13..=session).map(|at| close[at] - close[at - 1]).collect::<Vec<_>>();
        let gain = changes.iter().map(|change| change.max(0.0)).sum::<f64>();
        let loss = changes.iter().map(|change| (-change).max(0.0)).sum::<f64>();
        assert!((rsi - (100.0 - 100.0 / (1.0 + gain / loss))).abs() < 1e-6);
    }
}

#[test]
fn todays_values_are_not_told_to_the_past() {
    let folder = tempfile::tempdir().unwrap();
    let (class, kwargs, features) = FILES[1];
    let path = file(folder.path(), &strategy(class, kwargs), features);
    let error = ran(&path, None).unwrap_err().to_string();
    assert!(error.contains("yf_pe_ratio") && error.contains("--facts FILE"), "{error}");
    let error = ran(&path, Some(facts(folder.path(), 1))).unwrap_err().to_string();
    assert!(error.contains("2012-02-15") && error.contains("says nothing of the days before"), "{error}");
    let path = file(folder.path(), &strategy(class, kwargs), "[polygon_rsi_15]");
    let error = Workflow::read(&path).unwrap_err().to_string();
    assert!(error.contains("did you mean `polygon_rsi_14`?"), "{error}");
}
