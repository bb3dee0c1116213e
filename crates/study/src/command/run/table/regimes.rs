//! `regimes`: the regimes that the strategy reads, session by session.

use super::{Batches, Cells, Column, DATE, INSTRUMENT, Results, Table};

/// The regimes of all instruments.
pub(super) const TABLE: Table = Table {
    name: "regimes",
    about: "One row for each instrument and session from the first whose regime is known; all of it is filtered: known at \
            the session's close. Written for a strategy that reads regimes.",
    columns: &[
        INSTRUMENT,
        DATE,
        Column::new("label", "text", "The label of the likeliest state."),
        Column::new("regime", "text", "The kind of regime that the label belongs to."),
        Column::new("state", "number", "The likeliest state, from 0."),
        Column::new("age", "sessions", "The sessions for which this state has been the likeliest."),
        Column::new("confidence", "probability", "The filtered probability of the state."),
        Column::new(
            "leaving",
            "probability",
            "The probability of a regime of another kind in the next session.",
        ),
        Column::new(
            "expected_return",
            "of the series",
            "The expected value of the first observed series at the next bar.",
        ),
        Column::new(
            "expected_volatility",
            "of the series",
            "The standard deviation of the first observed series at the next bar.",
        ),
        Column::new("filtered_N", "probability", "The filtered probability of each state, from 0."),
    ],
    rows,
};

fn rows(results: &Results) -> Option<Batches<'_>> {
    let regimes = results.regimes.as_ref()?;
    let (mut names, mut sessions) = (Vec::new(), Vec::new());
    let (mut labels, mut kinds, mut states, mut ages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut values = vec![Vec::new(); 4 + regimes.setting.states];
    for instrument in &regimes.instruments {
        let history = &instrument.history;
        for row in history.first().unwrap_or(instrument.sessions.len())..instrument.sessions.len() {
            names.push(Some(instrument.name.as_str()));
            sessions.push(instrument.sessions[row]);
            labels.push(history.label(row));
            kinds.push(history.kind_of(row).map(|kind| kind.to_string()));
            states.push(i64::from(history.state[row]));
            ages.push(i64::from(history.age[row]));
            let own = [
                &history.confidence,
                &history.leaving,
                &history.expected_return,
                &history.expected_volatility,
            ];
            for (column, own) in values.iter_mut().zip(own.into_iter().chain(&history.probabilities)) {
                column.push(own[row]);
            }
        }
    }
    let fixed = ["confidence", "leaving", "expected_return", "expected_volatility"].map(str::to_owned);
    let filtered = (0..regimes.setting.states).map(|state| format!("filtered_{state}"));
    let mut table = vec![
        ("instrument".to_owned(), Cells::of_texts(names)),
        ("date".to_owned(), Cells::Sessions(sessions)),
        ("label".to_owned(), Cells::of_texts(labels)),
        ("regime".to_owned(), Cells::of_texts(kinds.iter().map(Option::as_deref))),
        ("state".to_owned(), Cells::Integers(states)),
        ("age".to_owned(), Cells::Integers(ages)),
    ];
    table.extend(fixed.into_iter().chain(filtered).zip(values.into_iter().map(Cells::Numbers)));
    Some(Batches::whole(table))
}
