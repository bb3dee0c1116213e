//! Files of bars to decoded rows. A folder in a provider's layout is read by that provider, all else as plain files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    column_roles::{self, ColumnRoles},
    resample::resample,
    units, zones,
};
use crate::{
    date_order::DateOrder,
    date_text::Shape,
    error::SourceError,
    format::{
        bar_columns::InstrumentKey,
        decoded::{Block, Blocks},
        header::HeaderColumn,
        table_file::TableFile,
    },
    provider::{
        decoded_bars::{ColumnRole, DecodedBars, Unnamed},
        lean,
        path::look_at,
        qlib,
        source_files::source_files,
    },
    request::{
        adjustment::Adjustment,
        panel_source::{Format, PanelSource},
        resample::Resample,
        vendor::Vendor,
        zone::Zone,
    },
};

/// Read the bars of a folder in Qlib's or LEAN's layout, else of plain files. Another layout than the stated one is
/// refused.
pub(crate) fn read(request: &PanelSource) -> Result<DecodedBars, SourceError> {
    let (is_qlib, is_lean) =
        (qlib::folder::is_provider(&request.path), lean::folder::is_data_folder(&request.path));
    match request.format {
        Format::Qlib | Format::Detect if is_qlib => qlib::bars::read_bars(request),
        Format::Lean | Format::Detect if is_lean => lean::bars::read_bars(request),
        Format::Detect => read_files(request),
        stated => {
            look_at(&request.path)?;
            Err(match stated {
                Format::Lean => SourceError::Lean {
                    path: request.path.clone(),
                    reason: "name a folder such as data/equity/usa/daily, with zip files in it",
                },
                _ => SourceError::Layout {
                    path: request.path.clone(),
                    reason: "there is no calendars/day.txt in it".to_owned(),
                },
            })
        }
    }
}

/// Open all files, settle what their columns mean, decode what is wanted.
fn read_files(request: &PanelSource) -> Result<DecodedBars, SourceError> {
    let paths = source_files(&request.path)?;
    let opened = paths.par_iter().map(|path| open(path, request)).collect::<Vec<_>>();
    let (mut files, mut headers, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    // One after the other, so that of several faults the first file's is reported.
    for (path, opened) in paths.iter().zip(opened) {
        let (file, header) = opened?;
        let of_file = column_roles::resolve(path, &header, request)?;
        column_roles::refuse_nameless(&of_file, path, &header)?;
        files
            .push(file.with_date_order(of_file.vendor.map_or(DateOrder::Detect, |vendor| vendor.date_order)));
        roles.push(of_file);
        headers.push(header);
    }
    column_roles::check_mapping(request, &roles, &headers)?;
    let mut wide = None;
    for (roles, path) in roles.iter().zip(&paths) {
        wide = wide.or(column_roles::looks_wide(roles, path, request)?);
    }
    let decoded = files.par_iter().zip(&roles).enumerate();
    let decoded = decoded.map(|(at, (file, roles))| {
        let (mut blocks, shape) = file.bars(at, &roles.columns)?;
        if !roles.units.is_empty() {
            for block in &mut blocks {
                units::convert(block, &roles.units);
            }
        }
        Ok::<_, SourceError>((blocks, shape))
    });
    let mut blocks = Vec::<Block>::new();
    let mut shapes = Vec::<Shape>::new();
    for decoded in decoded.collect::<Vec<_>>() {
        let (of_file, shape) = decoded?;
        blocks.extend(of_file);
        shapes.extend(shape.filter(|shape| !shapes.contains(shape)));
    }
    if blocks.iter().all(|block| block.len() == 0) {
        return Err(SourceError::NoRows { path: request.path.clone() });
    }
    let vendors = distinct(roles.iter().filter_map(|roles| roles.vendor.as_ref()));
    // Stamps that say their own zone are local ones already.
    let tell_utc = !blocks.iter().any(|block| block.own_zone);
    let zone = request.zone.clone().or_else(|| zone_of(&vendors).filter(|_| tell_utc));
    let asked = zones::settle(&mut blocks, &paths, zone.as_ref())?;
    let (blocks, resampled) = match request.resample {
        Some(Resample::Session) => {
            let (blocks, resampled) = resample(Blocks::new(paths.clone(), blocks), request)?;
            (blocks, Some(resampled))
        }
        None => {
            zones::forget_single_times(&mut blocks);
            (Blocks::new(paths.clone(), blocks), None)
        }
    };
    let told = resampled.as_ref().map(ToString::to_string);
    Ok(DecodedBars {
        instrument_from: instrument_from(&roles),
        date_format: shapes.iter().map(|shape| shape.name()).collect::<Vec<_>>().join(", "),
        columns: distinct(roles.iter().flat_map(|roles| &roles.found)),
        ignored: distinct(roles.iter().flat_map(|roles| &roles.ignored)),
        unnamed: unnamed(&roles, &paths, &headers),
        warnings: asked
            .into_iter()
            .chain(told)
            .chain(wide)
            .chain(lacking(&roles, &paths, request.adjustment))
            .collect(),
        resampled,
        vendors,
        blocks,
    })
}

/// The zone in which the vendors' stamps are meant, if all vendors have one.
fn zone_of(vendors: &[&Vendor]) -> Option<Zone> {
    let mut zones = vendors.iter().map(|vendor| vendor.zone);
    let first = zones.next()??;
    zones.all(|zone| zone == Some(first)).then(|| first.parse().ok()).flatten()
}

fn open<'a>(
    path: &'a Path,
    request: &PanelSource,
) -> Result<(TableFile<'a>, Vec<HeaderColumn>), SourceError> {
    let file = TableFile::open(path, request.written)?;
    let header = file.header()?;
    Ok((file, column_roles::widened(header, request)?))
}

/// The first file without a column of instruments.
fn unnamed(roles: &[ColumnRoles], paths: &[PathBuf], headers: &[Vec<HeaderColumn>]) -> Option<Unnamed> {
    let is_unnamed = |roles: &ColumnRoles| matches!(roles.columns.instrument, InstrumentKey::Name(_));
    let at = roles.iter().position(is_unnamed)?;
    let found = headers[at].iter().map(|column| column.name.clone()).collect();
    Some(Unnamed { file: paths[at].clone(), found })
}

/// The number of files that a sentence names.
const NAMED: usize = 5;

/// Sentences about columns that only some of the files have, one for each set of files that lack any.
fn lacking(roles: &[ColumnRoles], paths: &[PathBuf], adjustment: Adjustment) -> Vec<String> {
    let has = |roles: &ColumnRoles, name: &str| {
        let mut columns = roles.columns.numbers.iter().chain(&roles.columns.categories);
        columns.any(|(_, other)| other == name)
    };
    let names = roles.iter().flat_map(|roles| roles.columns.numbers.iter().chain(&roles.columns.categories));
    let names = names.map(|(_, name)| name.as_str()).collect::<BTreeSet<_>>();
    let mut lacking = BTreeMap::<Vec<usize>, Vec<&str>>::new();
    for name in names {
        let files = (0..roles.len()).filter(|&file| !has(&roles[file], name)).collect::<Vec<_>>();
        if !files.is_empty() {
            lacking.entry(files).or_default().push(name);
        }
    }
    let sentence = |(files, names): (Vec<usize>, Vec<&str>)| {
        let shown =
            files.iter().take(NAMED).map(|&file| paths[file].display().to_string()).collect::<Vec<_>>();
        let more = files.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        // Where prices are adjusted, the adjustment itself says what follows.
        let is_mixed = names.contains(&"adj_close") && adjustment == Adjustment::Verbatim;
        let follows = if is_mixed {
            "; their closes may be adjusted already, where those of the others are as quoted"
        } else {
            ""
        };
        format!(
            "{} of {} files have no {} ({}{more}){follows}",
            files.len(),
            paths.len(),
            names.join(", "),
            shown.join(", ")
        )
    };
    lacking.into_iter().map(sentence).collect()
}

fn distinct<'a, T: Clone + PartialEq + 'a>(items: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(item) {
            distinct.push(item.clone());
        }
    }
    distinct
}

/// The source of the instruments' names, for people.
fn instrument_from(roles: &[ColumnRoles]) -> String {
    let has_column = |roles: &&ColumnRoles| matches!(roles.columns.instrument, InstrumentKey::Column(_));
    let n_columns = roles.iter().filter(has_column).count();
    if roles.iter().any(|roles| matches!(roles.columns.instrument, InstrumentKey::Beside(_))) {
        return "the names of the columns".to_owned();
    }
    let mut found = roles.iter().flat_map(|roles| &roles.found);
    match found.find(|column| column.role == ColumnRole::Instrument) {
        Some(column) if n_columns == roles.len() => format!("the column {}", column.source),
        Some(column) => format!("the column {} in {n_columns} files, else the file's name", column.source),
        None => "the file's name".to_owned(),
    }
}
