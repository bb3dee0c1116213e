//! What is chosen, run by run, with the checks of what looks wrong.

use backstaff_feature::InstrumentRun;
use rayon::prelude::*;

use super::data::Data;
use crate::{
    StudyError,
    config::Chosen,
    flow::Flow,
    steps::check::{Checker, warnings},
};

/// Compute what was chosen, hand over one run of at least so many rows after the other, and warn of columns that look
/// wrong.
pub(super) fn stream(
    flow: &Flow<'_>,
    data: &Data,
    chosen: &Chosen,
    least_rows: usize,
    mut take: impl FnMut(InstrumentRun<'_>) -> Result<(), StudyError>,
) -> Result<(), StudyError> {
    let axis = data.axis();
    let mut checkers =
        chosen.features.iter().map(|feature| Checker::new(feature.look_back())).collect::<Vec<_>>();
    data.stream(flow, chosen, least_rows, |run| {
        flow.check_cancelled()?;
        checkers.par_iter_mut().zip(run.columns).for_each(|(checker, column)| {
            checker.add(axis, run.instruments.clone(), column);
        });
        take(run)
    })?;
    let checks = checkers.into_iter().zip(chosen.names()).map(|(checker, name)| checker.finish(name));
    for warning in warnings(&checks.collect::<Vec<_>>()) {
        flow.warn(warning);
    }
    Ok(())
}
