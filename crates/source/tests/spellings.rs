//! One table written in many ways is read as the same values by every reader, or refused; never as others.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::{
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use backstaff_panel::{Axis, Session};
use backstaff_source::{
    FactSource, Lags, PanelSource, SeriesSource, SourceError, TextEncoding, Written, read_attributes,
};
use proptest::prelude::*;
use support::Folder;

/// A cell before it is written.
#[derive(Clone, PartialEq, Debug)]
enum Cell {
    Text(&'static str),
    Date(i16, i8, i8),
    Cents(i64),
    Missing,
}

/// A way to write a table.
#[derive(Clone, Copy, Debug)]
struct Spelling {
    date: Date,
    number: Number,
    missing: &'static str,
    encoding: Encoding,
    pack: Pack,
    newline: &'static str,
    /// The rows are rotated by so many, and the first is written so many times more.
    rotated: usize,
    repeated: usize,
}

#[derive(Clone, Copy, Debug)]
enum Date {
    YearFirst,
    DayFirst,
    MonthFirst,
    Digits,
    Zoned,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Plain,
    Thousands,
    CommaAndSemicolon,
    CommaAndTab,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    Utf8,
    Utf8Mark,
    Utf16Mark,
    /// In CP949, which the caller says.
    Cp949,
    /// In CP949, which nobody says.
    Unsaid,
}

#[derive(Clone, Copy, Debug)]
enum Pack {
    Plain,
    Gzip,
    Zip,
}

const PLAIN: Spelling = Spelling {
    date: Date::YearFirst,
    number: Number::Plain,
    missing: "",
    encoding: Encoding::Utf8,
    pack: Pack::Plain,
    newline: "\n",
    rotated: 0,
    repeated: 0,
};

impl Spelling {
    fn write(self, folder: &Folder, name: &str, header: &[&str], rows: &[Vec<Cell>]) -> PathBuf {
        let delimiter = match self.number {
            Number::CommaAndSemicolon => ";",
            Number::CommaAndTab => "\t",
            Number::Plain | Number::Thousands => ",",
        };
        let mut rows = rows.to_vec();
        let turn = self.rotated % rows.len();
        rows.rotate_left(turn);
        rows.extend(std::iter::repeat_n(rows[0].clone(), self.repeated));
        let mut text = header.join(delimiter) + self.newline;
        for row in rows {
            let cells = row.iter().map(|cell| self.cell(cell)).collect::<Vec<_>>();
            text += &(cells.join(delimiter) + self.newline);
        }
        let (bytes, _, bad) = encoding_rs::EUC_KR.encode(&text);
        let bytes = match self.encoding {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Utf8Mark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Encoding::Utf16Mark => {
                [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
            Encoding::Cp949 | Encoding::Unsaid => {
                assert!(!bad);
                bytes.into_owned()
            }
        };
        let (bytes, ending) = match self.pack {
            Pack::Plain => (bytes, "csv"),
            Pack::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(&bytes).unwrap();
                (encoder.finish().unwrap(), "csv.gz")
            }
            Pack::Zip => {
                let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
                archive.start_file("table.csv", zip::write::SimpleFileOptions::default()).unwrap();
                archive.write_all(&bytes).unwrap();
                (archive.finish().unwrap().into_inner(), "zip")
            }
        };
        let path = folder.path().join(format!("{name}.{ending}"));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn cell(self, cell: &Cell) -> String {
        match *cell {
            Cell::Text(text) => text.to_owned(),
            Cell::Missing => self.missing.to_owned(),
            Cell::Date(year, month, day) => match self.date {
                Date::YearFirst => format!("{year}-{month:02}-{day:02}"),
                Date::DayFirst => format!("{day}/{month}/{year}"),
                Date::MonthFirst => format!("{month}/{day}/{year}"),
                Date::Digits => format!("{year}{month:02}{day:02}"),
                Date::Zoned => format!("{year}-{month:02}-{day:02}T00:00:00+09:00"),
            },
            Cell::Cents(cents) => {
                let mut whole = (cents / 100).to_string();
                if self.number == Number::Thousands {
                    let mut at = whole.len();
                    while at > 3 {
                        at -= 3;
                        whole.insert(at, ',');
                    }
                    return format!("\"{whole}.{:02}\"", cents % 100);
                }
                let mark = if self.number == Number::Plain { '.' } else { ',' };
                format!("{whole}{mark}{:02}", cents % 100)
            }
        }
    }

    fn written(self) -> Written {
        let encoding = (self.encoding == Encoding::Cp949).then(|| "cp949".parse::<TextEncoding>().unwrap());
        Written { encoding, ..Written::default() }
    }
}

fn spellings() -> impl Strategy<Value = Spelling> {
    let date = prop_oneof![
        Just(Date::YearFirst),
        Just(Date::DayFirst),
        Just(Date::MonthFirst),
        Just(Date::Digits),
        Just(Date::Zoned)
    ];
    let number = prop_oneof![
        Just(Number::Plain),
        Just(Number::Thousands),
        Just(Number::CommaAndSemicolon),
        Just(Number::CommaAndTab)
    ];
    let encoding = prop_oneof![
        Just(Encoding::Utf8),
        Just(Encoding::Utf8Mark),
        Just(Encoding::Utf16Mark),
        Just(Encoding::Cp949),
        Just(Encoding::Unsaid)
    ];
    let missing = prop::sample::select(&["", "NULL", "None", "n/a", "-", "NaN", "NA", "#N/A", "<NA>"][..]);
    let pack = prop_oneof![Just(Pack::Plain), Just(Pack::Gzip), Just(Pack::Zip)];
    let newline = prop::sample::select(&["\n", "\r\n"][..]);
    (date, number, missing, encoding, pack, newline, 0..9_usize, 0..3_usize).prop_map(
        |(date, number, missing, encoding, pack, newline, rotated, repeated)| Spelling {
            date,
            number,
            missing,
            encoding,
            pack,
            newline,
            rotated,
            repeated,
        },
    )
}

/// Instruments, one of which no ASCII can write.
const NAMES: [&str; 3] = ["005930", "NA", "가나다"];

/// Days on which a number above 12 shows the order of day and month, as it does in nearly every table.
const DAYS: [(i16, i8, i8); 3] = [(2024, 1, 30), (2024, 2, 5), (2024, 3, 4)];

/// What a reader made of a table, in one form for all.
type Values = Vec<String>;

/// Writes a table of these amounts in a spelling, and reads it.
type Reader = fn(&Folder, Spelling, &[i64]) -> Result<Values, SourceError>;

const READERS: [(&str, Reader); 6] = [
    ("prices", |folder, spelling, amounts| {
        let path = spelling.write(folder, "prices", &["date", "symbol", "close", "sector"], &long(amounts));
        panel(&path, spelling.written())
    }),
    ("prices side by side", |folder, spelling, amounts| {
        let rows = by_day(amounts);
        let header = ["date", NAMES[0], NAMES[1], NAMES[2]];
        let path = spelling.write(folder, "wide", &header, &rows);
        let wide = Some("close".to_owned());
        closes(&PanelSource { wide, written: spelling.written(), ..PanelSource::verbatim(path) })
    }),
    ("facts", |folder, spelling, amounts| {
        let rows = long(amounts).into_iter().map(|row| {
            let [date, name, amount, _] = row.try_into().unwrap();
            vec![name, Cell::Text("2023Q4"), date, amount]
        });
        let header = ["symbol", "period", "known_at", "sales"];
        let path = spelling.write(folder, "facts", &header, &rows.collect::<Vec<_>>());
        let read = FactSource { written: spelling.written(), ..FactSource::new(&path) }.read()?;
        Ok(facts(&read.facts))
    }),
    ("series", |folder, spelling, amounts| {
        let path = spelling.write(folder, "series", &["date", "series", "value", "note"], &long(amounts));
        let lags = Lags::All("same_day".parse().unwrap());
        let read = SeriesSource { written: spelling.written(), lags, ..SeriesSource::new(&path) }.read()?;
        Ok(facts(&read.facts))
    }),
    ("series side by side", |folder, spelling, amounts| {
        let header = ["date", NAMES[0], NAMES[1], NAMES[2]];
        let path = spelling.write(folder, "series", &header, &by_day(amounts));
        let lags = Lags::All("same_day".parse().unwrap());
        let read = SeriesSource { written: spelling.written(), lags, ..SeriesSource::new(&path) }.read()?;
        Ok(facts(&read.facts))
    }),
    ("attributes", |folder, spelling, _| {
        let rows = NAMES.map(|name| vec![Cell::Text(name), Cell::Text("은행"), Cell::Date(2024, 2, 13)]);
        let path = spelling.write(folder, "sectors", &["symbol", "sector", "added"], &rows);
        let table = read_attributes(&path, None, &["sector", "added"], spelling.written())?;
        let sessions = DAYS.map(|(year, month, day)| Session::from_ymd(year, month, day).unwrap()).to_vec();
        let lives = NAMES.map(|name| (name.into(), 0..3)).to_vec();
        let axis = Axis::new(backstaff_panel::Calendar::new(sessions), lives);
        let sector = |name: &str| format!("{name} {:?}", table.get(name, "sector"));
        let since = table.since("added", backstaff_source::DateOrder::Detect, &axis)?;
        Ok(NAMES.iter().map(|name| sector(name)).chain([format!("{:?}", since.members.members())]).collect())
    }),
];

/// Rows of date, name, amount and sector; the last amount is missing.
fn long(amounts: &[i64]) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for (n, (year, month, day)) in DAYS.into_iter().enumerate() {
        for (i, name) in NAMES.into_iter().enumerate() {
            let amount = amounts.get(n * NAMES.len() + i).map_or(Cell::Missing, |&cents| Cell::Cents(cents));
            rows.push(vec![Cell::Date(year, month, day), Cell::Text(name), amount, Cell::Text("은행")]);
        }
    }
    rows
}

/// Rows of a date and an amount for each name.
fn by_day(amounts: &[i64]) -> Vec<Vec<Cell>> {
    let rows = long(amounts);
    let day = |rows: &[Vec<Cell>]| {
        [rows[0][0].clone()].into_iter().chain(rows.iter().map(|row| row[2].clone())).collect()
    };
    rows.chunks(NAMES.len()).map(day).collect()
}

fn panel(path: &Path, written: Written) -> Result<Values, SourceError> {
    let categories = vec!["sector".to_owned()];
    let source = PanelSource { written, categories, ..PanelSource::verbatim(path) };
    let mut values = closes(&source)?;
    let panel = source.load()?.panel;
    values.push(format!("{:?}", panel.categories("sector").unwrap().names()));
    Ok(values)
}

fn closes(source: &PanelSource) -> Result<Values, SourceError> {
    let panel = source.load()?.panel;
    let axis = panel.axis();
    let close = panel.field("close").unwrap();
    let mut values = Vec::new();
    for (i, name) in axis.instruments().iter().enumerate() {
        let rows = axis.rows(i).zip(axis.sessions(i));
        let present = rows.filter(|(row, _)| !close.get(*row).is_nan());
        values.extend(present.map(|(row, session)| format!("{name} {session} {}", close.get(row))));
    }
    Ok(values)
}

fn facts(facts: &std::collections::BTreeMap<String, backstaff_panel::Facts>) -> Values {
    let mut values = Vec::new();
    for (name, facts) in facts {
        for (instrument, facts) in facts.all() {
            values.extend(
                facts.iter().map(|fact| format!("{name} {instrument:?} {} {}", fact.known, fact.value)),
            );
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_reads_the_same_values_or_refuses(
        spelling in spellings(),
        amounts in prop::collection::vec(1..500_000_000_i64, 8),
    ) {
        for (name, read) in READERS {
            let plain = read(&Folder::new(), PLAIN, &amounts).unwrap();
            prop_assert!(plain.len() > 3, "{}: {:?}", name, plain);
            match read(&Folder::new(), spelling, &amounts) {
                Ok(values) => {
                    prop_assert_eq!(values, plain, "{} in {:?}", name, spelling);
                    prop_assert!(spelling.encoding != Encoding::Unsaid, "{}", name);
                }
                Err(error) => {
                    let error = error.to_string();
                    let is_encoding = spelling.encoding == Encoding::Unsaid && error.contains("encoding: cp949");
                    // Facts that say twice on one day what a period was, and rows of one date that repeat.
                    prop_assert!(is_encoding, "{} in {:?}: {}", name, spelling, error);
                }
            }
        }
    }
}

#[test]
fn a_byte_of_another_encoding_is_refused_with_its_row_column_and_likeliest_encoding() {
    let text = "date,symbol,close,sector\n2024-01-02,A,1,은행\n2024-01-03,A,1,전기전자\n";
    for (encoding, name) in [(encoding_rs::EUC_KR, "cp949")] {
        let folder = Folder::new();
        let path = folder.path().join("prices.csv");
        std::fs::write(&path, encoding.encode(text).0).unwrap();
        let error = PanelSource::new(&path).load().unwrap_err().to_string();
        for part in
            ["prices.csv row 2", "column sector", "none of utf-8", "\"은행\"", &format!("encoding: {name}")]
        {
            assert!(error.contains(part), "{error}");
        }
        let encoding = Some("shift_jis".parse().unwrap());
        let written = Written { encoding, ..Written::default() };
        let error = PanelSource { written, ..PanelSource::new(&path) }.load();
        if let Err(error) = error {
            assert!(error.to_string().contains("row"), "{error}");
        }
    }
}

#[test]
fn other_encodings_are_read_when_they_are_said() {
    for (label, sector) in
        [("shift_jis", "銀行"), ("gb18030", "银行"), ("big5", "銀行"), ("latin1", "Banque privée")]
    {
        let folder = Folder::new();
        let path = folder.path().join("prices.csv");
        let encoding = label.parse::<TextEncoding>().unwrap();
        let text = format!("date,symbol,close,sector\n2024-01-02,A,1,{sector}\n");
        let bytes = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(&text).0.into_owned();
        std::fs::write(&path, bytes).unwrap();
        assert!(PanelSource::new(&path).load().is_err(), "{label}");
        let categories = vec!["sector".to_owned()];
        let written = Written { encoding: Some(encoding), ..Written::default() };
        let panel = PanelSource { written, categories, ..PanelSource::verbatim(&path) }.load().unwrap().panel;
        assert_eq!(panel.categories("sector").unwrap().names(), [sector], "{label}");
    }
}

#[test]
fn two_byte_characters_without_a_mark_are_recognised() {
    let folder = Folder::new();
    let path = folder.path().join("prices.csv");
    let text = "date,symbol,close\n2024-01-02,A,1\n";
    std::fs::write(&path, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    let error = PanelSource::new(&path).load().unwrap_err().to_string();
    assert!(error.contains("encoding: utf-16le"), "{error}");
    let written = Written { encoding: Some("utf-16le".parse().unwrap()), ..Written::default() };
    assert_eq!(closes(&PanelSource { written, ..PanelSource::verbatim(&path) }).unwrap(), ["A 2024-01-02 1"]);
}

#[test]
fn a_comma_that_may_mark_decimals_or_thousands_is_asked_about() {
    let folder = Folder::new();
    let path =
        folder.file("prices.csv", "date,symbol,close\n2024-01-02,A,\"1,234\"\n2024-01-03,A,\"1,235\"\n");
    let error = PanelSource::new(&path).load().unwrap_err().to_string();
    assert!(error.contains("\"1,234\"") && error.contains("decimal: \",\""), "{error}");
    for (mark, value) in
        [(backstaff_source::Decimal::Point, "1234"), (backstaff_source::Decimal::Comma, "1.234")]
    {
        let written = Written { decimal: mark, ..Written::default() };
        let found = closes(&PanelSource { written, ..PanelSource::verbatim(&path) }).unwrap();
        assert_eq!(found[0], format!("A 2024-01-02 {value}"));
    }
    let path = folder.file("both.csv", "date,symbol,close\n2024-01-02,A,\"1,5\"\n2024-01-03,A,1.5\n");
    let error = PanelSource::new(&path).load().unwrap_err().to_string();
    assert!(error.contains("decimal point") && error.contains("decimal comma"), "{error}");
}

#[test]
fn equal_rows_count_once_and_different_ones_are_refused() {
    let folder = Folder::new();
    let header = "date,symbol,close,volume\n2024-01-02,A,1,10\n2024-01-03,A,2,\n";
    let path = folder.file("prices.csv", &format!("{header}2024-01-03,A,2,\n2024-01-02,A,1,10\n"));
    let loaded = PanelSource::verbatim(&path).load().unwrap();
    assert_eq!(loaded.panel.axis().n_rows(), 2);
    let warnings = loaded.found.warnings.join("\n");
    assert!(warnings.contains("2 rows repeat another one") && warnings.contains("row 2 and 5"), "{warnings}");
    let path = folder.file("other.csv", &format!("{header}2024-01-03,A,2.5,\n"));
    let error = PanelSource::verbatim(&path).load().unwrap_err().to_string();
    assert!(error.contains("row 3 and row 4"), "{error}");
}
