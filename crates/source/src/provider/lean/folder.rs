//! The files in a folder of LEAN's.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::SourceError, provider::path::entries};

/// A folder that is not there, or is a file, holds nothing.
const ABSENT: &[io::ErrorKind] = &[io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];

/// The length of the bars in a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Resolution {
    Daily,
    Hour,
    Minute,
}

impl Resolution {
    const ALL: [Self; 3] = [Self::Daily, Self::Hour, Self::Minute];

    fn folder(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Hour => "hour",
            Self::Minute => "minute",
        }
    }
}

/// The folder of bars of one resolution, and the market that it belongs to.
#[derive(Debug)]
pub(super) struct LeanFolder {
    pub resolution: Resolution,
    /// The folder of the bars.
    pub bars: PathBuf,
    /// The folder above it, which holds map and factor files too.
    pub market: PathBuf,
    /// The number of units of the files' prices that make one unit of money.
    pub unit: f64,
    /// Whether sessions have regular hours.
    pub has_hours: bool,
}

/// Whether a folder is in LEAN's layout.
pub(crate) fn is_data_folder(path: &Path) -> bool {
    find(path).is_some()
}

/// The folder of bars that a path stands for: itself, or one of the market or of US equities below it.
pub(super) fn find(path: &Path) -> Option<LeanFolder> {
    let path = fs::canonicalize(path).ok().filter(|path| path.is_dir())?;
    let usa = path.join("equity").join("usa");
    let in_market = |market: &Path| {
        Resolution::ALL
            .into_iter()
            .find_map(|resolution| folder_of(&market.join(resolution.folder()), resolution))
    };
    let itself = Resolution::ALL.into_iter().find(|resolution| path.ends_with(resolution.folder()));
    itself
        .and_then(|resolution| folder_of(&path, resolution))
        .or_else(|| in_market(&path))
        .or_else(|| in_market(&usa))
}

/// A folder of bars, if it is one. The folders above it name the kind of security.
fn folder_of(bars: &Path, resolution: Resolution) -> Option<LeanFolder> {
    let market = bars.parent()?;
    let is_equity = market.join("map_files").is_dir() || market.join("factor_files").is_dir();
    let security = market.parent()?.file_name()?.to_str()?;
    let (unit, has_hours) = match security {
        "equity" => (1e4, true),
        _ if is_equity => (1e4, true),
        "forex" | "crypto" | "cfd" => (1.0, false),
        _ => return None,
    };
    let folder = LeanFolder { resolution, bars: bars.to_owned(), market: market.to_owned(), unit, has_hours };
    folder.archives().ok().filter(|archives| !archives.is_empty()).map(|_| folder)
}

impl LeanFolder {
    /// The archives of each ticker, in the order of their names.
    pub(super) fn archives(&self) -> Result<BTreeMap<String, Vec<PathBuf>>, SourceError> {
        let mut archives = BTreeMap::<String, Vec<PathBuf>>::new();
        for path in entries(&self.bars, ABSENT)? {
            match self.resolution {
                Resolution::Daily | Resolution::Hour => {
                    let Some(stem) = stem(&path, "zip") else { continue };
                    archives.entry(ticker(&stem).to_owned()).or_default().push(path);
                }
                Resolution::Minute => {
                    let days =
                        entries(&path, ABSENT)?.into_iter().filter(|day| is_day(day)).collect::<Vec<_>>();
                    if let Some(name) = path.file_name().filter(|_| !days.is_empty()) {
                        archives.insert(name.to_string_lossy().to_lowercase(), days);
                    }
                }
            }
        }
        for paths in archives.values_mut() {
            prefer_trades(paths);
        }
        Ok(archives)
    }

    /// Whether the market has factor files.
    pub(super) fn has_factors(&self) -> bool {
        self.market.join("factor_files").is_dir()
    }

    /// The CSV files in a folder of the market, sorted.
    pub(super) fn tables(&self, folder: &str) -> Result<Vec<PathBuf>, SourceError> {
        Ok(entries(&self.market.join(folder), ABSENT)?
            .into_iter()
            .filter(|path| stem(path, "csv").is_some())
            .collect())
    }
}

/// The files from which bars are read, sorted: archives, map and factor files.
pub(crate) fn bar_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let Some(folder) = find(path) else { return Ok(Vec::new()) };
    let mut files = folder.archives()?.into_values().flatten().collect::<Vec<_>>();
    files.extend(folder.tables("map_files")?);
    files.extend(folder.tables("factor_files")?);
    files.sort();
    Ok(files)
}

/// The name of a file of this kind, in small letters.
pub(super) fn stem(path: &Path, ending: &str) -> Option<String> {
    let is_kind = path.extension()?.eq_ignore_ascii_case(ending);
    is_kind.then(|| path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase())
}

/// The ticker in the name of an archive of all days.
fn ticker(stem: &str) -> &str {
    stem.strip_suffix("_trade").or_else(|| stem.strip_suffix("_quote")).unwrap_or(stem)
}

/// Whether a file holds the trades or quotes of a day.
fn is_day(path: &Path) -> bool {
    stem(path, "zip").is_some_and(|stem| {
        let day = ticker(&stem);
        day.len() == 8 && day != stem && day.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Leave out the quotes where there are trades for the same name.
fn prefer_trades(paths: &mut Vec<PathBuf>) {
    let stems = paths.iter().filter_map(|path| stem(path, "zip")).collect::<Vec<_>>();
    paths.retain(|path| {
        let stem = stem(path, "zip").unwrap_or_default();
        let quotes = stem.strip_suffix("_quote");
        quotes.is_none_or(|name| !stems.contains(&format!("{name}_trade")))
    });
}
