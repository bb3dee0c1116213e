//! Map files: the tickers that an instrument had through time.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    folder::{LeanFolder, stem},
    lines::lines,
};
use crate::error::SourceError;

/// A ticker, and the days on which an instrument had it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub ticker: String,
    pub first: i32,
    pub last: i32,
}

/// A traded instrument, with all its tickers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Listing {
    /// The name of its map file in capital letters: the ticker it has now, or had last.
    pub name: String,
    /// The spans of its tickers, oldest first.
    pub spans: Vec<Span>,
}

/// Instruments by their map files; tickers that no map file speaks of are instruments of their own.
pub(super) fn listings(
    folder: &LeanFolder,
    archives: &BTreeMap<String, Vec<PathBuf>>,
) -> Result<Vec<Listing>, SourceError> {
    let mut listings = Vec::new();
    for path in folder.tables("map_files")? {
        let name = stem(&path, "csv").unwrap_or_default().to_uppercase();
        listings.push(Listing { name, spans: spans(&path)? });
    }
    let is_mapped = |ticker: &String| {
        listings.iter().flat_map(|listing| &listing.spans).any(|span| span.ticker == *ticker)
    };
    let unmapped = archives.keys().filter(|ticker| !is_mapped(ticker)).map(|ticker| Listing {
        name: ticker.to_uppercase(),
        spans: vec![Span { ticker: ticker.clone(), first: i32::MIN, last: i32::MAX }],
    });
    let unmapped = unmapped.collect::<Vec<_>>();
    listings.extend(unmapped);
    // A map file without any archive says nothing about the data here.
    listings.retain(|listing| listing.spans.iter().any(|span| archives.contains_key(&span.ticker)));
    listings.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listings)
}

/// The spans in a map file. Each line names the ticker up to its date; the first line is the listing.
fn spans(path: &Path) -> Result<Vec<Span>, SourceError> {
    let bytes = fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    let mut spans = Vec::<Span>::new();
    let mut next = i32::MIN;
    for (n, line) in lines(path, &bytes)?.into_iter().enumerate() {
        let last = line.stamp(line.cell(0, "date")?)?.day;
        let ticker = line.cell(1, "ticker")?.to_lowercase();
        if n > 0 && last < next {
            return Err(SourceError::Lean {
                path: path.to_owned(),
                reason: "its dates are not in ascending order",
            });
        }
        if n == 0 {
            next = last;
            continue;
        }
        match spans.last_mut() {
            Some(span) if span.ticker == ticker => span.last = last,
            _ => spans.push(Span { ticker, first: next, last }),
        }
        next = last.saturating_add(1);
    }
    Ok(spans)
}
