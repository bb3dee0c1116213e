//! Reading above a high-water mark: rows that were read once come from a kept copy, and only those above are read.
//!
//! The caller keeps the copy ([`KeepsRows`]). This module says what the copy holds and how its rows are named.

use std::{collections::BTreeMap, fmt, sync::Arc};

use backstaff_panel::{Column, NarrowColumn};

use super::scan::{Cells, Chunk, Decoded, Role, Scan};
use crate::{date_text::Shape, format::coded_texts::CodedTexts, request::table_layout::Dates};

/// Decoded rows of a table, as they are kept.
#[derive(Clone, Debug)]
pub struct TableRows {
    /// The number of each row.
    pub rows: Vec<u64>,
    /// The columns of the reading, in its order.
    pub columns: Vec<TableColumn>,
}

/// A decoded column of a table.
#[derive(Clone, Debug)]
pub enum TableColumn {
    /// Days since 1970-01-01, and the form of the first date.
    Days(Vec<i32>, Option<Shape>),
    /// A code for each row ([`u32::MAX`] is an empty cell), and the text of each code.
    Texts(Vec<u32>, Vec<String>),
    /// Numbers, in four bytes each where that loses nothing; NaN is missing.
    Numbers(Column),
}

/// The name of decoded rows: their table, their range and the form to which they are decoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowsName {
    /// The name of the table.
    pub table: String,
    /// The number above which the rows lie.
    pub above: i64,
    /// The number of the last row.
    pub to: i64,
    /// The columns and the form to which each is decoded, the rows that are left out, the forms of dates.
    pub decoded: String,
}

/// A keeper of rows from one reading to the next.
pub trait KeepsRows: fmt::Debug + Send + Sync {
    /// The rows that were kept under a name, if they are there and whole.
    fn find(&self, name: &RowsName) -> Option<TableRows>;

    /// Keep rows under a name. Where that fails, they are read again the next time.
    fn keep(&self, name: &RowsName, rows: &TableRows);
}

/// The marks up to which the tables of a database were read, and the keeper of their rows.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The marks of each table that is read in this way; others are read whole.
    pub tables: BTreeMap<String, TableMarks>,
    /// The keeper of the rows.
    pub keeper: Arc<dyn KeepsRows>,
}

/// The marks up to which a table was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableMarks {
    /// The number of the last row of each reading, ascending.
    pub lasts: Vec<i64>,
    /// The number of these readings that are over. Their rows must have been kept, since they may have changed in the
    /// file.
    pub over: usize,
}

impl TableMarks {
    /// The readings: the row above which each begins, its last row, and whether it is over.
    pub(crate) fn readings(&self) -> impl Iterator<Item = (i64, i64, bool)> {
        let above = std::iter::once(i64::MIN).chain(self.lasts.iter().copied());
        above.zip(&self.lasts).enumerate().map(|(n, (above, &to))| (above, to, n < self.over))
    }
}

impl RowsName {
    pub(crate) fn new(scan: &Scan<'_>, above: i64, to: i64) -> Self {
        Self { table: scan.table.to_owned(), above, to, decoded: decoded(scan) }
    }
}

/// The columns and conditions of a scan as a text that is part of keys. The same scan has to give the same text for
/// ever.
///
/// A role that decodes to something else from now on needs another number at the text's beginning.
fn decoded(scan: &Scan<'_>) -> String {
    // No `..` here: a new property of a scan that is forgotten in the key must not compile.
    let Scan { table: _, columns, keep, dates, any_order: _ } = scan;
    let columns = columns.iter().map(|(name, role)| format!("({}, {})", quoted(name), role_name(*role)));
    let keep = keep.iter().map(|(column, texts)| {
        let texts = texts.iter().map(|text| quoted(text)).collect::<Vec<_>>();
        format!("{}: {{{}}}", quoted(column), texts.join(", "))
    });
    let dates = match dates {
        Dates::OneForm => "OneForm",
        Dates::Mixed => "Mixed",
    };
    let (columns, keep) = (columns.collect::<Vec<_>>().join(", "), keep.collect::<Vec<_>>().join(", "));
    format!("1 [{columns}] {{{keep}}} {dates}")
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Days => "Days",
        Role::Known => "Known",
        Role::Keys => "Keys",
        Role::Texts => "Texts",
        Role::Numbers => "Numbers",
    }
}

/// A text between quotation marks, so that no two lists of texts are written alike.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Join the chunks of a scan.
pub(crate) fn merge(chunks: Vec<Decoded>, scan: &Scan<'_>) -> TableRows {
    let shapes = chunks.iter().map(|decoded| decoded.shapes.clone()).collect::<Vec<_>>();
    let mut rows = Vec::with_capacity(chunks.iter().map(Decoded::len).sum());
    let mut of_columns = (0..scan.columns.len()).map(|_| Vec::new()).collect::<Vec<_>>();
    for Decoded { chunk, .. } in chunks {
        rows.extend(chunk.rows.iter());
        of_columns.iter_mut().zip(chunk.columns).for_each(|(all, cells)| all.push(cells));
    }
    let columns = of_columns.into_iter().enumerate().map(|(at, parts)| {
        let shape = shapes.iter().find_map(|shapes| shapes[at]);
        let (mut days, mut known, mut texts) = (Vec::new(), CodedTexts::default(), Vec::new());
        let mut numbers = NarrowColumn::with_capacity(0);
        for part in parts {
            match part {
                Cells::Days(part) => days.extend(part),
                Cells::Numbers(part) => numbers.append(&part),
                Cells::Texts(part) => {
                    let codes = part.names.iter().map(|name| known.code(name.as_str())).collect::<Vec<_>>();
                    let code = |&code: &u32| codes.get(code as usize).copied().unwrap_or(CodedTexts::MISSING);
                    texts.extend(part.codes.iter().map(code));
                }
            }
        }
        match scan.columns[at].1 {
            Role::Days | Role::Known => TableColumn::Days(days, shape),
            Role::Keys | Role::Texts => TableColumn::Texts(texts, known.names),
            Role::Numbers => TableColumn::Numbers(numbers.finish()),
        }
    });
    TableRows { columns: columns.collect(), rows }
}

impl From<TableRows> for Decoded {
    fn from(TableRows { rows, columns }: TableRows) -> Self {
        let mut shapes = Vec::new();
        let columns = columns.into_iter().map(|column| {
            shapes.push(if let TableColumn::Days(_, shape) = &column { *shape } else { None });
            match column {
                TableColumn::Days(days, _) => Cells::Days(days),
                TableColumn::Texts(codes, names) => Cells::Texts(CodedTexts::from_codes(codes, names)),
                TableColumn::Numbers(numbers) => Cells::Numbers(numbers),
            }
        });
        let columns = columns.collect();
        Self { chunk: Chunk { columns, rows: rows.into_iter().collect() }, shapes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::table_layout::{Keep, TableLayout};

    #[test]
    fn the_text_of_a_scan_is_that_of_the_rows_that_stores_keep() {
        let layout = TableLayout::preset("krx").unwrap();
        let periods = &layout.statements[0].periods;
        let mut scan = Scan::new(&periods.table, &periods.keep, periods.dates).in_any_order();
        scan.column(&periods.instrument, Role::Keys);
        scan.column(&periods.known_at, Role::Known);
        scan.column(&periods.period_end, Role::Days);
        scan.column(&periods.id, Role::Numbers);
        scan.column("currency", Role::Texts);
        let name = RowsName::new(&scan, 3, 9);
        assert_eq!((name.table.as_str(), name.above, name.to), ("financial_periods", 3, 9));
        assert_eq!(
            name.decoded,
            "1 [(\"stock_code\", Keys), (\"available_date\", Known), (\"fiscal_date\", Days), (\"id\", Numbers), \
             (\"currency\", Texts)] {\"consolidation_type\": {\"연결\"}} OneForm"
        );
    }

    #[test]
    fn texts_of_different_scans_differ() {
        let keep = |texts: &[&str]| {
            Keep::from([("kind".to_owned(), texts.iter().map(|&text| text.to_owned()).collect())])
        };
        let text = |keep: &Keep, dates| decoded(&Scan::new("t", keep, dates));
        let one = text(&keep(&["a", "b"]), Dates::OneForm);
        assert_eq!(one, "1 [] {\"kind\": {\"a\", \"b\"}} OneForm");
        for other in [&["a\", \"b"][..], &["a"], &["a\\", "b"]] {
            assert_ne!(one, text(&keep(other), Dates::OneForm));
        }
        assert_ne!(one, text(&keep(&["a", "b"]), Dates::Mixed));
    }
}
