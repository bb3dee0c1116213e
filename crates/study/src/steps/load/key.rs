//! What of the request for prices a key holds: everything that changes what is read, but for the bytes of the files.

use std::path::PathBuf;

use backstaff_source::{CalendarRule, Hours, OwnCalendars, PanelSource, Resample, Written, Zone};
use backstaff_stage::KeyHasher;

use crate::steps::published::enter_written;

/// Enter everything into a key that says how prices are read, but for the bytes.
pub(super) fn enter_prices(key: &mut KeyHasher, prices: &PanelSource, tables_text: &str) {
    let PanelSource {
        path: _,   // hashed as the bytes behind it
        format: _, // a check only: the bytes tell it
        mapping,
        fields,
        categories,
        instruments,
        adjustment,
        calendar,
        on_bad_row,
        drop_rows,
        drop_instruments,
        halts,
        change,
        written,
        wide,
        zone,
        resample,
        hours,
        tables: _, // hashed as `tables_text`
        facts,
        instrument_names,
        allow_unmatched,
    } = prices;
    key.list("columns", &mapping.0, |key, (theirs, ours)| {
        key.str("theirs", theirs).str("ours", ours);
    });
    enter_names(key, "fields", &mut fields.iter().flatten());
    enter_names(key, "categories", &mut categories.iter());
    enter_names(key, "facts", &mut facts.iter().flatten());
    key.str("tables", tables_text);
    enter_names(key, "instruments", &mut instruments.iter().flatten());
    key.bool("all_instruments", instruments.is_none());
    key.str("adjustment", adjustment.name()).str("on_bad_row", on_bad_row.name());
    key.str("halts", halts.name());
    enter_names(key, "change", &mut change.iter());
    enter_names(key, "drop_instruments", &mut drop_instruments.iter());
    key.str("instrument_names", &instrument_names.to_string()).bool("allow_unmatched", *allow_unmatched);
    enter_written(key, *written);
    key.str("wide", wide.as_deref().unwrap_or_default());
    key.str("zone", zone.as_ref().map_or("", Zone::name));
    enter_resampling(key, *resample, *hours);
    hash_calendar(calendar, key);
    key.list("drop_rows", drop_rows, |key, (instrument, session)| {
        key.str("instrument", instrument.name()).i64("session", session.number().into());
    });
}

/// Enter everything into a key that changes what is read of a benchmark, but for the bytes of its file.
pub(super) fn enter_benchmark(
    key: &mut KeyHasher,
    (_, instrument, written, zone): &(PathBuf, String, Written, Option<Zone>),
) {
    key.str("", instrument);
    enter_written(key, *written);
    key.str("zone", zone.as_ref().map_or("", Zone::name));
}

/// Enter a list of names into a key.
pub(super) fn enter_names(key: &mut KeyHasher, label: &str, names: &mut dyn Iterator<Item = &String>) {
    key.list(label, names, |key, name| {
        key.str("", name);
    });
}

fn enter_resampling(key: &mut KeyHasher, resample: Option<Resample>, hours: Option<Hours>) {
    key.str("resample", resample.map_or("", Resample::name));
    key.str("hours", &hours.map_or_else(String::new, String::from));
}

fn hash_calendar(calendar: &CalendarRule, key: &mut KeyHasher) {
    match calendar {
        CalendarRule::Union { thin_share, listed } => {
            key.str("calendar", "union").f64("thin_share", *thin_share).list(
                "listed",
                listed,
                |key, session| {
                    key.i64("", session.number().into());
                },
            );
        }
        CalendarRule::Exchange(exchange) => {
            key.str("calendar", exchange.code());
        }
        CalendarRule::ByInstrument(OwnCalendars { default, of }) => {
            key.str("calendar", "by_instrument").str("default", default.name());
            key.list("of", of, |key, (name, calendar)| {
                key.str("name", name).str("calendar", calendar.name());
            });
        }
    }
}
