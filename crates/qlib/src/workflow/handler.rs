//! Handlers: which columns are loaded, of which instruments and dates, and what is done to them.

use backstaff_study::config::{
    Problem,
    document::{Node, Tree},
};
use backstaff_words::did_you_mean;

use super::{
    dates::{Span, date_of},
    instance::{Instance, Place},
    loader::{Loader, columns, group, loader},
    processor::{ProcessorSpec, Processors},
    quantlab,
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

const HANDLERS: [&str; 6] =
    ["Alpha158", "Alpha158vwap", "Alpha360", "Alpha360vwap", "DataHandlerLP", quantlab::HANDLER];
const ARGUMENTS: [&str; 16] = [
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
    "feature_names",
];

/// The handler that stands somewhere.
pub(super) fn handler(place: &Place<'_>) -> Result<Handler, Problem> {
    if let Some(text) = place.node.as_text() {
        return Err(place.problem(format!(
            "{text:?} is a stored handler (a pickle), which is a program of its own; write the handler's class and kwargs"
        )));
    }
    let instance = place.instance()?;
    if !HANDLERS.contains(&instance.class) {
        let otherwise = "; a handler of your own runs in Python, where the module `backstaff.qlib` takes it";
        return Err(instance.unknown("handler", &HANDLERS, otherwise));
    }
    let kwargs = instance
        .kwargs
        .clone()
        .unwrap_or_else(|| Place { key: instance.place.below("kwargs"), ..place.clone() });
    check_arguments(&instance, &kwargs)?;
    let processors = Processors::read(instance.class, &kwargs)?;
    let everything = Node::empty();
    let listed =
        kwargs.get("instruments").unwrap_or(Place { key: kwargs.below("instruments"), node: &everything });
    Ok(Handler {
        class: instance.class.to_owned(),
        universe: universe(&listed, kwargs.get("filter_pipe").as_ref())?,
        span: Span { from: date_of(&kwargs, "start_time")?, to: date_of(&kwargs, "end_time")? },
        loader: loader_of(&instance, &kwargs)?,
        shared: processors.shared,
        infer: processors.infer,
        learn: processors.learn,
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

/// Where the columns of a handler come from.
fn loader_of(instance: &Instance<'_>, kwargs: &Place<'_>) -> Result<Loader, Problem> {
    let own = kwargs.get("data_loader");
    match instance.class {
        "DataHandlerLP" => loader(&own.ok_or_else(|| kwargs.problem("needs `data_loader`"))?),
        quantlab::HANDLER => quantlab::loader(kwargs),
        class => {
            if let Some(place) = own {
                return Err(place.problem("belongs to DataHandlerLP"));
            }
            let features = if class.starts_with("Alpha360") {
                alpha::alpha360()
            } else {
                alpha::alpha158(&alpha::Config::default())
            };
            let price = if class.ends_with("vwap") { "$vwap" } else { "$close" };
            let label = match kwargs.get("label") {
                Some(place) => columns(&place)?,
                None => vec![Named::new("LABEL0", format!("Ref({price}, -2)/Ref({price}, -1) - 1"))],
            };
            Ok(Loader::Expressions(vec![group("feature", features), group("label", label)]))
        }
    }
}

fn check_arguments(instance: &Instance<'_>, kwargs: &Place<'_>) -> Result<(), Problem> {
    for entry in kwargs.node.entries() {
        let key = entry.key.as_str();
        let problem =
            |message: String| Problem { key: kwargs.below(key), message, place: entry.place.clone() };
        if !ARGUMENTS.contains(&key) || (key == "feature_names" && instance.class != quantlab::HANDLER) {
            let near = did_you_mean(key, ARGUMENTS);
            return Err(problem(format!("{} has no argument `{key}`{near}", instance.class)));
        }
        let is_set = !matches!(&entry.value.value, Tree::Null)
            && !matches!(&entry.value.value, Tree::List(items) if items.is_empty());
        if key == "inst_processors" && is_set {
            return Err(problem(
                "is code that runs on each instrument's frame, which is not run here".to_owned(),
            ));
        }
        let freq = entry.value.as_text().unwrap_or("a mapping");
        if key == "freq" && !matches!(freq, "day" | "1day") {
            return Err(problem(format!("{freq:?} is not read; workflows run on sessions (`day`)")));
        }
    }
    Ok(())
}
