//! Numbers for the data of a chart, no longer than they need be.

use serde::{Serialize, Serializer};

use crate::Format;

/// A list of numbers in which what is not finite is `null`.
pub(super) struct Rounded(Vec<f64>);

/// How many digits behind the point a list of numbers needs.
#[derive(Clone, Copy)]
pub(super) struct Decimals(usize);

impl Decimals {
    /// Enough for what `format` shows, and for a drawing that is zoomed into: 10⁻⁵ of the span of the values or, on a
    /// scale of ratios, of the smallest value.
    pub(super) fn of(values: &[f64], format: Format, by_ratio: bool) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let low = finite().fold(f64::INFINITY, f64::min);
        let high = finite().fold(f64::NEG_INFINITY, f64::max);
        let span = if by_ratio { low } else { high - low };
        let for_drawing = if span > 0.0 && span.is_finite() { 5 - exponent(span) } else { 0 };
        // A constant that its format would show as zero keeps digits of its own.
        let for_itself = if span == 0.0 && low != 0.0 { 5 - exponent(low.abs()) } else { 0 };
        Self(format.decimals().max(for_drawing).max(for_itself).clamp(0, 320) as usize)
    }
}

impl Rounded {
    pub(super) fn new(values: &[f64], decimals: Decimals) -> Self {
        let round = |&value: &f64| format!("{value:.*}", decimals.0).parse().unwrap_or(f64::NAN);
        Self(values.iter().map(round).collect())
    }

    /// The numbers rounded as they need, see [`Decimals::of`].
    pub(super) fn of(values: &[f64], format: Format) -> Self {
        Self::new(values, Decimals::of(values, format, false))
    }
}

/// The decimal exponent, read from the text of the number: exact, and the same on every machine.
fn exponent(value: f64) -> i32 {
    format!("{value:e}").split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

impl Serialize for Rounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|&value| Number(value)))
    }
}

struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if !value.is_finite() => serializer.serialize_unit(),
            // `1` instead of `1.0`, and no negative zero.
            value if value.fract() == 0.0 && value.abs() < 1e15 => serializer.serialize_i64(value as i64),
            value => serializer.serialize_f64(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(values: &[f64], format: Format) -> String {
        serde_json::to_string(&Rounded::of(values, format)).unwrap()
    }

    #[test]
    fn keeps_what_a_drawing_or_a_format_can_show() {
        assert_eq!(json(&[1.0, 1.234_567_89, f64::NAN, -0.0], Format::Number(2)), "[1,1.23457,null,0]");
        assert_eq!(json(&[0.0, 1e9 / 3.0], Format::Integer), "[0,333333333.3]");
        assert_eq!(json(&[1.234_567e-9, 2e-9], Format::Percent(1)), "[1.234567e-9,2e-9]");
        assert_eq!(json(&[0.25; 2], Format::Percent(1)), "[0.25,0.25]");
        assert_eq!(json(&[f64::INFINITY], Format::Integer), "[null]");
        assert_eq!(json(&[1e300, -1e300], Format::Integer), "[1e+300,-1e+300]");
    }
}
