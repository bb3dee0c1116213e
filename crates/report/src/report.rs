//! A report and its parts.

use serde::Serialize;

use crate::{Cell, Chart, Format, Table};

/// What a reader gets: a title, what to beware of, and sections.
///
/// In every text of a report `` `code` `` and `**strong**` are the only marks; all else is shown as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The title of the page.
    pub title: String,
    /// One line below the title: of what, from when to when.
    pub subtitle: String,
    /// One sentence that says what came out.
    pub headline: Option<String>,
    /// What a reader must know before anything else.
    pub banners: Vec<Caveat>,
    /// The sections, top to bottom.
    pub sections: Vec<Section>,
}

/// A part of a report that the navigation leads to.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// The anchor: lower case letters, digits and hyphens, unique in the report and not `run`.
    pub id: String,
    /// The heading of the section.
    pub title: String,
    /// What the section answers, in a sentence or two.
    pub intro: Option<String>,
    /// What it holds, top to bottom.
    pub blocks: Vec<Block>,
}

/// A piece of a section, such as a table or a chart.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "block", content = "content", rename_all = "snake_case")]
pub enum Block {
    /// Paragraphs of text.
    Text(Vec<String>),
    /// Limits of the results.
    Caveats(Vec<Caveat>),
    /// Key numbers, shown as cards.
    Facts(Vec<Fact>),
    /// A table of cells.
    Table(Table),
    /// A drawing with its title and a note.
    Chart(Chart),
    /// Blocks that are shown on demand.
    Details(Details),
    /// Blocks side by side where the page is wide enough.
    Beside(Vec<Block>),
}

/// A limit of the results that a reader must know.
#[derive(Debug, Clone, Serialize)]
pub struct Caveat {
    /// How much the limit matters.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: String,
    /// What it means for the numbers, and what can be done.
    pub text: String,
}

/// How much a [`Caveat`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A limit that is good to know.
    Note,
    /// The numbers are to be read with it in mind.
    Caution,
    /// The numbers are not to be believed as they are.
    Warning,
}

/// One key number with its name.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// The name of the number.
    pub name: String,
    /// The value, which may be a text or a date as well.
    pub value: Cell,
    /// How the value is shown.
    pub format: Format,
    /// What it compares with, or how sure it is.
    pub note: Option<String>,
}

/// Blocks that are shown on demand.
#[derive(Debug, Clone, Serialize)]
pub struct Details {
    /// The line that is always shown.
    pub summary: String,
    /// The blocks that opening the details shows.
    pub blocks: Vec<Block>,
}

impl Report {
    /// A report of this title, without sections.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            headline: None,
            banners: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// Sets the line below the title.
    pub fn subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// Sets the sentence that says what came out.
    pub fn headline(mut self, headline: impl Into<String>) -> Self {
        self.headline = Some(headline.into());
        self
    }

    /// Adds something that a reader must know before anything else.
    pub fn banner(mut self, banner: Caveat) -> Self {
        self.banners.push(banner);
        self
    }

    /// Adds a section at the end of the report.
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }
}

impl Section {
    /// A section without blocks; `id` is its anchor.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), intro: None, blocks: Vec::new() }
    }

    /// Says what the section answers.
    pub fn intro(mut self, intro: impl Into<String>) -> Self {
        self.intro = Some(intro.into());
        self
    }

    /// Adds a block: anything that is one, such as a table or a chart.
    pub fn block(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }

    /// Adds a paragraph of text.
    pub fn text(self, paragraph: impl Into<String>) -> Self {
        self.block(Block::Text(vec![paragraph.into()]))
    }
}

impl Caveat {
    /// A limit that is good to know.
    pub fn note(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Note, title: title.into(), text: text.into() }
    }

    /// The numbers are to be read with it in mind.
    pub fn caution(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Caution, title: title.into(), text: text.into() }
    }

    /// The numbers are not to be believed as they are.
    pub fn warning(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, title: title.into(), text: text.into() }
    }
}

impl Fact {
    /// A key number, text or date.
    pub fn new(name: impl Into<String>, value: impl Into<Cell>, format: Format) -> Self {
        Self { name: name.into(), value: value.into(), format, note: None }
    }

    /// Says what it compares with, or how sure it is.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl Details {
    /// Details of this summary, without blocks.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), blocks: Vec::new() }
    }

    /// Adds a block to the details.
    pub fn block(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Chart> for Block {
    fn from(chart: Chart) -> Self {
        Self::Chart(chart)
    }
}

impl From<Details> for Block {
    fn from(details: Details) -> Self {
        Self::Details(details)
    }
}

impl From<Vec<Caveat>> for Block {
    fn from(caveats: Vec<Caveat>) -> Self {
        Self::Caveats(caveats)
    }
}

impl From<Vec<Fact>> for Block {
    fn from(facts: Vec<Fact>) -> Self {
        Self::Facts(facts)
    }
}
