//! What the command line says of the files, in the words of a study.

use backstaff_source::{CalendarRule, NamedCalendar};

use super::{Request, text::quoted};
use crate::{
    StudyError,
    config::{DateOrder, Decimal, NameRule},
};

/// What the command line says of the files, as keys of the study.
pub(super) fn said(request: &Request) -> Result<Vec<String>, StudyError> {
    let form = &request.form;
    let mut said = Vec::new();
    let mut say = |key: &str, text: String| said.push(format!("{key}: {text}"));
    if let Some(preset) = &request.preset {
        say("preset", quoted(preset));
    }
    if let Some(tables) = &request.tables {
        say("tables", quoted(&super::relative(tables, &request.out).display().to_string()));
    }
    if !form.mapping.0.is_empty() {
        say("mapping", in_line(&form.mapping)?);
    }
    if let Some(wide) = &form.wide {
        say("wide", quoted(wide));
    }
    let written = form.written;
    if written.date_order != DateOrder::default() {
        say("date_order", in_line(&written.date_order)?);
    }
    if let Some(encoding) = &written.encoding {
        say("encoding", in_line(encoding)?);
    }
    if written.decimal != Decimal::default() {
        say("decimal", in_line(&written.decimal)?);
    }
    if let Some(hours) = &form.hours {
        say("hours", in_line(hours)?);
    }
    if let Some(zone) = &form.zone {
        say("zone", quoted(zone.name()));
    }
    if let Some(halts) = &form.halts {
        say("halts", in_line(halts)?);
    }
    if form.instrument_names != NameRule::default() {
        say("instrument_names", in_line(&form.instrument_names)?);
    }
    if form.allow_unmatched {
        say("allow_unmatched", "true".to_owned());
    }
    Ok(said)
}

/// A calendar as the study's file says it.
pub(super) fn calendar(rule: &CalendarRule) -> String {
    match rule {
        CalendarRule::Union { .. } => "union".to_owned(),
        CalendarRule::Exchange(exchange) => exchange.code().to_owned(),
        CalendarRule::ByInstrument(own) => {
            let name = |calendar: NamedCalendar| quoted(calendar.name());
            let of = own
                .of
                .iter()
                .map(|(instrument, calendar)| format!("{}: {}", quoted(instrument), name(*calendar)));
            let all =
                std::iter::once(format!("default: {}", name(own.default))).chain(of).collect::<Vec<_>>();
            format!("{{{}}}", all.join(", "))
        }
    }
}

/// A value as one line of the study's file.
fn in_line(value: &impl serde::Serialize) -> Result<String, StudyError> {
    serde_json::to_string(value)
        .map_err(|error| StudyError::Internal { what: format!("a key of a new study: {error}") })
}
