//! The numbers of a column in a block: decoded ones, or those of a table in memory, which nobody copies.

use arrow_array::{Float32Array, Float64Array};
use backstaff_panel::{Column, Encoding};

/// The numbers of a column; NaN is missing.
#[derive(Debug)]
pub(crate) enum Numbers {
    /// Numbers that were decoded.
    Own(Column),
    /// Numbers of four bytes where a table in memory has them. Every row has one.
    Lent32(Float32Array),
    /// Numbers of eight bytes where a table in memory has them. Every row has one.
    Lent64(Float64Array),
}

/// The numbers of a column, wherever they lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
}

impl From<Column> for Numbers {
    fn from(column: Column) -> Self {
        Self::Own(column)
    }
}

impl<'a> From<&'a Column> for Values<'a> {
    fn from(column: &'a Column) -> Self {
        match column {
            Column::F32(values) => Self::F32(values),
            Column::F64(values) => Self::F64(values),
        }
    }
}

impl Numbers {
    pub(crate) fn values(&self) -> Values<'_> {
        match self {
            Self::Own(column) => column.into(),
            Self::Lent32(array) => Values::F32(array.values()),
            Self::Lent64(array) => Values::F64(array.values()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Own(column) => column.len(),
            Self::Lent32(array) => array.len(),
            Self::Lent64(array) => array.len(),
        }
    }

    /// The value of a row; NaN where it is missing.
    pub(crate) fn get(&self, row: usize) -> f64 {
        match self.values() {
            Values::F32(values) => f64::from(values[row]),
            Values::F64(values) => values[row],
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.values() {
            Values::F32(_) => Encoding::F32,
            Values::F64(_) => Encoding::F64,
        }
    }

    /// The numbers as ones that may be changed; lent ones are copied first.
    pub(crate) fn to_mut(&mut self) -> &mut Column {
        let copy = match self {
            Self::Own(_) => None,
            Self::Lent32(array) => Some(Column::F32(array.values().to_vec())),
            Self::Lent64(array) => Some(Column::F64(array.values().to_vec())),
        };
        if let Some(copy) = copy {
            *self = Self::Own(copy);
        }
        match self {
            Self::Own(column) => column,
            Self::Lent32(_) | Self::Lent64(_) => unreachable!("lent numbers have just been copied"),
        }
    }

    /// The numbers as a column of their own; lent ones are copied.
    pub(crate) fn into_column(mut self) -> Column {
        std::mem::replace(self.to_mut(), Column::F64(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lent_numbers_are_copied_only_where_they_are_changed() {
        let array = Float64Array::from(vec![1.0, 0.0]);
        let mut numbers = Numbers::Lent64(array.clone());
        assert_eq!((numbers.get(0), numbers.len(), numbers.encoding()), (1.0, 2, Encoding::F64));
        let Values::F64(values) = numbers.values() else { panic!("they have eight bytes") };
        assert_eq!(values.as_ptr(), array.values().as_ptr());
        let Column::F64(values) = numbers.to_mut() else { panic!("they have eight bytes") };
        values[1] = f64::NAN;
        assert!(numbers.get(1).is_nan() && array.value(1) == 0.0);
        assert!(Numbers::Lent32(vec![1.5].into()).into_column().same_bits(&Column::F32(vec![1.5])));
    }
}
