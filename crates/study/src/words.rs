//! Numbers and texts as they are written in sentences.

use backstaff_panel::Session;
use backstaff_report::{Date, Format};
pub(crate) use backstaff_words::{count, some_of};

/// The date of a session.
pub(crate) fn date(session: Session) -> Date {
    Date(session.number())
}

/// A number in the format of a table, with a typographic minus.
pub(crate) fn shown(value: f64, format: Format) -> String {
    format.show(value).replace('-', "−")
}

/// A fraction in per cent: `−1.2%` for −0.012 and one digit.
pub(crate) fn percent(value: f64, digits: u8) -> String {
    shown(value, Format::Percent(digits))
}

/// A difference of fractions in per cent, with its sign: `+1.2%`; a difference that rounds to 0 has none.
pub(crate) fn difference(value: f64, digits: u8) -> String {
    let text = percent(value, digits);
    let is_zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    if value > 0.0 && !is_zero { format!("+{text}") } else { text }
}

/// A number with this many digits after the point.
pub(crate) fn number(value: f64, digits: u8) -> String {
    shown(value, Format::Number(digits))
}

/// A text on one line: its line breaks and runs of spaces become single spaces.
pub(crate) fn sentences(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text with a capital at its beginning; a first word that is a path, a file or a column keeps its spelling.
pub(crate) fn capitalised(text: &str) -> String {
    if text.split_whitespace().next().is_some_and(|first| first.contains(['_', '/', '.', ':'])) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A length of time in years: `2.9 years`.
pub(crate) fn years(years: f64) -> String {
    format!("{} years", number(years, 1))
}

/// The number of bars that a state is expected to last, in words. A model that saw `n_bars` knows of no longer stay
/// than these: a probability of leaving that is 0 to the eye gives hundreds of millions of bars.
pub(crate) fn stay(expected: Option<f64>, n_bars: usize) -> String {
    match expected {
        Some(bars) if bars <= n_bars as f64 => Format::Number(1).show(bars),
        _ => format!("> {}", Format::Integer.show(n_bars as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_its_sign_unless_it_rounds_to_zero() {
        assert_eq!(difference(0.0123, 1), "+1.2%");
        assert_eq!(difference(-0.0123, 1), "−1.2%");
        assert_eq!(difference(0.0001, 1), "0.0%");
        assert_eq!(difference(f64::NAN, 1), "–");
    }

    #[test]
    fn no_state_lasts_longer_than_the_bars_that_its_model_saw() {
        let told = [Some(12.34), Some(500.0), Some(653_279_573.3), None].map(|bars| stay(bars, 500));
        assert_eq!(told, ["12.3", "500.0", "> 500", "> 500"]);
        assert_eq!(stay(None, 1500), "> 1,500");
    }

    #[test]
    fn lists_are_cut_and_counted() {
        assert_eq!(some_of(["a", "b", "c"].into_iter(), 2), "`a`, `b` and 1 more");
        assert_eq!(some_of(["a"].into_iter(), 2), "`a`");
        assert_eq!(capitalised("two rows"), "Two rows");
        assert_eq!(capitalised("stocks: two rows"), "stocks: two rows");
        assert_eq!(count(1, "fold"), "1 fold");
        assert_eq!(count(1234, "row"), "1,234 rows");
    }
}
