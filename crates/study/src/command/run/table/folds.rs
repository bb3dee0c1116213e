//! `folds`: what each fold trains, validates and tests on.

use super::{Batches, Cells, Column, Results, Table};
use crate::steps::folds::PartFacts;

/// The parts of all folds.
pub(super) const TABLE: Table = Table {
    name: "folds",
    about: "One row for each fold and part of it. Not written for a study that learns nothing.",
    columns: &[
        Column::new("fold", "number", "The number of the fold, from 1."),
        Column::new("part", "text", "`train`, `validation` or `test`."),
        Column::new("from", "date", "The first session of the part; missing if the part is empty."),
        Column::new("to", "date", "The last session of the part; missing if the part is empty."),
        Column::new("rows", "count", "The rows that are used."),
        Column::new("members", "count", "The rows in the universe."),
        Column::new("purged", "count", "The rows dropped because their label reaches into what comes next."),
        Column::new("unlabelled", "count", "The rows dropped because they have no label."),
        Column::new("weightless", "count", "The rows dropped because their weight is 0 or missing."),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    if results.folds.is_empty() {
        return None;
    }
    let parts = results.folds.iter().flat_map(|fold| {
        [("train", &fold.train), ("validation", &fold.validation), ("test", &fold.test)]
            .map(|(name, part)| (fold.number, name, part))
    });
    let parts = parts.collect::<Vec<_>>();
    let count = |of: fn(&PartFacts) -> usize| {
        Cells::Integers(parts.iter().map(|(.., part)| of(part) as i64).collect())
    };
    let sessions = |of: fn((_, _)) -> _| {
        Cells::MaybeSessions(parts.iter().map(|(.., part)| part.sessions().map(of)).collect())
    };
    let columns = [
        ("fold", Cells::Integers(parts.iter().map(|(fold, ..)| i64::from(*fold)).collect())),
        ("part", Cells::of_texts(parts.iter().map(|(_, name, _)| Some(*name)))),
        ("from", sessions(|(from, _)| from)),
        ("to", sessions(|(_, to)| to)),
        ("rows", count(|part| part.rows)),
        ("members", count(|part| part.members)),
        ("purged", count(|part| part.purged)),
        ("unlabelled", count(|part| part.unlabelled)),
        ("weightless", count(|part| part.weightless)),
    ];
    Some(Batches::whole(columns.map(|(name, cells)| (name.to_owned(), cells)).into()))
}
