//! What a report must be to be rendered.

use std::collections::BTreeSet;

use crate::{Bars, Block, Chart, Drawing, Histogram, Horizontal, Lines, Report, ReportError, Section, Table};

/// The anchor of the section that holds what differs from run to run.
pub(crate) const RUN: &str = "run";

pub(crate) fn report(report: &Report) -> Result<(), ReportError> {
    let mut ids = BTreeSet::new();
    for section in &report.sections {
        if section.id == RUN {
            return Err(ReportError::ReservedSection { id: RUN });
        }
        if !ids.insert(&section.id) {
            return Err(ReportError::DuplicateSection { id: section.id.clone() });
        }
        self::section(section)?;
    }
    Ok(())
}

pub(crate) fn section(section: &Section) -> Result<(), ReportError> {
    let is_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if section.id.is_empty() || !section.id.bytes().all(is_slug) {
        return Err(ReportError::SectionId { id: section.id.clone() });
    }
    section.blocks.iter().try_for_each(block)
}

fn block(block: &Block) -> Result<(), ReportError> {
    match block {
        Block::Table(table) => self::table(table),
        Block::Chart(chart) => self::chart(chart),
        Block::Details(details) => details.blocks.iter().try_for_each(self::block),
        Block::Beside(blocks) => blocks.iter().try_for_each(self::block),
        Block::Text(_) | Block::Caveats(_) | Block::Facts(_) => Ok(()),
    }
}

fn table(table: &Table) -> Result<(), ReportError> {
    let expected = table.columns.len();
    match table.rows.iter().position(|row| row.cells.len() != expected) {
        None => Ok(()),
        Some(row) => {
            let found = table.rows[row].cells.len();
            Err(ReportError::RowLength { table: table.caption.clone(), row, found, expected })
        }
    }
}

fn chart(chart: &Chart) -> Result<(), ReportError> {
    match &chart.drawing {
        Drawing::Lines(lines) => self::lines(&chart.title, lines),
        Drawing::Bars(bars) => self::bars(&chart.title, bars),
        Drawing::Histogram(histogram) => self::histogram(&chart.title, histogram),
    }
}

fn lines(chart: &str, lines: &Lines) -> Result<(), ReportError> {
    match &lines.horizontal {
        Horizontal::Dates { at } => ascending(chart, at),
        Horizontal::Numbers { at, .. } => finite_ascending(chart, at),
    }?;
    for line in &lines.series {
        length(chart, &line.name, line.values.len(), lines.n_places())?;
        if let Some((lower, upper)) = &line.ribbon {
            length(chart, &line.name, lower.len(), lines.n_places())?;
            length(chart, &line.name, upper.len(), lines.n_places())?;
        }
    }
    Ok(())
}

fn bars(chart: &str, bars: &Bars) -> Result<(), ReportError> {
    for series in &bars.series {
        length(chart, &series.name, series.values.len(), bars.names.len())?;
        if let Some(errors) = &series.errors {
            length(chart, &series.name, errors.len(), bars.names.len())?;
        }
    }
    Ok(())
}

fn histogram(chart: &str, histogram: &Histogram) -> Result<(), ReportError> {
    finite_ascending(chart, &histogram.edges)?;
    let n_bins = histogram.edges.len().saturating_sub(1);
    histogram.series.iter().try_for_each(|series| length(chart, &series.name, series.counts.len(), n_bins))
}

fn length(chart: &str, series: &str, found: usize, expected: usize) -> Result<(), ReportError> {
    if found == expected {
        return Ok(());
    }
    Err(ReportError::SeriesLength { chart: chart.to_owned(), series: series.to_owned(), found, expected })
}

fn finite_ascending(chart: &str, at: &[f64]) -> Result<(), ReportError> {
    match at.iter().position(|at| !at.is_finite()) {
        Some(place) => Err(ReportError::NotFinite { chart: chart.to_owned(), place }),
        None => ascending(chart, at),
    }
}

fn ascending<T: PartialOrd>(chart: &str, at: &[T]) -> Result<(), ReportError> {
    match at.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(place) => Err(ReportError::NotAscending { chart: chart.to_owned(), place: place + 1 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Date, Details, Format, Line, cells};

    fn error_of(block: impl Into<Block>) -> String {
        let section =
            Section::new("a", "A").block(Block::Beside(vec![Details::new("more").block(block).into()]));
        report(&Report::new("r").section(section)).unwrap_err().to_string()
    }

    #[test]
    fn an_id_is_an_anchor() {
        let with = |ids: &[&str]| {
            report(&ids.iter().fold(Report::new("r"), |report, id| report.section(Section::new(*id, "A"))))
        };
        assert!(with(&["a", "b-2"]).is_ok());
        assert!(with(&["a", "a"]).unwrap_err().to_string().contains("two sections"));
        assert!(with(&["run"]).unwrap_err().to_string().contains("run section"));
        for id in ["", "A", "a b", "\"><script>"] {
            assert!(matches!(with(&[id]), Err(ReportError::SectionId { .. })), "{id}");
        }
    }

    #[test]
    fn a_row_has_one_cell_a_column() {
        let table = Table::new("T").column(Column::text("x")).row(cells!["a"]).row(cells!["a", 1.0]);
        assert_eq!(error_of(table), r#"row 1 of table "T" has 2 cells, but the table has 1 columns"#);
    }

    #[test]
    fn a_series_fits_its_axis_which_ascends() {
        let lines = |dates: &[i32], values| {
            let lines = Lines::by_date(dates.iter().copied().map(Date), Format::Integer);
            Chart::new("C", lines.line(Line::new("a", values)))
        };
        assert!(error_of(lines(&[1, 2], vec![1.0])).contains(r#""a" of chart "C" has 1 values"#));
        assert!(error_of(lines(&[1, 1], vec![1.0, 1.0])).contains("does not ascend at place 1"));
        let numbers = Lines::by_number("lag", vec![0.0, f64::NAN], Format::Integer, Format::Integer);
        assert!(error_of(Chart::new("C", numbers)).contains("not finite at place 1"));
    }
}
