//! A workflow as a commented study: the nearest that a study comes to it, every choice with its reason, and what has no
//! counterpart.

use std::fmt::Write as _;

use backstaff_study::{StudyError, config::Config};
use serde_json::{Map, Value, json};

use crate::{
    alpha::{self, Named},
    folder::Folder,
    study::{absolute, name_of, portfolio, portfolio_of, prices},
    workflow::{Listed, Loader, Model, ProcessorSpec, Record, Workflow},
};

/// A study, and what of the workflow it has not.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The study's text.
    pub text: String,
    /// What has no counterpart, in words.
    pub missing: Vec<String>,
}

/// Translate a workflow; the text is a study that was read and checked.
///
/// # Errors
///
/// If the workflow's market can't be read, or the study would be none.
pub fn translate(workflow: &Workflow) -> Result<Translated, StudyError> {
    let mut study = Writer { workflow, text: String::new(), missing: Vec::new() };
    study.head();
    study.universe()?;
    study.features();
    study.label();
    study.folds();
    study.processors();
    study.model();
    study.portfolio();
    let Writer { mut text, missing, .. } = study;
    if !missing.is_empty() {
        text.push_str("\n# What the workflow says and a study has not:\n");
        for what in &missing {
            let _ = writeln!(text, "# - {what}");
        }
    }
    let folder = absolute(&workflow.path);
    Config::from_yaml(&text, &folder, None)?;
    Ok(Translated { text, missing })
}

struct Writer<'a> {
    workflow: &'a Workflow,
    text: String,
    missing: Vec<String>,
}

/// A value in YAML's flow style, which JSON is.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// Whether a text needs no quotes in a flow.
fn is_plain(text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    let is_number = text.parse::<f64>().is_ok();
    let is_date = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    is_word
        && (!is_number || is_date)
        && !text.is_empty()
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_lowercase().as_str())
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, comment: &str) {
        self.line(&format!("# {comment}"));
    }

    fn head(&mut self) {
        let name = name_of(&self.workflow.path);
        let file = self
            .workflow
            .path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        self.comment(&format!(
            "{file}, a workflow of Qlib's, as a study. `backstaff run` runs it; `backstaff qrun` runs the"
        ));
        self.comment("workflow itself, with Qlib's own numbers. A study leaves out rows whose labels reach into what follows,");
        self.comment("fits again each year, and judges by the return of what is traded.");
        self.line("backstaff: 1");
        let name = name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' });
        let name = name.collect::<String>();
        self.line(&format!("name: {name}"));
        self.line("data:");
        self.line(&format!("  prices: {}", flow(&prices(&absolute(&self.workflow.provider)))));
        if let Some(benchmark) = portfolio_of(self.workflow).map(|record| record.benchmark.join(", ")) {
            self.missing.push(format!(
                "benchmark {benchmark}: a study compares with a file of bars (`data: {{benchmark: {{path: FILE, instrument: \
                 NAME}}}}`), and always with the equal weight of its universe"
            ));
        }
    }

    fn universe(&mut self) -> Result<(), StudyError> {
        let universe = &self.workflow.handler.universe;
        for filter in &universe.filters {
            self.missing.push(format!("{filter:?}: write a condition as `universe: {{expression: ...}}`"));
        }
        let names = match &universe.listed {
            Listed::Market(market) if market == "all" => return Ok(()),
            Listed::Market(market) => {
                let spans = Folder::open(&self.workflow.provider)?.spans(&universe.listed)?;
                self.comment(&format!(
                    "All that ever belonged to {market}. A study has no days of entry and leaving: what left later is known to \
                     be in it before."
                ));
                self.missing
                    .push(format!("the days on which instruments enter and leave the market {market}"));
                spans.into_keys().collect::<Vec<_>>()
            }
            Listed::Names(names) => names.clone(),
        };
        self.line(&format!("universe: {{instruments: {}}}", flow(&json!(names))));
        Ok(())
    }

    fn features(&mut self) {
        let loader = &self.workflow.handler.loader;
        self.not_computed(loader);
        let columns = loader.computed("feature");
        let is_set = |set: &[Named]| columns.iter().copied().eq(set);
        if is_set(&alpha::alpha158(&alpha::Config::default())) {
            self.comment("The library has Qlib's expressions, in 64 bits.");
            self.line("features: {libraries: [alpha158]}");
        } else if is_set(&alpha::alpha360()) {
            self.line("features: {libraries: [alpha360]}");
        } else {
            self.line("features:");
            self.line("  define:");
            for (place, Named { name, expression }) in columns.into_iter().enumerate() {
                let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let name = if is_name { name.clone() } else { format!("feature_{place}") };
                self.line(&format!("    {name}: {}", flow(&json!(expression))));
            }
        }
    }

    /// The columns that no expression gives.
    fn not_computed(&mut self, loader: &Loader) {
        match loader {
            Loader::Expressions(_) => {}
            Loader::Quantlab { published, .. } => {
                for column in published {
                    self.missing.push(format!(
                        "{}: published values are read by `data: {{facts: ...}}`",
                        column.name
                    ));
                }
            }
            Loader::Table { files, .. } => {
                for (_, path) in files {
                    self.missing
                        .push(format!("the factors of {}: `features` are expressions", path.display()));
                }
            }
            Loader::Nested { loaders, .. } => loaders.iter().for_each(|loader| self.not_computed(loader)),
        }
    }

    fn label(&mut self) {
        let all = self.workflow.handler.loader.computed("label");
        let first = all.first().map_or("", |label| label.expression.as_str());
        let horizon = horizon(first);
        match horizon {
            Some(n) => {
                self.comment(&format!("{first}: entered at the next session's price, left {n} later."));
            }
            None => self.missing.push(format!(
                "the label {first}: a study's is the return over `horizon` sessions from entry"
            )),
        }
        let others = all.iter().skip(1).map(|label| &label.expression);
        self.missing.extend(others.map(|label| format!("the label {label}: a study learns one")));
        self.line(&format!("label: {{horizon: {}, target: raw}}", horizon.unwrap_or(1)));
    }

    fn folds(&mut self) {
        let span = |name: &str| self.workflow.segment(name).unwrap_or_default();
        let (train, valid, test) = (span("train"), span("valid"), span("test"));
        let months = |span: crate::workflow::Span| match (span.from, span.to) {
            (Some(from), Some(to)) => (f64::from(to.number() - from.number()) / 30.4).round().max(1.0) as u32,
            _ => 12,
        };
        let mut folds = Map::new();
        let mut range = Map::new();
        if let Some(from) = test.from {
            range.insert("from".to_owned(), json!(from.to_string()));
        }
        if let Some(to) = test.to {
            range.insert("to".to_owned(), json!(to.to_string()));
        }
        folds.insert("test".to_owned(), range.into());
        folds.insert("every".to_owned(), json!("year"));
        folds.insert("train".to_owned(), json!("expanding"));
        if self.workflow.segments.contains_key("valid") {
            folds.insert("validation".to_owned(), json!({ "months": months(valid) }));
        }
        self.comment("One test of the workflow; here it is cut into years, and each is scored by a model of all before it.");
        if let Some(from) = train.from {
            self.comment(&format!("Training begins with the data, where the workflow's begins on {from}."));
        }
        self.line(&format!("folds: {}", flow(&folds.into())));
    }

    fn processors(&mut self) {
        let handler = &self.workflow.handler;
        let mut lists = Map::new();
        let infer = handler.shared.iter().chain(&handler.infer).collect::<Vec<_>>();
        let learn = handler.learn.iter().collect::<Vec<_>>();
        for (name, specs) in [("infer", infer), ("learn", learn)] {
            let all = specs.into_iter().filter_map(|spec| self.processor(spec)).collect::<Vec<_>>();
            if !all.is_empty() {
                lists.insert(name.to_owned(), all.into());
            }
        }
        if !lists.is_empty() {
            self.comment("Fitted on the training rows of each fold, whatever dates the workflow names.");
            self.line(&format!("processors: {}", flow(&lists.into())));
        }
    }

    fn processor(&mut self, spec: &ProcessorSpec) -> Option<Value> {
        if ["DropCol", "FilterCol", "TimeRangeFlt", "HashStockFormat"].contains(&spec.class.as_str()) {
            self.missing.push(format!("{}: `features: {{select: [...]}}` chooses columns", spec.class));
            return None;
        }
        if spec.class == "DropnaLabel" {
            // Rows without a label are never learned from.
            return None;
        }
        let mut kwargs = Map::new();
        for (key, value) in &spec.kwargs {
            let (key, value) = match (key.as_str(), value.as_str()) {
                ("fields_group", Some("feature")) => ("of", json!("features")),
                ("fields_group", Some("label")) => ("of", json!("target")),
                ("fields_group", _) => continue,
                ("fill_value", _) => ("value", value.clone()),
                ("clip_outlier", _) => ("clip", value.clone()),
                (key, _) => (key, value.clone()),
            };
            kwargs.insert(key.to_owned(), value);
        }
        Some(if kwargs.is_empty() { json!(spec.class) } else { json!({ &spec.class: kwargs }) })
    }

    fn model(&mut self) {
        let (name, model) = match &self.workflow.model {
            Model::LightGbm { parameters, rounds, early_stopping } => {
                let mut parameters = parameters.clone();
                parameters.shift_remove("num_threads");
                let loss = parameters.shift_remove("loss").unwrap_or_else(|| json!("mse"));
                parameters.entry("objective").or_insert(loss);
                (
                    "trees",
                    json!({ "lightgbm": { "rounds": rounds, "early_stopping": early_stopping, "parameters": parameters } }),
                )
            }
            Model::Linear(linear) => (
                "linear",
                json!({ "linear": {
                    "estimator": linear.estimator, "alpha": linear.alpha, "intercept": linear.fit_intercept,
                    "include_validation": linear.include_valid,
                } }),
            ),
            Model::DoubleEnsemble(kwargs) => {
                ("double_ensemble", json!({ "double_ensemble": double_ensemble(kwargs) }))
            }
            Model::Foreign { class, module } => {
                self.missing.push(format!(
                    "{class} of {module}: give its scores as `models: {{mine: {{scores: pred.parquet}}}}`"
                ));
                ("trees", json!({ "lightgbm": { "rounds": 500, "early_stopping": 50 } }))
            }
        };
        self.line(&format!("models: {}", flow(&json!({ name: model }))));
    }

    fn portfolio(&mut self) {
        for record in &self.workflow.records {
            if let Record::MultiPass { .. } = record {
                self.missing
                    .push("MultiPassPortAnaRecord: a study runs one account from its first day".to_owned());
            }
        }
        let record = portfolio_of(self.workflow);
        let made = record.and_then(|record| portfolio(self.workflow.region, record, false));
        let Some(made) = made else {
            self.comment("The workflow has no portfolio that a study has; this one holds the best ten.");
            self.line("portfolio: {strategy: {top_n: {n: 10}}}");
            return;
        };
        self.comment(
            "Qlib's exchange and account (leave `rules` out for ours); the book never holds more than `k`.",
        );
        self.line("portfolio:");
        for (key, value) in &made {
            let _ = writeln!(self.text, "  {key}: {}", flow(value));
        }
        if let Some(record) = record.filter(|record| record.from.is_some() || record.to.is_some()) {
            let of = |date: Option<backstaff_panel::Session>| {
                date.map_or_else(|| "the scores".to_owned(), |date| date.to_string())
            };
            self.missing.push(format!(
                "the back-test's own dates, {} to {}: a study tests the sessions of its folds",
                of(record.from),
                of(record.to)
            ));
        }
    }
}

/// The arguments of `DEnsembleModel` in the words of a study; what it does not know is LightGBM's.
fn double_ensemble(kwargs: &Map<String, Value>) -> Map<String, Value> {
    const OURS: [(&str, &str); 11] = [
        ("num_models", "members"),
        ("epochs", "rounds"),
        ("early_stopping_rounds", "early_stopping"),
        ("enable_sr", "reweight"),
        ("enable_fs", "select"),
        ("alpha1", "alpha1"),
        ("alpha2", "alpha2"),
        ("bins_sr", "bins_sr"),
        ("decay", "decay"),
        ("sample_ratios", "sample_ratios"),
        ("sub_weights", "sub_weights"),
    ];
    let (mut own, mut parameters) = (Map::new(), Map::new());
    for (key, value) in kwargs {
        match OURS.iter().find(|(theirs, _)| theirs == key) {
            Some((_, ours)) => drop(own.insert((*ours).to_owned(), value.clone())),
            None if ["base_model", "loss", "bins_fs", "num_threads", "verbosity"].contains(&key.as_str()) => {
            }
            None => drop(parameters.insert(key.clone(), value.clone())),
        }
    }
    if !parameters.is_empty() {
        own.insert("parameters".to_owned(), parameters.into());
    }
    own
}

/// The sessions between entry and exit of `Ref($p, -b) / Ref($p, -a) - 1`, if a label is that.
fn horizon(label: &str) -> Option<u32> {
    let plain = label.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let rest = plain.strip_suffix("-1")?;
    let (exit, entry) = rest.split_once('/')?;
    let shift = |part: &str| -> Option<(String, u32)> {
        match part.strip_prefix("Ref(").and_then(|part| part.strip_suffix(')')) {
            Some(inner) => {
                let (field, n) = inner.split_once(",-")?;
                Some((field.to_owned(), n.parse().ok()?))
            }
            None => Some((part.to_owned(), 0)),
        }
    };
    let ((a, exit), (b, entry)) = (shift(exit)?, shift(entry)?);
    (a == b && exit > entry).then(|| exit - entry)
}

#[cfg(test)]
mod tests {
    use super::{flow, horizon};

    #[test]
    fn horizons_of_labels() {
        assert_eq!(horizon("Ref($close, -2) / Ref($close, -1) - 1"), Some(1));
        assert_eq!(horizon("Ref($vwap,-11)/Ref($vwap,-1)-1"), Some(10));
        assert_eq!(horizon("Ref($close, -1)/$close - 1"), Some(1));
        assert_eq!(horizon("Ref($close, -2)/Ref($open, -1) - 1"), None);
        assert_eq!(horizon("$close"), None);
    }

    #[test]
    fn texts_that_are_something_else_are_quoted() {
        let value = serde_json::json!({ "a": "Ref($close, 1)", "b": "005930", "c": "close", "d": [1, true, "no"], "e": "2015-01-01" });
        assert_eq!(
            flow(&value),
            "{a: 'Ref($close, 1)', b: '005930', c: close, d: [1, true, 'no'], e: 2015-01-01}"
        );
    }
}
