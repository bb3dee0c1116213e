//! `scores`: what each model says of each instrument.

use std::sync::Arc;

use backstaff_panel::Axis;

use super::{Batches, Cells, Column, DATE, INSTRUMENT, MODEL, Results, Table};
use crate::steps::scores::Scores;

/// The scores of all models.
pub(super) const TABLE: Table = Table {
    name: "scores",
    about: "One row for each model, instrument and tested session with a score, as the strategy ranks it. Not written for \
            a study whose strategy reads no scores.",
    columns: &[
        MODEL,
        INSTRUMENT,
        DATE,
        Column::new(
            "score",
            "model's own",
            "The score: higher is more attractive. It is known at the close of `date` and traded in the next session.",
        ),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    let scored = results.scores.iter().filter(|(_, scores)| !scores.rows().is_empty());
    let scored = scored.collect::<Vec<_>>();
    if scored.is_empty() {
        return None;
    }
    let axis = results.panel.axis().clone();
    let instruments = axis.instruments().iter().map(|instrument| instrument.name().to_owned());
    let instruments = instruments.collect::<Arc<[String]>>();
    let models = scored.iter().map(|(model, _)| model.clone()).collect::<Arc<[String]>>();
    let batches = scored.into_iter().enumerate().flat_map(move |(model, (_, scores))| {
        let (axis, models, instruments) = (axis.clone(), models.clone(), instruments.clone());
        (0..scores.rows().len()).step_by(Batches::ROWS).map(move |start| {
            let end = (start + Batches::ROWS).min(scores.rows().len());
            let names = (model as u32, models.clone(), instruments.clone());
            batch(&axis, scores, start..end, names)
        })
    });
    let names = TABLE.columns.iter().map(|column| column.name.to_owned()).collect();
    Some(Batches { names, rows: Box::new(batches) })
}

/// These of a model's scores, in the order of the columns.
fn batch(
    axis: &Axis,
    scores: &Scores,
    part: std::ops::Range<usize>,
    (model, models, instruments): (u32, Arc<[String]>, Arc<[String]>),
) -> Vec<Cells> {
    let rows = &scores.rows()[part.clone()];
    let mut codes = Vec::with_capacity(rows.len());
    let mut sessions = Vec::with_capacity(rows.len());
    let mut i = rows.first().map_or(0, |&row| axis.instrument_of(row as usize));
    for &row in rows {
        while axis.rows(i).end <= row as usize {
            i += 1;
        }
        codes.push(i as u32);
        sessions.push(axis.sessions(i)[row as usize - axis.rows(i).start]);
    }
    vec![
        Cells::Names { codes: vec![model; rows.len()], names: models },
        Cells::Names { codes, names: instruments },
        Cells::Sessions(sessions),
        Cells::Numbers(scores.values()[part].to_vec()),
    ]
}
