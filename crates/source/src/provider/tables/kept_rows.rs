//! Reading above a high-water mark: rows that were read once come from a kept copy, only those above are read.
//!
//! The copy is kept by somebody else ([`KeepsRows`]); here is what it holds, and which rows of a table are asked of it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use backstaff_panel::{Column, NarrowColumn};

use super::scan::{Cells, Chunk, Decoded, Role, Scan};
use crate::{date_text::Shape, format::coded_texts::CodedTexts, request::table_layout::Dates};

/// Decoded rows of a table.
#[derive(Clone, Debug)]
pub struct TableRows {
    /// The number of each row.
    pub rows: Vec<u64>,
    /// The columns that were asked for.
    pub columns: Vec<TableColumn>,
}

/// A decoded column.
#[derive(Clone, Debug)]
pub enum TableColumn {
    /// Days since 1970-01-01, and how their dates begin.
    Days(Vec<i32>, Option<Shape>),
    /// A code a row ([`u32::MAX`] is an empty cell), and the text of each code.
    Texts(Vec<u32>, Vec<String>),
    /// NaN is missing; in four bytes each where that loses nothing.
    Numbers(Column),
}

/// Which rows of which table, decoded how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowsName {
    /// The table.
    pub table: String,
    /// The rows above this number,
    pub above: i64,
    /// and not above this one.
    pub to: i64,
    /// The columns and what they are decoded to, which rows are left out, how dates are written.
    pub decoded: String,
}

/// Somebody who keeps rows from one reading to the next.
pub trait KeepsRows: fmt::Debug + Send + Sync {
    /// What was kept under a name, if it is there and whole.
    fn find(&self, name: &RowsName) -> Option<TableRows>;

    /// Keep rows; where that fails, they are read again the next time.
    fn keep(&self, name: &RowsName, rows: &TableRows);
}

/// How far the tables of a database were read, and by whom their rows are kept.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The tables that are read in this way; others are read whole.
    pub tables: BTreeMap<String, TableMarks>,
    /// Who keeps the rows.
    pub keeper: Arc<dyn KeepsRows>,
}

/// How far a table was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableMarks {
    /// The number of the last row of each reading, ascending.
    pub lasts: Vec<i64>,
    /// How many of these readings are over: their rows must have been kept, since they may have changed in the file.
    pub over: usize,
}

impl TableMarks {
    /// The readings: above which row, up to which, and whether it is over.
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

/// What a scan decodes, as a text that is part of keys: the same scan has to give the same text for ever.
///
/// A change of what a role decodes to needs another number at the text's beginning.
fn decoded(scan: &Scan<'_>) -> String {
    // No `..` here: what is new about a scan and forgotten in the key must not compile.
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

/// Bring chunks into one piece.
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
