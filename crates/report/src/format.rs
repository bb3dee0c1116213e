//! How a number is shown.

use serde::Serialize;

/// How a number is shown; the same in a table, at an axis, under the pointer and on a terminal.
///
/// A value that is not a number is shown as [`Format::MISSING`] everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "digits", rename_all = "snake_case")]
pub enum Format {
    /// Texts and dates; a number is shown with the digits that identify it.
    Text,
    /// A count, with separated thousands: `12,345`.
    Integer,
    /// A number with this many digits behind the point and separated thousands: `1,234.50`.
    Number(u8),
    /// A share of one, shown as per cent with this many digits behind the point: 0.123 as `12.3%`.
    Percent(u8),
    /// Seconds, in the unit that suits their size: `850 µs`, `12.5 ms`, `3.42 s`, `4 min 05 s`, `1 h 02 min`.
    Seconds,
    /// Bytes, in the unit that suits their size: `512 B`, `1.4 kB`, `38.0 MB`.
    Bytes,
}

impl Format {
    /// The text that is shown in place of a missing value.
    pub const MISSING: &'static str = "–";

    /// The text of a value. A negative number begins with an ASCII minus, also if it is zero when rounded, in which
    /// case it has none.
    ///
    /// ```
    /// use backstaff_report::Format;
    /// assert_eq!(Format::Percent(1).show(-0.1234), "-12.3%");
    /// assert_eq!(Format::Percent(1).show(-0.0001), "0.0%");
    /// assert_eq!(Format::Integer.show(f64::NAN), Format::MISSING);
    /// ```
    pub fn show(self, value: f64) -> String {
        if value.is_nan() {
            return Self::MISSING.to_owned();
        }
        if value.is_infinite() {
            return if value > 0.0 { "∞".to_owned() } else { "-∞".to_owned() };
        }
        match self {
            Self::Text => without_negative_zero(format!("{value}")),
            Self::Integer => grouped(value, 0),
            Self::Number(digits) => grouped(value, digits),
            Self::Percent(digits) => format!("{}%", grouped(value * 100.0, digits)),
            Self::Seconds => signed(value, seconds),
            Self::Bytes => signed(value, bytes),
        }
    }

    /// Digits behind the point of the stored value that can change what is shown, and one more.
    pub(crate) fn decimals(self) -> i32 {
        match self {
            Self::Text | Self::Seconds => 6,
            Self::Integer | Self::Bytes => 1,
            Self::Number(digits) => i32::from(digits) + 1,
            Self::Percent(digits) => i32::from(digits) + 3,
        }
    }
}

fn signed(value: f64, show: fn(f64) -> String) -> String {
    if value < 0.0 { format!("-{}", show(-value)) } else { show(value) }
}

fn seconds(value: f64) -> String {
    if value >= 3570.0 {
        let minutes = (value / 60.0).round();
        return format!("{} h {:02} min", (minutes / 60.0).floor(), minutes % 60.0);
    }
    if value >= 59.95 {
        let seconds = value.round();
        return format!("{} min {:02} s", (seconds / 60.0).floor(), seconds % 60.0);
    }
    match value {
        0.0 => "0 s".to_owned(),
        v if v >= 9.995 => format!("{v:.1} s"),
        v if v >= 0.9995 => format!("{v:.2} s"),
        v if v >= 0.000_999_5 => format!("{:.1} ms", v * 1e3),
        v => format!("{:.0} µs", v * 1e6),
    }
}

fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.5 {
            return if unit == "B" { format!("{value:.0} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

fn grouped(value: f64, digits: u8) -> String {
    let text = without_negative_zero(format!("{value:.*}", usize::from(digits)));
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::with_capacity(text.len() + text.len() / 3 + 1);
    out.push_str(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

fn without_negative_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| byte == b'0' || byte == b'.') => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_thousands() {
        assert_eq!(Format::Integer.show(1_234_567.0), "1,234,567");
        assert_eq!(Format::Integer.show(-123.0), "-123");
        assert_eq!(Format::Number(2).show(-1_000.5), "-1,000.50");
        assert_eq!(Format::Percent(0).show(12.345), "1,234%");
    }

    #[test]
    fn a_rounded_zero_has_no_sign() {
        assert_eq!(Format::Number(2).show(-0.004), "0.00");
        assert_eq!(Format::Integer.show(-0.0), "0");
        assert_eq!(Format::Text.show(-0.0), "0");
    }

    #[test]
    fn seconds_choose_their_unit_after_rounding() {
        for (value, text) in [
            (0.0, "0 s"),
            (0.000_85, "850 µs"),
            (0.0125, "12.5 ms"),
            (0.9996, "1.00 s"),
            (3.417, "3.42 s"),
            (9.996, "10.0 s"),
            (59.96, "1 min 00 s"),
            (245.0, "4 min 05 s"),
            (3719.0, "1 h 02 min"),
            (3599.0, "1 h 00 min"),
            (-2.0, "-2.00 s"),
        ] {
            assert_eq!(Format::Seconds.show(value), text);
        }
    }

    #[test]
    fn bytes_choose_their_unit() {
        assert_eq!(Format::Bytes.show(512.0), "512 B");
        assert_eq!(Format::Bytes.show(1_400.0), "1.4 kB");
        assert_eq!(Format::Bytes.show(999_900.0), "1.0 MB");
    }

    #[test]
    fn shows_what_is_no_number() {
        assert_eq!(Format::Percent(2).show(f64::NAN), "–");
        assert_eq!(Format::Percent(2).show(f64::NEG_INFINITY), "-∞");
    }
}
