//! Bars in Qlib's layout: a file of 32-bit floats for each instrument and field.

use std::{collections::BTreeMap, path::Path};

use backstaff_panel::{Column, Session};
use backstaff_words::{count, some_of};
use rayon::prelude::*;

use super::{
    bin_file::BinFile,
    folder::{ABSENT, Listed, bar_files, calendar, field_of, instruments},
};
use crate::{
    error::SourceError,
    format::{
        coded_texts::CodedTexts,
        decoded::{Block, Blocks},
        row_numbers::RowNumbers,
    },
    provider::{
        decoded_bars::{ColumnRole, DecodedBars, FoundColumn},
        path::entries,
    },
    request::{adjustment::Adjustment, panel_source::PanelSource},
};

/// Read the bars of a provider.
///
/// An instrument has a row for every date of the calendar from the first to the last one that any of its fields has,
/// also where all are missing, as in Qlib. The spans of `instruments/all.txt` name the instruments and cut nothing:
/// rows outside them are history that windows see.
///
/// Prices are adjusted in such files, `factor` being adjusted / quoted. For a single computation, and where prices are
/// taken as they are, they are left so; else they become quoted again, so that the panel's own adjustment can begin at each
/// instrument's first session.
pub(crate) fn read_bars(request: &PanelSource) -> Result<DecodedBars, SourceError> {
    let provider = &request.path;
    let sessions = calendar(provider)?;
    let features = provider.join("features");
    let listed = instruments(provider, &features)?;
    let blocks = listed.instruments.par_iter().map(|(name, folder)| {
        let block = instrument(name, folder, &sessions, request)?;
        Ok(block.filter(|block| block.len() > 0))
    });
    let mut blocks =
        blocks.collect::<Result<Vec<_>, SourceError>>()?.into_iter().flatten().collect::<Vec<_>>();
    if blocks.is_empty() {
        return Err(SourceError::NoRows { path: features });
    }
    let files = bar_files(provider)?;
    for block in &mut blocks {
        // Rows are places in the calendar, which is the first file.
        block.file = 0;
    }
    let names = blocks.iter().flat_map(|block| block.numbers.iter().map(|(name, _)| name.clone()));
    let mut names = names.collect::<Vec<_>>();
    names.sort();
    names.dedup();
    let number = |name: String| FoundColumn::new(&format!("{name}.day.bin"), &name, ColumnRole::Number);
    Ok(DecodedBars {
        columns: names.into_iter().map(number).collect(),
        ignored: Vec::new(),
        date_format: "YYYY-MM-DD".to_owned(),
        instrument_from: "instruments/all.txt, else the folders of features".to_owned(),
        unnamed: None,
        warnings: unmatched(&listed, request),
        resampled: None,
        vendors: Vec::new(),
        blocks: Blocks::new(files, blocks),
    })
}

/// Names that a warning lists; the others are counted.
const NAMED: usize = 5;

/// The warnings about names that stand in the list or among the folders, but not in both.
fn unmatched(listed: &Listed, request: &PanelSource) -> Vec<String> {
    let wanted = |name: &&str| request.wants_name(name);
    let names = listed.without_folder.iter().map(String::as_str).filter(wanted).collect::<Vec<_>>();
    let mut warnings = Vec::new();
    if !names.is_empty() {
        let n = count(names.len(), "instrument");
        warnings.push(format!(
            "{n} of instruments/all.txt without a folder in features, and so without bars: {}",
            some_of(names, NAMED)
        ));
    }
    if !listed.unlisted.is_empty() {
        warnings.push(format!(
            "{} in features that instruments/all.txt does not list, and that is not read: {}",
            count(listed.unlisted.len(), "folder"),
            some_of(listed.unlisted.iter().map(String::as_str), NAMED)
        ));
    }
    warnings
}

/// The bars of one instrument; `None` if it is not wanted or has none.
fn instrument(
    name: &str,
    folder: &Path,
    sessions: &[Session],
    request: &PanelSource,
) -> Result<Option<Block>, SourceError> {
    if !request.wants_name(name) {
        return Ok(None);
    }
    let mut fields = BTreeMap::new();
    for path in entries(folder, ABSENT)? {
        if let Some(field) = field_of(&path) {
            let file = BinFile::read(&path)?.filter(|file| !file.values.is_empty());
            if file.as_ref().is_some_and(|file| file.end() > sessions.len()) {
                let reason = "it has more values than the calendar has dates behind its first one".to_owned();
                return Err(SourceError::Layout { path, reason });
            }
            fields.insert(field, file);
        }
    }
    let files = fields.values().flatten();
    let start = files.clone().map(|file| file.first).min();
    let end = files.map(BinFile::end).max();
    let (Some(start), Some(end)) = (start, end) else { return Ok(None) };
    let is_quoted = !matches!(request.adjustment, Adjustment::Verbatim | Adjustment::AsIs);
    let columns = fields.iter().map(|(field, file)| {
        let mut column = vec![f32::NAN; end - start];
        if let Some(file) = file {
            column[file.first - start..file.end() - start].copy_from_slice(&file.values);
        }
        (field.clone(), column)
    });
    let mut columns = columns.collect::<BTreeMap<_, _>>();
    let factor = columns.get("factor").cloned().filter(|_| is_quoted);
    let numbers = std::mem::take(&mut columns).into_iter().map(|(field, column)| {
        let column = match &factor {
            Some(factor) => quoted(&field, &column, factor),
            None => Column::F32(column),
        };
        (field, column.into())
    });
    Ok(Some(Block {
        file: 0,
        rows: RowNumbers::following(start as u64 + 1, end - start),
        instruments: CodedTexts::constant(name.to_owned(), end - start),
        days: sessions[start..end].iter().map(|session| session.number()).collect(),
        seconds: Vec::new(),
        own_zone: false,
        numbers: numbers.collect(),
        categories: Vec::new(),
    }))
}

/// A field as it was quoted: prices are adjusted by the factor, volumes inversely.
fn quoted(field: &str, column: &[f32], factor: &[f32]) -> Column {
    let pairs = column.iter().zip(factor).map(|(&value, &factor)| (f64::from(value), f64::from(factor)));
    match field {
        "open" | "high" | "low" | "close" | "vwap" => {
            Column::F64(pairs.map(|(value, factor)| value / factor).collect())
        }
        "volume" => Column::F64(pairs.map(|(value, factor)| value * factor).collect()),
        _ => Column::F32(column.to_vec()),
    }
}
