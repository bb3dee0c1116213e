//! What a workflow itself does wrong, in words.

use backstaff_feature::LabelExpression;
use backstaff_panel::Panel;
use backstaff_study::StudyError;
use backstaff_words::count;
use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    dataset::Dataset,
    frame::expressions,
    portfolio::Scores,
    workflow::{Limit, Model, PortfolioRecord, Record, Region, Strategy, Workflow},
};

/// A thing that makes results less than they look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caution {
    /// The key of the workflow that it is about.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// All cautions about a workflow and what it found.
///
/// # Errors
///
/// If a label can't be resolved on the data.
pub fn cautions(
    workflow: &Workflow,
    dataset: &Dataset,
    scores: &Scores,
    metrics: &IndexMap<String, f64>,
) -> Result<Vec<Caution>, StudyError> {
    let mut all = Vec::new();
    let mut add = |key: &str, message: String| all.push(Caution { key: key.to_owned(), message });
    if let Model::LightGbm { parameters, .. } = &workflow.model {
        let has = |names: &[&str]| names.iter().any(|name| parameters.contains_key(*name));
        let fraction = ["subsample", "bagging_fraction", "sub_row", "bagging"];
        if has(&fraction) && !has(&["bagging_freq", "subsample_freq"]) {
            add(
                "task.model.kwargs.subsample",
                "LightGBM draws rows only with subsample_freq (bagging_freq) of 1 or more; without it this value does \
                 nothing"
                    .to_owned(),
            );
        }
    }
    let n_instruments = {
        let mut names = scores.instruments.iter().collect::<Vec<_>>();
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    for record in &workflow.records {
        let (Record::Portfolio(portfolio) | Record::MultiPass { portfolio, .. }) = record else { continue };
        of_portfolio(workflow, portfolio, scores, n_instruments, &mut add);
    }
    if workflow.handler.class == "QuantLabFeatureHandler" {
        add(
            "task.dataset.kwargs.handler",
            "the original computes over rows in descending order of time, so that its indicators know the future and its \
             labels are the past; here time ascends, and figures that it published can't be met"
                .to_owned(),
        );
    }
    let of = |name: &str| metrics.get(name).copied().unwrap_or(f64::NAN);
    let (ic, ratio) = (of("IC"), of("1day.excess_return_with_cost.information_ratio"));
    if ic <= 0.0 && ratio >= 1.0 {
        add(
            "task.record",
            format!(
                "the scores rank no better than chance (IC {ic:.4}), and the account beats the benchmark all the same \
                 (information ratio {ratio:.2}): that is another effect than the model, or luck"
            ),
        );
    }
    overlap(workflow, dataset, &mut add)?;
    Ok(all)
}

fn of_portfolio(
    workflow: &Workflow,
    portfolio: &PortfolioRecord,
    scores: &Scores,
    n_instruments: usize,
    add: &mut impl FnMut(&str, String),
) {
    let key = |name: &str| format!("{}.config.{name}", portfolio.key);
    if let (Region::Us, Some(Limit::Change(limit))) = (workflow.region, &portfolio.exchange.limit)
        && *limit < 1.0
    {
        add(
            &key("backtest.exchange_kwargs.limit_threshold"),
            format!(
                "shares in the United States have no daily limit: ±{}% blocks trades that were possible; leave it out",
                limit * 100.0
            ),
        );
    }
    if let Strategy::Topk(topk) = &portfolio.strategy
        && topk.topk >= n_instruments
    {
        let n = count(n_instruments, "instrument");
        add(
            &key("strategy.kwargs.topk"),
            format!("{} are held of {n} with scores: nothing is chosen", topk.topk),
        );
    }
    if !portfolio.idle.is_empty() {
        let names = portfolio.idle.join(", ");
        add(
            &key("strategy.kwargs"),
            format!("{names} change nothing: the original reads them nowhere either"),
        );
    }
    ties(portfolio, scores, &key("strategy"), add);
    if let (Some(from), Some(&first)) = (portfolio.from, scores.dates.iter().min())
        && from < first
    {
        add(
            &key("backtest.start_time"),
            format!(
                "the back-test begins on {from} and its scores on {first}: the account lies in cash meanwhile, while the \
                 benchmark runs; begin it on {first}"
            ),
        );
    }
}

/// Sessions in which equal scores stand at the edge of the book: Qlib takes one or the other by chance of its sort.
fn ties(portfolio: &PortfolioRecord, scores: &Scores, key: &str, add: &mut impl FnMut(&str, String)) {
    let Strategy::Topk(topk) = &portfolio.strategy else { return };
    let mut rows = (0..scores.values.len()).filter(|&row| !scores.values[row].is_nan()).collect::<Vec<_>>();
    rows.sort_by(|&a, &b| {
        scores.dates[a].cmp(&scores.dates[b]).then(scores.values[b].total_cmp(&scores.values[a]))
    });
    let days = rows.chunk_by(|&a, &b| scores.dates[a] == scores.dates[b]);
    let (mut n, mut tied) = (0, 0);
    for day in days {
        n += 1;
        let best = &day[..day.len().min(topk.topk + topk.n_drop + 1)];
        tied += usize::from(best.windows(2).any(|pair| scores.values[pair[0]] == scores.values[pair[1]]));
    }
    if tied > 0 {
        add(
            key,
            format!(
                "in {tied} of {n} sessions instruments among the best have equal scores: here their order is that of their \
                 names, in Qlib it is left to an unstable sort, so that its account differs"
            ),
        );
    }
}

/// Segments that meet: labels of the one look into the next.
fn overlap(
    workflow: &Workflow,
    dataset: &Dataset,
    add: &mut impl FnMut(&str, String),
) -> Result<(), StudyError> {
    let panel = &dataset.frame.panel;
    let ahead = look_ahead(workflow, panel)?;
    let sessions = panel.axis().calendar().sessions();
    let names = ["train", "valid", "test"];
    let spans = names.iter().filter_map(|name| Some((*name, workflow.segment(name)?))).collect::<Vec<_>>();
    for pair in spans.windows(2) {
        let [(first, a), (second, b)] = pair else { continue };
        if let (Some(to), Some(from)) = (a.to, b.from) {
            if from <= to {
                add(
                    &format!("task.dataset.kwargs.segments.{second}"),
                    format!("begins on {from}, before {first} ends on {to}: rows are in both"),
                );
                continue;
            }
            let between = sessions.partition_point(|&session| session < from)
                - sessions.partition_point(|&session| session <= to);
            if between < ahead {
                add(
                    &format!("task.dataset.kwargs.segments.{first}"),
                    format!(
                        "its last labels look {} ahead, into {second}, and are learned from: {} between the segments would \
                         keep them apart (a study of ours leaves these rows out)",
                        count(ahead, "session"),
                        count(ahead, "session")
                    ),
                );
            }
        }
    }
    Ok(())
}

/// How many sessions the labels look ahead.
fn look_ahead(workflow: &Workflow, panel: &Panel) -> Result<usize, StudyError> {
    let labels = workflow.handler.loader.computed("label").into_iter().cloned().collect::<Vec<_>>();
    Ok(expressions(panel, &labels)?.iter().map(LabelExpression::look_ahead).max().unwrap_or(0))
}
