//! What can be wrong with a report.

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum ReportError {
    /// An id becomes an anchor of the page; anything else would need escaping in links.
    #[error("section id {id:?} is not made of lower case letters, digits and hyphens")]
    SectionId { id: String },

    #[error("two sections have the id {id:?}; an id is an anchor and must be unique")]
    DuplicateSection { id: String },

    #[error("section id {id:?} is kept for the run section that `Body::page` adds")]
    ReservedSection { id: &'static str },

    #[error("row {row} of table {table:?} has {found} cells, but the table has {expected} columns")]
    RowLength { table: String, row: usize, found: usize, expected: usize },

    #[error(
        "series {series:?} of chart {chart:?} has {found} values, but there are {expected} places for them"
    )]
    SeriesLength { chart: String, series: String, found: usize, expected: usize },

    #[error("the horizontal axis of chart {chart:?} does not ascend at place {place}")]
    NotAscending { chart: String, place: usize },

    #[error("the horizontal axis of chart {chart:?} is not finite at place {place}")]
    NotFinite { chart: String, place: usize },

    #[error("cannot write the page")]
    Template(#[from] askama::Error),

    #[error("cannot write the data of a chart")]
    Json(#[from] serde_json::Error),
}
