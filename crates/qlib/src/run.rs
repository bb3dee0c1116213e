//! A workflow from its file to its records.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use backstaff_learn::process::TableColumn;
use backstaff_panel::{Axis, Panel, Session};
use backstaff_study::{
    StudyError, on_threads,
    progress::{Event, Observer, Outcome as StageOutcome, StageRecord},
};
use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    analysis::{self, Series},
    cautions::{Caution, cautions},
    dataset::{Dataset, Rows},
    fit::{FittedModel, fit, labels, predict},
    folder::Folder,
    given,
    portfolio::{self, Outcome, Scores},
    workflow::{Model, Record, Workflow},
};

/// How a workflow is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Scores that take the place of the model's.
    pub predictions: Option<PathBuf>,
    /// Whether a processor may be fitted behind the training segment.
    pub allow_leaks: bool,
    /// Whether the strategy counts as Qlib does where that follows from negative slices.
    pub strict: bool,
    /// The number of threads.
    pub threads: usize,
}

/// What a workflow gave.
#[derive(Debug)]
pub struct Ran {
    /// The workflow.
    pub workflow: Workflow,
    /// The scores of the test segment.
    pub scores: Scores,
    /// The labels of the test segment, by name; none if scores were given.
    pub labels: Vec<(String, Scores)>,
    /// The information coefficients, if they were asked for.
    pub analysis: Option<(Vec<Session>, analysis::Found)>,
    /// The portfolio, if it was asked for.
    pub portfolio: Option<Outcome>,
    /// Portfolios from several first days: the mean and deviation of each measure.
    pub passes: Option<IndexMap<String, f64>>,
    /// The model, if one was fitted.
    pub model: Option<FittedModel>,
    /// The measures by Qlib's names.
    pub metrics: IndexMap<String, f64>,
    /// What a reader should know of the data.
    pub warnings: Vec<String>,
    /// What the workflow itself does wrong.
    pub cautions: Vec<Caution>,
    /// The seconds of each part.
    pub stages: Vec<StageRecord>,
}

/// Run a workflow.
///
/// # Errors
///
/// If the data, the model or a record can't be had.
pub fn run(workflow: Workflow, options: &Options, observer: &dyn Observer) -> Result<Ran, StudyError> {
    on_threads(options.threads, || on_pool(workflow, options, observer))
}

fn on_pool(workflow: Workflow, options: &Options, observer: &dyn Observer) -> Result<Ran, StudyError> {
    let mut watch = Watch { observer, stages: Vec::new() };
    let folder = Folder::open(&workflow.provider)?;
    let mut warnings = workflow.ignored.iter().map(|what| format!("not read: {what}")).collect::<Vec<_>>();
    if let (Model::Foreign { class, module }, None) = (&workflow.model, &options.predictions) {
        return Err(StudyError::Value {
            key: "task.model".to_owned(),
            message: Model::otherwise(class, module),
        });
    }
    let dataset = watch.stage("features", || {
        let made =
            Dataset::new(&folder, &workflow.handler, &workflow.segments, options.allow_leaks, &mut warnings)?;
        let rows = made.rows(Rows::Raw).n_rows();
        Ok((made, rows))
    })?;
    let axis = Arc::clone(dataset.frame.panel.axis());
    let mut model = None;
    let scores = match &options.predictions {
        Some(path) => given::read(path)?,
        None => {
            let fitted = watch.stage("train", || {
                let fitted = fit(&workflow.model, &dataset, options.threads, &mut |progress| {
                    observer.observe(&Event::stepped("train", progress.done, progress.of, 0));
                })?;
                let rows = fitted.n_train;
                Ok((fitted, rows))
            })?;
            let series = watch.stage("predict", || {
                let series = predict(&*fitted.model, &dataset, "test", options.threads)?;
                let rows = series.values.len();
                Ok((series, rows))
            })?;
            model = Some(fitted);
            named(&axis, &series)
        }
    };
    let label_names = dataset.rows(Rows::Raw).group(TableColumn::LABEL).map(|label| label.name.to_string());
    let label_names = label_names.collect::<Vec<_>>();
    let mut metrics = IndexMap::new();
    if let Some(model) = &model {
        for (name, values) in &model.rounds {
            metrics.extend(values.last().map(|&value| (name.clone(), value)));
        }
    }
    let mut analysis = None;
    let (mut outcome, mut passes) = (None, None);
    for record in &workflow.records {
        match record {
            Record::Signal => {}
            Record::Analysis(arguments) => {
                let found = watch.stage("evaluate", || {
                    let labels = labels(&dataset, "test", arguments.label_col)?;
                    let found = analysis::analyse(&numbered(&axis, &scores), &labels, arguments);
                    let rows = labels.values.len();
                    Ok((found, rows))
                })?;
                metrics.extend(found.metrics.clone());
                let dates =
                    found.sessions.iter().map(|&session| axis.calendar().session(session as usize)).collect();
                analysis = Some((dates, found));
            }
            Record::Portfolio(portfolio) => {
                let made = watch.stage("backtest", || {
                    let panel = market(&folder, &mut warnings)?;
                    let made =
                        portfolio::simulate(&panel, workflow.region, portfolio, &scores, options.strict)?;
                    let days = made.report.len();
                    Ok((made, days))
                })?;
                warnings.extend(made.warnings.iter().cloned());
                metrics.extend(portfolio_metrics(&made));
                outcome = Some(made);
            }
            Record::MultiPass { portfolio, passes: n, shuffle } => {
                let (made, all) = watch.stage("backtest", || {
                    let panel = market(&folder, &mut warnings)?;
                    let made =
                        portfolio::simulate(&panel, workflow.region, portfolio, &scores, options.strict)?;
                    let all = several(&panel, &workflow, portfolio, &scores, (*n, *shuffle), options.strict)?;
                    Ok(((made, all), *n as usize))
                })?;
                metrics.extend(portfolio_metrics(&made));
                metrics.extend(all.clone());
                (outcome, passes) = (Some(made), Some(all));
            }
        }
    }
    let labels = if options.predictions.is_some() {
        Vec::new()
    } else {
        let of = |(place, name): (usize, String)| Ok((name, named(&axis, &labels(&dataset, "test", place)?)));
        label_names.into_iter().enumerate().map(of).collect::<Result<_, StudyError>>()?
    };
    let cautions = cautions(&workflow, &dataset, &scores);
    for warning in &warnings {
        observer.observe(&Event::Warning(warning));
    }
    let stages = watch.stages;
    Ok(Ran {
        workflow,
        scores,
        labels,
        analysis,
        portfolio: outcome,
        passes,
        model,
        metrics,
        warnings,
        cautions,
        stages,
    })
}

/// The whole market, as Qlib's exchange sees it.
fn market(folder: &Folder, warnings: &mut Vec<String>) -> Result<Panel, StudyError> {
    folder.panel(None, warnings)
}

/// The measures of a portfolio by Qlib's names.
fn portfolio_metrics(outcome: &Outcome) -> IndexMap<String, f64> {
    let mut metrics = IndexMap::new();
    let names = ["excess_return_without_cost", "excess_return_with_cost"];
    for (name, risk) in names.iter().zip(&outcome.risks[1..]) {
        for (measure, value) in [
            ("mean", risk.mean),
            ("std", risk.std),
            ("annualized_return", risk.annualized_return),
            ("information_ratio", risk.information_ratio),
            ("max_drawdown", risk.max_drawdown),
        ] {
            metrics.insert(format!("1day.{name}.{measure}"), value);
        }
    }
    for (name, value) in [("ffr", outcome.means.ffr), ("pa", outcome.means.pa), ("pos", outcome.means.pos)] {
        metrics.insert(format!("1day.{name}"), value);
    }
    metrics
}

/// Portfolios whose first day ranks otherwise.
fn several(
    panel: &Panel,
    workflow: &Workflow,
    record: &crate::workflow::PortfolioRecord,
    scores: &Scores,
    (n, shuffle): (u32, bool),
    strict: bool,
) -> Result<IndexMap<String, f64>, StudyError> {
    let mut found = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    for pass in 0..n {
        let scores = if shuffle { shuffled(scores, u64::from(pass)) } else { scores.clone() };
        let made = portfolio::simulate(panel, workflow.region, record, &scores, strict)?;
        for (found, risk) in found.iter_mut().zip(&made.risks[1..]) {
            found[0].push(risk.annualized_return);
            found[1].push(risk.information_ratio);
        }
    }
    let mut metrics = IndexMap::new();
    for (name, found) in ["excess_return_without_cost", "excess_return_with_cost"].iter().zip(&found) {
        for (measure, values) in ["annualized_return", "information_ratio"].iter().zip(found) {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let deviation =
                (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
            for (what, value) in [("mean", mean), ("std", deviation), ("mean_std", mean / deviation)] {
                metrics.insert(format!("multi_pass.{name}.{measure}.{what}"), value);
            }
        }
    }
    Ok(metrics)
}

/// Scores of which those of the first date change places, drawn by a seed.
fn shuffled(scores: &Scores, seed: u64) -> Scores {
    let Some(first) = scores.dates.iter().min().copied() else { return scores.clone() };
    let mut shuffled = scores.clone();
    let rows = (0..scores.dates.len()).filter(|&row| scores.dates[row] == first).collect::<Vec<_>>();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    for last in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = (state >> 33) as usize % (last + 1);
        shuffled.values.swap(rows[last], rows[other]);
    }
    shuffled
}

/// A series with dates and names.
fn named(axis: &Axis, series: &Series) -> Scores {
    let names =
        axis.instruments().iter().map(|instrument| Arc::<str>::from(instrument.name())).collect::<Vec<_>>();
    Scores {
        dates: series.sessions.iter().map(|&session| axis.calendar().session(session as usize)).collect(),
        instruments: series.instruments.iter().map(|&i| Arc::clone(&names[i as usize])).collect(),
        values: series.values.clone(),
    }
}

/// Scores by their numbers on an axis; others are left out.
fn numbered(axis: &Axis, scores: &Scores) -> Series {
    let mut series = Series::default();
    for ((&date, name), &value) in scores.dates.iter().zip(&scores.instruments).zip(&scores.values) {
        let position = axis.calendar().sessions().binary_search(&date).ok();
        if let Some((position, i)) = position.zip(axis.find(name)) {
            series.sessions.push(position as u32);
            series.instruments.push(i as u32);
            series.values.push(value);
        }
    }
    series
}

/// Times the parts of a run.
struct Watch<'a> {
    observer: &'a dyn Observer,
    stages: Vec<StageRecord>,
}

impl Watch<'_> {
    fn stage<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(T, usize), StudyError>,
    ) -> Result<T, StudyError> {
        if self.observer.is_cancelled() {
            return Err(StudyError::Interrupted);
        }
        self.observer.observe(&Event::Started { stage: name, steps: 1 });
        let started = Instant::now();
        let (value, rows) = work()?;
        let record = StageRecord {
            name,
            outcome: StageOutcome::Computed,
            seconds: started.elapsed().as_secs_f64(),
            rows,
            computed: 1,
            found: 0,
            key: String::new(),
            why: String::new(),
            peak_bytes: 0,
        };
        self.observer.observe(&Event::Finished(&record));
        self.stages.push(record);
        Ok(value)
    }
}

/// What a run says in one JSON document.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The measures by Qlib's names.
    pub metrics: IndexMap<String, Option<f64>>,
    /// What a reader should know.
    pub warnings: Vec<String>,
    /// What the workflow itself does wrong.
    pub cautions: Vec<Caution>,
    /// The rounds of the model that count.
    pub best_round: Option<usize>,
    /// The number of scores.
    pub scores: usize,
    /// The folder that was written.
    pub artifacts: PathBuf,
    /// The seconds of each part.
    pub stages: Vec<StageRecord>,
}

impl Ran {
    /// The run as one document.
    pub fn summary(&self, artifacts: &Path) -> Summary {
        let metrics =
            self.metrics.iter().map(|(name, &value)| (name.clone(), value.is_finite().then_some(value)));
        Summary {
            metrics: metrics.collect(),
            warnings: self.warnings.clone(),
            cautions: self.cautions.clone(),
            best_round: self.model.as_ref().map(|model| model.best_round).filter(|&round| round > 0),
            scores: self.scores.values.len(),
            artifacts: artifacts.to_owned(),
            stages: self.stages.clone(),
        }
    }
}
