//! The same report for a terminal.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::{Align, Block, Caveat, Cell, Chart, Drawing, Emphasis, Fact, Section, Severity, Table};

/// A table in monospace: caption, heads, a rule, rows; columns as wide as their widest cell, no trailing blanks.
///
/// Line breaks within a text become blanks and control characters vanish, so that a row is a line whatever a name holds.
///
/// ```
/// use backstaff_report::{Column, Table, cells, text};
/// let table = Table::new("Stages").column(Column::text("Stage")).column(Column::integer("Rows"));
/// let table = table.row(cells!["load", 1_200]).row(cells!["train", None::<u64>]);
/// assert_eq!(text::render(&table), "Stages\nStage   Rows\n─────  ─────\nload   1,200\ntrain      –\n");
/// ```
pub fn render(table: &Table) -> String {
    let mut out = String::new();
    if !table.caption.is_empty() {
        let _ = writeln!(out, "{}", line(&table.caption));
    }
    let heads: Vec<String> = table.columns.iter().map(|column| line(&column.name)).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| shown(table, &row.cells)).collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(place, head)| {
            let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.width());
            cells.fold(head.width(), usize::max)
        })
        .collect();
    let rule: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
    push_row(&mut out, table, &widths, &heads);
    push_row(&mut out, table, &widths, &rule);
    let mut before_total = false;
    for (row, cells) in table.rows.iter().zip(&rows) {
        let is_last = std::ptr::eq(row, table.rows.last().unwrap_or(row));
        if is_last && row.emphasis == Emphasis::Strong && before_total {
            push_row(&mut out, table, &widths, &rule);
        }
        push_row(&mut out, table, &widths, cells);
        before_total = row.emphasis != Emphasis::Strong;
    }
    out
}

fn shown(table: &Table, cells: &[Cell]) -> Vec<String> {
    table.columns.iter().zip(cells).map(|(column, cell)| line(&cell.show(column.format))).collect()
}

fn push_row(out: &mut String, table: &Table, widths: &[usize], cells: &[String]) {
    let start = out.len();
    for (place, ((column, cell), &width)) in table.columns.iter().zip(cells).zip(widths).enumerate() {
        let blanks = width.saturating_sub(cell.width());
        let before = match column.align {
            Align::Left => 0,
            Align::Right => blanks,
            Align::Centre => blanks / 2,
        };
        let gap = if place == 0 { 0 } else { 2 };
        let _ = write!(out, "{:gap$}{:before$}{cell}{:after$}", "", "", "", after = blanks - before);
    }
    out.truncate(start + out[start..].trim_end().len());
    out.push('\n');
}

/// One section, such as the run section that a page ends with. A chart becomes its summary and a small curve a series.
pub fn render_section(section: &Section) -> String {
    let title = line(&section.title);
    let mut out = format!("{title}\n{}\n", "─".repeat(title.width()));
    if let Some(intro) = &section.intro {
        let _ = writeln!(out, "{}", plain(intro));
    }
    section.blocks.iter().for_each(|block| push_block(&mut out, block));
    out
}

fn push_block(out: &mut String, block: &Block) {
    if !matches!(block, Block::Beside(_)) {
        out.push('\n');
    }
    match block {
        Block::Text(paragraphs) => paragraphs.iter().for_each(|text| out.push_str(&(plain(text) + "\n"))),
        Block::Caveats(caveats) => caveats.iter().for_each(|caveat| push_caveat(out, caveat)),
        Block::Facts(facts) => push_facts(out, facts),
        Block::Table(table) => out.push_str(&render(table)),
        Block::Chart(chart) => push_chart(out, chart),
        Block::Details(details) => {
            let _ = writeln!(out, "{}", plain(&details.summary));
            details.blocks.iter().for_each(|block| push_block(out, block));
        }
        Block::Beside(blocks) => blocks.iter().for_each(|block| push_block(out, block)),
    }
}

fn push_caveat(out: &mut String, caveat: &Caveat) {
    let mark = match caveat.severity {
        Severity::Note => "note",
        Severity::Caution => "caution",
        Severity::Warning => "WARNING",
    };
    let _ = writeln!(out, "{mark}: {}. {}", plain(&caveat.title).trim_end_matches('.'), plain(&caveat.text));
}

fn push_facts(out: &mut String, facts: &[Fact]) {
    let width = facts.iter().map(|fact| line(&fact.name).width()).max().unwrap_or(0);
    for fact in facts {
        let name = line(&fact.name);
        let blanks = width - name.width();
        let value = line(&fact.value.show(fact.format));
        let note = fact.note.as_ref().map_or_else(String::new, |note| format!("  ({})", plain(note)));
        let _ = writeln!(out, "{name}{:blanks$}  {value}{note}", "");
    }
}

fn push_chart(out: &mut String, chart: &Chart) {
    let _ = writeln!(out, "{}\n{}", line(&chart.title), line(&chart.summary()));
    if let Drawing::Lines(lines) = &chart.drawing {
        for series in &lines.series {
            let _ = writeln!(out, "{}  {}", curve(&series.values, 60), line(&series.name));
        }
    }
}

/// A curve of at most `width` characters: of each stretch the last present value, from the lowest to the highest.
fn curve(values: &[f64], width: usize) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let stretch = values.len().div_ceil(width).max(1);
    let level = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        LEVELS[((share * 8.0) as usize).min(7)]
    };
    let last = |values: &[f64]| values.iter().copied().rfind(|value| value.is_finite());
    values.chunks(stretch).map(|values| last(values).map_or(' ', level)).collect()
}

/// A text as one line, without what would move the cursor.
fn line(text: &str) -> String {
    let blank = |c: char| if c.is_whitespace() { ' ' } else { c };
    text.chars().map(blank).filter(|c| !c.is_control()).collect()
}

/// A text with marks as one line, without the marks of strong text.
fn plain(text: &str) -> String {
    line(text).replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Date, Format, Line, Lines, cells};

    #[test]
    fn wide_characters_and_line_breaks_keep_columns_straight() {
        let table = Table::new("").column(Column::text("Name")).column(Column::number("Value", 1));
        let table = table.row(cells!["삼성전자", 1.0]).row(cells!["a\nb\u{1b}[31m", -10.5]);
        assert_eq!(render(&table), "Name      Value\n────────  ─────\n삼성전자    1.0\na b[31m   -10.5\n");
    }

    #[test]
    fn a_total_stands_below_a_rule() {
        let table = Table::new("").column(Column::integer("n")).row(cells![1]);
        assert_eq!(render(&table.row_with(Emphasis::Strong, cells![1])), "n\n─\n1\n─\n1\n");
    }

    #[test]
    fn a_chart_becomes_words_and_a_curve() {
        let lines =
            Lines::by_date((0..3).map(Date), Format::Integer).line(Line::new("a", vec![0.0, f64::NAN, 8.0]));
        let section = Section::new("s", "Section").block(Chart::new("Chart", lines));
        let text = render_section(&section);
        assert!(text.starts_with("Section\n───────\n\nChart\nFrom 1970-01-01"), "{text}");
        assert!(text.ends_with("▁ █  a\n"), "{text}");
    }

    #[test]
    fn a_long_curve_is_cut_to_its_width() {
        assert!(curve(&vec![1.0; 1000], 60).chars().count() <= 60);
        assert_eq!(curve(&[], 60), "");
    }
}
