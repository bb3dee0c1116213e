//! Sections and blocks as HTML.

use askama::Template;

use super::{colour::Colours, figure, inline};
use crate::{
    Align, Block, Caveat, Cell, Chart, Column, Emphasis, Fact, Format, Heat, ReportError, Section, Severity,
    Table,
};

/// The number of columns from which on a table takes the width of the page.
const WIDE: usize = 6;

/// Writes the sections of one region of the page.
pub(super) struct Writer {
    /// Begins the ids that the writer makes, so that two regions share none.
    prefix: &'static str,
    n_tables: usize,
    colours: Colours,
}

impl Writer {
    pub(super) fn new<'a>(prefix: &'static str, sections: impl IntoIterator<Item = &'a Section>) -> Self {
        Self { prefix, n_tables: 0, colours: Colours::of(sections) }
    }

    pub(super) fn section(&mut self, section: &Section) -> Result<String, ReportError> {
        let blocks = self.blocks(&section.blocks)?;
        let intro = inline::option(section.intro.as_ref());
        Ok(SectionTemplate { id: &section.id, title: &section.title, intro, blocks }.render()?)
    }

    fn blocks(&mut self, blocks: &[Block]) -> Result<Vec<String>, ReportError> {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> Result<String, ReportError> {
        let html = match block {
            Block::Text(paragraphs) => {
                TextTemplate { paragraphs: paragraphs.iter().map(|text| inline::html(text)).collect() }
                    .render()
            }
            Block::Caveats(caveats) => {
                CaveatsTemplate { caveats: caveats.iter().map(CaveatView::of).collect() }.render()
            }
            Block::Facts(facts) => FactsTemplate { facts: facts.iter().map(FactView::of).collect() }.render(),
            Block::Table(table) => self.table(table).render(),
            Block::Chart(chart) => self.chart(chart)?.render(),
            Block::Details(details) => {
                let summary = inline::html(&details.summary);
                DetailsTemplate { summary, blocks: self.blocks(&details.blocks)? }.render()
            }
            Block::Beside(blocks) => BesideTemplate { blocks: self.blocks(blocks)? }.render(),
        };
        Ok(html?)
    }

    fn table<'a>(&mut self, table: &'a Table) -> TableTemplate<'a> {
        self.n_tables += 1;
        let ranges: Vec<Option<(f64, f64)>> =
            (0..table.columns.len()).map(|column| table.heat_range(column)).collect();
        let rows = table.rows.iter().map(|row| RowView {
            class: match row.emphasis {
                Emphasis::None => "",
                Emphasis::Strong => "strong",
                Emphasis::Muted => "muted",
            },
            cells: row
                .cells
                .iter()
                .zip(table.columns.iter().zip(&ranges))
                .enumerate()
                .map(|(place, (cell, (column, range)))| {
                    CellView::of(place, cell, column, *range, table.sortable)
                })
                .collect(),
        });
        TableTemplate {
            id: format!("{}table-{}", self.prefix, self.n_tables),
            table,
            class: match (table.sortable, table.columns.len() >= WIDE) {
                (true, true) => Some("sortable wide"),
                (true, false) => Some("sortable"),
                (false, true) => Some("wide"),
                (false, false) => None,
            },
            scroll: table.visible_rows.filter(|&visible| visible < table.rows.len()),
            heads: table.columns.iter().map(|column| (align(column), column)).collect(),
            rows: rows.collect(),
        }
    }

    fn chart<'a>(&self, chart: &'a Chart) -> Result<ChartTemplate<'a>, ReportError> {
        let is_empty = figure::is_empty(&chart.drawing);
        Ok(ChartTemplate {
            chart,
            height: figure::height(chart),
            summary: chart.summary(),
            note: inline::option(chart.note.as_ref()),
            linear: figure::falls_back_to_linear(&chart.drawing),
            json: if is_empty { None } else { Some(figure::json(chart, &self.colours)?) },
        })
    }
}

#[derive(Template)]
#[template(path = "section.html")]
struct SectionTemplate<'a> {
    id: &'a str,
    title: &'a str,
    intro: Option<String>,
    blocks: Vec<String>,
}

#[derive(Template)]
#[template(path = "text.html")]
struct TextTemplate {
    paragraphs: Vec<String>,
}

#[derive(Template)]
#[template(path = "caveats.html")]
struct CaveatsTemplate {
    caveats: Vec<CaveatView>,
}

#[derive(Template)]
#[template(path = "facts.html")]
struct FactsTemplate<'a> {
    facts: Vec<FactView<'a>>,
}

#[derive(Template)]
#[template(path = "details.html")]
struct DetailsTemplate {
    summary: String,
    blocks: Vec<String>,
}

#[derive(Template)]
#[template(path = "beside.html")]
struct BesideTemplate {
    blocks: Vec<String>,
}

#[derive(Template)]
#[template(path = "chart.html")]
struct ChartTemplate<'a> {
    chart: &'a Chart,
    height: u32,
    summary: String,
    note: Option<String>,
    linear: bool,
    /// `None` where there is nothing to draw.
    json: Option<String>,
}

#[derive(Template)]
#[template(path = "table.html")]
struct TableTemplate<'a> {
    id: String,
    table: &'a Table,
    class: Option<&'static str>,
    scroll: Option<usize>,
    heads: Vec<(&'static str, &'a Column)>,
    rows: Vec<RowView>,
}

/// A caveat, its texts as HTML.
pub(super) struct CaveatView {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) title: String,
    pub(super) text: String,
}

impl CaveatView {
    pub(super) fn of(caveat: &Caveat) -> Self {
        let (class, word) = match caveat.severity {
            Severity::Note => ("hint", "Note"),
            Severity::Caution => ("caution", "Caution"),
            Severity::Warning => ("warning", "Warning"),
        };
        Self { class, word, title: inline::html(&caveat.title), text: inline::html(&caveat.text) }
    }
}

struct FactView<'a> {
    name: &'a str,
    value: String,
    note: Option<String>,
}

impl<'a> FactView<'a> {
    fn of(fact: &'a Fact) -> Self {
        Self {
            name: &fact.name,
            value: shown(&fact.value, fact.format),
            note: inline::option(fact.note.as_ref()),
        }
    }
}

struct RowView {
    class: &'static str,
    cells: Vec<CellView>,
}

struct CellView {
    /// The first cell names its row if it is a text.
    is_head: bool,
    class: String,
    text: String,
    /// The strength of the colour, 0 to 1.
    heat: Option<String>,
    /// What the row is ordered by, if not by the text.
    key: Option<f64>,
}

impl CellView {
    fn of(place: usize, cell: &Cell, column: &Column, range: Option<(f64, f64)>, sortable: bool) -> Self {
        let heat = cell.number().zip(range).and_then(|(value, range)| heat(column.heat, value, range));
        let text = shown(cell, column.format);
        let mut class = align(column).to_owned();
        if let Some((hue, _)) = heat {
            class = format!("{class} {hue}");
        }
        if text == Format::MISSING {
            class.push_str(" missing");
        }
        Self {
            is_head: place == 0 && matches!(cell, Cell::Text(_)),
            class,
            text,
            heat: heat.map(|(_, strength)| format!("{strength:.2}")),
            key: if sortable { cell.number() } else { None },
        }
    }
}

/// The class and the strength of a cell's colour.
fn heat(heat: Heat, value: f64, (low, high): (f64, f64)) -> Option<(&'static str, f64)> {
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let largest = low.abs().max(high.abs());
    match heat {
        Heat::None => None,
        Heat::Diverging if value < 0.0 => Some(("loss", share(-value, largest))),
        Heat::Diverging => Some(("gain", share(value, largest))),
        Heat::Sequential => Some(("shade", share(value - low, high - low))),
        Heat::Bar => Some(("bar", share(value.abs(), largest))),
    }
}

fn align(column: &Column) -> &'static str {
    match column.align {
        Align::Left => "left",
        Align::Right => "right",
        Align::Centre => "centre",
    }
}

/// The text of a cell, with a typographic minus.
fn shown(cell: &Cell, format: Format) -> String {
    let text = cell.show(format);
    match (cell, text.strip_prefix('-')) {
        (Cell::Number(_), Some(rest)) => format!("−{rest}"),
        _ => text,
    }
}
