//! The tables of the database as batches of columns, the same for every format.
//!
//! To add one: a file with its [`Layout`] and a function that makes its batches; imitate `index.rs`.

mod filing;
mod index;
mod item;
mod price;
mod stock;

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field as ArrowField, Schema};

use crate::SyntheticMarket;

/// The type of the values of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Integer,
    Real,
}

/// A column: its name, what it holds, and what its declaration adds to that.
pub(crate) type Field = (&'static str, Kind, &'static str);

/// The declaration of a table.
pub(crate) struct Layout {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
    /// Keys over several columns, as SQL.
    pub(crate) key: &'static str,
    /// Indexes beside the keys: their names and columns.
    pub(crate) indexes: &'static [(&'static str, &'static str)],
}

/// Makes the columns of a batch of this number.
type Batch<'m> = Box<dyn Fn(usize) -> Vec<ArrayRef> + Send + Sync + 'm>;

/// A table and its rows, in batches that are made when asked for.
pub(crate) struct Table<'m> {
    pub(crate) layout: &'static Layout,
    pub(crate) batches: usize,
    columns: Batch<'m>,
}

impl Table<'_> {
    /// The table's columns in Arrow's terms.
    pub(crate) fn schema(&self) -> Arc<Schema> {
        let field = |(name, kind, _): &Field| {
            let kind = match kind {
                Kind::Text => DataType::Utf8,
                Kind::Integer => DataType::Int64,
                Kind::Real => DataType::Float64,
            };
            ArrowField::new(*name, kind, true)
        };
        Arc::new(Schema::new(self.layout.fields.iter().map(field).collect::<Vec<_>>()))
    }

    /// The rows of a batch.
    pub(crate) fn batch(&self, number: usize) -> RecordBatch {
        RecordBatch::try_new(self.schema(), (self.columns)(number))
            .expect("columns as the layout declares them")
    }
}

/// All tables, in the order in which they are written.
pub(crate) fn tables(market: &SyntheticMarket) -> Vec<Table<'_>> {
    let periods = filing::Periods::new(market);
    vec![
        price::table(market),
        stock::stocks(market),
        stock::history(market),
        stock::delisted(market),
        periods.table(),
        item::balances(&periods),
        item::income(&periods),
        index::levels(market),
        index::derivatives(market),
        index::bonds(market),
        index::constituents(market),
    ]
}

fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    texts_or_null(values.into_iter().map(Some))
}

fn texts_or_null<T: AsRef<str>>(values: impl IntoIterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn integers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from(values.into_iter().collect::<Vec<_>>()))
}

/// A column of numbers, whose NaN becomes null.
fn reals(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(values.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect::<Float64Array>())
}
