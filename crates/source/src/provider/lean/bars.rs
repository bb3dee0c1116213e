//! Archives of bars to one bar a session.
//!
//! A bar of an hour or minute belongs to the session of its date. Of equities those count that begin in the regular
//! hours (minutes from 9:30, hours from 9:00, since the first one begins with the opening, both before 16:00); what
//! begins outside is left out and counted. The session opens with its first bar and closes with its last one, so its
//! close is that of continuous trading, not of the closing auction; volumes are added. Of quotes the middle of bid and
//! ask counts, and there is no volume.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstaff_panel::Column;
use rayon::prelude::*;

use super::{
    factors::{Factors, factors},
    folder::{LeanFolder, Resolution, find, stem},
    left_out::LeftOut,
    lines::{Line, lines},
    listings::{Listing, listings},
};
use crate::{
    error::SourceError,
    format::{
        coded_texts::CodedTexts,
        decoded::{Block, Blocks},
        session_fold::Fold,
        zip_file,
    },
    provider::decoded_bars::{ColumnRole, DecodedBars, FoundColumn},
    request::panel_source::PanelSource,
};

/// The fields of a bar, in the order of its cells.
const FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// The regular hours of equities in New York, in seconds of the day.
const OPENING: u32 = 9 * 3_600 + 1_800;
const FIRST_HOUR: u32 = 9 * 3_600;
const CLOSING: u32 = 16 * 3_600;

/// Read all instruments of a folder.
pub(crate) fn read_bars(request: &PanelSource) -> Result<DecodedBars, SourceError> {
    let failed = || SourceError::Lean { path: request.path.clone(), reason: "it has no archives of bars" };
    let folder = find(&request.path).ok_or_else(failed)?;
    let archives = folder.archives()?;
    let mut listings = listings(&folder, &archives)?;
    if let Some(wanted) = &request.instruments {
        // All are kept where none is known, for the message with the nearest name.
        let is_wanted = |listing: &Listing| wanted.contains(&listing.name);
        if listings.iter().any(is_wanted) {
            listings.retain(is_wanted);
        }
    }
    let mut files = archives.values().flatten().cloned().collect::<Vec<_>>();
    files.sort();
    let reader = Reader { folder: &folder, archives: &archives, files: &files };
    let read = listings.par_iter().map(|listing| reader.instrument(listing));
    let mut blocks = Vec::new();
    let mut left_out = LeftOut::default();
    for of_instrument in read.collect::<Vec<_>>() {
        let (mut of_instrument, counted) = of_instrument?;
        blocks.append(&mut of_instrument);
        left_out.add(counted);
    }
    if blocks.iter().all(|block| block.len() == 0) {
        return Err(SourceError::NoRows { path: folder.bars });
    }
    let mut warnings = left_out.warnings(&files);
    if !request.mapping.0.is_empty() {
        warnings.push("the mapping is not used: the columns of LEAN's files have no names".to_owned());
    }
    let names = blocks.iter().flat_map(|block| &block.numbers).map(|(name, _)| name.clone());
    let mut names = names.collect::<Vec<_>>();
    names.sort();
    names.dedup();
    let column = |name: String| FoundColumn::new(&name, &name, ColumnRole::Number);
    Ok(DecodedBars {
        columns: names.into_iter().map(column).collect(),
        ignored: Vec::new(),
        date_format: "YYYYMMDD".to_owned(),
        instrument_from: "map_files, else the archive's name".to_owned(),
        unnamed: None,
        warnings,
        resampled: None,
        vendors: Vec::new(),
        blocks: Blocks::new(files, blocks),
    })
}

/// A reader of the archives of a folder.
struct Reader<'a> {
    folder: &'a LeanFolder,
    archives: &'a BTreeMap<String, Vec<PathBuf>>,
    /// The paths of all archives, sorted.
    files: &'a [PathBuf],
}

/// The sessions of an archive.
#[derive(Default)]
struct Sessions {
    days: Vec<i32>,
    /// The number of the first line of each session.
    lines: Vec<u64>,
    /// The values of each field.
    values: [Vec<f64>; 5],
    outside_hours: usize,
    /// The number of prices of 0 in the bars of hours and minutes that join a session, which count as missing there.
    zeros: usize,
}

impl Reader<'_> {
    /// The bars of an instrument under all its tickers.
    fn instrument(&self, listing: &Listing) -> Result<(Vec<Block>, LeftOut), SourceError> {
        let mut left_out = LeftOut::default();
        let factors = factors(self.folder, &listing.name)?;
        if factors.is_none() && self.folder.has_factors() {
            left_out.without_factors.push(listing.name.clone());
        }
        let mut tickers = BTreeMap::<&str, Vec<_>>::new();
        for span in &listing.spans {
            if self.archives.contains_key(&span.ticker) {
                tickers.entry(&span.ticker).or_default().push(span);
            } else {
                left_out.missing.push((listing.name.clone(), span.clone()));
            }
        }
        let mut blocks = Vec::new();
        for (ticker, spans) in tickers {
            let read = self.archives[ticker].par_iter().map(|path| (path, self.sessions(path)));
            for read in read.collect::<Vec<_>>() {
                let (path, sessions) = read;
                let sessions = sessions?;
                let file = self.files.binary_search(path).expect("every archive is among the files");
                let is_ours = |day: i32| spans.iter().any(|span| span.first <= day && day <= span.last);
                let kept = (0..sessions.days.len()).filter(|&at| is_ours(sessions.days[at]));
                let kept = kept.collect::<Vec<_>>();
                left_out.outside_hours += sessions.outside_hours;
                left_out.zeros += sessions.zeros;
                left_out.claim(file, sessions.days.len(), kept.len());
                blocks.push(self.block(listing, file, &sessions, &kept, factors.as_ref()));
            }
        }
        Ok((blocks, left_out))
    }

    fn block(
        &self,
        listing: &Listing,
        file: usize,
        sessions: &Sessions,
        kept: &[usize],
        factors: Option<&Factors>,
    ) -> Block {
        let take = |values: &Vec<f64>| Column::F64(kept.iter().map(|&at| values[at]).collect());
        let days = kept.iter().map(|&at| sessions.days[at]).collect::<Vec<_>>();
        // Quotes have no volume.
        let columns = FIELDS.iter().zip(&sessions.values);
        let columns =
            columns.filter(|(name, values)| **name != "volume" || !values.iter().all(|v| v.is_nan()));
        let mut numbers =
            columns.map(|(name, values)| ((*name).to_owned(), take(values))).collect::<Vec<_>>();
        if self.folder.has_factors() {
            let at = |day: &i32| factors.map_or((1.0, 1.0), |factors| factors.at(*day));
            numbers.push(("factor".to_owned(), Column::F64(days.iter().map(|day| at(day).0).collect())));
            numbers
                .push(("split_factor".to_owned(), Column::F64(days.iter().map(|day| at(day).1).collect())));
        }
        Block {
            file,
            rows: kept.iter().map(|&at| sessions.lines[at]).collect(),
            instruments: CodedTexts::constant(listing.name.clone(), kept.len()),
            days,
            seconds: Vec::new(),
            own_zone: false,
            numbers: numbers.into_iter().map(|(name, column)| (name, column.into())).collect(),
            categories: Vec::new(),
        }
    }

    /// Read an archive to one bar a session.
    fn sessions(&self, path: &Path) -> Result<Sessions, SourceError> {
        let reason = "the archive doesn't hold exactly one file";
        let text =
            zip_file::only_file(path)?.ok_or_else(|| SourceError::Lean { path: path.to_owned(), reason })?;
        let date = match self.folder.resolution {
            Resolution::Minute => Some(date_of(path)?),
            Resolution::Daily | Resolution::Hour => None,
        };
        let mut sessions = Sessions::default();
        let mut before = None;
        for line in lines(path, &text)? {
            let (day, second) = time(&line, date)?;
            let is_daily = self.folder.resolution == Resolution::Daily;
            if !is_daily && before >= Some((day, second)) {
                let reason = "its bars are not in ascending order of time";
                return Err(SourceError::Lean { path: path.to_owned(), reason });
            }
            before = Some((day, second));
            let values = self.values(&line)?;
            if !is_daily && !self.is_regular(second) {
                sessions.outside_hours += 1;
            } else if !is_daily && sessions.days.last() == Some(&day) {
                sessions.extend(values);
            } else {
                sessions.begin(day, line.number(), values);
            }
        }
        Ok(sessions)
    }

    fn is_regular(&self, second: u32) -> bool {
        let first = if self.folder.resolution == Resolution::Hour { FIRST_HOUR } else { OPENING };
        !self.folder.has_hours || (first..CLOSING).contains(&second)
    }

    /// Open, high, low, close, volume of a line: of trades, or the middle of a bid and an ask.
    fn values(&self, line: &Line<'_>) -> Result<[f64; 5], SourceError> {
        let is_quote = line.cells().count() > 7;
        let mut values = [f64::NAN; 5];
        for (at, (value, column)) in values.iter_mut().zip(FIELDS).enumerate() {
            let number = |at: usize| line.float(line.cell(at, column)?, column);
            let price = |at: usize| number(at).map(|value| value / self.folder.unit);
            *value = match (is_quote, at) {
                (false, 4) => number(5)?,
                (false, _) => price(1 + at)?,
                (true, 4) => f64::NAN,
                (true, _) => middle(price(1 + at)?, price(6 + at)?),
            };
        }
        Ok(values)
    }
}

/// The middle of a bid and an ask; 0, which is no price, where either of them is.
fn middle(bid: f64, ask: f64) -> f64 {
    if bid == 0.0 || ask == 0.0 { 0.0 } else { f64::midpoint(bid, ask) }
}

/// The day that is in an archive's name.
fn date_of(path: &Path) -> Result<i32, SourceError> {
    let stem = stem(path, "zip").unwrap_or_default();
    let reason = "its name doesn't begin with a date such as 20131007";
    let failed = || SourceError::Lean { path: path.to_owned(), reason };
    let digits = stem.get(..8).and_then(|digits| digits.parse().ok()).ok_or_else(failed)?;
    crate::date_text::from_number(digits).map(|(stamp, _)| stamp.day).ok_or_else(failed)
}

/// The day and second at which a line's bar begins; of a minute its milliseconds, the day being that of the archive.
fn time(line: &Line<'_>, date: Option<i32>) -> Result<(i32, u32), SourceError> {
    let cell = line.cell(0, "time")?;
    match date {
        Some(day) => Ok((day, (line.float(cell, "time")? / 1e3) as u32)),
        None => line.stamp(cell).map(|stamp| (stamp.day, stamp.second)),
    }
}

impl Sessions {
    fn begin(&mut self, day: i32, line: u64, values: [f64; 5]) {
        self.days.push(day);
        self.lines.push(line);
        for (column, value) in self.values.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// Join a later bar of the same session.
    fn extend(&mut self, values: [f64; 5]) {
        for ((column, value), field) in self.values.iter_mut().zip(values).zip(FIELDS) {
            let fold = Fold::of(field);
            self.zeros += usize::from(fold.is_missing_price(value));
            if let Some(held) = column.last_mut() {
                *held = fold.join(*held, value);
            }
        }
    }
}
