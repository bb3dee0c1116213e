//! Published values in Qlib's layout.
//!
//! A file `<fact>_q.data` or `<fact>_a.data` holds records in the order of publication, 20 bytes each, little-endian:
//! the day as YYYYMMDD (u32), the period as YYYYQQ or YYYY (u32), the value (f64), and where in the file the next
//! revision of the period lies (u32). The file `.index` beside it says where each period's first record lies; both
//! follow from the records, so that it is not read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstaff_panel::{Fact, Facts, Frequency, Instrument, Session};
use rayon::prelude::*;

use super::folder::{ABSENT, instruments, instruments_file, read_bytes};
use crate::{
    date_text,
    error::{Place, SourceError},
    keys::name_rule::NameRule,
    provider::path::{entries, folders_in},
};

/// The number of bytes of a record.
const RECORD: usize = 20;

/// The files that [`read_facts`] reads, sorted.
pub(crate) fn fact_files(provider: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let listed = instruments_file(provider);
    let mut files = if listed.is_file() { vec![listed] } else { Vec::new() };
    for folder in folders_in(&provider.join("financial"), ABSENT)? {
        files.extend(
            entries(&folder, ABSENT)?
                .into_iter()
                .filter(|path| path.extension().is_some_and(|end| end == "data")),
        );
    }
    Ok(files)
}

/// Read the folder `financial` of a provider, with names of instruments rewritten by a rule: facts by their names.
pub(crate) fn read_facts(provider: &Path, rule: &NameRule) -> Result<BTreeMap<String, Facts>, SourceError> {
    let financial = provider.join("financial");
    let instruments = instruments(provider, &financial)?.instruments;
    let published = instruments.par_iter().map(|(name, folder)| {
        let mut facts = Vec::new();
        for path in entries(folder, ABSENT)? {
            let fact =
                path.file_name().and_then(|name| name.to_str()?.strip_suffix(".data")).map(str::to_lowercase);
            let frequency = fact.as_deref().and_then(Frequency::of_name);
            if let (Some(fact), Some(frequency)) = (fact, frequency) {
                facts.push((fact, frequency, records(&path, frequency)?));
            }
        }
        Ok((Instrument::new(rule.apply(name).as_ref()), facts))
    });
    let mut all = BTreeMap::<(String, Frequency), Vec<(Instrument, Fact)>>::new();
    for (instrument, facts) in published.collect::<Result<Vec<_>, SourceError>>()? {
        for (name, frequency, facts) in facts {
            let facts = facts.into_iter().map(|fact| (instrument.clone(), fact));
            all.entry((name, frequency)).or_default().extend(facts);
        }
    }
    Ok(all.into_iter().map(|((name, frequency), facts)| (name, Facts::new(frequency, facts))).collect())
}

/// The records of a file, in the order of publication.
fn records(path: &Path, frequency: Frequency) -> Result<Vec<Fact>, SourceError> {
    let bytes = read_bytes(path)?;
    let (records, rest) = bytes.as_chunks::<RECORD>();
    if !rest.is_empty() {
        let reason = "its length is not a multiple of 20 bytes; was its writing cut short?".to_owned();
        return Err(SourceError::Layout { path: path.to_owned(), reason });
    }
    let mut facts = Vec::with_capacity(records.len());
    for (n, &[a, b, c, d, e, f, g, h, ref value @ .., _, _, _, _]) in records.iter().enumerate() {
        let place = || Place { file: path.to_owned(), row: n as u64 + 1 };
        let (date, code) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        let (stamp, _) = date_text::from_number(date.into()).ok_or_else(|| SourceError::BadDate {
            place: place(),
            column: "date".to_owned(),
            text: date.to_string(),
        })?;
        let period = frequency
            .period(code)
            .ok_or_else(|| SourceError::BadPeriod { place: place(), text: code.to_string() })?;
        facts.push(Fact {
            known: Session::from_number(stamp.day),
            period,
            value: f64::from_le_bytes(*value),
        });
    }
    Ok(facts)
}
