//! The dates of a column, read one after the other.

use crate::{
    date_order::DateOrder,
    date_text::{self, Shape, Stamp},
    request::table_layout::Dates,
};

/// A reader of a column's dates. Neighbours are often equal, so it remembers the last one.
pub(crate) struct DayReader {
    rule: Dates,
    /// Whether the dates say when something became known. What comes after midnight then counts from the next day on.
    of_publications: bool,
    shape: Option<Shape>,
    last: (Vec<u8>, i32),
}

impl DayReader {
    pub(crate) fn new(rule: Dates, of_publications: bool) -> Self {
        Self { rule, of_publications, shape: None, last: (Vec::new(), 0) }
    }

    /// The day of a text; `None` if the text is no date, or has another form than the others.
    pub(crate) fn text(&mut self, text: &[u8]) -> Option<i32> {
        if !text.is_empty() && self.last.0 == text {
            return Some(self.last.1);
        }
        let (stamp, shape) = date_text::parse(std::str::from_utf8(text).ok()?, DateOrder::Detect)?;
        self.check(shape)?;
        let day = self.day(stamp);
        self.last = (text.to_vec(), day);
        Some(day)
    }

    /// The day of a whole number.
    pub(crate) fn number(&mut self, number: i64) -> Option<i32> {
        let (stamp, shape) = date_text::from_number(number)?;
        self.check(shape)?;
        Some(self.day(stamp))
    }

    fn day(&self, stamp: Stamp) -> i32 {
        stamp.day + i32::from(self.of_publications && stamp.second > 0)
    }

    fn check(&mut self, shape: Shape) -> Option<()> {
        let is_plain = is_plain(shape);
        let is_known = self.rule == Dates::Mixed || *self.shape.get_or_insert(shape) == shape;
        (is_plain && is_known).then_some(())
    }

    /// Whether a text is a date in a form that tables of databases don't have, such as 3/4/2015.
    pub(crate) fn is_other_form(text: &str) -> bool {
        let parsed = [DateOrder::DayFirst, DateOrder::MonthFirst].map(|order| date_text::parse(text, order));
        parsed.into_iter().flatten().any(|(_, shape)| !is_plain(shape))
    }

    /// Whether a text has the form of the first date, even if it names no day, as 20120231.
    pub(crate) fn has_form(&self, text: &str) -> bool {
        let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        match self.shape {
            Some(Shape::Digits) => text.len() == 8 && (0..8).all(is_digit),
            Some(Shape::YearFirst) => {
                text.len() == 10 && (0..10).all(|at| is_digit(at) != matches!(at, 4 | 7))
            }
            _ => false,
        }
    }

    /// The form of the first date.
    pub(crate) fn shape(&self) -> Option<Shape> {
        self.shape
    }
}

/// Whether a form says by itself which number is the month.
fn is_plain(shape: Shape) -> bool {
    matches!(shape, Shape::YearFirst | Shape::Digits | Shape::Epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_leave_the_month_open_are_told_from_those_that_do_not() {
        for text in ["15/03/2024", "3/15/2024", "3/4/2024", "15.3.2024", "15 March 2024"] {
            assert!(DayReader::is_other_form(text), "{text}");
            assert_eq!(DayReader::new(Dates::Mixed, false).text(text.as_bytes()), None, "{text}");
        }
        for text in ["2024-03-15", "20240315", "1710460800", "soon", "20240231"] {
            assert!(!DayReader::is_other_form(text), "{text}");
        }
    }
}
