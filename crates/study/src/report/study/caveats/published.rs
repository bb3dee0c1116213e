//! Caveats about published values that may have been known too early.

use backstaff_report::Caveat;

use super::Case;
use crate::words;

/// The number of tables that a caveat names before it cuts the list.
const NAMED: usize = 4;

/// Tables without days of publication: the lag is the study's, and restated values can't be told from the first ones.
pub(super) fn stated_lags(case: Case<'_>) -> Option<Caveat> {
    let tables = case.results.config.data.facts.iter().filter_map(|table| {
        let days = table.lag_days?;
        Some(format!("{} ({days} days)", table.path.file_name()?.to_string_lossy()))
    });
    let tables = tables.collect::<Vec<_>>();
    (!tables.is_empty()).then(|| {
        let text = format!(
            "Days of publication are not in the data: values count so many days after the end of their period as the study \
             states: {}. Who published later was known too early, and values that were restated since are told to the \
             past.",
            words::some_of(tables.iter().map(String::as_str), NAMED)
        );
        Caveat::caution("Stated publication lag", text)
    })
}
