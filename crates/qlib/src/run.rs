//! A workflow from its file to its records.

mod passes;
mod watch;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_learn::{model::Progress, process::TableColumn};
use backstaff_panel::{Axis, Panel, Session};
use backstaff_study::{
    StudyError, on_threads,
    progress::{Event, Observer, StageRecord},
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
    workflow::{Model, PortfolioRecord, Record, Workflow},
};

use self::{passes::several, watch::Watch};

/// How a workflow is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Scores that take the place of the model's.
    pub predictions: Option<PathBuf>,
    /// A table of published values with the dates on which they became known, for handlers that read them.
    pub facts: Option<PathBuf>,
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
    let folder = Folder::open(&workflow.provider)?;
    if let (Model::Foreign { class, module }, None) = (&workflow.model, &options.predictions) {
        return Err(StudyError::Value {
            key: "task.model".to_owned(),
            message: Model::otherwise(class, module),
        });
    }
    let warnings = workflow.ignored.iter().map(|what| format!("not read: {what}")).collect();
    let mut run = Run {
        workflow: &workflow,
        options,
        folder,
        watch: Watch { observer, stages: Vec::new() },
        warnings,
        metrics: IndexMap::new(),
    };
    let dataset = run.dataset()?;
    let axis = Arc::clone(dataset.frame.panel.axis());
    let (model, scores) = run.scores(&dataset)?;
    let mut found = Found::default();
    for record in &workflow.records {
        run.record(record, &dataset, &scores, &mut found)?;
    }
    let labels = if options.predictions.is_some() { Vec::new() } else { named_labels(&dataset, &axis)? };
    let cautions = cautions(&workflow, &dataset, &scores, &run.metrics)?;
    for warning in &run.warnings {
        observer.observe(&Event::Warning(warning));
    }
    let Run { warnings, metrics, watch, .. } = run;
    let Found { analysis, portfolio, passes } = found;
    Ok(Ran {
        scores,
        labels,
        analysis,
        portfolio,
        passes,
        model,
        metrics,
        warnings,
        cautions,
        stages: watch.stages,
        workflow,
    })
}

/// A run on its way.
struct Run<'a> {
    workflow: &'a Workflow,
    options: &'a Options,
    folder: Folder,
    watch: Watch<'a>,
    warnings: Vec<String>,
    metrics: IndexMap<String, f64>,
}

/// What the records found.
#[derive(Default)]
struct Found {
    analysis: Option<(Vec<Session>, analysis::Found)>,
    portfolio: Option<Outcome>,
    passes: Option<IndexMap<String, f64>>,
}

impl Run<'_> {
    fn dataset(&mut self) -> Result<Dataset, StudyError> {
        let Self { workflow, options, folder, watch, warnings, .. } = self;
        let settings = (options.allow_leaks, options.facts.as_deref());
        watch.stage("features", || {
            let made = Dataset::new(folder, &workflow.handler, &workflow.segments, settings, warnings)?;
            let rows = made.rows(Rows::Raw).n_rows();
            Ok((made, rows))
        })
    }

    /// The model that was fitted, if one was, and the scores.
    fn scores(&mut self, dataset: &Dataset) -> Result<(Option<FittedModel>, Scores), StudyError> {
        if let Some(path) = &self.options.predictions {
            return Ok((None, given::read(path)?));
        }
        let (threads, observer) = (self.options.threads, self.watch.observer);
        let model = self.watch.stage("train", || {
            let mut progress = |progress: Progress| {
                observer.observe(&Event::stepped("train", progress.done, progress.of, 0));
            };
            let fitted = fit(&self.workflow.model, dataset, threads, &mut progress)?;
            let rows = fitted.n_train;
            Ok((fitted, rows))
        })?;
        let series = self.watch.stage("predict", || {
            let series = predict(&*model.model, dataset, "test", threads)?;
            let rows = series.values.len();
            Ok((series, rows))
        })?;
        for (name, values) in &model.rounds {
            self.metrics.extend(values.last().map(|&value| (name.clone(), value)));
        }
        Ok((Some(model), named(dataset.frame.panel.axis(), &series)))
    }

    fn record(
        &mut self,
        record: &Record,
        dataset: &Dataset,
        scores: &Scores,
        found: &mut Found,
    ) -> Result<(), StudyError> {
        match record {
            Record::Signal => {}
            Record::Analysis(arguments) => {
                let axis = dataset.frame.panel.axis();
                let analysis = self.watch.stage("evaluate", || {
                    let labels = labels(dataset, "test", arguments.label_col)?;
                    let rows = labels.values.len();
                    Ok((analysis::analyse(&numbered(axis, scores), &labels, arguments), rows))
                })?;
                self.metrics.extend(analysis.metrics.clone());
                let date = |&session: &u32| axis.calendar().session(session as usize);
                found.analysis = Some((analysis.sessions.iter().map(date).collect(), analysis));
            }
            Record::Portfolio(record) => found.portfolio = Some(self.portfolio(record, scores)?.1),
            Record::MultiPass { portfolio, passes, shuffle } => {
                let (panel, made) = self.portfolio(portfolio, scores)?;
                let (workflow, strict) = (self.workflow, self.options.strict);
                let all = self.watch.stage("passes", || {
                    let all = several(&panel, workflow, portfolio, scores, (*passes, *shuffle), strict)?;
                    Ok((all, *passes as usize))
                })?;
                self.metrics.extend(all.clone());
                (found.portfolio, found.passes) = (Some(made), Some(all));
            }
        }
        Ok(())
    }

    /// The portfolio of a record, and the market that it trades in: all of it, as Qlib's exchange sees it.
    fn portfolio(
        &mut self,
        record: &PortfolioRecord,
        scores: &Scores,
    ) -> Result<(Panel, Outcome), StudyError> {
        let Self { workflow, options, folder, watch, warnings, metrics } = self;
        let (panel, made) = watch.stage("backtest", || {
            let panel = folder.panel(None, warnings)?;
            let made = portfolio::simulate(&panel, workflow.region, record, scores, options.strict)?;
            let days = made.report.len();
            Ok(((panel, made), days))
        })?;
        warnings.extend(made.warnings.iter().cloned());
        metrics.extend(portfolio_metrics(&made));
        Ok((panel, made))
    }
}

/// All labels of the test segment by name.
fn named_labels(dataset: &Dataset, axis: &Axis) -> Result<Vec<(String, Scores)>, StudyError> {
    let names = dataset.rows(Rows::Raw).group(TableColumn::LABEL).map(|label| label.name.to_string());
    let of = |(place, name): (usize, String)| Ok((name, named(axis, &labels(dataset, "test", place)?)));
    names.enumerate().map(of).collect()
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
    /// Our report over the scores and the portfolio, if there is one.
    pub report: Option<PathBuf>,
    /// Its verdict.
    pub verdict: Option<String>,
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
            report: None,
            verdict: None,
            stages: self.stages.clone(),
        }
    }
}
