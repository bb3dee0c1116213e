//! The form of files, as the keyword arguments of a call say it.

use backstaff_study::{
    compute::FileForm,
    config::{
        CalendarSpec, DateOrder, Decimal, Halts, Hours, Mapping, NameRule, Resample, TextEncoding, Written,
        Zone,
    },
};
use pyo3::prelude::*;
use serde::Deserialize;

use crate::error::argument;

/// The keyword arguments, named and written as the keys of a study's `data.prices`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keywords {
    #[serde(default)]
    date_order: DateOrder,
    encoding: Option<TextEncoding>,
    #[serde(default)]
    decimal: Decimal,
    halts: Option<Halts>,
    #[serde(default)]
    mapping: Mapping,
    wide: Option<String>,
    resample: Option<Resample>,
    hours: Option<Hours>,
    zone: Option<Zone>,
    calendar: Option<CalendarSpec>,
    #[serde(default)]
    instrument_names: NameRule,
    #[serde(default)]
    allow_unmatched: bool,
}

/// Read the form from a JSON object of keyword arguments.
///
/// # Errors
///
/// If one of them is not known or has no such value.
pub(crate) fn form(keywords: &str) -> PyResult<FileForm> {
    let read = serde_json::from_str::<Keywords>(keywords);
    let keywords = read.map_err(|error| {
        // The place in the object is nothing that the caller wrote.
        let text = error.to_string();
        argument(text.split(" at line ").next().unwrap_or_default().to_owned())
    })?;
    let Keywords { date_order, encoding, decimal, halts, wide, resample, hours, zone, mapping, .. } =
        keywords;
    let calendar = keywords.calendar.map(|calendar| calendar.rule()).transpose();
    Ok(FileForm {
        written: Written { date_order, encoding, decimal },
        halts,
        mapping,
        wide,
        resample,
        hours,
        zone,
        calendar: calendar.map_err(|error| argument(format!("calendar: {error}")))?,
        instrument_names: keywords.instrument_names,
        allow_unmatched: keywords.allow_unmatched,
    })
}
