//! Processors as a workflow names them.

use backstaff_study::config::{Problem, document::Tree};

use super::{
    dates::{Span, date_of},
    instance::{Place, value},
    quantlab,
};

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

/// The processors of a handler.
pub(super) struct Processors {
    pub shared: Vec<ProcessorSpec>,
    pub infer: Vec<ProcessorSpec>,
    pub learn: Vec<ProcessorSpec>,
}

impl Processors {
    /// Those that a handler's arguments name; where they name none, those of the class.
    ///
    /// A class of Qlib's own lays its span of the fit over that of each processor; the general handler leaves them theirs.
    pub(super) fn read(class: &str, kwargs: &Place<'_>) -> Result<Self, Problem> {
        let fit = Span { from: date_of(kwargs, "fit_start_time")?, to: date_of(kwargs, "fit_end_time")? };
        let is_general = class == "DataHandlerLP";
        let list = |key: &str, usual: Vec<ProcessorSpec>| {
            let specs = match kwargs.node.get(key) {
                Some(node) if node.value == Tree::Null => Vec::new(),
                Some(node) => {
                    let place = Place { key: kwargs.below(key), node };
                    place.items().iter().map(processor).collect::<Result<_, _>>()?
                }
                None => usual,
            };
            let specs = specs.into_iter().map(|spec: ProcessorSpec| {
                let own = spec.fit.unwrap_or_default();
                spec.fitted(if is_general { own } else { fit }, is_general, kwargs)
            });
            specs.collect::<Result<Vec<_>, Problem>>()
        };
        let (infer, learn) = defaults(class);
        if class == quantlab::HANDLER {
            // The original leaves out rows in which anything is missing.
            let mut shared = vec![spec("DropnaProcessor", &serde_json::json!({ "fields_group": "feature" }))];
            shared.extend(list("shared_processors", Vec::new())?);
            let mut learn = vec![spec("DropnaLabel", &serde_json::json!({}))];
            learn.extend(list("learn_processors", Vec::new())?);
            return Ok(Self { shared, infer: list("infer_processors", infer)?, learn });
        }
        Ok(Self {
            shared: list("shared_processors", Vec::new())?,
            infer: list("infer_processors", infer)?,
            learn: list("learn_processors", learn)?,
        })
    }
}

impl ProcessorSpec {
    /// The same with the span on which it is fitted, if it is.
    fn fitted(mut self, span: Span, is_general: bool, kwargs: &Place<'_>) -> Result<Self, Problem> {
        let is_fitted = FITTED.contains(&self.class.as_str());
        if is_fitted && (span.from.is_none() || span.to.is_none()) {
            let (key, place) = if is_general {
                (self.key.clone(), None)
            } else {
                (kwargs.key.clone(), kwargs.node.place.clone())
            };
            let message = format!("{} needs `fit_start_time` and `fit_end_time`", self.class);
            return Err(Problem { key, message, place });
        }
        self.fit = is_fitted.then_some(span);
        Ok(self)
    }
}

/// A processor with these arguments.
fn spec(class: &str, kwargs: &serde_json::Value) -> ProcessorSpec {
    ProcessorSpec {
        class: class.to_owned(),
        module: None,
        kwargs: kwargs.as_object().cloned().unwrap_or_default(),
        fit: None,
        key: class.to_owned(),
    }
}

/// The processors of Qlib's own handlers where the file names none.
fn defaults(class: &str) -> (Vec<ProcessorSpec>, Vec<ProcessorSpec>) {
    let none = serde_json::json!({});
    let label = serde_json::json!({ "fields_group": "label" });
    let learn = vec![spec("DropnaLabel", &none), spec("CSZScoreNorm", &label)];
    match class {
        "Alpha158" | "Alpha158vwap" => (Vec::new(), learn),
        "Alpha360" | "Alpha360vwap" => {
            (["ProcessInf", "ZScoreNorm", "Fillna"].map(|class| spec(class, &none)).to_vec(), learn)
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// A processor: an object, or its class alone.
fn processor(place: &Place<'_>) -> Result<ProcessorSpec, Problem> {
    let (class, module, kwargs) = if let Some(class) = place.node.as_text() {
        (class.to_owned(), None, None)
    } else {
        let instance = place.instance()?;
        (instance.class.to_owned(), instance.module.map(str::to_owned), instance.kwargs)
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
