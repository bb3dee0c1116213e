//! A first look at whole columns: mostly nothing is odd in them, and then no row has to be looked at.

use rayon::prelude::*;

use crate::{
    bars::column_roles::PRICES,
    format::{decoded::SourceColumn, numbers::Values, untraded::TRADED_PRICES},
    request::{
        adjustment::Adjustment,
        panel_source::{OnBadRow, PanelSource},
    },
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

/// Whether a high lies below the low of its bar, by more than rounding to four bytes; a price of 0 is none.
pub(super) fn is_crossed(high: f64, low: f64) -> bool {
    high > 0.0 && high < low * (1.0 - ROUNDING)
}

/// Whether bars with a high below their low are left out. The rest of such a bar may be true, so that nothing stops at
/// one: it is a finding then.
pub(super) fn drops_crossed(request: &PanelSource) -> bool {
    request.on_bad_row == OnBadRow::Drop
}

/// The part of a price that is lost where it is rounded to four bytes.
const ROUNDING: f64 = 1e-6;

/// Whether any value of the checked columns is odd.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct FirstLook {
    /// Whether a price is 0.
    pub has_zeros: bool,
    /// Whether a value is impossible.
    pub has_bad: bool,
}

impl FirstLook {
    pub(super) fn at(columns: &[(String, SourceColumn)], request: &PanelSource) -> Self {
        let checked = columns
            .par_iter()
            .filter_map(|(name, column)| Some((Checked::of(name, request.adjustment)?, column)));
        let looks = checked.flat_map(|(kind, column)| {
            column.parts.par_iter().flatten().map(move |part| match part.values() {
                Values::F32(values) => Self::over(values, kind),
                Values::F64(values) => Self::over(values, kind),
            })
        });
        let look = looks.reduce(Self::default, |a, b| Self {
            has_zeros: a.has_zeros | b.has_zeros,
            has_bad: a.has_bad | b.has_bad,
        });
        let is_checked = drops_crossed(request) && !look.has_bad;
        Self { has_bad: look.has_bad || is_checked && any_crossed(columns), ..look }
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

/// Whether any bar has a high below its low.
fn any_crossed(columns: &[(String, SourceColumn)]) -> bool {
    let column = |wanted: &str| columns.iter().find(|(name, _)| name == wanted).map(|(_, column)| column);
    let Some((high, low)) = column("high").zip(column("low")) else { return false };
    high.parts.par_iter().zip(&low.parts).any(|parts| {
        let (Some(high), Some(low)) = parts else { return false };
        match (high.values(), low.values()) {
            (Values::F32(high), Values::F32(low)) => crossed_in(high, low),
            (Values::F64(high), Values::F64(low)) => crossed_in(high, low),
            _ => (0..high.len()).any(|row| is_crossed(high.get(row), low.get(row))),
        }
    })
}

/// One pass without a branch for each bar.
fn crossed_in<T: Copy + Into<f64>>(highs: &[T], lows: &[T]) -> bool {
    highs.iter().zip(lows).fold(false, |any, (&high, &low)| any | is_crossed(high.into(), low.into()))
}
