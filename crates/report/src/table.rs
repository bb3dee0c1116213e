//! A table of numbers and texts.

use serde::{Serialize, Serializer};

use crate::{Date, Format};

/// A table with typed columns.
///
/// Built by chaining; [`cells!`](crate::cells) makes a row of mixed values.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// What the table shows; also its name for those who hear the page.
    pub caption: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows, top to bottom; each has one cell a column.
    pub rows: Vec<Row>,
    /// Whether one scale of colours serves the whole table.
    pub heat_scope: HeatScope,
    /// Whether the reader can order the rows by a column.
    pub sortable: bool,
    /// With more rows than this the page scrolls inside the table; a printed page shows all.
    pub visible_rows: Option<usize>,
}

/// A column of a [`Table`]: its head and how its cells look.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// The head of the column.
    pub name: String,
    /// What the column means, shown under the pointer.
    pub note: Option<String>,
    /// How the numbers of the column are shown.
    pub format: Format,
    /// How the cells of the column are aligned.
    pub align: Align,
    /// Whether its cells are coloured by value.
    pub heat: Heat,
}

/// A row of a [`Table`]: a cell for each column.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The cell of each column.
    pub cells: Vec<Cell>,
    /// Whether the row is emphasised.
    pub emphasis: Emphasis,
}

/// One place of a [`Table`]. In JSON a number, a text, an ISO date or `null`.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number, shown in its column's format; NaN is missing.
    Number(f64),
    /// A text as it is.
    Text(String),
    /// A date, shown as `2016-01-01`.
    Date(Date),
    /// A value that is not known.
    Missing,
}

/// How the cells of a column are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left, as texts are.
    Left,
    /// At the right, as numbers are, so that digits of one size lie below each other.
    Right,
    /// In the middle, as short marks are.
    Centre,
}

/// How the cells of a column are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Heat {
    /// The cells have no shade.
    None,
    /// Two hues that part at zero; the farthest value has the full colour.
    Diverging,
    /// One hue, from the smallest value to the largest.
    Sequential,
    /// A bar behind the number, from zero to the largest absolute value.
    Bar,
}

/// Over which cells a scale of colours runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeatScope {
    /// Each column has a scale of its own.
    Column,
    /// All coloured columns share one.
    Table,
}

/// How much a row is emphasised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Emphasis {
    /// The row looks as others do.
    None,
    /// It is what the reader looks for: a total, or the subject among its rivals.
    Strong,
    /// It is there for completeness.
    Muted,
}

impl Table {
    /// A table without columns and rows, sorted as given.
    pub fn new(caption: impl Into<String>) -> Self {
        Self {
            caption: caption.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            heat_scope: HeatScope::Column,
            sortable: false,
            visible_rows: None,
        }
    }

    /// A table of numbers with names at both sides, coloured around zero on one scale: months by years, lags by
    /// features. `values` holds one list a row; `corner` names what the row names are.
    pub fn matrix(
        caption: impl Into<String>,
        corner: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
        rows: impl IntoIterator<Item = (String, Vec<f64>)>,
        format: Format,
    ) -> Self {
        let mut table = Self::new(caption).column(Column::text(corner)).heat_scope(HeatScope::Table);
        for name in columns {
            table = table.column(Column::new(name, format).heat(Heat::Diverging));
        }
        for (name, values) in rows {
            table = table.row(std::iter::once(Cell::from(name)).chain(values.into_iter().map(Cell::from)));
        }
        table
    }

    /// Adds a column at the right.
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Adds a row at the bottom of the table.
    pub fn row(self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.row_with(Emphasis::None, cells)
    }

    /// Adds a row of this emphasis at the bottom of the table.
    pub fn row_with(mut self, emphasis: Emphasis, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.rows.push(Row { cells: cells.into_iter().collect(), emphasis });
        self
    }

    /// Sets over which cells a scale of colours runs.
    pub fn heat_scope(mut self, scope: HeatScope) -> Self {
        self.heat_scope = scope;
        self
    }

    /// Lets the reader order the rows by a click on a column's head.
    pub fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }

    /// Scrolls inside the table when it has more than `rows` rows.
    pub fn visible_rows(mut self, rows: usize) -> Self {
        self.visible_rows = Some(rows);
        self
    }

    /// The present numbers whose colour the heat of a column is scaled by: (smallest, largest), or `None` without.
    pub(crate) fn heat_range(&self, column: usize) -> Option<(f64, f64)> {
        let heat = self.columns[column].heat;
        let columns = match self.heat_scope {
            HeatScope::Column => column..column + 1,
            HeatScope::Table => 0..self.columns.len(),
        };
        columns
            .filter(|&other| self.columns[other].heat == heat)
            .flat_map(|other| self.rows.iter().filter_map(move |row| row.cells.get(other)))
            .filter_map(Cell::number)
            .fold(None, |range, value| {
                let (low, high) = range.unwrap_or((value, value));
                Some((low.min(value), high.max(value)))
            })
    }
}

impl Column {
    /// A column of this head and format, its numbers aligned at the right.
    pub fn new(name: impl Into<String>, format: Format) -> Self {
        let align = if format == Format::Text { Align::Left } else { Align::Right };
        Self { name: name.into(), note: None, format, align, heat: Heat::None }
    }

    /// A column of texts.
    pub fn text(name: impl Into<String>) -> Self {
        Self::new(name, Format::Text)
    }

    /// A column of dates.
    pub fn date(name: impl Into<String>) -> Self {
        Self::new(name, Format::Text)
    }

    /// A column of counts.
    pub fn integer(name: impl Into<String>) -> Self {
        Self::new(name, Format::Integer)
    }

    /// A column of numbers with this many digits behind the point.
    pub fn number(name: impl Into<String>, digits: u8) -> Self {
        Self::new(name, Format::Number(digits))
    }

    /// A column of shares of one, shown as per cent with this many digits behind the point.
    pub fn percent(name: impl Into<String>, digits: u8) -> Self {
        Self::new(name, Format::Percent(digits))
    }

    /// A column of durations in seconds.
    pub fn seconds(name: impl Into<String>) -> Self {
        Self::new(name, Format::Seconds)
    }

    /// Says what the column means.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Sets how the cells are aligned.
    pub fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }

    /// Colours the cells by value.
    pub fn heat(mut self, heat: Heat) -> Self {
        self.heat = heat;
        self
    }
}

impl Cell {
    /// The text of the cell in a column of this format.
    pub fn show(&self, format: Format) -> String {
        match self {
            Self::Number(value) => format.show(*value),
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.to_string(),
            Self::Missing => Format::MISSING.to_owned(),
        }
    }

    /// The finite number that the cell holds.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) if value.is_finite() => Some(*value),
            _ => None,
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Date(date) => date.serialize(serializer),
            Self::Number(_) | Self::Missing => serializer.serialize_unit(),
        }
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::Number(value as f64)
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Number(value as f64)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Number(value as f64)
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Date> for Cell {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// A row of mixed values, each by `Cell::from`.
///
/// ```
/// use backstaff_report::{Cell, Date, cells};
/// let row = cells!["SPY", 0.131, Date(16_801), None::<f64>];
/// assert_eq!(row[3], Cell::Missing);
/// ```
#[macro_export]
macro_rules! cells {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Cell::from($value)),*]
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_of_colours_runs_over_its_scope() {
        let table = Table::new("")
            .column(Column::number("a", 1).heat(Heat::Diverging))
            .column(Column::number("b", 1).heat(Heat::Diverging))
            .column(Column::number("c", 1))
            .row(cells![-1.0, 3.0, 99.0])
            .row(cells![f64::NAN, f64::INFINITY, 99.0]);
        assert_eq!(table.heat_range(0), Some((-1.0, -1.0)));
        assert_eq!(table.clone().heat_scope(HeatScope::Table).heat_range(0), Some((-1.0, 3.0)));
    }

    #[test]
    fn a_column_without_numbers_has_no_scale() {
        let table = Table::new("").column(Column::number("a", 1).heat(Heat::Bar)).row(cells![None::<f64>]);
        assert_eq!(table.heat_range(0), None);
    }

    #[test]
    fn json_has_null_for_what_is_missing_and_iso_dates() {
        let row = cells![0.5, f64::NAN, f64::INFINITY, "x", Date(0), None::<u64>];
        assert_eq!(serde_json::to_string(&row).unwrap(), r#"[0.5,null,null,"x","1970-01-01",null]"#);
    }

    #[test]
    fn a_matrix_names_both_sides() {
        let rows = [("2015".to_owned(), vec![0.01, f64::NAN])];
        let table = Table::matrix("Months", "Year", ["Jan", "Feb"], rows, Format::Percent(1));
        assert_eq!(table.columns.len(), 3);
        assert_eq!(table.rows[0].cells[1].show(table.columns[1].format), "1.0%");
        assert_eq!(table.rows[0].cells[2].show(table.columns[2].format), "–");
    }
}
