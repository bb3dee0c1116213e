//! Handlers: which columns are loaded, of which instruments and dates, and what is done to them.

use std::path::PathBuf;

use backstaff_study::config::{
    Problem,
    document::{Node, Tree},
};

use super::{
    dates::{Span, date_of},
    instance::{Place, value},
    universe::{Universe, universe},
};
use crate::alpha::{self, Named};

/// The handler of a workflow: from fields to the columns that models see.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// The name of its class.
    pub class: String,
    /// The instruments that are loaded.
    pub universe: Universe,
    /// The dates that are loaded.
    pub span: Span,
    /// Where columns come from.
    pub loader: Loader,
    /// What is done to all rows before anything else.
    pub shared: Vec<ProcessorSpec>,
    /// What is done to the rows that are predicted.
    pub infer: Vec<ProcessorSpec>,
    /// What is done to the rows that are learned from.
    pub learn: Vec<ProcessorSpec>,
    /// Whether the rows to learn from are those to predict, further processed.
    pub append: bool,
}

/// Where columns come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Loader {
    /// From expressions over the provider's fields.
    Expressions(Vec<Group>),
    /// From a table with a date, an instrument, and a column for each feature.
    Table {
        /// The file of each group; without a name the file has both levels of Qlib's columns.
        files: Vec<(Option<String>, PathBuf)>,
        /// How rows of several files meet.
        join: String,
    },
    /// From several loaders, whose columns stand beside each other.
    Nested {
        /// The loaders; of a column that two have, the later one counts.
        loaders: Vec<Loader>,
        /// How their rows meet: `left` keeps those of the first.
        join: String,
    },
}

/// Columns of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// `feature`, `label`, or another name; `None` for columns without one.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<Named>,
}

/// A processor as the file names it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorSpec {
    /// The class.
    pub class: String,
    /// The module, if the file names one.
    pub module: Option<String>,
    /// The keyword arguments without the span of the fit.
    pub kwargs: serde_json::Map<String, serde_json::Value>,
    /// The dates on which it is fitted, if it is.
    pub fit: Option<Span>,
    /// Where it stands in the file.
    pub key: String,
}

/// Processors that are fitted on a span of dates.
const FITTED: [&str; 3] = ["MinMaxNorm", "ZScoreNorm", "RobustZScoreNorm"];
const HANDLERS: [&str; 5] = ["Alpha158", "Alpha158vwap", "Alpha360", "Alpha360vwap", "DataHandlerLP"];
const LOADERS: [&str; 5] =
    ["QlibDataLoader", "StaticDataLoader", "NestedDataLoader", "Alpha158DL", "Alpha360DL"];
const ARGUMENTS: [&str; 15] = [
    "instruments",
    "start_time",
    "end_time",
    "freq",
    "infer_processors",
    "learn_processors",
    "shared_processors",
    "fit_start_time",
    "fit_end_time",
    "process_type",
    "filter_pipe",
    "inst_processors",
    "label",
    "data_loader",
    "drop_raw",
];

/// The handler that stands somewhere.
pub(super) fn handler(place: &Place<'_>) -> Result<Handler, Problem> {
    if let Some(text) = place.node.as_text() {
        return Err(place.problem(format!(
            "{text:?} is a stored handler (a pickle), which is a program of its own; write the handler's class and kwargs"
        )));
    }
    let instance = place.instance()?;
    let kwargs = instance
        .kwargs
        .clone()
        .unwrap_or_else(|| Place { key: instance.place.below("kwargs"), ..place.clone() });
    let (is_vwap, windows) = (instance.class.ends_with("vwap"), instance.class.starts_with("Alpha360"));
    let price = if is_vwap { "$vwap" } else { "$close" };
    if !HANDLERS.contains(&instance.class) {
        let otherwise = "; a handler of your own runs in Python, where the module `backstaff.qlib` takes it";
        return Err(instance.unknown("handler", &HANDLERS, otherwise));
    }
    check_arguments(&kwargs, &ARGUMENTS)?;
    if let Some(freq) =
        kwargs.node.get("freq").and_then(Node::as_text).filter(|freq| *freq != "day" && *freq != "1day")
    {
        return Err(kwargs.problem(format!("freq {freq:?} is not read; workflows run on sessions (`day`)")));
    }
    let fit = Span { from: date_of(&kwargs, "fit_start_time")?, to: date_of(&kwargs, "fit_end_time")? };
    let loader = match instance.argument("data_loader") {
        Some(place) if instance.class == "DataHandlerLP" => loader(&place)?,
        Some(place) => return Err(place.problem("belongs to DataHandlerLP")),
        None if instance.class == "DataHandlerLP" => return Err(kwargs.problem("needs `data_loader`")),
        None => {
            let features =
                if windows { alpha::alpha360() } else { alpha::alpha158(&alpha::Config::default()) };
            let label = match kwargs.get("label") {
                Some(place) => columns(&place)?,
                None => vec![Named::new("LABEL0", format!("Ref({price}, -2)/Ref({price}, -1) - 1"))],
            };
            Loader::Expressions(vec![group("feature", features), group("label", label)])
        }
    };
    let (infer, learn) = defaults(instance.class);
    let list = |key: &str, usual: Vec<ProcessorSpec>| match kwargs.node.get(key) {
        Some(node) if node.value == Tree::Null => Ok(Vec::new()),
        Some(node) => {
            let place = Place { key: kwargs.below(key), node };
            place.items().iter().map(|place| processor(place)).collect::<Result<Vec<_>, _>>()
        }
        None => Ok(usual),
    };
    let with_fit = |mut specs: Vec<ProcessorSpec>| {
        // A handler of Qlib's own lays its span over that of the processor; the general one leaves it.
        let is_general = instance.class == "DataHandlerLP";
        for spec in &mut specs {
            let own = spec.fit.unwrap_or_default();
            let is_fitted = FITTED.contains(&spec.class.as_str());
            if is_fitted && !is_general && fit.from.is_none() | fit.to.is_none() {
                return Err(
                    kwargs.problem(format!("{} needs `fit_start_time` and `fit_end_time`", spec.class))
                );
            }
            let span = if is_general { own } else { fit };
            if is_fitted && (span.from.is_none() || span.to.is_none()) {
                let message =
                    format!("{} needs `fit_start_time` and `fit_end_time` among its kwargs", spec.class);
                return Err(Problem { key: spec.key.clone(), message, place: None });
            }
            spec.fit = is_fitted.then_some(span);
        }
        Ok(specs)
    };
    let universe_place = kwargs.get("instruments");
    let everything = Node::empty();
    let universe_place =
        universe_place.unwrap_or(Place { key: kwargs.below("instruments"), node: &everything });
    Ok(Handler {
        class: instance.class.to_owned(),
        universe: universe(&universe_place, kwargs.get("filter_pipe").as_ref())?,
        span: Span { from: date_of(&kwargs, "start_time")?, to: date_of(&kwargs, "end_time")? },
        loader,
        shared: with_fit(list("shared_processors", Vec::new())?)?,
        infer: with_fit(list("infer_processors", infer)?)?,
        learn: with_fit(list("learn_processors", learn)?)?,
        append: match kwargs.node.get("process_type").and_then(Node::as_text) {
            None | Some("append") => true,
            Some("independent") => false,
            Some(other) => {
                return Err(
                    kwargs.problem(format!("process_type is `append` or `independent`, not {other:?}"))
                );
            }
        },
    })
}

fn check_arguments(kwargs: &Place<'_>, known: &[&str]) -> Result<(), Problem> {
    for entry in kwargs.node.entries() {
        if !known.contains(&entry.key.as_str()) {
            let near = backstaff_words::nearest(&entry.key, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let message = format!("there is no argument `{}` here{near}", entry.key);
            return Err(Problem { key: kwargs.below(&entry.key), message, place: entry.place.clone() });
        }
    }
    Ok(())
}

fn group(name: &str, columns: Vec<Named>) -> Group {
    Group { name: Some(name.to_owned()), columns }
}

/// The processors of Qlib's own handlers where the file names none.
fn defaults(class: &str) -> (Vec<ProcessorSpec>, Vec<ProcessorSpec>) {
    let spec = |class: &str, kwargs: serde_json::Value| ProcessorSpec {
        class: class.to_owned(),
        module: None,
        kwargs: kwargs.as_object().cloned().unwrap_or_default(),
        fit: None,
        key: class.to_owned(),
    };
    let none = serde_json::json!({});
    let label = serde_json::json!({ "fields_group": "label" });
    let learn = vec![spec("DropnaLabel", none.clone()), spec("CSZScoreNorm", label)];
    match class {
        "Alpha158" | "Alpha158vwap" => (Vec::new(), learn),
        "Alpha360" | "Alpha360vwap" => {
            (["ProcessInf", "ZScoreNorm", "Fillna"].map(|class| spec(class, none.clone())).to_vec(), learn)
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// A processor: an object, or its class alone.
fn processor(place: &Place<'_>) -> Result<ProcessorSpec, Problem> {
    let (class, module, kwargs) = match place.node.as_text() {
        Some(class) => (class.to_owned(), None, None),
        None => {
            let instance = place.instance()?;
            (instance.class.to_owned(), instance.module.map(str::to_owned), instance.kwargs)
        }
    };
    let mut own =
        kwargs.as_ref().map(|place| value(place.node)).and_then(|kwargs| kwargs.as_object().cloned());
    let fit = match &kwargs {
        Some(kwargs) => {
            Span { from: date_of(kwargs, "fit_start_time")?, to: date_of(kwargs, "fit_end_time")? }
        }
        None => Span::default(),
    };
    if let Some(own) = &mut own {
        own.shift_remove("fit_start_time");
        own.shift_remove("fit_end_time");
    }
    let key = place.key.clone();
    Ok(ProcessorSpec { class, module, kwargs: own.unwrap_or_default(), fit: Some(fit), key })
}

/// A loader of columns.
fn loader(place: &Place<'_>) -> Result<Loader, Problem> {
    let instance = place.instance()?;
    let config = instance.argument("config");
    match instance.class {
        "QlibDataLoader" => {
            let config = config.ok_or_else(|| place.problem("needs `kwargs: {config: ...}`"))?;
            Ok(Loader::Expressions(groups(&config)?))
        }
        "Alpha158DL" | "Alpha360DL" => {
            let features = if instance.class == "Alpha158DL" {
                alpha::alpha158(&alpha::Config::default())
            } else {
                alpha::alpha360()
            };
            let mut all = vec![group("feature", features)];
            for own in config.map_or_else(|| Ok(Vec::new()), |config| groups(&config))? {
                match all.iter_mut().find(|group| group.name == own.name) {
                    Some(known) => *known = own,
                    None => all.push(own),
                }
            }
            Ok(Loader::Expressions(all))
        }
        "StaticDataLoader" => {
            let config = config.ok_or_else(|| place.problem("needs `kwargs: {config: FILE}`"))?;
            let join =
                instance.argument("join").and_then(|join| join.node.as_text()).unwrap_or("outer").to_owned();
            let file = |place: &Place<'_>| match place.node.as_text() {
                Some(text) => Ok(PathBuf::from(text)),
                None => Err(place.problem("must be the path of a table")),
            };
            let files = match &config.node.value {
                Tree::Map(entries) => entries
                    .iter()
                    .map(|entry| {
                        let place = Place { key: config.below(&entry.key), node: &entry.value };
                        Ok((Some(entry.key.clone()), file(&place)?))
                    })
                    .collect::<Result<_, Problem>>()?,
                _ => vec![(None, file(&config)?)],
            };
            Ok(Loader::Table { files, join })
        }
        "NestedDataLoader" => {
            let list = instance
                .argument("dataloader_l")
                .ok_or_else(|| place.problem("needs `kwargs: {dataloader_l: [...]}`"))?;
            let join =
                instance.argument("join").and_then(|join| join.node.as_text()).unwrap_or("left").to_owned();
            let loaders = list.items().iter().map(loader).collect::<Result<_, _>>()?;
            Ok(Loader::Nested { loaders, join })
        }
        _ => Err(instance.unknown("loader", &LOADERS, "")),
    }
}

/// What a loader of expressions is configured with: groups with columns each, or columns without a group.
fn groups(config: &Place<'_>) -> Result<Vec<Group>, Problem> {
    let Tree::Map(entries) = &config.node.value else {
        return Ok(vec![Group { name: None, columns: columns(config)? }]);
    };
    entries
        .iter()
        .map(|entry| {
            let place = Place { key: config.below(&entry.key), node: &entry.value };
            // Alpha158's own settings stand where columns may stand.
            let columns = match &entry.value.value {
                Tree::Map(_) => alpha::alpha158(
                    &alpha::Config::read(&value(&entry.value)).map_err(|why| place.problem(why))?,
                ),
                _ => columns(&place)?,
            };
            Ok(Group { name: Some(entry.key.clone()), columns })
        })
        .collect()
}

/// `[expressions, names]`, or expressions alone, each of which then names its column.
fn columns(place: &Place<'_>) -> Result<Vec<Named>, Problem> {
    let text = |place: &Place<'_>| {
        place.node.as_text().map(str::to_owned).ok_or_else(|| place.problem("must be an expression"))
    };
    let items = place.items();
    let is_pair = items.len() == 2 && items.iter().all(|item| matches!(item.node.value, Tree::List(_)));
    if !is_pair {
        return items.iter().map(|item| text(item).map(|text| Named::new(&text, text.clone()))).collect();
    }
    let (expressions, names) = (items[0].items(), items[1].items());
    if expressions.len() != names.len() {
        return Err(place.problem(format!(
            "has {} expressions and {} names",
            expressions.len(),
            names.len()
        )));
    }
    expressions
        .iter()
        .zip(&names)
        .map(|(expression, name)| Ok(Named::new(&text(name)?, text(expression)?)))
        .collect()
}
