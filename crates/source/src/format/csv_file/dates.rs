//! A column of dates of a CSV file.

use super::CsvFile;
use crate::{
    date_order::DateOrder,
    date_text::{self, Shape},
    error::{Place, SourceError},
    format::column_file::column::DecodedDates,
};

impl CsvFile<'_> {
    /// Decode the column of dates of a place and a name, in the order of the rows.
    pub(crate) fn dates(
        &self,
        column: usize,
        name: &str,
        order: DateOrder,
    ) -> Result<DecodedDates, SourceError> {
        let cells = self.numbers(&[], Some(column))?;
        let texts = cells.texts.unwrap_or_default();
        let order = order.or_detected(texts.names.iter().map(String::as_str)).map_err(|example| {
            SourceError::DateOrder { path: self.path.to_owned(), column: name.to_owned(), example }
        })?;
        let mut dates =
            DecodedDates { days: Vec::new(), seconds: Vec::new(), shape: Shape::YearFirst, own_zone: false };
        for (row, &number) in cells.rows.iter().enumerate() {
            let place = || Place { file: self.path.to_owned(), row: number };
            let text =
                texts.text(row).ok_or_else(|| SourceError::EmptyKey { place: place(), what: "date" })?;
            let (stamp, shape) =
                date_text::parse(text, order).ok_or_else(|| SourceError::bad_date(place(), name, text))?;
            dates.days.push(stamp.day);
            dates.seconds.push(stamp.second);
            dates.shape = shape;
        }
        if dates.seconds.iter().all(|&second| second == dates.seconds[0]) {
            dates.seconds.clear();
        }
        Ok(dates)
    }
}
