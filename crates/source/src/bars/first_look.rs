//! A first look at whole columns: mostly nothing is odd in them, and then no row has to be looked at.

use backstaff_panel::Column;
use rayon::prelude::*;

use crate::{
    bars::column_roles::PRICES,
    format::{decoded::SourceColumn, untraded::TRADED_PRICES},
    request::adjustment::Adjustment,
};

/// The kind of a value in a column that is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Checked {
    /// A price, which is missing where it is 0.
    Price,
    /// A factor, which is never 0.
    Factor,
    /// A volume, which may be 0.
    Volume,
}

impl Checked {
    /// The kind of a column; `None` if it may hold anything. Where nothing is adjusted, a column that is called a factor
    /// may be anything.
    pub(super) fn of(name: &str, adjustment: Adjustment) -> Option<Self> {
        match name {
            "volume" => Some(Self::Volume),
            name if TRADED_PRICES.contains(&name) => Some(Self::Price),
            name if PRICES.contains(&name) && adjustment != Adjustment::Verbatim => Some(Self::Factor),
            _ => None,
        }
    }

    /// Whether a value is impossible; a missing one is not, and a price of 0 is missing.
    pub(super) fn is_bad(self, value: f64) -> bool {
        value < 0.0 || value == f64::INFINITY || value == 0.0 && self == Self::Factor
    }
}

/// Whether any value of the checked columns is odd.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct FirstLook {
    /// Whether a price is 0.
    pub has_zeros: bool,
    /// Whether a value is impossible.
    pub has_bad: bool,
}

impl FirstLook {
    pub(super) fn at(columns: &[(String, SourceColumn)], adjustment: Adjustment) -> Self {
        let checked =
            columns.par_iter().filter_map(|(name, column)| Some((Checked::of(name, adjustment)?, column)));
        let looks = checked.flat_map(|(kind, column)| {
            column.parts.par_iter().flatten().map(move |part| match part {
                Column::F32(values) => Self::over(values, kind),
                Column::F64(values) => Self::over(values, kind),
            })
        });
        looks.reduce(Self::default, |a, b| Self {
            has_zeros: a.has_zeros | b.has_zeros,
            has_bad: a.has_bad | b.has_bad,
        })
    }

    /// One pass without a branch for each value, which takes a fraction of the time.
    fn over<T: Copy + Into<f64>>(values: &[T], kind: Checked) -> Self {
        let (zeros, bad) = values.iter().fold((false, false), |(zeros, bad), &value| {
            let value: f64 = value.into();
            let (is_zero, is_negative, is_infinite) = (value == 0.0, value < 0.0, value == f64::INFINITY);
            (zeros | is_zero, bad | is_negative | is_infinite)
        });
        match kind {
            Checked::Price => Self { has_zeros: zeros, has_bad: bad },
            Checked::Factor => Self { has_zeros: false, has_bad: bad | zeros },
            Checked::Volume => Self { has_zeros: false, has_bad: bad },
        }
    }
}
