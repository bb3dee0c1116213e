//! All files of a source, decoded.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::{
    bars::{
        column_roles::{self, HeaderColumn, Key, Layout},
        reading::{FoundColumn, Ignored},
    },
    date_text::Shape,
    error::SourceError,
    format::{
        csv_file::CsvFile,
        decoded::{Block, Blocks},
        parquet_file::ParquetFile,
    },
    provider::{
        lean, qlib,
        source_files::{is_columnar, look_at, source_files},
    },
    request::panel_source::{Format, PanelSource},
};

/// Decoded rows and what was recognised in their files.
pub(crate) struct Read {
    pub blocks: Blocks,
    pub columns: Vec<FoundColumn>,
    pub ignored: Vec<Ignored>,
    pub date_format: String,
    pub instrument_from: String,
    /// Whether some files have an instrument column and this one was taken for a single instrument, so that two rows of
    /// one date may mean that the column was not recognised.
    pub unnamed: Option<Unnamed>,
    /// What the reader noticed.
    pub warnings: Vec<String>,
}

/// A file without an instrument column, and the columns it has.
pub(crate) struct Unnamed {
    pub file: PathBuf,
    pub found: Vec<String>,
}

enum Opened<'a> {
    Parquet(ParquetFile<'a>),
    Csv(CsvFile<'a>),
}

impl Opened<'_> {
    fn open(path: &Path) -> Result<(Opened<'_>, Vec<HeaderColumn>), SourceError> {
        if is_columnar(path) {
            let file = ParquetFile::open(path)?;
            let header = file.header();
            Ok((Opened::Parquet(file), header))
        } else {
            let file = CsvFile::open(path)?;
            let header = file.header()?;
            Ok((Opened::Csv(file), header))
        }
    }
}

/// Open all files, settle what their columns mean, decode what is wanted.
pub(crate) fn read(request: &PanelSource) -> Result<Read, SourceError> {
    let (is_qlib, is_lean) = (qlib::is_provider(&request.path), lean::is_data_folder(&request.path));
    match request.format {
        Format::Qlib | Format::Detect if is_qlib => return qlib::read_bars(request),
        Format::Lean | Format::Detect if is_lean => return lean::read_bars(request),
        Format::Detect => {}
        stated => {
            look_at(&request.path)?;
            return Err(match stated {
                Format::Lean => SourceError::Lean {
                    path: request.path.clone(),
                    reason: "name a folder such as data/equity/usa/daily, with zip files in it",
                },
                _ => SourceError::Layout {
                    path: request.path.clone(),
                    reason: "there is no calendars/day.txt in it",
                },
            });
        }
    }
    let files = source_files(&request.path)?;
    let opened = files.par_iter().map(|path| Opened::open(path)).collect::<Vec<_>>();
    let mut headers = Vec::with_capacity(files.len());
    let mut layouts = Vec::with_capacity(files.len());
    let mut open = Vec::with_capacity(files.len());
    // One after the other, so that of several faults the first file's is reported.
    for (path, file) in files.iter().zip(opened) {
        let (file, header) = file?;
        layouts.push(column_roles::resolve(path, &header, request)?);
        headers.push(header);
        open.push(file);
    }
    column_roles::check_mapping(request, &layouts, &headers)?;
    let decoded = (open.par_iter().zip(&layouts).enumerate())
        .map(|(file, (opened, layout))| match opened {
            Opened::Parquet(parquet) => parquet.decode(file, layout, request.date_order),
            Opened::Csv(csv) => {
                csv.decode(file, layout, request.date_order).map(|(block, shape)| (vec![block], shape))
            }
        })
        .collect::<Vec<_>>();
    let mut blocks = Vec::<Block>::new();
    let mut shapes = Vec::<Shape>::new();
    for decoded in decoded {
        let (of_file, shape) = decoded?;
        blocks.extend(of_file);
        shapes.extend(shape.filter(|shape| !shapes.contains(shape)));
    }
    if blocks.iter().all(|block| block.len() == 0) {
        return Err(SourceError::NoRows { path: request.path.clone() });
    }
    let unnamed = (layouts.iter().zip(&files).zip(&headers))
        .find(|((layout, _), _)| matches!(layout.instrument, Key::Name(_)))
        .map(|((_, file), header)| Unnamed {
            file: file.clone(),
            found: header.iter().map(|column| column.name.clone()).collect(),
        });
    Ok(Read {
        instrument_from: instrument_from(&layouts),
        date_format: shapes.iter().map(|shape| shape.name()).collect::<Vec<_>>().join(", "),
        columns: distinct(layouts.iter().flat_map(|layout| &layout.columns)),
        ignored: distinct(layouts.iter().flat_map(|layout| &layout.ignored)),
        unnamed,
        warnings: Vec::new(),
        blocks: Blocks::new(files, blocks),
    })
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

fn instrument_from(layouts: &[Layout]) -> String {
    let columns = layouts.iter().filter(|layout| matches!(layout.instrument, Key::Column(_))).count();
    let column = layouts.iter().flat_map(|layout| &layout.columns).find(|column| column.role == "instrument");
    match column {
        Some(column) if columns == layouts.len() => format!("the column {}", column.source),
        Some(column) => format!("the column {} in {columns} files, else the file's name", column.source),
        None => "the file's name".to_owned(),
    }
}
