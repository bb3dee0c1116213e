//! Processors by Qlib's names.

use serde_json::Value;

use super::{
    CsRankNorm, CsZFillna, CsZScoreNorm, DropCol, DropnaLabel, DropnaProcessor, Fillna, FilterCol,
    HashStockFormat, ProcessInf, Processor, Standard, TableColumn, TanhProcess, TimeRange, min_max::MinMax,
    robust::Robust, zscore::ZScore,
};
use crate::{LearnError, keywords::Keywords};

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
    let mut kwargs = Keywords::new(class, kwargs, Some(known))?;
    Ok(match class {
        DropnaProcessor::CLASS => Box::new(DropnaProcessor::new(kwargs.group(None)?)),
        DropnaLabel::CLASS => Box::new(DropnaLabel::new(kwargs.group(Some(TableColumn::LABEL))?)),
        DropCol::CLASS => Box::new(DropCol::new(kwargs.names("col_list")?)),
        FilterCol::CLASS => {
            Box::new(FilterCol::new(kwargs.group(Some(TableColumn::FEATURE))?, kwargs.names("col_list")?))
        }
        TanhProcess::CLASS => Box::new(TanhProcess),
        ProcessInf::CLASS => Box::new(ProcessInf),
        Fillna::CLASS => Box::new(Fillna::new(kwargs.group(None)?, kwargs.number("fill_value", 0.0)?)),
        "MinMaxNorm" => Box::new(MinMax::processor(kwargs.group(None)?)),
        "ZScoreNorm" => Box::new(ZScore::processor(kwargs.group(None)?)),
        "RobustZScoreNorm" => {
            Box::new(Robust::processor(kwargs.group(None)?, kwargs.flag("clip_outlier", true)?))
        }
        CsZScoreNorm::CLASS => Box::new(CsZScoreNorm::new(kwargs.groups()?, standard(&mut kwargs)?)),
        CsRankNorm::CLASS => Box::new(CsRankNorm::new(kwargs.group(None)?)),
        CsZFillna::CLASS => Box::new(CsZFillna::new(kwargs.group(None)?)),
        TimeRange::CLASS => {
            Box::new(TimeRange::new(kwargs.whole("start_time", None)?, kwargs.whole("end_time", None)?))
        }
        _ => Box::new(HashStockFormat),
    })
}

fn standard(kwargs: &mut Keywords<'_>) -> Result<Standard, LearnError> {
    let method = kwargs.read("method", "zscore or robust", |method| match method.as_str() {
        Some("zscore") => Some(Standard::ZScore),
        Some("robust") => Some(Standard::Robust),
        _ => None,
    });
    Ok(method?.unwrap_or_default())
}
