//! Bars of minutes or hours, joined to one of each session.
//!
//! A bar belongs to the session of its local date. The joined bar stands where the first of its bars stood.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use backstaff_panel::{Column, Session};
use backstaff_words::count;
use rayon::prelude::*;

use crate::{
    error::{Place, SourceError},
    format::{
        coded_texts::CodedTexts,
        decoded::{Block, Blocks},
        row_numbers::RowNumbers,
        session_fold::Fold,
    },
    provider::decoded_bars::Resampled,
    request::{
        panel_source::{OnBadRow, PanelSource},
        resample::clock,
    },
};

/// A bar: its instrument's number, its day, its second of the day, its block and its row there.
type Bar = (u32, i32, u32, u32, u32);

/// Join the bars of each instrument and day that begin in the wanted hours. Of bars with one stamp that are equal one
/// counts; of those that differ none, unless the request stops at them.
///
/// # Errors
///
/// Two different bars with one stamp.
pub(super) fn resample(all: Blocks, request: &PanelSource) -> Result<(Blocks, Resampled), SourceError> {
    let names = all.instruments().into_iter().collect::<Vec<_>>();
    let mut bars = bars(&all.parts, &names);
    let n_bars = bars.len();
    if let Some(hours) = request.hours {
        // Rows without a time of day are those of sessions already.
        bars.retain(|bar| hours.has(bar.2) || all.parts[bar.3 as usize].seconds.is_empty());
        if bars.is_empty() {
            return Err(SourceError::NoneInHours { path: request.path.clone(), hours: hours.to_string() });
        }
    }
    let mut told = Resampled { outside: n_bars - bars.len(), ..Resampled::default() };
    bars.par_sort_unstable();
    settle_repeated(&mut bars, &all, &names, request, &mut told)?;
    told.bars = bars.len();
    told.first = bars.iter().map(|bar| bar.2).min().map(clock).unwrap_or_default();
    told.last = bars.iter().map(|bar| bar.2).max().map(clock).unwrap_or_default();
    let mut of_blocks = vec![Vec::<&[Bar]>::new(); all.parts.len()];
    for session in bars.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        of_blocks[session[0].3 as usize].push(session);
        told.sessions += 1;
    }
    let joined = of_blocks.par_iter().enumerate();
    let joined = joined.map(|(at, sessions)| join(&all.parts, at, sessions)).collect();
    Ok((Blocks::new(all.files, joined), told))
}

/// All bars, in the order of the blocks.
fn bars(blocks: &[Block], names: &[String]) -> Vec<Bar> {
    let numbers = names.iter().zip(0..).collect::<HashMap<_, u32>>();
    let of_block = |(at, block): (usize, &Block)| {
        let own = block.instruments.names.iter().map(|name| numbers[name]).collect::<Vec<_>>();
        let rows = block.instruments.codes.iter().zip(&block.days).enumerate();
        let bar = |(row, (&code, &day)): (usize, (&u32, &i32))| {
            let second = block.seconds.get(row).copied().unwrap_or(0);
            (own[code as usize], day, second, at as u32, row as u32)
        };
        rows.map(bar).collect::<Vec<_>>()
    };
    blocks.par_iter().enumerate().flat_map_iter(of_block).collect()
}

/// Leave one of each bar that stands there several times.
fn settle_repeated(
    bars: &mut Vec<Bar>,
    all: &Blocks,
    names: &[String],
    request: &PanelSource,
    told: &mut Resampled,
) -> Result<(), SourceError> {
    let stamp = |bar: &Bar| (bar.0, bar.1, bar.2);
    if bars.windows(2).all(|pair| stamp(&pair[0]) != stamp(&pair[1])) {
        return Ok(());
    }
    let mut kept = Vec::with_capacity(bars.len());
    for same in bars.chunk_by(|a, b| stamp(a) == stamp(b)) {
        let Some(other) = same[1..].iter().find(|bar| !are_equal(&all.parts, &same[0], bar)) else {
            kept.push(same[0]);
            told.merged += same.len() - 1;
            continue;
        };
        if request.on_bad_row == OnBadRow::Stop {
            let place = |bar: &Bar| {
                let block = &all.parts[bar.3 as usize];
                Place { file: all.files[block.file].clone(), row: block.rows.get(bar.4 as usize) }
            };
            return Err(SourceError::RepeatedStamp {
                instrument: names[same[0].0 as usize].clone(),
                stamp: format!("{} {}", Session::from_number(same[0].1), clock(same[0].2)),
                first: place(&same[0]),
                second: place(other),
            });
        }
        told.contradicting += same.len();
    }
    *bars = kept;
    Ok(())
}

/// Whether two bars have the same numbers.
fn are_equal(blocks: &[Block], a: &Bar, b: &Bar) -> bool {
    let (one, other) = (&blocks[a.3 as usize], &blocks[b.3 as usize]);
    one.numbers.iter().all(|(name, column)| {
        let (x, y) = (column.get(a.4 as usize), value(other, name, b.4));
        x == y || x.is_nan() && y.is_nan()
    })
}

/// The value of a field in a row; NaN where the block has no such field.
fn value(block: &Block, name: &str, row: u32) -> f64 {
    let column = block.numbers.iter().find(|(other, _)| other == name);
    column.map_or(f64::NAN, |(_, column)| column.get(row as usize))
}

/// The sessions whose first bar is in a block.
fn join(blocks: &[Block], at: usize, sessions: &[&[Bar]]) -> Block {
    let block = &blocks[at];
    let mut instruments = CodedTexts::with_capacity(sessions.len());
    for session in sessions {
        instruments.push(block.instruments.text(session[0].4 as usize).unwrap_or_default());
    }
    let field = |name: &str| {
        // The columns of this field, block by block.
        let columns = blocks.iter().map(|block| block.numbers.iter().find(|(other, _)| other == name));
        let columns = columns.map(|found| found.map(|(_, column)| column)).collect::<Vec<_>>();
        let of_bar =
            |bar: &Bar| columns[bar.3 as usize].map_or(f64::NAN, |column| column.get(bar.4 as usize));
        let joined = |session: &&[Bar]| {
            if name == "vwap" {
                return weighted(blocks, session, of_bar);
            }
            let fold = Fold::of(name);
            session[1..].iter().fold(of_bar(&session[0]), |held, bar| fold.join(held, of_bar(bar)))
        };
        Column::F64(sessions.iter().map(joined).collect()).into()
    };
    let category = |name: &String| {
        let mut texts = CodedTexts::with_capacity(sessions.len());
        for session in sessions {
            let of_bar = |bar: &Bar| {
                let found = blocks[bar.3 as usize].categories.iter().find(|(other, _)| other == name);
                found.and_then(|(_, texts)| texts.text(bar.4 as usize))
            };
            texts.push(session.iter().rev().find_map(of_bar).unwrap_or_default());
        }
        texts
    };
    Block {
        file: block.file,
        rows: sessions.iter().map(|session| block.rows.get(session[0].4 as usize)).collect::<RowNumbers>(),
        instruments,
        days: sessions.iter().map(|session| session[0].1).collect(),
        seconds: Vec::new(),
        own_zone: block.own_zone,
        numbers: fields(blocks).into_iter().map(|name| (name.to_owned(), field(name))).collect(),
        categories: block.categories.iter().map(|(name, _)| (name.clone(), category(name))).collect(),
    }
}

/// The names of the fields that any block has.
fn fields(blocks: &[Block]) -> BTreeSet<&str> {
    blocks.iter().flat_map(|block| block.numbers.iter().map(|(name, _)| name.as_str())).collect()
}

/// The mean price of a session, weighted by the volumes of its bars.
fn weighted(blocks: &[Block], session: &[Bar], price: impl Fn(&Bar) -> f64) -> f64 {
    let (mut money, mut shares) = (0.0, 0.0);
    for bar in session {
        let (price, volume) = (price(bar), value(&blocks[bar.3 as usize], "volume", bar.4));
        if price > 0.0 && volume > 0.0 {
            money += price * volume;
            shares += volume;
        }
    }
    if shares > 0.0 { money / shares } else { f64::NAN }
}

impl fmt::Display for Resampled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} that begin from {} to {} are joined to {}, one for each instrument and session",
            count(self.bars, "bar"),
            self.first,
            self.last,
            self.sessions,
        )?;
        for (n, what) in [
            (self.outside, "outside the hours left out"),
            (self.merged, "equal to another one with its stamp, which count once"),
            (self.contradicting, "that contradict another one with their stamp left out"),
        ] {
            if n > 0 {
                write!(f, "; {} {what}", count(n, "bar"))?;
            }
        }
        Ok(())
    }
}
