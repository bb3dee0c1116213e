//! Foreign bytes that are damaged, or made to take all memory: an error that names the file, never a panic.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::{fs, path::Path, sync::Arc};

use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use backstaff_source::{PanelSource, SourceError, TableLayout, Written, check_database, read_attributes};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

/// Numbers from a seed.
struct Noise(u64);

impl Noise {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    /// Some bytes with a few changes.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(damaged.len());
            match self.below(4) {
                0 => damaged[at] ^= 1 << self.below(8),
                1 => damaged[at] = [0, 0x7f, 0x80, 0xff][self.below(4)],
                2 => damaged.truncate(at.max(1)),
                _ => {
                    damaged.remove(at);
                }
            }
        }
        damaged
    }
}

/// Bars of two instruments as a Parquet file.
fn parquet(compression: Compression) -> Vec<u8> {
    let n = 200;
    let dates: ArrayRef = Arc::new((0..n).map(|t| Some(18_000 + t % 100)).collect::<Date32Array>());
    let names: ArrayRef =
        Arc::new((0..n).map(|t| Some(if t < 100 { "A" } else { "B" })).collect::<StringArray>());
    let prices =
        || Arc::new((0..n).map(|t| Some(10.0 + f64::from(t % 7))).collect::<Float64Array>()) as ArrayRef;
    let columns =
        [("date", dates), ("symbol", names), ("open", prices()), ("close", prices()), ("volume", prices())];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn read(path: &Path) -> Result<(), SourceError> {
    let attributes = read_attributes(path, None, &["symbol"], Written::default()).map(|_| ());
    PanelSource::new(path).load().map(|_| ()).and(attributes)
}

/// What is said of each damaged file names it.
fn said(path: &Path, result: Result<(), SourceError>) {
    if let Err(error) = result {
        let text = error.to_string();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(text.contains(name) || text.contains("duplicate") || text.contains("impossible"), "{text}");
        assert!(text.len() < 20_000, "{}", text.len());
    }
}

#[test]
fn damaged_parquet_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.parquet");
    let mut noise = Noise(0x5eed);
    for compression in
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())]
    {
        let whole = parquet(compression);
        fs::write(&path, &whole).unwrap();
        PanelSource::new(&path).load().unwrap();
        for _ in 0..150 {
            fs::write(&path, noise.damage(&whole)).unwrap();
            said(&path, read(&path));
        }
    }
}

/// The file's own description of Arrow's types is decoded by a library that trusts its lengths.
#[test]
fn a_damaged_schema_of_arrow_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.parquet");
    let whole = parquet(Compression::SNAPPY);
    let key = b"ARROW:schema";
    let start = whole.windows(key.len()).position(|bytes| bytes == key).unwrap() + key.len();
    let mut noise = Noise(7);
    let mut refused = 0;
    for n in 0..700 {
        let at = if n < 400 { start + n } else { start + noise.below(400) };
        let mut damaged = whole.clone();
        damaged[at] = b"A/+z0"[noise.below(5)];
        damaged[start + noise.below(400)] = b"A/+z0"[noise.below(5)];
        fs::write(&path, damaged).unwrap();
        let result = read(&path);
        refused += usize::from(result.is_err());
        said(&path, result);
    }
    assert!(refused > 0);
}

#[test]
fn a_page_that_states_an_impossible_size_is_refused_before_room_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.parquet");
    let whole = parquet(Compression::SNAPPY);
    // The first page's header follows the magic bytes: type, uncompressed size, compressed size.
    assert_eq!((&whole[..4], whole[4] & 0x0f, whole[6]), (&b"PAR1"[..], 5, 0x15));
    let n = whole[7..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    // Two thousand million bytes, in five of the file's; the room comes from what follows.
    let stated = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    let mut damaged = whole.clone();
    damaged.splice(7..7 + n, stated);
    damaged.drain(7 + 5 + 40..7 + 5 + 40 + 5 - n);
    assert_eq!(damaged.len(), whole.len());
    fs::write(&path, damaged).unwrap();
    let error = read(&path).unwrap_err();
    assert!(matches!(&error, SourceError::TooLarge { path: named, .. } if *named == path), "{error}");
}

/// An archive whose only file is `n` zeros.
fn archive(path: &Path, n: usize) {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(fs::File::create(path).unwrap());
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file("aapl.csv", options).unwrap();
    let block = vec![b'0'; 1 << 20];
    for _ in 0..n >> 20 {
        writer.write_all(&block).unwrap();
    }
    writer.write_all(&block[..n & ((1 << 20) - 1)]).unwrap();
    writer.finish().unwrap();
}

#[test]
fn an_archive_that_would_fill_memory_is_refused_whatever_it_states() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("equity/usa");
    fs::create_dir_all(root.join("daily")).unwrap();
    let path = root.join("daily/aapl.zip");
    archive(&path, 200 << 20);
    let error = PanelSource::new(&root).load().unwrap_err();
    assert!(matches!(&error, SourceError::TooLarge { .. }), "{error}");
    assert!(error.to_string().contains("aapl.zip") && error.to_string().contains("MB"), "{error}");
    // The sizes that it states are made small: those of the local header and of the directory.
    let mut bytes = fs::read(&path).unwrap();
    let size = u32::try_from(200 << 20).unwrap().to_le_bytes();
    let places = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == size).collect::<Vec<_>>();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    fs::write(&path, bytes).unwrap();
    let error = PanelSource::new(&root).load().unwrap_err();
    assert!(error.to_string().contains("aapl.zip"), "{error}");
}

#[test]
fn damaged_archives_and_databases_are_errors_and_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("equity/usa");
    fs::create_dir_all(root.join("daily")).unwrap();
    let path = root.join("daily/aapl.zip");
    archive(&path, 10_000);
    let whole = fs::read(&path).unwrap();
    let mut noise = Noise(11);
    for _ in 0..150 {
        fs::write(&path, noise.damage(&whole)).unwrap();
        said(&path, PanelSource::new(&root).load().map(|_| ()));
    }
    let path = folder.path().join("market.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("CREATE TABLE x (a, b); INSERT INTO x VALUES (1, 'one'), (2, 'two')").unwrap();
    drop(database);
    let whole = fs::read(&path).unwrap();
    for _ in 0..150 {
        fs::write(&path, noise.damage(&whole)).unwrap();
        said(&path, check_database(&path).map(|_| ()));
        let tables = TableLayout::preset("krx").ok();
        let _ = PanelSource { tables, ..PanelSource::new(&path) }.load();
    }
}
