//! Folders in LEAN's layout.
//!
//! ```text
//! equity/usa/daily/<ticker>.zip                     one CSV: yyyyMMdd HH:mm,open,high,low,close,volume
//! equity/usa/hour/<ticker>.zip                      the same
//! equity/usa/minute/<ticker>/<yyyyMMdd>_trade.zip   one CSV: milliseconds since midnight,open,high,low,close,volume
//! equity/usa/map_files/<instrument>.csv             yyyyMMdd,ticker,exchange: the ticker up to that date
//! equity/usa/factor_files/<instrument>.csv          yyyyMMdd,price factor,split factor,close: those up to that date
//! forex/<market>/…, crypto/<market>/…, cfd/<market>/…   likewise, with quotes or trades, unscaled, without map and factor
//! ```
//!
//! Prices of equities are in ten-thousandths; times are New York's. A path is a folder of one resolution, a market
//! (`equity/usa`: its daily bars if it has some, else hours, else minutes), or the data folder, which stands for
//! `equity/usa`. Bars of hours and minutes become one bar a session, see `bars`.

mod bars;
mod counts;
mod factors;
mod names;
mod text;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use bars::read_bars;

use crate::error::SourceError;

/// How long a bar of a folder is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Resolution {
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

/// Where bars, names and factors are.
#[derive(Debug)]
struct Layout {
    resolution: Resolution,
    /// The folder of the bars.
    bars: PathBuf,
    /// The folder above it.
    market: PathBuf,
    /// How many units of the files' prices are one unit of money.
    unit: f64,
    /// Whether sessions have regular hours.
    has_hours: bool,
}

/// Whether a folder is in LEAN's layout.
pub(crate) fn is_data_folder(path: &Path) -> bool {
    find(path).is_some()
}

fn find(path: &Path) -> Option<Layout> {
    let path = fs::canonicalize(path).ok().filter(|path| path.is_dir())?;
    let usa = path.join("equity").join("usa");
    let in_market = |market: &Path| {
        Resolution::ALL
            .into_iter()
            .find_map(|resolution| layout(&market.join(resolution.folder()), resolution))
    };
    let itself = Resolution::ALL.into_iter().find(|resolution| path.ends_with(resolution.folder()));
    itself
        .and_then(|resolution| layout(&path, resolution))
        .or_else(|| in_market(&path))
        .or_else(|| in_market(&usa))
}

/// The layout of a folder of bars, if it is one: what kind of security it holds is told by the folders above.
fn layout(bars: &Path, resolution: Resolution) -> Option<Layout> {
    let market = bars.parent()?;
    let is_equity = market.join("map_files").is_dir() || market.join("factor_files").is_dir();
    let security = market.parent()?.file_name()?.to_str()?;
    let (unit, has_hours) = match security {
        "equity" => (1e4, true),
        _ if is_equity => (1e4, true),
        "forex" | "crypto" | "cfd" => (1.0, false),
        _ => return None,
    };
    let layout = Layout { resolution, bars: bars.to_owned(), market: market.to_owned(), unit, has_hours };
    layout.archives().ok().filter(|archives| !archives.is_empty()).map(|_| layout)
}

impl Layout {
    /// The archives of each ticker, in the order of their names.
    fn archives(&self) -> Result<BTreeMap<String, Vec<PathBuf>>, SourceError> {
        let mut archives = BTreeMap::<String, Vec<PathBuf>>::new();
        for path in entries(&self.bars)? {
            match self.resolution {
                Resolution::Daily | Resolution::Hour => {
                    let Some(stem) = stem(&path, "zip") else { continue };
                    archives.entry(ticker(&stem).to_owned()).or_default().push(path);
                }
                Resolution::Minute => {
                    let days = entries(&path)?.into_iter().filter(|day| is_day(day)).collect::<Vec<_>>();
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

    fn has_factors(&self) -> bool {
        self.market.join("factor_files").is_dir()
    }

    fn tables(&self, folder: &str) -> Result<Vec<PathBuf>, SourceError> {
        Ok(entries(&self.market.join(folder))?
            .into_iter()
            .filter(|path| stem(path, "csv").is_some())
            .collect())
    }
}

/// The files that [`read_bars`] reads, sorted.
pub(crate) fn bar_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let Some(layout) = find(path) else { return Ok(Vec::new()) };
    let mut files = layout.archives()?.into_values().flatten().collect::<Vec<_>>();
    files.extend(layout.tables("map_files")?);
    files.extend(layout.tables("factor_files")?);
    files.sort();
    Ok(files)
}

/// The name of a file of this kind, in small letters.
fn stem(path: &Path, ending: &str) -> Option<String> {
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

/// What lies in a folder, sorted; nothing if it isn't there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    let found = match fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(error)),
    };
    let mut paths =
        found.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}
