//! Processors by Qlib's names.

use serde_json::{Map, Value};

use super::{
    CsRankNorm, CsZFillna, CsZScoreNorm, DropCol, DropnaLabel, DropnaProcessor, Fillna, FilterCol,
    HashStockFormat, ProcessInf, Processor, Standard, TableColumn, TanhProcess, TimeRange, min_max::MinMax,
    robust::Robust, zscore::ZScore,
};
use crate::LearnError;

/// The classes that [`make`] knows.
pub const CLASSES: [&str; 15] = [
    "DropnaProcessor",
    "DropnaLabel",
    "DropCol",
    "FilterCol",
    "TanhProcess",
    "ProcessInf",
    "Fillna",
    "MinMaxNorm",
    "ZScoreNorm",
    "RobustZScoreNorm",
    "CSZScoreNorm",
    "CSRankNorm",
    "CSZFillna",
    "HashStockFormat",
    "TimeRangeFlt",
];

/// The keywords of a class; none if it is not among [`CLASSES`].
pub fn keywords(class: &str) -> Option<&'static [&'static str]> {
    const FITTED: &[&str] = &["fit_start_time", "fit_end_time", "fields_group"];
    Some(match class {
        "DropnaProcessor" | "DropnaLabel" | "CSRankNorm" | "CSZFillna" => &["fields_group"],
        "DropCol" => &["col_list"],
        "FilterCol" => &["fields_group", "col_list"],
        "TanhProcess" | "ProcessInf" | "HashStockFormat" => &[],
        "Fillna" => &["fields_group", "fill_value"],
        "MinMaxNorm" | "ZScoreNorm" => FITTED,
        "RobustZScoreNorm" => &["fit_start_time", "fit_end_time", "fields_group", "clip_outlier"],
        "CSZScoreNorm" => &["fields_group", "method"],
        "TimeRangeFlt" => &["start_time", "end_time", "freq"],
        _ => return None,
    })
}

/// A processor by its name in Qlib and its keyword arguments, an object or null.
///
/// Times are the caller's to read: `fit_start_time` and `fit_end_time` are taken and passed over, since [`Step`] says
/// which sessions are fitted on, and those of `TimeRangeFlt` must be numbers of sessions.
///
/// # Errors
///
/// If the class or a keyword is unknown, or a value can't be one.
///
/// ```
/// use backstaff_learn::process;
/// let processor = process::make("CSRankNorm", &serde_json::json!({"fields_group": "label"}))?;
/// assert!(processor.is_for_inference() && !processor.needs_fit());
/// # Ok::<(), backstaff_learn::LearnError>(())
/// ```
///
/// [`Step`]: super::Step
pub fn make(class: &str, kwargs: &Value) -> Result<Box<dyn Processor>, LearnError> {
    let unknown = || LearnError::UnknownProcessor { class: class.to_owned(), known: CLASSES.join(", ") };
    let known = keywords(class).ok_or_else(unknown)?;
    let empty = Map::new();
    let given = match kwargs {
        Value::Null => &empty,
        Value::Object(given) => given,
        _ => return Err(wrong(class, "kwargs", kwargs, "an object")),
    };
    if let Some(keyword) = given.keys().find(|keyword| !known.contains(&keyword.as_str())) {
        return Err(LearnError::UnknownKeyword {
            class: class.to_owned(),
            keyword: keyword.clone(),
            known: known.join(", "),
        });
    }
    let arguments = Arguments { class, given };
    Ok(match class {
        DropnaProcessor::CLASS => Box::new(DropnaProcessor::new(arguments.group(None)?)),
        DropnaLabel::CLASS => Box::new(DropnaLabel::new(arguments.group(Some(TableColumn::LABEL))?)),
        DropCol::CLASS => Box::new(DropCol::new(arguments.names()?)),
        FilterCol::CLASS => {
            Box::new(FilterCol::new(arguments.group(Some(TableColumn::FEATURE))?, arguments.names()?))
        }
        TanhProcess::CLASS => Box::new(TanhProcess),
        ProcessInf::CLASS => Box::new(ProcessInf),
        Fillna::CLASS => Box::new(Fillna::new(arguments.group(None)?, arguments.number("fill_value", 0.0)?)),
        "MinMaxNorm" => Box::new(MinMax::processor(arguments.group(None)?)),
        "ZScoreNorm" => Box::new(ZScore::processor(arguments.group(None)?)),
        "RobustZScoreNorm" => {
            Box::new(Robust::processor(arguments.group(None)?, arguments.flag("clip_outlier", true)?))
        }
        CsZScoreNorm::CLASS => Box::new(CsZScoreNorm::new(arguments.groups()?, arguments.standard()?)),
        CsRankNorm::CLASS => Box::new(CsRankNorm::new(arguments.group(None)?)),
        CsZFillna::CLASS => Box::new(CsZFillna::new(arguments.group(None)?)),
        TimeRange::CLASS => {
            Box::new(TimeRange::new(arguments.session("start_time")?, arguments.session("end_time")?))
        }
        _ => Box::new(HashStockFormat),
    })
}

/// Keyword arguments of a class.
struct Arguments<'a> {
    class: &'a str,
    given: &'a Map<String, Value>,
}

impl Arguments<'_> {
    fn wrong(&self, keyword: &str, value: &Value, expected: &'static str) -> LearnError {
        wrong(self.class, keyword, value, expected)
    }

    fn group(&self, default: Option<&str>) -> Result<Option<String>, LearnError> {
        match self.given.get("fields_group") {
            None => Ok(default.map(str::to_owned)),
            Some(Value::Null) => Ok(None),
            Some(Value::String(group)) => Ok(Some(group.clone())),
            Some(other) => Err(self.wrong("fields_group", other, "the name of a group, or null")),
        }
    }

    /// One group or a list of them.
    fn groups(&self) -> Result<Vec<Option<String>>, LearnError> {
        let Some(Value::Array(groups)) = self.given.get("fields_group") else {
            return Ok(vec![self.group(None)?]);
        };
        let group = |group: &Value| match group {
            Value::Null => Ok(None),
            Value::String(group) => Ok(Some(group.clone())),
            other => Err(self.wrong("fields_group", other, "names of groups")),
        };
        groups.iter().map(group).collect()
    }

    fn names(&self) -> Result<Vec<String>, LearnError> {
        let Some(value) = self.given.get("col_list") else { return Ok(Vec::new()) };
        let names = value.as_array().and_then(|names| {
            names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        names.ok_or_else(|| self.wrong("col_list", value, "a list of names"))
    }

    fn number(&self, keyword: &str, default: f64) -> Result<f64, LearnError> {
        let Some(value) = self.given.get(keyword) else { return Ok(default) };
        value.as_f64().ok_or_else(|| self.wrong(keyword, value, "a number"))
    }

    fn flag(&self, keyword: &str, default: bool) -> Result<bool, LearnError> {
        let Some(value) = self.given.get(keyword) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.wrong(keyword, value, "true or false"))
    }

    fn standard(&self) -> Result<Standard, LearnError> {
        match self.given.get("method").map(|method| (method, method.as_str())) {
            None | Some((_, Some("zscore"))) => Ok(Standard::ZScore),
            Some((_, Some("robust"))) => Ok(Standard::Robust),
            Some((other, _)) => Err(self.wrong("method", other, "zscore or robust")),
        }
    }

    fn session(&self, keyword: &str) -> Result<Option<u32>, LearnError> {
        match self.given.get(keyword) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let session = value.as_u64().and_then(|session| u32::try_from(session).ok());
                session
                    .map(Some)
                    .ok_or_else(|| self.wrong(keyword, value, "the number of a session, or null"))
            }
        }
    }
}

fn wrong(class: &str, keyword: &str, value: &Value, expected: &'static str) -> LearnError {
    let (class, keyword, value) = (class.to_owned(), keyword.to_owned(), value.to_string());
    LearnError::Keyword { class, keyword, value, expected }
}
